//! What the parser notes on rows.

/// More commands waited than are followed.
pub(super) const PIPELINE_OVERFLOW: &str = "pipeline_overflow";
/// A command without a name.
pub(super) const NO_NAME: &str = "no_command_name";
/// Datagrams of the answer did not come.
pub(super) const DATAGRAMS_LOST: &str = "datagrams_lost";
/// It is not known whether the answer was to this command.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";

/// Name and meaning of every oddity that a Memcached exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        PAIRING_UNCERTAIN,
        "Bytes were lost, or a line came that may be to this quiet command or to the next, or is no answer to this one: it is not known whether it was answered, or how. Over UDP also where several things were asked at once: that the answer to one of them was lost cannot be seen.",
    ),
    (
        DATAGRAMS_LOST,
        "Over UDP, not all datagrams of the answers came, or more waited than is kept: what was answered is not known, nor how many bytes are missing.",
    ),
    (
        PIPELINE_OVERFLOW,
        "More commands waited for answers than are followed; the answer was passed over.",
    ),
    (NO_NAME, "The line does not begin with a word."),
];
