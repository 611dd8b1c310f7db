//! Datagrams of QUIC for tests: sealed as their senders do.

use super::keys::Keys;
use super::version::{Kind, Version};
use crate::event::{Exchange, Handshake, Summary};
use crate::proto::datagram::{App, Datagram, Ports};
use crate::proto::{Close, Context, Place, Settings, Side, Sink};

pub(super) const ONE: u32 = 1;
pub(super) const TWO: u32 = 0x6b33_43cf;

/// What the client makes up for the server, and what each calls itself.
pub(super) const FIRST: &[u8] = &[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
pub(super) const CLIENT: &[u8] = &[0xc1, 0xc1, 0xc1, 0xc1];
pub(super) const SERVER: &[u8] = &[0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5];

/// An Initial packet to be sealed.
#[derive(Clone)]
pub(super) struct Initial<'a> {
    pub(super) version: u32,
    /// Whose keys, of the connection that began with `begun`.
    pub(super) side: Side,
    pub(super) begun: &'a [u8],
    pub(super) destination: &'a [u8],
    pub(super) source: &'a [u8],
    pub(super) token: &'a [u8],
    pub(super) number: u32,
    pub(super) frames: Vec<u8>,
}

impl Initial<'_> {
    /// The client's first, in version 1.
    pub(super) fn client(frames: Vec<u8>) -> Self {
        Self {
            version: ONE,
            side: Side::Client,
            begun: FIRST,
            destination: FIRST,
            source: CLIENT,
            token: &[],
            number: 0,
            frames,
        }
    }

    /// What the server answers.
    pub(super) fn server(frames: Vec<u8>) -> Self {
        Self { side: Side::Server, destination: CLIENT, source: SERVER, ..Self::client(frames) }
    }

    pub(super) fn sealed(&self) -> Vec<u8> {
        let version = Version::of(self.version).unwrap();
        let keys = &Keys::initial(version, self.begun)[self.side.index()];
        let mut frames = self.frames.clone();
        frames.resize(frames.len().max(16), 0);
        let mut head = head(self.version, Kind::Initial, self.destination, self.source);
        head[0] |= 3;
        head.push(self.token.len() as u8);
        head.extend_from_slice(self.token);
        head.extend_from_slice(&(0x4000 | (4 + frames.len() + 16) as u16).to_be_bytes());
        head.extend_from_slice(&self.number.to_be_bytes());
        keys.seal(&head, &frames, u64::from(self.number))
    }
}

/// A long header up to its identifiers.
pub(super) fn head(version: u32, kind: Kind, destination: &[u8], source: &[u8]) -> Vec<u8> {
    let known = Version::of(version).unwrap();
    let first = (0..4).map(|bits| 0xc0 | (bits << 4)).find(|&first| known.kind(first) == kind);
    [
        &[first.unwrap()][..],
        &version.to_be_bytes(),
        &[destination.len() as u8],
        destination,
        &[source.len() as u8],
        source,
    ]
    .concat()
}

/// A packet of which only the form counts.
pub(super) fn sealed_elsewhere(kind: Kind, destination: &[u8], source: &[u8]) -> Vec<u8> {
    [&head(ONE, kind, destination, source)[..], &[30], &[0x5a; 30]].concat()
}

/// A CRYPTO frame.
pub(super) fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let number = |value: usize| (0x8000_0000 | value as u32).to_be_bytes();
    [&[6][..], &number(offset), &number(bytes.len()), bytes].concat()
}

/// RFC 9001 appendix A.2: `example.com`, ALPN `alpn`.
pub(super) fn client_hello() -> Vec<u8> {
    hex(
        "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113020100\
         00c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c\
         706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e9\
         94ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100390032\
         0408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000\
         ffff",
    )
}

/// RFC 9001 appendix A.3.
pub(super) fn server_hello() -> Vec<u8> {
    hex(
        "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e00330024\
         001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304",
    )
}

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// What a flow is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Told {
    pub(super) handshake: Handshake,
    pub(super) summary: Summary,
    pub(super) parse_errors: u32,
    swapped: bool,
}

impl Told {
    pub(super) fn fact(&self, name: &str) -> Option<&str> {
        self.summary.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Sink for Told {
    fn exchange(&mut self, exchange: &Exchange) {
        panic!("a row: {exchange:?}");
    }
    fn parse_error(&mut self) {
        self.parse_errors += 1;
    }
    fn handshake(&mut self, handshake: &Handshake) {
        self.handshake.clone_from(handshake);
    }
    fn summary(&mut self, facts: &Summary) {
        self.summary.clone_from(facts);
    }
    fn sender_is_client(&mut self) {
        self.swapped = true;
    }
}

/// A flow as the engine has it.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) app: Option<App>,
    pub(super) told: Told,
    pub(super) settings: Settings,
    /// It is told of the client what is the server's, since the ports said so at first.
    pub(super) turned: bool,
    pub(super) time: i64,
}

impl Flow {
    /// A datagram, sent by the client or by the server in truth.
    pub(super) fn datagram(&mut self, side: Side, bytes: &[u8]) {
        self.cut(side, bytes, 0);
    }

    pub(super) fn cut(&mut self, side: Side, bytes: &[u8], cut: usize) {
        let ports = Ports { source: 40_000, destination: 40_001 };
        let taken = |turned: bool| if turned { side.peer() } else { side };
        let mut datagram =
            Datagram { side: taken(self.turned), bytes, cut, ports, to_group: false };
        if self.app.is_none() {
            let Some((app, sender)) = App::recognise(&datagram, &self.settings) else { return };
            self.app = Some(app);
            if sender.is_some_and(|sender| sender != datagram.side) {
                self.turned = !self.turned;
                datagram.side = taken(self.turned);
            }
        }
        let Some(app) = self.app.as_mut().filter(|app| app.wants(&datagram)) else { return };
        let (time, settings) = (self.time, &self.settings);
        let mut cx = Context { time, place: Place::default(), settings, sink: &mut self.told };
        app.datagram(&datagram, &mut cx);
        self.turned ^= core::mem::take(&mut self.told.swapped);
    }

    pub(super) fn settle(&mut self) {
        let Some(app) = &mut self.app else { return };
        let (time, settings) = (self.time, &self.settings);
        let mut cx = Context { time, place: Place::default(), settings, sink: &mut self.told };
        app.settle(&mut cx);
    }

    /// Bytes held; 0 where it is not recognised.
    pub(super) fn memory(&self) -> usize {
        self.app.as_ref().map_or(0, App::memory)
    }

    pub(super) fn protocol(&self) -> Option<&'static str> {
        self.app.as_ref().map(|app| *app.protocol())
    }

    /// Ends it; what was told, with sides as they are in truth.
    pub(super) fn told(mut self) -> Told {
        if let Some(mut app) = self.app.take() {
            let (time, settings) = (self.time, &self.settings);
            let mut cx = Context { time, place: Place::default(), settings, sink: &mut self.told };
            app.close(Close::CaptureEnd, &mut cx);
        }
        self.told
    }
}
