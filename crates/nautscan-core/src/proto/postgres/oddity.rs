//! What the parser notes on rows.

/// After a loss it is not known what was answered.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too much waits.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// The text of a prepared statement was not seen.
pub(super) const STATEMENT_UNKNOWN: &str = "statement_unknown";
/// An answer that the message cannot have.
pub(super) const UNEXPECTED_ANSWER: &str = "unexpected_answer";

/// Name and meaning of every oddity that a PostgreSQL exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (PAIRING_UNCERTAIN, "Bytes were lost, and it is not known what was answered."),
    (
        PIPELINE_OVERFLOW,
        "More statements waited than are followed; this one is told without its answer.",
    ),
    (
        STATEMENT_UNKNOWN,
        "A statement was executed by its name, and its text was not seen: it was prepared before the capture, while bytes were lost, or when too many were known.",
    ),
    (
        UNEXPECTED_ANSWER,
        "The server sent what does not answer this message; what follows is counted anew from where it says that it is ready.",
    ),
];
