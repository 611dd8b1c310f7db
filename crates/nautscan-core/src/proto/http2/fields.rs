//! What the fields of one header block say (RFC 9113 section 8).

use super::hpack::Field;
use super::oddity::{CONNECTION_FIELD, FIELD_NAME, PSEUDO};
use crate::event::Headers;
use crate::limits::H2_FIELDS;
use crate::proto::http1::{Codings, trace_id};

/// Pseudo-header fields (section 8.3); `None`: absent, or not known.
#[derive(Debug, Default)]
pub(super) struct Pseudo {
    pub(super) method: Option<Vec<u8>>,
    pub(super) scheme: Option<Vec<u8>>,
    pub(super) authority: Option<Vec<u8>>,
    pub(super) path: Option<Vec<u8>>,
    pub(super) status: Option<Vec<u8>>,
    /// RFC 8441.
    pub(super) protocol: Option<Vec<u8>>,
}

/// What trailers or a head say of a gRPC call.
#[derive(Debug, Default)]
pub(super) struct GrpcFields {
    pub(super) status: Option<Vec<u8>>,
    pub(super) message: Option<Vec<u8>>,
    pub(super) encoding: Option<Vec<u8>>,
    pub(super) timeout: Option<Vec<u8>>,
}

/// The fields of one block.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) pseudo: Pseudo,
    /// All others, in order.
    pub(super) headers: Headers,
    pub(super) host: Option<Vec<u8>>,
    pub(super) content_type: Option<Vec<u8>>,
    pub(super) content_length: Option<u64>,
    pub(super) codings: Codings,
    pub(super) trace_id: Option<[u8; 32]>,
    pub(super) grpc: GrpcFields,
    /// Fields that stand in entries that were not seen.
    pub(super) unseen: usize,
    /// More came than are kept.
    pub(super) is_large: bool,
    pub(super) odd: Vec<&'static str>,
    size: usize,
}

/// Keeps the first value under a name.
fn keep(slot: &mut Option<Vec<u8>>, value: &[u8]) -> bool {
    let is_first = slot.is_none();
    if is_first {
        *slot = Some(value.to_vec());
    }
    is_first
}

impl Section {
    /// Takes in one field.
    pub(super) fn take(&mut self, field: Field<'_>) {
        /// What RFC 9113 section 6.5.2 counts besides the octets.
        const OVERHEAD: usize = 32;
        let (Some(name), Some(value)) = (field.name, field.value) else {
            self.unseen += 1;
            return;
        };
        self.size = self.size.saturating_add(name.len() + value.len() + OVERHEAD);
        if self.size > H2_FIELDS {
            self.is_large = true;
        } else if let Some(name) = name.strip_prefix(b":") {
            self.pseudo(name, value);
        } else {
            self.regular(name, value);
        }
    }

    /// Notes an oddity, once.
    pub(super) fn note(&mut self, oddity: &'static str) {
        if !self.odd.contains(&oddity) {
            self.odd.push(oddity);
        }
    }

    fn pseudo(&mut self, name: &[u8], value: &[u8]) {
        let slots = &mut self.pseudo;
        let slot = match name {
            b"method" => &mut slots.method,
            b"scheme" => &mut slots.scheme,
            b"authority" => &mut slots.authority,
            b"path" => &mut slots.path,
            b"status" => &mut slots.status,
            b"protocol" => &mut slots.protocol,
            _ => return self.note(PSEUDO),
        };
        if !keep(slot, value) || !self.headers.is_empty() {
            self.note(PSEUDO);
        }
    }

    fn regular(&mut self, name: &[u8], value: &[u8]) {
        self.headers.push(name, value);
        match name {
            b"host" => _ = keep(&mut self.host, value),
            b"content-type" => _ = keep(&mut self.content_type, value),
            b"content-length" => {
                let digits = core::str::from_utf8(value).ok();
                self.content_length = digits.and_then(|digits| digits.parse().ok());
            }
            b"content-encoding" => self.codings.content_encoding(value),
            b"traceparent" => self.trace_id = trace_id(value),
            b"grpc-status" => _ = keep(&mut self.grpc.status, value),
            b"grpc-message" => _ = keep(&mut self.grpc.message, value),
            b"grpc-encoding" => _ = keep(&mut self.grpc.encoding, value),
            b"grpc-timeout" => _ = keep(&mut self.grpc.timeout, value),
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding"
            | b"upgrade" => self.note(CONNECTION_FIELD),
            b"te" if value != b"trailers" => self.note(CONNECTION_FIELD),
            _ if name.is_empty() || name.iter().any(u8::is_ascii_uppercase) => {
                self.note(FIELD_NAME);
            }
            _ => {}
        }
    }

    /// Whether it has a pseudo-header field of a request.
    pub(super) fn is_request(&self) -> bool {
        let slots = &self.pseudo;
        slots.method.is_some() || slots.path.is_some() || slots.scheme.is_some()
    }

    /// The status, if it is one.
    pub(super) fn status(&self) -> Option<i32> {
        let digits = self.pseudo.status.as_deref().filter(|digits| digits.len() == 3)?;
        core::str::from_utf8(digits).ok()?.parse().ok().filter(|status| *status >= 100)
    }

    /// Lines of `name: value`, as HTTP/1's trailers are shown.
    pub(super) fn lines(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = self.headers.iter().map(|(name, value)| [text(name), text(value)].join(": "));
        lines.collect::<Vec<_>>().join("\n")
    }
}
