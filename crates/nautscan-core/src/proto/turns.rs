//! What TCP's acknowledgements say of who waits for whom, for protocols whose answers come in the
//! order of what was asked.
//!
//! A client *takes its turn* when it sends having received more than before. One that was never seen
//! to do so while an answer was due waits for its answers: after a loss, when it takes its turn, all
//! before is answered, and the next answer begins exactly where it had received to. Of one that was,
//! nothing is known after a loss.
//!
//! An answer is sent having received what it answers. So one whose first bytes were sent before
//! that is to something else, which was not seen: following began in the middle.

use super::Place;

/// What is known of the order of one connection.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// What the client had received when it sent last.
    received: Option<u64>,
    /// The client was seen to take its turn while an answer was due.
    overlaps: bool,
    lost: Lost,
}

/// What is known after a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Lost {
    /// There was none, or the order is known again.
    #[default]
    No,
    /// Order is not known until the client takes its turn.
    Order,
    /// The next answer begins at this offset; what is before is not to be read.
    Until(u64),
}

impl Turns {
    /// The client sends at `place`, and `is_due`: an answer is due. Answers whether this is a turn.
    pub(super) fn client(&mut self, place: Place, is_due: bool) -> bool {
        let has_turn = self.received.is_none_or(|before| place.received > before);
        self.received = Some(place.received);
        self.overlaps |= has_turn && is_due && self.lost == Lost::No;
        has_turn
    }

    /// Bytes were lost that are not within what is counted. False: the connection cannot be followed
    /// any further.
    pub(super) fn lose(&mut self) -> bool {
        self.lost = Lost::Order;
        !self.overlaps
    }

    /// Whether the order is not known.
    pub(super) fn is_lost(&self) -> bool {
        self.lost == Lost::Order
    }

    /// The client took its turn at `place`, and it is known what it says.
    pub(super) fn resume(&mut self, place: Place) {
        self.lost = Lost::Until(place.received);
    }

    /// Whether an answer can be read that is at `offset`.
    pub(super) fn is_readable(&mut self, offset: u64) -> bool {
        match self.lost {
            Lost::No => true,
            Lost::Order => false,
            Lost::Until(from) => {
                if offset == from {
                    self.lost = Lost::No;
                }
                offset == from
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: u64, received: u64) -> Place {
        Place { offset, received }
    }

    #[test]
    fn who_waits_is_followed_again() {
        let mut turns = Turns::default();
        assert!(turns.client(place(0, 0), false));
        assert!(!turns.client(place(9, 0), true), "the same turn");
        assert!(turns.is_readable(0) && turns.lose() && turns.is_lost());
        assert!(turns.client(place(20, 50), true));
        turns.resume(place(20, 50));
        assert!(!turns.is_lost() && !turns.is_readable(30) && turns.is_readable(50));
        assert!(turns.is_readable(60), "from there on all is");
    }

    #[test]
    fn who_does_not_wait_is_not() {
        let mut turns = Turns::default();
        turns.client(place(0, 0), false);
        turns.client(place(9, 5), true);
        assert!(!turns.lose());
    }
}
