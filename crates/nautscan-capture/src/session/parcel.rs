//! Packets on their way from the thread that has them to the engines that share them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use nautscan_core::packet::{InterfaceId, LinkType, Packet};
use nautscan_core::wire::Shard;
use nautscan_core::{Engine, RecordBatch, Translation, event::Table};

use super::companions::Companions;
use super::meetings::Meetings;
use crate::block::Block;
use crate::file::Lent;
use crate::limits::{DATAGRAMS, PARCEL_BYTES, PARCEL_PACKETS, PARCELS_WAITING};

const SECOND: i64 = 1_000_000_000;
/// A packet this far behind the latest means that the clock was set back (as in the engine).
const CLOCK_STEP: i64 = 10 * SECOND;

/// Packets of which the headers are fetched at the same time: more than a core can wait for.
const FETCHED_AT_ONCE: usize = 16;
/// Offsets in the cache lines that hold a packet's headers, and the beginning of what it carries.
const HEADER_LINES: [usize; 3] = [0, 64, 128];

/// A packet, without its bytes: those are `[start..start + len]` of its block.
struct Item {
    time: i64,
    /// See [`Parcel::block`].
    block: u32,
    start: u32,
    len: u32,
    wire_len: u32,
    /// Packets of the whole input since [`Parcel::first_number`].
    number: u32,
    interface: InterfaceId,
    link_type: LinkType,
}

/// What one engine is to do next.
#[derive(Default)]
pub(super) struct Parcel {
    /// Interfaces that are new, in order; before the packets.
    interfaces: Vec<Option<String>>,
    /// Shared bytes of packets.
    blocks: Vec<Block>,
    /// Own copies of the bytes of packets that were only lent for a moment.
    copies: Vec<u8>,
    items: Vec<Item>,
    /// Number of the packet before which this parcel was begun.
    first_number: u64,
    /// Latest time of the whole input, to which the engine goes on after the packets.
    clock: i64,
    /// Rows are wanted now, however few.
    flush: bool,
}

impl Parcel {
    fn is_news(&self, told: i64) -> bool {
        !self.items.is_empty()
            || !self.interfaces.is_empty()
            || self.flush
            || self.clock.saturating_sub(told) >= SECOND
    }

    fn add(&mut self, number: u64, packet: &Packet<'_>, block: usize, start: usize) {
        if self.items.is_empty() {
            self.first_number = number;
        }
        self.items.push(Item {
            time: packet.time,
            block: block as u32,
            start: start as u32,
            len: packet.data.len() as u32,
            wire_len: packet.wire_len,
            number: (number - self.first_number) as u32,
            interface: packet.interface,
            link_type: packet.link_type,
        });
    }

    /// The bytes of a packet. Its `block` of 0 is [`Self::copies`], others count [`Self::blocks`]
    /// from 1.
    #[inline]
    fn data(&self, item: &Item) -> &[u8] {
        let block = match (item.block as usize).checked_sub(1) {
            None => &self.copies[..],
            Some(index) => &self.blocks[index],
        };
        let start = item.start as usize;
        &block[start..start + item.len as usize]
    }

    /// Looks at the headers of packets. Another core has written them: so they come over all at
    /// the same time, and decoding need not wait for each.
    #[inline]
    fn fetch(&self, items: &[Item]) {
        let mut seen = 0;
        for item in items {
            let data = self.data(item);
            for line in HEADER_LINES {
                seen ^= data.get(line).copied().unwrap_or_default();
            }
        }
        std::hint::black_box(seen);
    }

    fn clear(&mut self) {
        self.interfaces.clear();
        self.blocks.clear();
        self.copies.clear();
        self.items.clear();
        self.flush = false;
    }
}

/// The way to one engine.
struct Lane {
    filling: Parcel,
    full: SyncSender<Parcel>,
    /// Parcels that come back to be filled again.
    empty: Receiver<Parcel>,
    /// Time up to which the engine was told of.
    told: i64,
}

/// The engine's end of a [`Lane`].
pub(super) struct Arrivals {
    full: Receiver<Parcel>,
    empty: Sender<Parcel>,
}

/// Spreads the packets of one input over engines, so that both directions of a flow, and every
/// sighting of a packet, meet in one.
pub(super) struct Spread {
    lanes: Vec<Lane>,
    /// Packets so far.
    packets: u64,
    /// Packets and bytes since parcels were last sent.
    gathered: (usize, usize),
    clock: i64,
    datagrams: Datagrams,
    /// Set where packets may be seen at several points, and so under several addresses.
    companions: Option<Companions>,
    meetings: Meetings,
    translations: Arc<[Translation]>,
    interfaces: usize,
}

/// The other end of a lane was dropped: its engine is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

impl Spread {
    /// Ways to `count` engines, which know of these translations.
    pub(super) fn new(count: usize, translations: Arc<[Translation]>) -> (Self, Vec<Arrivals>) {
        let lane = |_| {
            let ((full, full_end), (empty_end, empty)) =
                (sync_channel(PARCELS_WAITING), channel::<Parcel>());
            let lane = Lane { filling: Parcel::default(), full, empty, told: i64::MIN };
            (lane, Arrivals { full: full_end, empty: empty_end })
        };
        let (lanes, arrivals) = (0..count).map(lane).unzip();
        let spread = Self {
            lanes,
            packets: 0,
            gathered: (0, 0),
            clock: 0,
            datagrams: Datagrams::default(),
            companions: None,
            meetings: Meetings::default(),
            translations,
            interfaces: 0,
        };
        (spread, arrivals)
    }

    /// Makes an interface known to every engine, before the packets that come next.
    pub(super) fn add_interface(&mut self, name: Option<&str>) {
        self.interfaces += 1;
        if self.interfaces > 1 {
            self.see_several_points();
        }
        for lane in &mut self.lanes {
            lane.filling.interfaces.push(name.map(str::to_owned));
        }
    }

    fn see_several_points(&mut self) {
        if self.companions.is_none() {
            self.companions = Some(Companions::knowing(&self.translations));
        }
    }

    /// Adds a packet whose bytes can be shared; where they cannot, a copy.
    #[inline]
    pub(super) fn lend(&mut self, lent: &Lent<'_>) {
        let Some(block) = lent.block else { return self.copy(&lent.packet) };
        let number = self.count(&lent.packet);
        let parcel = self.parcel_for(&lent.packet);
        if parcel.blocks.last().is_none_or(|last| !Arc::ptr_eq(last, block)) {
            parcel.blocks.push(Block::clone(block));
        }
        parcel.add(number, &lent.packet, parcel.blocks.len(), lent.start);
    }

    /// Adds a packet whose bytes are copied.
    pub(super) fn copy(&mut self, packet: &Packet<'_>) {
        let number = self.count(packet);
        let parcel = self.parcel_for(packet);
        let start = parcel.copies.len();
        parcel.copies.extend_from_slice(packet.data);
        parcel.add(number, packet, 0, start);
    }

    /// Answers the packet's number.
    #[inline]
    fn count(&mut self, packet: &Packet<'_>) -> u64 {
        self.packets += 1;
        self.gathered.0 += 1;
        self.gathered.1 += packet.data.len();
        if packet.time > self.clock || packet.time < self.clock - CLOCK_STEP {
            self.clock = packet.time;
        }
        self.packets
    }

    #[inline]
    fn parcel_for(&mut self, packet: &Packet<'_>) -> &mut Parcel {
        let lane = self.lane_of(packet);
        &mut self.lanes[lane].filling
    }

    #[inline]
    fn lane_of(&mut self, packet: &Packet<'_>) -> usize {
        let count = self.lanes.len();
        let lane = |value: u64| (((value >> 32) * count as u64) >> 32) as usize;
        // A cooked capture has several points in one interface.
        if matches!(packet.link_type, LinkType::LINUX_SLL | LinkType::LINUX_SLL2) {
            self.see_several_points();
        }
        let shard = match &mut self.companions {
            None => Shard::of(packet),
            Some(companions) => companions.shard_of(packet),
        };
        match shard {
            Shard::Flow(flow) => lane(self.meetings.shard_of(packet, flow)),
            Shard::FirstFragment { flow, datagram } => {
                let lane = lane(self.meetings.lead_of(flow));
                self.datagrams.note(datagram, lane);
                lane
            }
            Shard::LaterFragment { pair, datagram } => {
                self.datagrams.lane_of(datagram).unwrap_or(lane(pair))
            }
        }
    }

    /// Sends the packets on, if enough have come together.
    pub(super) fn send_if_full(&mut self) -> Result<(), Gone> {
        let (packets, bytes) = self.gathered;
        if packets >= PARCEL_PACKETS || bytes >= PARCEL_BYTES { self.send(false) } else { Ok(()) }
    }

    /// Sends the packets on; with `flush`, the engines are to hand out what they have.
    pub(super) fn send(&mut self, flush: bool) -> Result<(), Gone> {
        self.gathered = (0, 0);
        for lane in &mut self.lanes {
            lane.filling.flush = flush;
            lane.filling.clock = self.clock;
            if lane.filling.is_news(lane.told) {
                lane.told = self.clock;
                let next = lane.empty.try_recv().unwrap_or_default();
                lane.full.send(std::mem::replace(&mut lane.filling, next)).map_err(|_| Gone)?;
            }
        }
        Ok(())
    }

    /// Addresses that were forgotten to belong with others, for want of room.
    pub(super) fn forgotten(&self) -> u64 {
        self.companions.as_ref().map_or(0, Companions::forgotten)
    }

    /// Beginnings of connections that were forgotten too soon to bring those together that are one.
    pub(super) fn overwritten(&self) -> u64 {
        self.companions.as_ref().map_or(0, Companions::overwritten)
    }

    /// Connections of data that were forgotten to belong with their conversation, or might be.
    pub(super) fn unmet(&self) -> u64 {
        self.meetings.forgotten()
    }

    /// Time passes without a packet (live capture).
    pub(super) fn advance(&mut self, now: i64) {
        self.clock = self.clock.max(now);
    }
}

/// Where the later fragments of datagrams belong: a table of fixed size, the newest stay.
#[derive(Default)]
struct Datagrams(Vec<Option<(u64, usize)>>);

impl Datagrams {
    #[cold]
    fn note(&mut self, datagram: u64, lane: usize) {
        self.0.resize(DATAGRAMS, None);
        self.0[datagram as usize % DATAGRAMS] = Some((datagram, lane));
    }

    #[cold]
    fn lane_of(&self, datagram: u64) -> Option<usize> {
        let (known, lane) = (*self.0.get(datagram as usize % DATAGRAMS)?)?;
        (known == datagram).then_some(lane)
    }
}

/// Takes what comes out of an engine that was fed by parcels.
pub(super) trait Outlet {
    /// A batch that is full, or was asked for. False: nobody wants more.
    fn batch(&mut self, table: Table, batch: RecordBatch) -> bool;
    /// A packet was put into a flow.
    fn packet(&mut self, number: u64, flow_id: Option<u64>);
    /// A parcel is done; the engine shows its counters. `flushed`: its rows were asked for, or
    /// it was the last.
    fn parcel_done(&mut self, engine: &Engine, flushed: bool);
}

impl Arrivals {
    /// Works until no more parcels come or nobody wants the rows; then retires every flow.
    pub(super) fn work(self, mut engine: Engine, outlet: &mut impl Outlet) {
        for mut parcel in &self.full {
            take_parcel(&mut engine, &parcel, outlet);
            let flush = parcel.flush;
            if flush {
                engine.flush();
            }
            parcel.clear();
            // It is gone only if nothing more will come.
            let _ = self.empty.send(parcel);
            let go_on = hand_out(&mut engine, outlet);
            outlet.parcel_done(&engine, flush);
            if !go_on {
                return;
            }
        }
        while engine.finish_some(PARCEL_PACKETS) {
            if !hand_out(&mut engine, outlet) {
                return;
            }
        }
        engine.flush();
        hand_out(&mut engine, outlet);
        outlet.parcel_done(&engine, true);
    }
}

fn take_parcel(engine: &mut Engine, parcel: &Parcel, outlet: &mut impl Outlet) {
    for name in &parcel.interfaces {
        engine.add_interface(name.as_deref());
    }
    for items in parcel.items.chunks(FETCHED_AT_ONCE) {
        parcel.fetch(items);
        for item in items {
            let number = parcel.first_number + u64::from(item.number);
            let flow_id = engine.numbered_packet(
                number,
                &Packet {
                    time: item.time,
                    interface: item.interface,
                    link_type: item.link_type,
                    wire_len: item.wire_len,
                    data: parcel.data(item),
                },
            );
            outlet.packet(number, flow_id);
        }
    }
    engine.follow_clock(parcel.clock);
}

fn hand_out(engine: &mut Engine, outlet: &mut impl Outlet) -> bool {
    while let Some((table, batch)) = engine.take_batch() {
        if !outlet.batch(table, batch) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 packet with a TCP segment from 10.0.0.1:`port` to 10.0.0.2:80, or a fragment of one.
    fn tcp(port: u16, id: u8, fragment: [u8; 2]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 40, 0, id, fragment[0], fragment[1], 64, 6, 0, 0];
        bytes.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend(port.to_be_bytes());
        bytes.extend([0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
        bytes
    }

    fn packet(time: i64, data: &[u8]) -> Packet<'_> {
        let wire_len = data.len() as u32;
        Packet { time, interface: InterfaceId(0), link_type: LinkType::RAW, wire_len, data }
    }

    fn numbers(arrivals: &Arrivals) -> Vec<u64> {
        let parcels = arrivals.full.try_iter();
        let number = |parcel: &Parcel, item: &Item| parcel.first_number + u64::from(item.number);
        parcels
            .flat_map(|parcel| parcel.items.iter().map(|i| number(&parcel, i)).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn later_fragments_follow_the_first_one() {
        for port in 1000..1050 {
            let (mut spread, arrivals) = Spread::new(4, Arc::default());
            spread.copy(&packet(0, &tcp(port, 7, [0x20, 0])));
            spread.copy(&packet(0, &tcp(port, 7, [0, 1])));
            spread.copy(&packet(0, &tcp(port, 8, [0, 0])));
            spread.send(false).expect("sent");
            let mut all: Vec<_> = arrivals.iter().map(numbers).collect();
            all.retain(|numbers| !numbers.is_empty());
            assert_eq!(all, [[1, 2, 3]], "one engine has all, port {port}");
        }
    }

    /// Reaches `DATAGRAMS`: the newest take the places of others.
    #[test]
    fn so_many_datagrams_are_remembered() {
        let mut datagrams = Datagrams::default();
        for datagram in 0..=DATAGRAMS as u64 {
            datagrams.note(datagram, 3);
        }
        assert_eq!(datagrams.0.len(), DATAGRAMS);
        assert_eq!((datagrams.lane_of(0), datagrams.lane_of(1)), (None, Some(3)));
        assert_eq!(datagrams.lane_of(DATAGRAMS as u64), Some(3));
    }

    /// Reaches `PARCEL_PACKETS` and `PARCEL_BYTES`: then the packets are sent on.
    #[test]
    fn a_parcel_has_so_many_packets_or_bytes() {
        let large = vec![0; 1 << 16];
        for (data, count) in [(&[0][..], PARCEL_PACKETS), (&large, PARCEL_BYTES >> 16)] {
            let (mut spread, arrivals) = Spread::new(1, Arc::default());
            for _ in 1..count {
                spread.copy(&packet(0, data));
                spread.send_if_full().expect("there");
            }
            assert_eq!(numbers(&arrivals[0]).len(), 0);
            spread.copy(&packet(0, data));
            spread.send_if_full().expect("there");
            assert_eq!(numbers(&arrivals[0]).len(), count);
        }
    }

    /// Reaches `PARCELS_WAITING`: whoever has more to send waits until one is taken.
    #[test]
    fn so_many_parcels_wait() {
        let (mut spread, arrivals) = Spread::new(1, Arc::default());
        for _ in 0..PARCELS_WAITING {
            spread.send(true).expect("there");
        }
        let sender = std::thread::spawn(move || spread.send(true));
        assert!(!sender.is_finished());
        arrivals[0].full.recv().expect("one that waited");
        assert_eq!(sender.join().expect("no panic"), Ok(()));
        assert_eq!(arrivals[0].full.try_iter().count(), PARCELS_WAITING);
    }

    #[test]
    fn numbers_are_those_of_the_whole_and_copies_stay_apart() {
        let (mut spread, arrivals) = Spread::new(3, Arc::default());
        for port in 0..300 {
            spread.copy(&packet(i64::from(port), &tcp(port, 0, [0, 0])));
        }
        spread.send(false).expect("sent");
        let mut seen = 0;
        for arrivals in arrivals {
            for parcel in arrivals.full.try_iter() {
                assert_eq!(parcel.clock, 299);
                for item in &parcel.items {
                    let data = parcel.data(item);
                    let number = parcel.first_number + u64::from(item.number);
                    assert_eq!(data[20..22], ((number - 1) as u16).to_be_bytes());
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 300);
    }

    /// Reaches `PARCEL_PACKETS` and `PARCEL_BYTES`: the parcel is sent, and no packet waits longer.
    #[test]
    fn a_parcel_is_sent_when_it_is_full() {
        let sent_after = |data: &[u8]| {
            let (mut spread, arrivals) = Spread::new(1, Arc::default());
            let mut count = 0;
            while arrivals[0].full.try_recv().is_err() {
                spread.copy(&packet(0, data));
                count += 1;
                spread.send_if_full().expect("taken");
            }
            count
        };
        assert_eq!(sent_after(&tcp(1, 0, [0, 0])), PARCEL_PACKETS);
        let mut long = tcp(1, 0, [0, 0]);
        long.resize(PARCEL_BYTES / 8, 0);
        assert_eq!(sent_after(&long), 8);
    }

    /// Reaches `PARCELS_WAITING`: the reader waits for the engine, so that nothing is dropped.
    #[test]
    fn parcels_wait_up_to_the_cap() {
        let (mut spread, arrivals) = Spread::new(1, Arc::default());
        for _ in 0..PARCELS_WAITING {
            spread.copy(&packet(0, &tcp(1, 0, [0, 0])));
            spread.send(false).expect("room");
        }
        let refused = spread.lanes[0].full.try_send(Parcel::default());
        assert!(matches!(refused, Err(std::sync::mpsc::TrySendError::Full(_))));
        assert_eq!(numbers(&arrivals[0]).len(), PARCELS_WAITING);
    }

    /// Reaches `DATAGRAMS`: of two in one place the later is known. Fragments of the other go where
    /// those of an unknown one go, and count as of an incomplete datagram there.
    #[test]
    fn datagrams_are_remembered_up_to_the_cap() {
        let mut datagrams = Datagrams::default();
        datagrams.note(7, 1);
        datagrams.note(7 + DATAGRAMS as u64, 2);
        assert_eq!(datagrams.lane_of(7), None);
        assert_eq!(datagrams.lane_of(7 + DATAGRAMS as u64), Some(2));
        assert_eq!(datagrams.0.len(), DATAGRAMS);
    }

    #[test]
    fn an_engine_without_packets_is_told_the_time_and_one_that_is_gone_is_noticed() {
        let (mut spread, mut arrivals) = Spread::new(2, Arc::default());
        let data = tcp(1000, 0, [0, 0]);
        spread.copy(&packet(5 * SECOND, &data));
        spread.send(false).expect("sent");
        let clocks = |arrivals: &Arrivals| {
            arrivals.full.try_iter().map(|parcel| parcel.clock).collect::<Vec<_>>()
        };
        assert!(arrivals.iter().all(|arrivals| clocks(arrivals) == [5 * SECOND]));
        spread.copy(&packet(5 * SECOND + 1, &data));
        spread.send(false).expect("sent");
        let told = arrivals.iter().map(clocks).filter(|clocks| !clocks.is_empty()).count();
        assert_eq!(told, 1, "no parcel for a nanosecond");
        arrivals.clear();
        spread.advance(9 * SECOND);
        assert_eq!(spread.send(false), Err(Gone));
    }
}
