//! Is it sample?

use super::{MAGIC, head};
use crate::proto::frames::Head;
use crate::proto::{Probe, Side};

/// The registry's probe: is asked of the first bytes of every connection, on any port. A yes takes the
/// connection away from all protocols behind this one.
pub(super) fn probe(_: Side, bytes: &[u8]) -> Probe {
    match head(bytes) {
        Head::Whole { .. } => Probe::Yes,
        Head::More if bytes.len() <= MAGIC.len() => Probe::NeedMore,
        _ => Probe::No,
    }
}
