//! TCP connections between made-up hosts, as a capture point sees them.

/// Numbers that look random and are the same in every run (xorshift64*).
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A number from `low` up to, not including, `high`.
    pub(crate) fn within(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low) as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: f64) -> bool {
        (self.next() % 1_000_000) as f64 <= percent * 10_000.0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.within(0, from.len())]
    }
}

/// A packet that begins with its IPv4 header.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) time: i64,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

pub(crate) mod flag {
    pub(crate) const FIN: u8 = 1;
    pub(crate) const SYN: u8 = 2;
    pub(crate) const PUSH: u8 = 8;
    pub(crate) const ACK: u8 = 16;
}

/// A connection in the making. All numbers are by side: 0 for the client, 1 for the server.
pub(crate) struct Connection {
    ends: [(u32, u16); 2],
    /// Sequence number of the next byte.
    next: [u32; 2],
    /// Acknowledged so far of the other side.
    heard: [u32; 2],
    segment: usize,
    /// One in so many segments is sent again at once; 0: none is.
    pub(crate) repeats: usize,
    pub(crate) time: i64,
    pub(crate) random: Random,
    pub(crate) frames: Vec<Frame>,
}

impl Connection {
    /// A connection that is open: its handshake has been captured. `n` makes its client unique.
    pub(crate) fn open(n: usize, time: i64, mut random: Random) -> Self {
        let initial = [random.next() as u32, random.next() as u32];
        let client = (0x0A00_0001 + (n / 20_000) as u32, 30_000 + (n % 20_000) as u16);
        let mut new = Self {
            ends: [client, (0x0A09_0001, 8080)],
            next: initial,
            heard: [0, initial[CLIENT].wrapping_add(1)],
            segment: random.pick(&[1448, 1448, 1448, 536, 8 * 1448]),
            repeats: 0,
            time,
            random,
            frames: Vec::new(),
        };
        new.packet(CLIENT, flag::SYN, &[]);
        new.packet(SERVER, flag::SYN | flag::ACK, &[]);
        new.next = initial.map(|n| n.wrapping_add(1));
        new.acknowledge(CLIENT);
        new
    }

    /// The sender knows all that the other side has said, and what it sends says so.
    pub(crate) fn hear(&mut self, side: usize) {
        self.heard[side] = self.next[1 - side];
    }

    /// A segment without data.
    pub(crate) fn acknowledge(&mut self, side: usize) {
        self.hear(side);
        self.packet(side, flag::ACK, &[]);
    }

    /// Sends bytes to a peer that acknowledges every other segment, as far as it cares to. The
    /// sender acknowledges what it last heard.
    pub(crate) fn send(&mut self, side: usize, bytes: &[u8]) {
        for (n, part) in bytes.chunks(self.segment).enumerate() {
            self.packet(side, flag::ACK | flag::PUSH, part);
            if self.repeats > 0 && self.random.within(0, self.repeats) == 0 {
                self.packet(side, flag::ACK | flag::PUSH, part);
            }
            self.next[side] = self.next[side].wrapping_add(part.len() as u32);
            if n % 2 == 1 && self.random.chance(80.0) {
                self.acknowledge(1 - side);
            }
        }
    }

    /// Hears what there is to hear, then sends.
    pub(crate) fn answer(&mut self, side: usize, bytes: &[u8]) {
        self.hear(side);
        if self.random.chance(30.0) {
            // The acknowledgement does not wait for the answer.
            self.packet(side, flag::ACK, &[]);
            self.time += self.random.within(100_000, 30_000_000) as i64;
        }
        self.send(side, bytes);
    }

    /// Both sides end; `first` begins.
    pub(crate) fn close(&mut self, first: usize) {
        for side in [first, 1 - first] {
            self.hear(side);
            self.packet(side, flag::ACK | flag::FIN, &[]);
            self.next[side] = self.next[side].wrapping_add(1);
        }
        self.acknowledge(first);
    }

    fn packet(&mut self, side: usize, flags: u8, payload: &[u8]) {
        self.time += self.random.within(20_000, 400_000) as i64;
        let (from, to) = (self.ends[side], self.ends[1 - side]);
        let heard = if flags & flag::ACK == 0 { 0 } else { self.heard[side] };
        let mut bytes = vec![0x45, 0];
        bytes.extend(((40 + payload.len()) as u16).to_be_bytes());
        bytes.extend((self.frames.len() as u16).to_be_bytes());
        bytes.extend([0x40, 0, 64, 6, 0, 0]);
        bytes.extend(from.0.to_be_bytes());
        bytes.extend(to.0.to_be_bytes());
        bytes.extend(from.1.to_be_bytes());
        bytes.extend(to.1.to_be_bytes());
        bytes.extend(self.next[side].to_be_bytes());
        bytes.extend(heard.to_be_bytes());
        bytes.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        bytes.extend(payload);
        self.frames.push(Frame { time: self.time, bytes });
    }
}

/// All packets in order of time.
pub(crate) fn merged(connections: impl IntoIterator<Item = Connection>) -> Vec<Frame> {
    let mut frames: Vec<Frame> = connections.into_iter().flat_map(|c| c.frames).collect();
    frames.sort_by_key(|frame| frame.time);
    frames
}
