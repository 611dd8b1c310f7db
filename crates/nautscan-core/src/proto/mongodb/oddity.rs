//! What the parser notes on rows.

/// Bytes of the server were lost, the answer may have been among them.
pub(super) const ANSWER_UNCERTAIN: &str = "answer_uncertain";
/// A number was used again before its answer came.
pub(super) const NUMBER_REUSED: &str = "number_reused";
/// Too much waits.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// What a message packs cannot be read.
pub(super) const NOT_UNPACKED: &str = "not_unpacked";

/// Name and meaning of every oddity that a MongoDB exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        ANSWER_UNCERTAIN,
        "Bytes of the server were lost while this waited, and its answer may have been among them.",
    ),
    (
        NUMBER_REUSED,
        "The client sent another message of the same number before the answer came; this one is told without it.",
    ),
    (
        PIPELINE_OVERFLOW,
        "More messages waited than are followed; this one is told without its answer.",
    ),
    (NOT_UNPACKED, "What was compressed cannot be unpacked, so what it says is not known."),
];
