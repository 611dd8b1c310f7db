//! What the parser notes on rows.

/// More commands waited than are followed.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// A command without a name.
pub(super) const NO_NAME: &str = "no_command_name";
/// It is not known whether the answer was to this quiet command.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";

/// Name and meaning of every oddity that a Memcached exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        PAIRING_UNCERTAIN,
        "Bytes were lost, or an answer came that may be to this quiet command or to the next: it is not known whether it was answered.",
    ),
    (
        PIPELINE_OVERFLOW,
        "More commands waited for answers than are followed; the answer was passed over.",
    ),
    (NO_NAME, "The line does not begin with a word."),
];
