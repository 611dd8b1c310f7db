//! What both ends of a flow of datagrams do, or of a connection of DNS.

use nautscan_core::proto::datagram::Ports;
use nautscan_core::proto::{Close, Side};

use crate::{Scribe, Script};

const SECOND: i64 = 1_000_000_000;
/// What times step by.
const STEPS: [i64; 4] = [0, SECOND / 1000, 8 * SECOND, 16 * SECOND];
/// A port that no probe knows.
const UNUSUAL: u16 = 4000;
/// It, and those that probes know.
const PORTS: [u16; 8] = [53, 5353, 5355, UNUSUAL, 11211, 123, 137, 547];

/// The input of targets of datagrams.
#[derive(Debug, Clone, Copy)]
pub struct DatagramScript<'a> {
    options: u8,
    script: Script<'a>,
    time: i64,
}

/// A message, or part of one, that a side sends.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Who.
    pub side: Side,
    /// When, ns.
    pub time: i64,
    /// Bytes that were lost: of a datagram the last ones, of a connection those before `bytes`.
    pub lost: usize,
    /// What was captured.
    pub bytes: &'a [u8],
}

impl<'a> DatagramScript<'a> {
    /// Reads the settings.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut script = Script::new(bytes);
        Some(Self { options: script.byte()?, script, time: 1_700_000_000 * SECOND })
    }

    /// Whether it is a connection and no datagrams.
    pub fn is_stream(&self) -> bool {
        self.options & 1 != 0
    }

    /// Ports of a datagram of `side`.
    pub fn ports(&self, side: Side) -> Ports {
        // The last bit is one of `piece`, which datagrams have no use for.
        let server = PORTS[usize::from(self.options >> 1 & 3 | self.options >> 2 & 4)];
        match side {
            Side::Client => Ports { source: 40_000, destination: server },
            Side::Server => Ports { source: server, destination: 40_000 },
        }
    }

    /// Whether datagrams go to a group.
    pub fn to_group(&self) -> bool {
        self.options & 8 != 0
    }

    /// In pieces of how many bytes the data of a connection come the second time; at least 1.
    pub fn piece(&self) -> usize {
        1 + usize::from(self.options >> 4 & 3)
    }

    /// How the flow ends.
    pub fn close(&self) -> Close {
        match self.options >> 6 {
            0 => Close::Finished,
            1 => Close::Reset(Side::Server),
            2 => Close::Timeout,
            _ => Close::CaptureEnd,
        }
    }

    /// Writes settings; what is said is written behind them. A port that is not known is written as the
    /// unusual one.
    pub fn begin(is_stream: bool, port: u16) -> Scribe {
        let mut scribe = Scribe::default();
        let place = |port| PORTS.iter().position(|known| *known == port);
        let at = place(port).or(place(UNUSUAL)).unwrap_or_default() as u8;
        scribe.byte(u8::from(is_stream) | (at & 3) << 1 | (at & 4) << 2 | 3 << 6);
        scribe
    }

    /// Writes what a side says.
    pub fn write(scribe: &mut Scribe, side: Side, bytes: &[u8]) {
        scribe.byte(side.index() as u8 | 1 << 1).bytes(bytes);
    }
}

impl<'a> Iterator for DatagramScript<'a> {
    type Item = Said<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let what = self.script.byte()?;
        let side = if what & 1 == 0 { Side::Client } else { Side::Server };
        self.time += STEPS[usize::from(what >> 1 & 3)];
        let lost = usize::from(what >> 3) * 5;
        Some(Said { side, time: self.time, lost, bytes: self.script.bytes()? })
    }
}
