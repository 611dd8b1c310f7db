//! What a peer did that RFC 6455 or RFC 7692 forbids, and what could not be followed.

/// The server's proof is not of the client's key.
pub(super) const ACCEPT: &str = "websocket_accept_wrong";
/// The server agreed to what was not offered.
pub(super) const NOT_OFFERED: &str = "websocket_not_offered";
/// A client's frame is not masked, or a server's is.
pub(super) const MASKING: &str = "websocket_masking_wrong";
/// Reserved bits are set that nothing agreed upon gives a meaning.
pub(super) const RESERVED_BITS: &str = "websocket_reserved_bits";
/// A length takes more bytes than it needs.
pub(super) const LENGTH: &str = "websocket_length_not_minimal";
/// A control frame is a fragment, or longer than 125 bytes.
pub(super) const CONTROL: &str = "websocket_control_frame_invalid";
/// Fragments do not follow each other as they must.
pub(super) const FRAGMENTS: &str = "websocket_fragments_out_of_order";
/// A close frame's code or text is none.
pub(super) const CLOSE: &str = "websocket_close_invalid";
/// Something came after a close frame.
pub(super) const AFTER_CLOSE: &str = "websocket_frame_after_close";
/// A text is not UTF-8.
pub(super) const TEXT: &str = "websocket_text_not_utf8";
/// A message does not inflate.
pub(super) const INFLATE: &str = "websocket_message_undecodable";
/// A message inflates to more than is read.
pub(super) const INFLATED: &str = "websocket_message_too_large";
/// What came is no frame.
pub(super) const NOT_FRAMES: &str = "websocket_not_frames";
/// A loss took the place where the next frame begins.
pub(super) const LOST: &str = "websocket_place_lost";

/// Name and meaning of every oddity that a WebSocket can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (ACCEPT, "Sec-WebSocket-Accept is not what the client's key asks for."),
    (
        NOT_OFFERED,
        "The server agreed to a subprotocol or an extension that the client did not offer.",
    ),
    (MASKING, "A frame of the client is not masked, or one of the server is."),
    (RESERVED_BITS, "A frame has reserved bits set that no agreed extension gives a meaning."),
    (LENGTH, "A frame states its length in more bytes than it needs."),
    (CONTROL, "A control frame (ping, pong, close) is a fragment, or longer than 125 bytes."),
    (FRAGMENTS, "A fragment continues no message, or a message begins within another."),
    (
        CLOSE,
        "A close frame has half a code, a code that must not be sent, or a reason that is not UTF-8.",
    ),
    (AFTER_CLOSE, "A side sent frames after its close frame; they were not read."),
    (TEXT, "A text message that was read whole is not UTF-8."),
    (
        INFLATE,
        "A compressed message does not inflate; with context takeover neither do those after it.",
    ),
    (
        INFLATED,
        "A compressed message inflates to far more than its size; it, and with context takeover those after it, were not read.",
    ),
    (NOT_FRAMES, "A side went on with bytes that are no frames; it was not followed any further."),
    (
        LOST,
        "Bytes were lost that held a frame's beginning; from there on this side was not followed.",
    ),
];
