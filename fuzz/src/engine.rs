//! Settings and packets for an engine.

use nautscan_core::event::{Redactor, Table};
use nautscan_core::packet::{InterfaceId, LinkType, Packet};
use nautscan_core::proto::Settings;
use nautscan_core::{Config, Engine};

use crate::wire::beyond;
use crate::{Scribe, Script};

/// Link types by the number that stands for them in a script: those that are decoded, and two
/// that are not.
pub const LINK_TYPES: [LinkType; 11] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::RAW_DLT,
    LinkType(105),
    LinkType(u16::MAX),
];

const MILLISECOND: i64 = 1_000_000;
/// Ends of an interval that times step by; the last two jump, in both directions.
const STEPS: [i64; 8] = [
    0,
    1,
    MILLISECOND,
    100 * MILLISECOND,
    2_000 * MILLISECOND,
    700_000 * MILLISECOND,
    i64::MAX,
    -60_000 * MILLISECOND,
];

/// The input of the target `engine`.
#[derive(Debug)]
pub struct EngineScript<'a> {
    options: u8,
    script: Script<'a>,
    time: i64,
}

/// A packet of a script, and whether batches are taken before it.
#[derive(Debug)]
pub struct FuzzedPacket<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// Whether the engine is flushed before it.
    pub flush: bool,
}

impl<'a> EngineScript<'a> {
    /// Reads the settings.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut script = Script::new(bytes);
        Some(Self { options: script.byte()?, script, time: 1_700_000_000_000 * MILLISECOND })
    }

    /// An engine with these settings, with small caps: full ones are part of what is tried.
    pub fn engine(&self) -> Engine {
        let set = |bit: u8| self.options & bit != 0;
        let mut engine = Engine::new(Config {
            sensor: "fuzz".to_owned(),
            tables: Table::ALL.to_vec(),
            settings: Settings {
                body_limit: if set(1) { 16 } else { 4096 },
                headers: !set(2),
                growing: set(3),
                ..Settings::default()
            },
            redactor: set(4).then(Redactor::default),
            max_flows: if set(8) { 2 } else { 64 },
            batch_rows: if set(16) { 1 } else { 8 },
            flow_update: set(32).then_some(1_000 * MILLISECOND),
            flow_id_base: 0,
            flow_id_step: 1,
            ..Config::default()
        });
        engine.add_interface(Some("eth0"));
        if set(64) {
            engine.add_interface(None);
        }
        engine
    }

    /// Writes settings; packets are written behind them.
    pub fn begin(options: u8) -> Scribe {
        let mut scribe = Scribe::default();
        scribe.byte(options);
        scribe
    }

    /// Writes one packet. `None`: its link type has no number.
    pub fn write(scribe: &mut Scribe, packet: &Packet<'_>) -> Option<()> {
        let kind = LINK_TYPES.iter().position(|known| *known == packet.link_type)?;
        let interface = (packet.interface.0 as u8 & 1) << 4;
        // A step of a millisecond, whatever the capture's.
        scribe.byte(kind as u8 | interface).byte(2).word(beyond(packet)).bytes(packet.data);
        Some(())
    }
}

impl<'a> Iterator for EngineScript<'a> {
    type Item = FuzzedPacket<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.script.byte()?;
        let link_type = LINK_TYPES[usize::from(kind & 15) % LINK_TYPES.len()];
        let several = u16::from(self.options & 64 != 0);
        let interface = InterfaceId(u16::from(kind >> 4 & 1) & several);
        self.time = self.time.saturating_add(STEPS[usize::from(self.script.byte()? & 7)]);
        let beyond = u32::from(self.script.word()?);
        let data = self.script.bytes()?;
        let wire_len = data.len() as u32 + beyond;
        let packet = Packet { time: self.time, interface, link_type, wire_len, data };
        Some(FuzzedPacket { packet, flush: kind & 32 != 0 })
    }
}
