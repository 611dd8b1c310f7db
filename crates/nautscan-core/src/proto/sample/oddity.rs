//! What the parser notes on rows.

/// Too many requests waited.
pub(super) const WAITING_OVERFLOW: &str = "waiting_overflow";

/// Name and meaning of every oddity that an exchange of sample can carry.
pub static ODDITIES: &[(&str, &str)] = &[(
    WAITING_OVERFLOW,
    "More requests waited for answers than are followed; this one's is not known.",
)];
