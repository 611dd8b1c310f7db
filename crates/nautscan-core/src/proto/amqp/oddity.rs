//! What the parser notes on rows.

/// A method or a content header is not as it ought to be.
pub(super) const MALFORMED: &str = "malformed_frame";
/// After a loss it is not known whether there was an answer.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too much waited.
pub(super) const WAITING_OVERFLOW: &str = "waiting_overflow";

/// Name and meaning of every oddity that an AMQP exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        MALFORMED,
        "A frame's content is not as its length and its type say; what could be read stands.",
    ),
    (PAIRING_UNCERTAIN, "Bytes were lost that may have held the answer."),
    (
        WAITING_OVERFLOW,
        "More waited for answers than is followed, or on more channels; this one's is not known.",
    ),
];
