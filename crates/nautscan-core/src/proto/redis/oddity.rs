//! What the parser notes on rows.

/// After a loss it is not known which answer is to which command.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too many commands waited.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// A command without a name.
pub(super) const NO_NAME: &str = "no_command_name";

/// Name and meaning of every oddity that a Redis exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        PAIRING_UNCERTAIN,
        "Bytes were lost, and it is not known which answer is to which command: both are rows of their own.",
    ),
    (
        PIPELINE_OVERFLOW,
        "More commands waited for answers than are followed; the answer was passed over.",
    ),
    (NO_NAME, "The first word of the command is not made of letters."),
];
