//! Messages that were kept, as text: a line each.

use super::fits::{Fit, fits};
use super::frame::Framed;
use super::json::Writer;
use super::raw;
use super::schema::Type;
use crate::limits::{PROTOBUF_MESSAGE, PROTOBUF_NAMED, PROTOBUF_SHOWN};
use crate::proto::http1::{Codings, decoded};
use prost_reflect::DynamicMessage;

/// What was made of messages.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// `None`: none is whole.
    pub(super) text: Option<String>,
    /// How many are shown by their schema.
    pub(super) named: usize,
    /// How many do not fit it.
    pub(super) mismatched: usize,
}

/// The messages in the content that was kept of one side of a call. Those that are compressed are
/// decoded as `codings` says. `hides`: values of fields that are credentials are not shown.
pub(super) fn shown(content: &[u8], codings: &Codings, kind: Option<&Type>, hides: bool) -> Shown {
    let most = if kind.is_some() { PROTOBUF_NAMED } else { PROTOBUF_SHOWN };
    let (mut shown, mut out) = (Shown::default(), String::new());
    for (at, framed) in Framed(content).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let plain;
        let message = match framed.is_compressed {
            false => framed.bytes,
            true => {
                let Some(bytes) = decoded(framed.bytes, codings, PROTOBUF_MESSAGE) else {
                    return shown;
                };
                plain = bytes;
                &plain
            }
        };
        let is_full = match kind.map(|kind| by_schema(message, kind, hides, most, &mut out)) {
            Some(Ok(is_full)) => {
                shown.named += 1;
                is_full
            }
            Some(Err(fit)) => {
                shown.mismatched += usize::from(fit == Fit::No);
                raw::write(message, most, &mut out)
            }
            None => raw::write(message, most, &mut out),
        };
        if is_full {
            out.push_str(" …");
            break;
        }
    }
    shown.text = (!out.is_empty()).then_some(out);
    shown
}

/// Writes a message by its schema; whether not all of it had room.
fn by_schema(
    bytes: &[u8],
    kind: &Type,
    hides: bool,
    most: usize,
    out: &mut String,
) -> Result<bool, Fit> {
    if bytes.len() >= PROTOBUF_MESSAGE {
        // What was compressed may have been cut there.
        return Err(Fit::Large);
    }
    match fits(bytes, &kind.descriptor) {
        Fit::Yes => {}
        misfit => return Err(misfit),
    }
    let message = DynamicMessage::decode(kind.descriptor.clone(), bytes).map_err(|_| Fit::No)?;
    let mut writer = Writer::new(out, most, hides);
    writer.message(&message, 0);
    Ok(writer.is_full())
}
