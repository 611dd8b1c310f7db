//! However TCP delivers what is said, the rows are the same: any segmentation, any order within
//! a window, any segment sent again.

use proptest::prelude::*;

use super::dialogue::{Exchange, exchange};
use super::network::{CLIENT, Connection, Frame, Random, SERVER};
use super::rows::{Row, observe};

const MILLISECOND: i64 = 1_000_000;

/// How a connection's bytes are delivered.
#[derive(Debug, Clone)]
struct Delivery {
    /// Lengths of the segments, used over and over.
    cuts: Vec<usize>,
    /// By how many places each is delayed behind those after it, likewise.
    delays: Vec<usize>,
    /// Whether each comes twice, likewise.
    repeats: Vec<bool>,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let cut = prop_oneof![3 => 1..20usize, 3 => 20..600usize, 2 => 600..1448usize];
    let cuts = prop::collection::vec(cut, 1..12);
    let delays = prop::collection::vec(prop_oneof![3 => Just(0usize), 1 => 1..6usize], 1..12);
    let repeats = prop::collection::vec(prop::bool::weighted(0.2), 1..12);
    (cuts, delays, repeats).prop_map(|(cuts, delays, repeats)| Delivery { cuts, delays, repeats })
}

impl Delivery {
    /// Each turn of the dialogue in segments; those of one turn may overtake each other.
    fn frames(&self, exchanges: &[Exchange]) -> Vec<Frame> {
        let mut connection = Connection::open(0, 1_700_000_000_000 * MILLISECOND, Random::new(7));
        let mut cuts = self.cuts.iter().copied().cycle();
        let mut frames = std::mem::take(&mut connection.frames);
        let mut number = 0;
        for (side, bytes) in exchanges.iter().flat_map(|exchange| &exchange.turns) {
            connection.hear(*side);
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                // Small cuts of what is large would only take time.
                let cut = cuts.next().unwrap_or(1).max(bytes.len() / 100).min(rest.len());
                connection.segment(*side, &rest[..cut]);
                rest = &rest[cut..];
            }
            let turn = std::mem::take(&mut connection.frames);
            frames.extend(self.delivered(turn, &mut number));
        }
        connection.close(CLIENT);
        frames.extend(connection.frames);
        frames
    }

    /// Segments in the order in which they come, at the times at which the first order had them.
    fn delivered(&self, turn: Vec<Frame>, number: &mut usize) -> Vec<Frame> {
        let times: Vec<i64> = turn.iter().map(|frame| frame.time).collect();
        let mut places = Vec::new();
        for (place, frame) in turn.into_iter().enumerate() {
            let delay = self.delays[*number % self.delays.len()];
            places.push((place + delay, frame.clone()));
            if self.repeats[*number % self.repeats.len()] {
                places.push((place + delay + *number % 3, frame));
            }
            *number += 1;
        }
        places.sort_by_key(|(place, _)| *place);
        let last = times.len() - 1;
        let at = |place: usize| times[place.min(last)];
        places.into_iter().map(|(place, f)| Frame { time: at(place), ..f }).collect()
    }
}

/// A row without what depends on when its bytes came.
fn timeless(row: Row) -> Row {
    Row { time: 0, ttfb: row.ttfb.map(|_| 0), duration: row.duration.map(|_| 0), ..row }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_bytes_are_delivered_does_not_matter(
        seed in any::<u64>(),
        count in 1..6usize,
        pipelined in any::<bool>(),
        delivery in delivery(),
    ) {
        let mut random = Random::new(seed);
        let all: Vec<Exchange> =
            (0..count).map(|n| exchange(&format!("0-{n}"), true, &mut random)).collect();
        let said = |side| all.iter().flat_map(|e: &Exchange| e.said(side)).collect::<Vec<u8>>();
        let at_once = Exchange { turns: vec![(CLIENT, said(CLIENT)), (SERVER, said(SERVER))] };
        let dialogue = if pipelined { vec![at_once] } else { all };
        let plain = Delivery { cuts: vec![1448], delays: vec![0], repeats: vec![false] };
        let rows = |by: &Delivery| -> Vec<Row> {
            observe(&by.frames(&dialogue)).into_iter().map(timeless).collect()
        };
        let want = rows(&plain);
        prop_assert_eq!(want.len(), count);
        prop_assert!(want.iter().all(|row| row.completeness == "complete"));
        prop_assert_eq!(rows(&delivery), want);
    }
}
