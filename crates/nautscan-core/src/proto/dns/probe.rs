//! Is it DNS?
//!
//! On any port a message has to be DNS to its last byte: a header with sensible counts, one
//! question of a known type and class, and records that end where the datagram does. On the ports
//! of DNS the header is enough, so that malformed messages are seen too.

use domain::base::Message;
use domain::base::iana::{Class, Opcode, Rtype};

use super::message::{HEADER, end, is_assigned, plain};
use crate::limits::DNS_QUESTIONS;
use crate::proto::datagram::{Datagram, Recognised};
use crate::proto::{Probe, Side};

const DNS_PORT: u16 = 53;
const MDNS_PORT: u16 = 5353;
const LLMNR_PORT: u16 = 5355;
/// The name service of NetBIOS, whose messages look like those of DNS (RFC 1002 section 4.2).
const NETBIOS_PORT: u16 = 137;
/// Bytes of the shortest question: the root, a type, a class.
const QUESTION: usize = 5;
/// Records that a question may have beside it: an OPT, a signature, and one to spare.
const BESIDE: u16 = 3;

/// The probe of multicast DNS.
pub(super) fn mdns(datagram: &Datagram<'_>) -> Recognised {
    if !datagram.ports.has(MDNS_PORT) || datagram.ports.has(DNS_PORT) {
        return Recognised::No;
    }
    match Message::from_slice(datagram.bytes) {
        // Opcode and response code are zero in both (RFC 6762 sections 18.3 and 18.11).
        Ok(message) if message.header().opcode() == Opcode::QUERY && is_multicast(message) => {
            Recognised::Yes(None)
        }
        _ => Recognised::No,
    }
}

/// Whether the counts are those of multicast DNS: a question, or an answer.
fn is_multicast(message: &Message<[u8]>) -> bool {
    let counts = message.header_counts();
    let has_something = counts.qdcount() > 0 || counts.ancount() > 0;
    let question = message.question().next();
    has_something && !message.header().z() && question.is_none_or(|question| question.is_ok())
}

/// The probe of LLMNR.
pub(super) fn llmnr(datagram: &Datagram<'_>) -> Recognised {
    if !datagram.ports.has(LLMNR_PORT) || datagram.ports.has(DNS_PORT) {
        return Recognised::No;
    }
    recognised(datagram, true)
}

/// The probe of DNS over UDP.
pub(super) fn dns(datagram: &Datagram<'_>) -> Recognised {
    let ports = datagram.ports;
    if ports.has(NETBIOS_PORT) && !ports.has(DNS_PORT) {
        return Recognised::No;
    }
    recognised(datagram, ports.has(DNS_PORT))
}

fn recognised(datagram: &Datagram<'_>, is_hinted: bool) -> Recognised {
    let Ok(message) = Message::from_slice(datagram.bytes) else { return Recognised::No };
    let is_dns = match is_hinted {
        true => has_header(message),
        false => is_dns(message, datagram.cut),
    };
    let sender = if message.header().qr() { Side::Server } else { Side::Client };
    if is_dns { Recognised::Yes(Some(sender)) } else { Recognised::No }
}

/// Whether a header can be one of DNS.
pub(super) fn has_header(message: &Message<[u8]>) -> bool {
    let (header, counts) = (message.header(), message.header_counts());
    let is_known = header.opcode().to_mnemonic().is_some() && !header.z();
    let questions = usize::from(counts.qdcount());
    if header.qr() {
        return is_known && questions <= DNS_QUESTIONS && is_assigned(header.rcode());
    }
    let is_query = matches!(header.opcode(), Opcode::QUERY | Opcode::IQUERY | Opcode::STATUS);
    // IXFR has what the client has in the second section, IQUERY the answer in the first.
    let plain = counts.ancount() <= 1 && counts.nscount() <= 1 && counts.arcount() <= BESIDE;
    is_known && questions <= DNS_QUESTIONS && (plain || !is_query)
}

/// Whether a message of which `missing` bytes are not there is DNS, whatever its ports.
fn is_dns(message: &Message<[u8]>, missing: usize) -> bool {
    has_question(message) && (missing > 0 || end(message) == Some(message.as_slice().len()))
}

/// Whether a message has a header of DNS and one question that can be asked.
fn has_question(message: &Message<[u8]>) -> bool {
    if !has_header(message) || message.header_counts().qdcount() != 1 || is_netbios(message) {
        return false;
    }
    let Some(Ok(question)) = message.question().next() else { return false };
    is_known(question.qtype(), plain(question.qclass()))
}

fn is_known(kind: Rtype, class: Class) -> bool {
    let is_class = matches!(class, Class::IN | Class::CH | Class::HS | Class::NONE | Class::ANY);
    is_class && kind.to_mnemonic().is_some()
}

/// Whether it is of the name service of NetBIOS, which looks the same but writes names in the
/// letters A to P (RFC 1002 section 4.2.1, RFC 1001 section 14.1).
fn is_netbios(message: &Message<[u8]>) -> bool {
    const ENCODED: usize = 32;
    let name = message.as_slice().get(HEADER..HEADER + 1 + ENCODED);
    name.is_some_and(|name| {
        usize::from(name[0]) == ENCODED && name[1..].iter().all(|byte| (b'A'..=b'P').contains(byte))
    })
}

/// The probe of DNS over TCP: a message behind its length (RFC 1035 section 4.2.2). Clients ask and
/// servers answer; a connection that begins otherwise has its roles the wrong way round.
pub(super) fn stream(side: Side, bytes: &[u8]) -> Probe {
    /// Longest first message of which the beginning is waited for, in units of 256 bytes: longer
    /// ones, as answers may be, come with their header.
    const LONG: u8 = 2;
    match bytes {
        [] | [0..LONG] => Probe::NeedMore,
        [high, low, rest @ ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            if len < HEADER + QUESTION {
                return Probe::No;
            }
            if rest.len() >= HEADER {
                return whole_or_begun(side, &rest[..rest.len().min(len)], len);
            }
            if *high < LONG && begins_header(rest) { Probe::NeedMore } else { Probe::No }
        }
        _ => Probe::No,
    }
}

/// Whether bytes can begin a header with one question.
fn begins_header(bytes: &[u8]) -> bool {
    /// The bit of the fourth byte that has to be zero.
    const RESERVED: u8 = 0x40;
    let operation = bytes.get(2).map(|flags| Opcode::from_int(flags >> 3 & 15));
    let reserved = bytes.get(3).is_some_and(|flags| flags & RESERVED != 0);
    let questions = bytes.get(4..6).is_none_or(|count| count == [0, 1]);
    operation.is_none_or(|code| code.to_mnemonic().is_some()) && !reserved && questions
}

/// Whether the beginning of a message of `len` bytes is DNS.
fn whole_or_begun(side: Side, bytes: &[u8], len: usize) -> Probe {
    let Ok(message) = Message::from_slice(bytes) else { return Probe::No };
    let is_turn = message.header().qr() == (side == Side::Server);
    if !is_turn || !has_header(message) || message.header_counts().qdcount() != 1 {
        return Probe::No;
    }
    let missing = len - bytes.len();
    match message.question().next() {
        // Windows appends two bytes when it asks for a zone.
        Some(Ok(_)) if has_question(message) && (missing > 0 || end(message).is_some()) => {
            Probe::Yes
        }
        Some(Err(_)) if missing > 0 && is_label_run(&bytes[HEADER..]) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Whether a question of which the end is missing begins like one: labels, then what was not
/// captured, or the root and less than a type and a class.
fn is_label_run(mut bytes: &[u8]) -> bool {
    /// Largest label (RFC 1035 section 2.3.4).
    const LABEL: u8 = 63;
    loop {
        match bytes {
            [] => return true,
            [0, rest @ ..] => return rest.len() < QUESTION - 1,
            [len @ 1..=LABEL, rest @ ..] => match rest.get(usize::from(*len)..) {
                Some(next) => bytes = next,
                None => return true,
            },
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::datagram::Ports;
    use crate::proto::dns::testing::{answer, question};

    fn datagram(bytes: &[u8], source: u16, destination: u16) -> Datagram<'_> {
        let ports = Ports { source, destination };
        Datagram { side: Side::Client, bytes, cut: 0, ports, to_group: false }
    }

    fn on_any_port(bytes: &[u8]) -> Recognised {
        dns(&datagram(bytes, 4000, 4001))
    }

    #[test]
    fn messages_are_found_on_any_port() {
        let asked = question(7, "www.example.com", Rtype::A);
        assert_eq!(on_any_port(&asked), Recognised::Yes(Some(Side::Client)));
        let answered = answer(7, "www.example.com", Rtype::A, 0, &[]);
        assert_eq!(on_any_port(&answered), Recognised::Yes(Some(Side::Server)));
        for cut in 1..asked.len() {
            assert_eq!(on_any_port(&asked[..cut]), Recognised::No, "{cut} bytes");
            let snapped = Datagram { cut: asked.len() - cut, ..datagram(&asked[..cut], 1, 2) };
            assert_eq!(dns(&snapped), Recognised::No, "{cut} captured");
        }
        let longer = [&asked[..], b"x"].concat();
        assert_eq!(on_any_port(&longer), Recognised::No);
        assert_eq!(dns(&datagram(&longer, 4000, 53)), Recognised::Yes(Some(Side::Client)));
    }

    #[test]
    fn netbios_is_not_dns() {
        let mut asked = question(7, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Rtype::SRV);
        assert_eq!(on_any_port(&asked), Recognised::No);
        asked[13] = b'Z';
        assert_eq!(on_any_port(&asked), Recognised::Yes(Some(Side::Client)));
        assert_eq!(dns(&datagram(&asked, 137, 137)), Recognised::No);
    }

    #[test]
    fn random_datagrams_are_not_dns() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..200_000 {
            let len = (random() % 120) as usize;
            let mut bytes: Vec<u8> = (0..len).map(|_| random() as u8).collect();
            // Half of them in the most common shape of a header.
            if bytes.len() > HEADER && random() & 1 == 0 {
                bytes[2..12].copy_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
            }
            assert_eq!(on_any_port(&bytes), Recognised::No, "{bytes:?}");
        }
    }

    #[test]
    fn ports_tell_multicast_dns_and_llmnr() {
        let asked = question(0, "printer.local", Rtype::A);
        assert_eq!(mdns(&datagram(&asked, 5353, 5353)), Recognised::Yes(None));
        assert_eq!(mdns(&datagram(&asked, 5353, 53)), Recognised::No, "a port by chance");
        assert_eq!(mdns(&datagram(&asked, 4000, 4001)), Recognised::No);
        assert_eq!(llmnr(&datagram(&asked, 4000, 5355)), Recognised::Yes(Some(Side::Client)));
    }

    #[test]
    fn a_stream_is_known_by_its_first_message_however_it_comes() {
        let message = question(7, "www.example.com", Rtype::A);
        let framed = [&(message.len() as u16).to_be_bytes()[..], &message].concat();
        let first =
            (0..=framed.len()).find(|&len| stream(Side::Client, &framed[..len]) != Probe::NeedMore);
        assert_eq!(first, Some(framed.len()), "the question ends with the message");
        assert_eq!(stream(Side::Client, &framed), Probe::Yes);
        let more = [&framed[..], &framed].concat();
        assert_eq!(stream(Side::Client, &more), Probe::Yes, "with what follows");
        assert_eq!(stream(Side::Server, &framed), Probe::No, "servers answer");
        let windows = [&(message.len() as u16 + 2).to_be_bytes()[..], &message, b"MS"].concat();
        assert_eq!(stream(Side::Client, &windows), Probe::Yes, "two bytes too many");
        for other in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"*1\r\n$4\r\n",
            b"\0noise",
        ] {
            assert_eq!(stream(Side::Client, other), Probe::No, "{other:?}");
        }
    }
}
