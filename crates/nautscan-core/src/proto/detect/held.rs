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
                self.pieces.push(Mark { side, time, place, length: bytes.len(), lost: 0 });
            }
        }
        self.bytes[piece.side.index()].extend_from_slice(&piece.bytes);
        true
    }

    /// Puts everything on `todo`, where the last is the next.
    pub(super) fn take(&mut self, todo: &mut Vec<Piece<'_>>) {
        let Self { mut bytes, pieces } = core::mem::take(self);
        for Mark { side, time, place, length, lost } in pieces.into_iter().rev() {
            let of_side = &mut bytes[side.index()];
            let bytes = of_side.split_off(of_side.len() - length);
            todo.push(Piece { side, time, place, bytes: Cow::Owned(bytes), lost });
        }
    }

    /// Bytes of a side are missing, or given up: they may have been an answer to what is held of
    /// the other side. `false` if nothing is: nobody need be told in this order.
    pub(super) fn lose(&mut self, side: Side, time: i64, place: Place, bytes: u64) -> bool {
        if self.bytes[side.peer().index()].is_empty() {
            return false;
        }
        // Losses of a side between which the other says nothing are one.
        let is_full = self.pieces.len() >= DETECTION_PIECES;
        let among = if is_full { 0 } else { self.pieces.len().saturating_sub(1) };
        let mut candidates = self.pieces[among..].iter_mut().rev();
        let last = candidates.find(|mark| mark.side == side && mark.lost > 0);
        if let Some(mark) = last {
            mark.lost =
                place.offset.saturating_add(bytes).saturating_sub(mark.place.offset).max(mark.lost);
        } else if !is_full {
            self.pieces.push(Mark { side, time, place, length: 0, lost: bytes });
        }
        true
    }

    /// Gives up what a side has sent; answers how many bytes that were.
    pub(super) fn drop_of(&mut self, side: Side) -> u64 {
        let given_up = core::mem::take(&mut self.bytes[side.index()]).len() as u64;
        if self.bytes[side.peer().index()].is_empty() {
            self.pieces.clear();
        }
        for mark in self.pieces.iter_mut().filter(|mark| mark.side == side) {
            mark.lost += core::mem::take(&mut mark.length) as u64;
        }
        given_up
    }

    /// Forgets what a side has sent, which is understood and nobody's.
    pub(super) fn forget(&mut self, side: Side) {
        self.bytes[side.index()].clear();
        self.pieces.retain(|mark| mark.side != side || mark.lost > 0);
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
