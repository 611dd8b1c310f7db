//! How much memory the flows hold, told without visiting all of them.

use crate::flow::{Flow, FlowTable};

/// Flows up to this many are all asked.
const ASKED: usize = 1024;
/// Sweeps that come to every flow once.
const ROUND: usize = 10;

/// What one sweep saw.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    flows: usize,
    bytes: usize,
}

/// Bytes behind the flows of a table: state of connections, segments held, what parsers hold.
/// Gathered as the sweep passes them, each flow every ten seconds.
#[derive(Debug, Default)]
pub(super) struct Held {
    shares: [Share; ROUND],
    /// The share being gathered.
    at: usize,
}

impl Held {
    /// A sweep begins; what the one a round ago saw is forgotten.
    pub(super) fn begin(&mut self) {
        self.at = (self.at + 1) % ROUND;
        self.shares[self.at] = Share::default();
    }

    /// The sweep has passed a flow that stays.
    pub(super) fn add(&mut self, flow: &Flow) {
        let share = &mut self.shares[self.at];
        share.flows += 1;
        share.bytes += beyond_slot(flow);
    }

    /// Bytes that the flows of `table` hold beyond its own: of few flows the sum, of many what
    /// those passed in the last round held on average, times their number now. All are asked also
    /// where most of them are new since.
    pub(super) fn bytes(&self, table: &FlowTable) -> usize {
        let seen: usize = self.shares.iter().map(|share| share.flows).sum();
        if table.len() <= ASKED || seen < table.len() / 2 {
            return table.iter().map(beyond_slot).sum();
        }
        let bytes: usize = self.shares.iter().map(|share| share.bytes).sum();
        (bytes as u128 * table.len() as u128 / seen as u128) as usize
    }
}

fn beyond_slot(flow: &Flow) -> usize {
    flow.memory() - size_of::<Flow>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::packet::InterfaceId;
    use crate::testing::{Tcp, raw};
    use crate::wire::tcp::flag::{ACK, SYN};

    const SECOND: i64 = 1_000_000_000;

    fn segment(
        engine: &mut Engine,
        time: i64,
        client: (u8, u16),
        segment: (u8, u32, &'static [u8]),
    ) {
        let (flags, sequence, payload) = segment;
        let tcp = Tcp { from: client, to: (2, 80), sequence, acknowledgement: 1, flags, payload };
        engine.packet(&raw(time, InterfaceId(0), &tcp.bytes(sequence as u16)));
    }

    fn exact(engine: &Engine) -> usize {
        engine.flows.iter().map(beyond_slot).sum()
    }

    #[test]
    fn what_waits_behind_a_hole_is_counted_and_forgotten() {
        let mut engine = Engine::new(Config::default());
        segment(&mut engine, 0, (1, 1000), (ACK, 100, b"x"));
        let before = engine.memory();
        for piece in 1..=50 {
            segment(&mut engine, 1000, (1, 1000), (ACK, 101 + piece * 40, &[7; 40]));
        }
        let holding = engine.memory();
        assert!(holding >= before + 50 * 40, "{before}, then {holding}");
        engine.advance(30 * SECOND);
        assert!(engine.memory() < before + 50 * 40, "the hole was given up");
    }

    #[test]
    fn the_sweep_knows_what_many_flows_hold() {
        let mut engine = Engine::new(Config::default());
        for port in 0..6000 {
            segment(&mut engine, i64::from(port), (1, 1000 + port), (ACK, 100, b"x"));
            if port % 3 == 0 {
                segment(&mut engine, i64::from(port), (1, 1000 + port), (ACK, 900, &[7; 500]));
            }
        }
        let (told, true_one) = (engine.held.bytes(&engine.flows), exact(&engine));
        assert_eq!(told, true_one, "most are new, so all are asked");
        for second in 1..=10 {
            engine.advance(second * SECOND / 10 + second);
            engine.sweep();
        }
        let (told, true_one) = (engine.held.bytes(&engine.flows), exact(&engine));
        assert!(
            true_one > 6000 * 100 && told.abs_diff(true_one) < true_one / 20,
            "{told} {true_one}"
        );
    }

    /// The memory of a SYN flood: what `bench/README.md` states a flow.
    #[test]
    fn a_syn_that_nobody_answers_takes_little() {
        let mut engine = Engine::new(Config::default());
        for number in 0..20_000_u32 {
            let client = ((number >> 15) as u8 + 3, number as u16 & 0x7fff);
            segment(&mut engine, i64::from(number), client, (SYN, number, b""));
        }
        assert_eq!(engine.totals().flows, 20_000);
        let each = engine.memory() / 20_000;
        assert!(each <= 248, "{each} bytes a flow");
    }

    #[test]
    fn engines_that_share_an_input_share_the_memory() {
        let config = Config { max_flows: 1000, ..Config::default() };
        let shares: usize = (0..3).map(|index| config.share(index, 3).max_flows).sum();
        assert!((1000..1050).contains(&shares));
        let ids: Vec<_> = (0..3).map(|index| config.share(index, 3).flow_id_base).collect();
        assert_eq!(ids, [0, 1, 2]);
    }
}
