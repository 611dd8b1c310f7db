//! What is noted on rows.

use crate::proto::events;
use crate::proto::grpc;

/// A field stands in an entry that was not seen.
pub(super) const UNSEEN: &str = "hpack_entry_unseen";
/// A header block is not HPACK.
pub(super) const BLOCK_INVALID: &str = "header_block_invalid";
/// A header block, or what it says, is larger than is kept.
pub(super) const BLOCK_TOO_LARGE: &str = "header_block_too_large";
/// Frames stand within a header block.
pub(super) const BLOCK_INTERRUPTED: &str = "header_block_interrupted";
/// Padding is longer than its frame.
pub(super) const PADDING: &str = "padding_too_long";
/// Pseudo-header fields are not as they have to be.
pub(super) const PSEUDO: &str = "pseudo_header_fields";
/// A field name with capitals, or without any letter.
pub(super) const FIELD_NAME: &str = "field_name_invalid";
/// A field that only HTTP/1 has.
pub(super) const CONNECTION_FIELD: &str = "connection_specific_field";
/// The content is not as long as was stated.
pub(super) const LENGTH: &str = "content_length_mismatch";
/// Content where none may be.
pub(super) const EARLY_DATA: &str = "data_before_headers";
/// More streams are open than are followed.
pub(super) const OVERFLOW: &str = "stream_overflow";
/// More informational responses came than are noted.
pub(super) const INFORMATIONAL: &str = "informational_overflow";
/// A WebSocket was agreed upon that nobody may ask for.
pub(super) const NOT_ENABLED: &str = "connect_protocol_not_enabled";
/// Name and meaning of every oddity that an HTTP/2 or gRPC exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        UNSEEN,
        "Header fields refer to entries of the compression table that were not seen, since following began in the middle of the connection or bytes were lost: they are left out, and what they would say is null.",
    ),
    (
        BLOCK_INVALID,
        "A header block is not HPACK (RFC 7541); what stands before the fault was read, and the connection is not followed any further.",
    ),
    (BLOCK_TOO_LARGE, "A header block, or the fields that it gives, are larger than is kept."),
    (BLOCK_INTERRUPTED, "Another frame stands between the parts of a header block."),
    (PADDING, "The padding of a frame is longer than the frame."),
    (
        PSEUDO,
        "Pseudo-header fields are missing, repeated, unknown or behind other fields (RFC 9113 section 8.3).",
    ),
    (FIELD_NAME, "A field name is empty or has capitals (RFC 9113 section 8.2.1)."),
    (
        CONNECTION_FIELD,
        "A field that is forbidden in HTTP/2, such as Connection or Transfer-Encoding (RFC 9113 section 8.2.2).",
    ),
    (LENGTH, "The content is not as long as Content-Length states."),
    (EARLY_DATA, "Content came on a stream before any header fields."),
    (
        OVERFLOW,
        "More streams were open on the connection than are followed; the oldest was given up.",
    ),
    (INFORMATIONAL, "More informational responses (1xx) came than are noted."),
    (
        NOT_ENABLED,
        "A WebSocket was asked for by extended CONNECT and granted, though the server had not said that it takes such requests (RFC 8441 section 3).",
    ),
    grpc::ODDITIES[0],
    grpc::ODDITIES[1],
    grpc::ODDITIES[2],
    events::ODDITY,
    ("unknown_content_coding", "The content coding is not known; no content was kept."),
    ("content_undecodable", "The content does not decode as its content coding says."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ODDITIES.iter().map(|oddity| oddity.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ODDITIES.len());
    }
}
