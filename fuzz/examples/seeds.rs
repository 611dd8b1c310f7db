//! Makes seed corpora of capture files: `seeds FOLDER CORPUS` reads every small capture below
//! FOLDER and writes CORPUS/<target>/ for each target.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use nautscan_capture::{FileSource, PacketSource, Pulled};
use nautscan_core::packet::Packet;
use nautscan_core::proto::{
    Probe, Protocol, Side, amqp, fastcgi, ftp, http2, kafka, memcached, mongodb, mqtt, mysql, nats,
    postgres, redis, smtp, ssh, tls,
};
use nautscan_core::wire::tcp::flag;
use nautscan_core::wire::{Address, Decoded, Transport, decode};
use nautscan_fuzz::{
    DatagramScript, DialogueScript, EngineScript, Scribe, SegmentFields, WireInput,
};

/// Captures larger than this are passed over whole.
const MAX_CAPTURE: u64 = 1 << 20;
/// Largest seed: small ones are mutated to more effect.
const MAX_SEED: usize = 12 * 1024;
/// Packets of one capture that become seeds of `wire`, and connections of one capture.
const MAX_PACKETS: usize = 4;
const MAX_CONNECTIONS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, corpus] = &arguments[..] else {
        return Err("usage: seeds FOLDER CORPUS".into());
    };
    let mut seeds = Seeds { corpus: corpus.clone(), written: 0 };
    for capture in captures(folder)? {
        seeds.of_capture(&capture)?;
    }
    println!("{} seeds in {}", seeds.written, corpus.display());
    Ok(())
}

fn captures(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(captures(&entry.path())?);
        } else if entry.metadata()?.len() <= MAX_CAPTURE {
            found.push(entry.path());
        }
    }
    Ok(found)
}

struct Seeds {
    corpus: PathBuf,
    written: usize,
}

impl Seeds {
    fn write(&mut self, target: &str, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.len() > MAX_SEED {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let folder = self.corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{:016x}", hasher.finish())), bytes)?;
        self.written += 1;
        Ok(())
    }

    /// A file that is no capture gives no seed.
    fn of_capture(&mut self, path: &Path) -> std::io::Result<()> {
        let Ok(mut source) = FileSource::open(path) else { return Ok(()) };
        let bytes = fs::read(path)?;
        self.write("files", &bytes)?;
        let mut found = Found::default();
        while let Ok(Pulled::Packets(_)) = source.pull(256, &mut |packet| found.take(packet)) {}
        for packet in &found.packets {
            self.write("wire", packet)?;
        }
        for (options, script) in [0u8, 0x7f].into_iter().zip(found.engine) {
            // The first byte was left for the settings.
            let mut script = script.into_bytes();
            script[0] = options;
            self.write("engine", &script)?;
        }
        for ((_, port), script) in found.dns {
            let target = if port == MEMCACHED { "memcached_udp" } else { "dns" };
            let script = script.into_bytes();
            self.write(target, &script)?;
            self.write("datagrams", &script)?;
        }
        for (_, script) in found.quic.into_values() {
            let script = script.into_bytes();
            self.write("quic", &script)?;
            self.write("datagrams", &script)?;
        }
        for connection in found.connections.into_values() {
            self.write("reassembly", &connection.segments.into_bytes())?;
            let dialogue = connection.dialogue.into_bytes();
            self.write("connection", &dialogue)?;
            if let Some(target) = connection.target {
                self.write(target, &dialogue)?;
            }
        }
        Ok(())
    }
}

/// Address and port.
type End = (Address, u16);

/// Port of Memcached.
const MEMCACHED: u16 = 11211;

/// Seeds in the making, of one capture.
struct Found {
    packets: Vec<Vec<u8>>,
    kinds: HashSet<u64>,
    /// Two scripts of the same packets, to have different settings.
    engine: [Scribe; 2],
    connections: HashMap<[End; 2], Connection>,
    /// What is said to and from each port of DNS, over TCP and over UDP, and to Memcached's over UDP.
    dns: HashMap<(bool, u16), Scribe>,
    /// What the two ends of a flow of QUIC say, with the end that spoke first.
    quic: HashMap<[End; 2], (End, Scribe)>,
}

impl Default for Found {
    fn default() -> Self {
        let engine = [0, 0].map(EngineScript::begin);
        let (packets, kinds, connections, dns, quic) = Default::default();
        Self { packets, kinds, engine, connections, dns, quic }
    }
}

impl Found {
    fn take(&mut self, packet: &Packet<'_>) {
        let decoded = decode(packet);
        if self.packets.len() < MAX_PACKETS && self.kinds.insert(kind(packet, &decoded)) {
            self.packets.push(WireInput::write(packet));
        }
        for script in &mut self.engine {
            if script.len() + packet.data.len() + 6 <= MAX_SEED {
                EngineScript::write(script, packet);
            }
        }
        self.segment(packet, &decoded);
        self.message(&decoded);
        self.datagram(&decoded);
    }

    /// A datagram with a packet that has a long header, or one of a flow that had some.
    fn datagram(&mut self, decoded: &Decoded<'_>) {
        let (Some(network), Some(Transport::Udp { source_port, destination_port })) =
            (decoded.network, decoded.transport)
        else {
            return;
        };
        let from = (network.source, source_port);
        let mut ends = [from, (network.destination, destination_port)];
        ends.sort_unstable();
        let is_long = decoded.payload.len() > 40 && decoded.payload[0] & 0x80 != 0;
        if !self.quic.contains_key(&ends) && (!is_long || self.quic.len() >= MAX_CONNECTIONS) {
            return;
        }
        let begin = || (from, DatagramScript::begin(false, 0));
        let (first, script) = self.quic.entry(ends).or_insert_with(begin);
        let side = if *first == from { Side::Client } else { Side::Server };
        if !decoded.payload.is_empty() && script.len() + decoded.payload.len() + 3 <= MAX_SEED {
            DatagramScript::write(script, side, decoded.payload);
        }
    }

    fn message(&mut self, decoded: &Decoded<'_>) {
        const PORTS: [u16; 3] = [53, 5353, 5355];
        let (is_stream, source, destination) = match decoded.transport {
            Some(Transport::Tcp { source_port, destination_port, .. }) => {
                (true, source_port, destination_port)
            }
            Some(Transport::Udp { source_port, destination_port }) => {
                (false, source_port, destination_port)
            }
            _ => return,
        };
        let is_udp = if is_stream { None } else { Some(MEMCACHED) };
        let ports = PORTS.into_iter().chain(is_udp);
        let known = ports.into_iter().find(|port| [source, destination].contains(port));
        let Some(port) = known.filter(|_| !decoded.payload.is_empty()) else { return };
        let side = if destination == port { Side::Client } else { Side::Server };
        let begin = || DatagramScript::begin(is_stream, port);
        let script = self.dns.entry((is_stream, port)).or_insert_with(begin);
        if script.len() + decoded.payload.len() + 3 <= MAX_SEED {
            DatagramScript::write(script, side, decoded.payload);
        }
    }

    fn segment(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        let (Some(network), Some(Transport::Tcp { source_port, destination_port, .. })) =
            (decoded.network, decoded.transport)
        else {
            return;
        };
        let (source, destination) =
            ((network.source, source_port), (network.destination, destination_port));
        let is_low = source <= destination;
        let key = if is_low { [source, destination] } else { [destination, source] };
        if self.connections.len() >= MAX_CONNECTIONS && !self.connections.contains_key(&key) {
            return;
        }
        let connection = self.connections.entry(key).or_insert_with(|| Connection::begin(is_low));
        connection.take(is_low, packet.time, decoded);
    }
}

/// What tells a packet from others of its capture: its length decides too, roughly.
fn kind(packet: &Packet<'_>, decoded: &Decoded<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let transport = decoded.transport.as_ref().map(std::mem::discriminant);
    let stop = decoded.stop.map(|stop| stop.layer);
    let tunnel = decoded.tunnel.map(|tunnel| tunnel.to_string());
    let fragment = decoded.network.is_some_and(|network| network.fragment.is_some());
    (packet.link_type, decoded.vlan, tunnel, fragment).hash(&mut hasher);
    (transport, stop, packet.data.len() / 256).hash(&mut hasher);
    hasher.finish()
}

/// One TCP connection as scripts.
struct Connection {
    client_is_low: bool,
    segments: Scribe,
    dialogue: Scribe,
    /// The target of the protocol that it speaks.
    target: Option<&'static str>,
    /// End of what each side has sent furthest; `None` before its first segment.
    furthest: [Option<u32>; 2],
    last_time: i64,
}

impl Connection {
    fn begin(client_is_low: bool) -> Self {
        Self {
            client_is_low,
            segments: Scribe::default(),
            dialogue: DialogueScript::begin(),
            target: None,
            furthest: [None; 2],
            last_time: 0,
        }
    }

    fn take(&mut self, is_low: bool, time: i64, decoded: &Decoded<'_>) {
        let Some(Transport::Tcp { sequence, acknowledgement, flags, .. }) = decoded.transport
        else {
            return;
        };
        let side = if is_low == self.client_is_low { Side::Client } else { Side::Server };
        let cut = (decoded.payload_len - decoded.payload.len()).min(255) as u8;
        let furthest = self.furthest[side.index()].unwrap_or(sequence);
        let acknowledged = self.furthest[side.peer().index()].unwrap_or(acknowledgement);
        let fields = SegmentFields {
            side,
            far: false,
            flags,
            distance: distance(sequence, furthest),
            acknowledged: distance(acknowledgement, acknowledged),
            length: decoded.payload.len() as u16,
            cut,
            delay: ((time - self.last_time) / 1_000_000).clamp(0, 127) as u8,
        };
        self.last_time = time;
        let len = decoded.payload_len as u32
            + u32::from(flags & flag::SYN != 0)
            + u32::from(flags & flag::FIN != 0);
        let end = sequence.wrapping_add(len);
        if end.wrapping_sub(furthest) as i32 >= 0 {
            self.furthest[side.index()] = Some(end);
        }
        if self.segments.len() + 16 <= MAX_SEED {
            fields.write(&mut self.segments);
        }
        self.speak(side, flags, decoded.payload);
    }

    fn speak(&mut self, side: Side, flags: u8, payload: &[u8]) {
        self.target = self.target.or_else(|| target(side, payload));
        if !payload.is_empty() && self.dialogue.len() + payload.len() + 8 <= MAX_SEED {
            DialogueScript::write_data(&mut self.dialogue, side, payload);
        }
        if flags & flag::FIN != 0 && self.dialogue.len() + 8 <= MAX_SEED {
            DialogueScript::write_end(&mut self.dialogue, side);
        }
    }
}

/// The target of the protocol that a payload is of.
fn target(side: Side, payload: &[u8]) -> Option<&'static str> {
    if payload.windows(7).take(200).any(|seven| seven == b"HTTP/1.") {
        return Some("http1");
    }
    let targets = [
        ("tls", tls::PROTOCOL),
        ("http2", http2::PROTOCOL),
        ("redis", redis::PROTOCOL),
        ("memcached", memcached::PROTOCOL),
        ("postgres", postgres::PROTOCOL),
        ("mqtt", mqtt::PROTOCOL),
        ("nats", nats::PROTOCOL),
        ("amqp", amqp::PROTOCOL),
        ("mysql", mysql::PROTOCOL),
        ("mongodb", mongodb::PROTOCOL),
        ("banners", ssh::PROTOCOL),
        ("banners", smtp::PROTOCOL),
        ("banners", ftp::PROTOCOL),
        ("kafka", kafka::PROTOCOL),
        ("fastcgi", fastcgi::PROTOCOL),
    ];
    let is_of = |protocol: &Protocol| (protocol.probe)(side, payload) == Probe::Yes;
    targets.into_iter().find(|(_, protocol)| is_of(protocol)).map(|(target, _)| target)
}

fn distance(to: u32, from: u32) -> i16 {
    (to.wrapping_sub(from) as i32).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
