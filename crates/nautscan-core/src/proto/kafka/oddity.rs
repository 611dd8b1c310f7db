//! What the parser notes on rows.

/// Too many requests waited.
pub(super) const WAITING_OVERFLOW: &str = "waiting_overflow";
/// Bytes were lost that may have been the answer.
pub(super) const ANSWER_UNCERTAIN: &str = "answer_uncertain";
/// A later request was answered first.
pub(super) const PASSED_OVER: &str = "passed_over";
/// The kind of request, or its version, is newer than what is known.
pub(super) const UNREAD_VERSION: &str = "unread_version";
/// The fields are not as the version has them.
pub(super) const MALFORMED_FIELDS: &str = "malformed_fields";
/// A message goes on behind its last field.
pub(super) const BEHIND_FIELDS: &str = "bytes_behind_fields";

/// Name and meaning of every oddity that an exchange of Kafka can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        WAITING_OVERFLOW,
        "More requests waited for answers than are followed; this one's is not known.",
    ),
    (ANSWER_UNCERTAIN, "Bytes of the server were lost that may have been the answer."),
    (PASSED_OVER, "A later request was answered, though answers come in the order of requests."),
    (
        UNREAD_VERSION,
        "The kind of request or its version is newer than what is known: no more than its head is read.",
    ),
    (MALFORMED_FIELDS, "The fields of a message are not as its version has them."),
    (
        BEHIND_FIELDS,
        "A message goes on behind the last field that its version has; old clients send ApiVersions so.",
    ),
];
