//! What was said on each connection, read from the whole capture by other means than the
//! engine's: it has every byte, so a few lines do.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::ops::Range;

use super::network::{CLIENT, Frame, SERVER};

pub(crate) type Client = (String, u16);

/// The bytes of one direction, and in which packets they came.
#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    base: Option<u32>,
    syns: Vec<usize>,
    /// Where the payload of each packet stands, and the packet's number.
    packets: Vec<(Range<usize>, usize)>,
}

/// A request and its response.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) client: Client,
    /// Its number on the connection.
    pub(crate) number: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: i32,
    pub(crate) id: Option<String>,
    pub(crate) request_body: Vec<u8>,
    pub(crate) response_body: Vec<u8>,
    /// Where request and response stand in their streams; interim responses are of the latter.
    pub(crate) ranges: [Range<usize>; 2],
    /// Likewise, their heads alone; of the response, that of the final one.
    pub(crate) heads: [Range<usize>; 2],
}

/// All exchanges of a capture, and what is needed to tell what a loss left of them.
pub(crate) struct Truth {
    streams: HashMap<Client, [Stream; 2]>,
    pub(crate) exchanges: BTreeMap<Client, Vec<Exchange>>,
    times: Vec<i64>,
}

struct Packet<'a> {
    client: Client,
    side: usize,
    sequence: u32,
    is_syn: bool,
    payload: &'a [u8],
}

fn read(frame: &Frame) -> Packet<'_> {
    let ip = &frame.bytes;
    let tcp = &ip[usize::from(ip[0] & 15) * 4..];
    let address = |at: usize| Ipv4Addr::new(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]).to_string();
    let port = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    let side = if port(0) > port(2) { CLIENT } else { SERVER };
    let client = if side == CLIENT { (address(12), port(0)) } else { (address(16), port(2)) };
    Packet {
        client,
        side,
        sequence: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
        is_syn: tcp[13] & 2 != 0,
        payload: &tcp[usize::from(tcp[12] >> 4) * 4..],
    }
}

impl Truth {
    pub(crate) fn of(frames: &[Frame]) -> Self {
        let mut streams: HashMap<Client, [Stream; 2]> = HashMap::new();
        for (number, frame) in frames.iter().enumerate() {
            let packet = read(frame);
            let stream = &mut streams.entry(packet.client).or_default()[packet.side];
            if packet.is_syn {
                stream.base = Some(packet.sequence.wrapping_add(1));
                stream.syns.push(number);
            }
            let base = stream.base.expect("the capture has every handshake");
            let at = packet.sequence.wrapping_sub(base) as usize;
            if !packet.payload.is_empty() {
                let end = at + packet.payload.len();
                stream.bytes.resize(stream.bytes.len().max(end), 0);
                stream.bytes[at..end].copy_from_slice(packet.payload);
                stream.packets.push((at..end, number));
            }
        }
        let exchanges = streams
            .iter()
            .map(|(client, [asked, said])| {
                (client.clone(), exchanges(client, &asked.bytes, &said.bytes))
            })
            .collect();
        Self { streams, exchanges, times: frames.iter().map(|frame| frame.time).collect() }
    }

    /// Whether all of a range of one side's bytes is in packets that were kept.
    pub(crate) fn is_whole(
        &self,
        client: &Client,
        side: usize,
        range: &Range<usize>,
        kept: &[bool],
    ) -> bool {
        let stream = &self.streams[client][side];
        let mut seen: Vec<&Range<usize>> = stream
            .packets
            .iter()
            .filter(|(bytes, number)| {
                kept[*number] && bytes.start < range.end && range.start < bytes.end
            })
            .map(|(bytes, _)| bytes)
            .collect();
        seen.sort_by_key(|bytes| bytes.start);
        let mut to = range.start;
        for bytes in seen {
            if bytes.start > to {
                return false;
            }
            to = to.max(bytes.end);
        }
        to >= range.end
    }

    /// Whether a packet was captured that shows where the client's stream begins: a SYN, its
    /// answer, or the first with data.
    pub(crate) fn has_beginning(&self, client: &Client, kept: &[bool]) -> bool {
        let streams = &self.streams[client];
        let first = streams[CLIENT].packets.iter().filter(|(bytes, _)| bytes.start == 0);
        let syns = streams.iter().flat_map(|stream| &stream.syns);
        syns.chain(first.map(|(_, number)| number)).any(|number| kept[*number])
    }

    /// Offset behind the last byte of one side that was captured.
    pub(crate) fn last_kept(&self, client: &Client, side: usize, kept: &[bool]) -> usize {
        let packets = self.streams[client][side].packets.iter();
        packets.filter(|(_, n)| kept[*n]).map(|(bytes, _)| bytes.end).max().unwrap_or(0)
    }

    /// When the byte at an offset was first captured.
    pub(crate) fn time_of(&self, client: &Client, side: usize, at: usize, kept: &[bool]) -> i64 {
        let stream = &self.streams[client][side];
        let packets = stream.packets.iter();
        let mut first = packets.filter(|(bytes, n)| kept[*n] && bytes.contains(&at));
        first.next().map(|(_, number)| self.times[*number]).expect("it was kept")
    }
}

fn exchanges(client: &Client, asked: &[u8], said: &[u8]) -> Vec<Exchange> {
    let (mut at, mut found) = ([0, 0], Vec::new());
    while at[CLIENT] < asked.len() {
        let request = Head::read(asked, at[CLIENT]);
        let words: Vec<&str> = request.line.split(' ').collect();
        let (request_body, request_end) = request.body(asked, false);
        let begin = at[SERVER];
        let mut response = Head::read(said, begin);
        while response.line.split(' ').nth(1) == Some("100") {
            response = Head::read(said, response.range.end);
        }
        let status: i32 = response.line.split(' ').nth(1).unwrap().parse().unwrap();
        let is_bare = words[0] == "HEAD" || matches!(status, 204 | 304);
        let (response_body, response_end) = match is_bare {
            true => (Vec::new(), response.range.end),
            false => response.body(said, true),
        };
        found.push(Exchange {
            client: client.clone(),
            number: found.len(),
            method: words[0].to_owned(),
            target: words[1].to_owned(),
            status,
            id: response.field("X-Id"),
            request_body,
            response_body,
            ranges: [at[CLIENT]..request_end, begin..response_end],
            heads: [request.range.clone(), response.range.clone()],
        });
        at = [request_end, response_end];
    }
    assert_eq!(at, [asked.len(), said.len()], "every byte is of an exchange");
    found
}

struct Head {
    line: String,
    fields: Vec<(String, String)>,
    range: Range<usize>,
}

impl Head {
    fn read(bytes: &[u8], at: usize) -> Self {
        let rest = &bytes[at..];
        let len = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
        let text = String::from_utf8(rest[..len - 4].to_vec()).unwrap();
        let mut lines = text.split("\r\n").map(str::to_owned);
        let line = lines.next().unwrap();
        let field = |line: String| {
            let (name, value) = line.split_once(": ").expect("a field");
            (name.to_owned(), value.to_owned())
        };
        Self { line, fields: lines.map(field).collect(), range: at..at + len }
    }

    fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.clone())
    }

    /// The content and where the message ends.
    fn body(&self, bytes: &[u8], is_response: bool) -> (Vec<u8>, usize) {
        let mut at = self.range.end;
        if let Some(len) = self.field("Content-Length") {
            let end = at + len.parse::<usize>().unwrap();
            return (bytes[at..end].to_vec(), end);
        }
        if self.field("Transfer-Encoding").is_none() {
            let end = if is_response { bytes.len() } else { at };
            return (bytes[at..end].to_vec(), end);
        }
        let line = |at: usize| {
            let len = bytes[at..].windows(2).position(|two| two == b"\r\n").expect("a line");
            (std::str::from_utf8(&bytes[at..at + len]).unwrap(), at + len + 2)
        };
        let mut body = Vec::new();
        loop {
            let (size, begin) = line(at);
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                at = begin;
                break;
            }
            body.extend_from_slice(&bytes[begin..begin + size]);
            at = begin + size + 2;
        }
        loop {
            let (text, next) = line(at);
            at = next;
            if text.is_empty() {
                return (body, at);
            }
        }
    }
}
