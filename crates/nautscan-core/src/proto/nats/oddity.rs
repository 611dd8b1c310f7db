//! What the parser notes on rows.

/// A message is not as it ought to be.
pub(super) const MALFORMED: &str = "malformed_headers";
/// It is not known whether there was an answer, or what it was to.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too many requests waited.
pub(super) const WAITING_OVERFLOW: &str = "waiting_overflow";

/// Name and meaning of every oddity that a NATS exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (MALFORMED, "What stands where headers ought to be does not begin with `NATS/1.0`."),
    (
        PAIRING_UNCERTAIN,
        "Bytes were lost that may have held the answer, or another request named the same subject for its reply before there was one: what came then may be to either.",
    ),
    (
        WAITING_OVERFLOW,
        "More requests waited for answers than are followed; this one's is not known.",
    ),
];
