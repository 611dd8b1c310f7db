//! TCP as it passes by: both directions of a connection put in order, with what is missing
//! named.
//!
//! Policy: the first captured copy of a byte wins; later copies that differ are ignored, as
//! most receivers do. Bytes that the receiver acknowledged but that were not captured are lost
//! to us and become a gap; bytes that nobody acknowledged yet are waited for.
//!
//! Urgent data stand in line (RFC 6093); what a reset carries is no data. A reset is believed
//! within the receiver's window, and a SYN in the middle of a connection opens another one once
//! it is answered: either may be forged (RFC 5961).
//!
//! Order between the directions: when bytes are handed out, all that their sender had received
//! by then has been handed out or named as a gap, save at most its last byte, which may have
//! been a FIN that was not captured.

mod analysis;
mod connection;
mod half;
mod held;
mod options;
mod rival;

pub use connection::{Connection, Counters, Event, Segment};
pub use options::Offer;
pub use rival::Rival;

use crate::proto::{Place, Side};

/// Takes the bytes of both directions, each in stream order.
pub trait Receiver {
    /// Bytes that `side` sent next; never empty. `time`: when they were there to be read, that
    /// is, when the packet that carried them or the one that filled the hole before them came.
    fn data(&mut self, side: Side, bytes: &[u8], place: Place, time: i64);
    /// Bytes that `side` sent next, from `offset` on, but that were not captured.
    fn gap(&mut self, side: Side, lost: u64, offset: u64);
    /// `side` sends no more.
    fn end(&mut self, side: Side);
}
