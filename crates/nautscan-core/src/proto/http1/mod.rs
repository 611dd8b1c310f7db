//! HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112).
use super::{Probe, Protocol};
/// Registry line.
pub const PROTOCOL: Protocol =
    Protocol { name: "http", probe: |_, _| Probe::No, open: |_| unimplemented!() };
