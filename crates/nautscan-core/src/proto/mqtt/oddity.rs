//! What the parser notes on rows.

/// A packet is not as it ought to be.
pub(super) const MALFORMED: &str = "malformed_packet";
/// The topic is an alias of something that was not seen.
pub(super) const UNKNOWN_ALIAS: &str = "unknown_topic_alias";
/// An identifier was used again while it waited.
pub(super) const ID_REUSED: &str = "packet_id_reused";
/// After a loss it is not known whether there was an acknowledgement.
pub(super) const PAIRING_UNCERTAIN: &str = "pairing_uncertain";
/// Too many packets waited.
pub(super) const WAITING_OVERFLOW: &str = "waiting_overflow";

/// Name and meaning of every oddity that an MQTT exchange can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        MALFORMED,
        "A packet's content is not as its length and its type say; what could be read stands.",
    ),
    (
        UNKNOWN_ALIAS,
        "The topic was sent as an alias, and what it stands for was sent before following began, was lost, or is beyond the aliases remembered.",
    ),
    (ID_REUSED, "The packet identifier was used again before it was acknowledged."),
    (PAIRING_UNCERTAIN, "Bytes were lost that may have held the acknowledgement."),
    (
        WAITING_OVERFLOW,
        "More packets waited for acknowledgements than are followed; this one's is not known.",
    ),
];
