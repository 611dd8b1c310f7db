//! What both sides have sent before any probe decided.

use std::borrow::Cow;

use super::Piece;
use crate::limits::DETECTION_PIECES;
use crate::proto::{Place, Side};

/// Pieces in the order in which they came: an answer is never told before what it answers, and
/// each message keeps its own time.
#[derive(Default)]
pub(super) struct Held {
    /// Of each side, one piece behind the other.
    bytes: [Vec<u8>; 2],
    pieces: Vec<Mark>,
}

/// Where a piece came from.
struct Mark {
    side: Side,
    time: i64,
    place: Place,
    length: usize,
    /// In place of bytes: so many are missing here, lost or given up.
    lost: u64,
    /// Not all of those were given up.
    is_missing: bool,
}

/// From where to where bytes of each side were lost, others between them included.
pub(super) type Lost = [Option<(u64, u64)>; 2];

/// Adds bytes of a side to what was lost.
pub(super) fn widen(lost: &mut Lost, side: Side, offset: u64, bytes: u64) {
    let range = &mut lost[side.index()];
    let (from, to) = range.unwrap_or((offset, offset));
    *range = Some((from.min(offset), to.max(offset.saturating_add(bytes))));
}

impl Held {
    /// All that a side has sent.
    pub(super) fn of(&self, side: Side) -> &[u8] {
        &self.bytes[side.index()]
    }

    /// Takes a copy of a piece; `false` if there are too many.
    pub(super) fn hold(&mut self, piece: &Piece<'_>) -> bool {
        let is_full = self.pieces.len() >= DETECTION_PIECES;
        match self.pieces.last_mut().filter(|mark| mark.goes_on_with(piece)) {
            Some(mark) => mark.length += piece.bytes.len(),
            None if is_full => return false,
            None => {
                let Piece { side, time, place, ref bytes, .. } = *piece;
                let (length, lost, is_missing) = (bytes.len(), 0, false);
                self.pieces.push(Mark { side, time, place, length, lost, is_missing });
            }
        }
        self.bytes[piece.side.index()].extend_from_slice(&piece.bytes);
        true
    }

    /// Puts everything on `todo`, where the last is the next.
    pub(super) fn take(&mut self, todo: &mut Vec<Piece<'_>>) {
        let Self { mut bytes, pieces } = core::mem::take(self);
        for Mark { side, time, place, length, lost, .. } in pieces.into_iter().rev() {
            let of_side = &mut bytes[side.index()];
            let bytes = of_side.split_off(of_side.len() - length);
            todo.push(Piece { side, time, place, bytes: Cow::Owned(bytes), lost });
        }
    }

    /// Bytes of a side, of which nothing is held, are missing or given up: they may have been an answer to
    /// what is held of the other side. `false` if nothing is: nobody need be told in this order.
    pub(super) fn lose(
        &mut self,
        side: Side,
        time: i64,
        place: Place,
        bytes: u64,
        is_missing: bool,
    ) -> bool {
        if self.of(side.peer()).is_empty() {
            return false;
        }
        // Losses of a side between which the other says nothing are one. So there is one mark more than
        // `DETECTION_PIECES` at most: where it is the last, no other is added but of a loss, which it takes.
        match self.pieces.last_mut().filter(|mark| mark.side == side && mark.length == 0) {
            Some(mark) => {
                let to = place.offset.saturating_add(bytes);
                mark.lost = to.saturating_sub(mark.place.offset).max(mark.lost);
                mark.is_missing |= is_missing;
            }
            None => {
                self.pieces.push(Mark { side, time, place, length: 0, lost: bytes, is_missing })
            }
        }
        true
    }

    /// Gives up what a side has sent; answers how many bytes that were. What need not be told in order any
    /// more is added to what was lost.
    pub(super) fn drop_of(&mut self, side: Side, lost: &mut Lost) -> u64 {
        let given_up = core::mem::take(&mut self.bytes[side.index()]).len() as u64;
        for mark in self.pieces.iter_mut().filter(|mark| mark.side == side) {
            mark.lost += core::mem::take(&mut mark.length) as u64;
        }
        self.settle(lost);
        given_up
    }

    /// Forgets what a side has sent, which is understood and nobody's. As to losses like [`Self::drop_of`].
    pub(super) fn forget(&mut self, side: Side, lost: &mut Lost) {
        self.bytes[side.index()].clear();
        self.pieces.retain(|mark| mark.side != side || mark.lost > 0);
        self.settle(lost);
    }

    /// Where no bytes are held, no loss stands between them.
    fn settle(&mut self, lost: &mut Lost) {
        if self.bytes.iter().all(Vec::is_empty) {
            for mark in self.pieces.drain(..).filter(|mark| mark.is_missing) {
                widen(lost, mark.side, mark.place.offset, mark.lost);
            }
        }
    }

    pub(super) fn swap_roles(&mut self) {
        self.bytes.swap(0, 1);
        for mark in &mut self.pieces {
            mark.side = mark.side.peer();
        }
    }

    /// Heap bytes.
    pub(super) fn memory(&self) -> usize {
        let bytes: usize = self.bytes.iter().map(Vec::capacity).sum();
        bytes + self.pieces.capacity() * size_of::<Mark>()
    }
}

impl Mark {
    /// Whether a piece came at the same time as this one, right behind it.
    fn goes_on_with(&self, piece: &Piece<'_>) -> bool {
        let behind =
            Place { offset: self.place.offset.saturating_add(self.length as u64), ..self.place };
        (self.side, self.time, behind) == (piece.side, piece.time, piece.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Side::{Client as C, Server as S};

    fn piece(side: Side, offset: u64, bytes: &'static [u8]) -> Piece<'static> {
        let place = Place { offset, received: 0 };
        Piece { side, time: offset as i64, place, bytes: bytes.into(), lost: 0 }
    }

    fn lose(held: &mut Held, side: Side, offset: u64, bytes: u64) -> bool {
        held.lose(side, 0, Place { offset, received: 0 }, bytes, true)
    }

    /// What is held in its order: side, offset, bytes, lost.
    fn told(mut held: Held) -> Vec<(Side, u64, usize, u64)> {
        let mut todo = Vec::new();
        held.take(&mut todo);
        let told = todo.iter().rev();
        told.map(|piece| (piece.side, piece.place.offset, piece.bytes.len(), piece.lost)).collect()
    }

    /// Reaches `DETECTION_PIECES`: a loss behind the last piece is told there, and once.
    #[test]
    fn a_loss_is_told_in_its_place_though_no_more_pieces_are_held() {
        for (lost_before, held_before) in [(0, 0), (5, 0), (5, 3)] {
            let (mut held, mut want, mut said) = (Held::default(), Vec::new(), 0);
            assert!(held.hold(&piece(C, 0, b"x")));
            want.push((C, 0, 1, 0));
            if lost_before > 0 {
                assert!(lose(&mut held, S, 0, lost_before));
                want.push((S, 0, 0, lost_before));
                said += lost_before;
            }
            if held_before > 0 {
                assert!(held.hold(&piece(S, said, b"VER")));
                want.push((S, said, 0, held_before));
                said += held_before;
            }
            for offset in 1.. {
                if !held.hold(&piece(C, offset, b"x")) {
                    break;
                }
                want.push((C, offset, 1, 0));
            }
            assert_eq!(held.pieces.len(), DETECTION_PIECES);
            assert_eq!(held.drop_of(S, &mut Lost::default()), held_before);
            for lost in [7, 2] {
                assert!(lose(&mut held, S, said, lost));
                said += lost;
                assert_eq!(held.pieces.len(), DETECTION_PIECES + 1);
                assert!(!held.hold(&piece(S, said, b"y")) && !held.hold(&piece(C, said, b"y")));
            }
            want.push((S, said - 9, 0, 9));
            assert_eq!(told(held), want);
        }
    }

    /// What was given up came: it was not lost.
    #[test]
    fn losses_between_what_is_given_up_are_handed_back() {
        let (mut held, mut lost) = (Held::default(), Lost::default());
        assert!(!lose(&mut held, S, 0, 5));
        assert!(held.hold(&piece(C, 0, b"x")));
        assert!(lose(&mut held, S, 10, 5));
        assert!(held.hold(&piece(S, 15, b"yy")));
        assert_eq!((held.drop_of(C, &mut lost), lost), (1, [None; 2]));
        assert!(lose(&mut held, C, 1, 4));
        assert_eq!((held.drop_of(S, &mut lost), lost), (2, [Some((1, 5)), Some((10, 15))]));
        assert!(held.pieces.is_empty());
    }
}
