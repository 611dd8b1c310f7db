//! What the parser notes on rows.

/// After a loss it is not known what was answered.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too much waits.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// The text of a prepared statement was not seen, or cannot be read.
pub(super) const STATEMENT_UNKNOWN: &str = "statement_unknown";
/// An answer that the command cannot have.
pub(super) const UNEXPECTED_ANSWER: &str = "unexpected_answer";

/// Name and meaning of every oddity that a MySQL exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (PAIRING_UNCERTAIN, "Bytes were lost, and it is not known what was answered."),
    (
        PIPELINE_OVERFLOW,
        "More commands waited than are followed; this one is told without its answer.",
    ),
    (
        STATEMENT_UNKNOWN,
        "A statement was executed whose text was not seen: it was prepared before the capture, while bytes were lost, or when too many were known; or its attributes could not be passed over.",
    ),
    (
        UNEXPECTED_ANSWER,
        "The server sent what does not answer this command; what follows is read again from the client's next turn on.",
    ),
];
