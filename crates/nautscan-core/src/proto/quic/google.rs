//! QUIC as Google made it before the IETF did (versions `Q024` to `Q046`): a client's hello is in clear.
//! Known is what "QUIC Crypto" (A. Langley and W.-T. Chang, 2013) and Chromium's sources say.

/// Flags of a public header: a version and an identifier of eight bytes are there.
const PUBLIC: u8 = 0x09;
/// Flags that none has that begins a connection: no long header, a reset, several paths.
const NOT_PUBLIC: u8 = 0xc2;
const LONG: u8 = 0xc0;
/// Versions with a byte of private flags before the frames.
const PRIVATE_UNTIL: u32 = version(b"Q033");
/// From this version on numbers stand in network order.
const NETWORK_ORDER_FROM: u32 = version(b"Q039");
/// Versions of which the first packets have long headers and no protection.
const LONG_FROM: u32 = version(b"Q044");
const LAST: u32 = version(b"Q046");
const FIRST: u32 = version(b"Q024");
/// Bytes of the hash before the frames.
const HASH: usize = 12;
/// The stream of the handshake.
const HANDSHAKE: u8 = 1;
/// Tags of a hello at most: Chromium's limit.
const TAGS: usize = 128;

/// What a client's hello says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hello<'a> {
    pub(super) version: u32,
    pub(super) server_name: Option<&'a [u8]>,
}

const fn version(name: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*name)
}

/// Whether a datagram may hold a hello: that is asked of every one.
#[inline]
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(first) if first & (PUBLIC | NOT_PUBLIC) == PUBLIC => bytes.get(9) == Some(&b'Q'),
        Some(first) if first & LONG == LONG => bytes.get(1) == Some(&b'Q'),
        _ => false,
    }
}

/// The hello with which a datagram begins, if it does.
pub(super) fn hello(bytes: &[u8]) -> Option<Hello<'_>> {
    let (version, frames) = frames(bytes)?;
    let mut rest = frames;
    // A stream's frame: whether it states its length, and the lengths of offset and number.
    let kind = take(&mut rest, 1)?[0];
    if kind & 0xc0 != 0x80 {
        return None;
    }
    let id = take(&mut rest, usize::from(kind & 3) + 1)?;
    let id = if version < NETWORK_ORDER_FROM { id.first() } else { id.last() };
    if id != Some(&HANDSHAKE) {
        return None;
    }
    let offset = usize::from(kind >> 2 & 7);
    take(&mut rest, if offset == 0 { 0 } else { offset + 1 })?;
    if kind & 0x20 != 0 {
        let length: [u8; 2] = take(&mut rest, 2)?.try_into().ok()?;
        let is_little = version < NETWORK_ORDER_FROM;
        let length =
            if is_little { u16::from_le_bytes(length) } else { u16::from_be_bytes(length) };
        rest = take(&mut rest, usize::from(length))?;
    }
    Some(Hello { version, server_name: server_name(rest)? })
}

/// The version of a client's packet, and its frames.
fn frames(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut rest = bytes;
    let first = take(&mut rest, 1)?[0];
    let is_long = first & LONG == LONG;
    if !is_long {
        take(&mut rest, 8)?;
    }
    let version = u32::from_be_bytes(take(&mut rest, 4)?.try_into().ok()?);
    let has_digits = version.to_be_bytes()[1..].iter().all(u8::is_ascii_digit);
    if !(FIRST..=LAST).contains(&version) || !has_digits || is_long != (version >= LONG_FROM) {
        return None;
    }
    let number = if is_long {
        let lengths = take(&mut rest, 1)?[0];
        for length in [lengths >> 4, lengths & 0xf] {
            take(&mut rest, if length == 0 { 0 } else { usize::from(length) + 3 })?;
        }
        usize::from(first & 3) + 1
    } else {
        [1, 2, 4, 6][usize::from(first >> 4 & 3)]
    };
    take(&mut rest, number + HASH)?;
    if version <= PRIVATE_UNTIL {
        take(&mut rest, 1)?;
    }
    Some((version, rest))
}

/// Looks into a hello: names of values, with where each ends behind them all. `None`: it is none.
fn server_name(hello: &[u8]) -> Option<Option<&[u8]>> {
    let rest = hello.strip_prefix(b"CHLO")?;
    let (&[low, high, 0, 0], rest) = rest.split_first_chunk::<4>()? else { return None };
    let count = usize::from(u16::from_le_bytes([low, high]));
    if count > TAGS {
        return None;
    }
    let (table, values) = rest.split_at_checked(8 * count)?;
    let (mut from, mut found) = (0, None);
    for tag in table.as_chunks::<8>().0 {
        let [name @ .., a, b, c, d] = tag;
        let to = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let value = values.get(from..to)?;
        if name == b"SNI\0" && !value.is_empty() {
            found = Some(value);
        }
        from = to;
    }
    Some(found)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello_of(name: &[u8]) -> Vec<u8> {
        let end = |value: usize| (value as u32).to_le_bytes();
        [&b"CHLO\x02\0\0\0PAD\0"[..], &end(3), b"SNI\0", &end(3 + name.len()), b"---", name]
            .concat()
    }

    fn q024(hello: &[u8]) -> Vec<u8> {
        let length = (hello.len() as u16).to_le_bytes();
        [&[0x0d][..], &[7; 8], b"Q024\x01", &[9; HASH], &[0, 0xa0, 1], &length, hello].concat()
    }

    fn q046(hello: &[u8]) -> Vec<u8> {
        let length = (hello.len() as u16).to_be_bytes();
        let head = [&[0xc3][..], b"Q046\x50", &[7; 8], &[0, 0, 0, 4], &[9; HASH]].concat();
        [&head[..], &[0xa4, 1, 4, 0], &length, hello].concat()
    }

    #[test]
    fn hellos_say_whom_they_are_for() {
        let clear = hello_of(b"www.example.com");
        for (bytes, name) in [(q024(&clear), b"Q024"), (q046(&clear), b"Q046")] {
            assert!(may_begin(&bytes));
            let server_name = Some(&b"www.example.com"[..]);
            assert_eq!(hello(&bytes), Some(Hello { version: version(name), server_name }));
            for end in 0..bytes.len() {
                assert_eq!(hello(&bytes[..end]), None, "{end}");
            }
        }
        let unnamed = q046(&hello_of(b""));
        assert_eq!(hello(&unnamed).unwrap().server_name, None);
    }

    #[test]
    fn others_are_no_hellos() {
        let whole = q024(&hello_of(b"a.example"));
        let changed = |at: usize, byte: u8| {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            bytes
        };
        // A reset, a version that is no number or too new, no stream, another stream, no hello.
        let cases =
            [(0, 0x0f), (10, b'x'), (11, b'9'), (27, 0x40), (28, 3), (31, b'X'), (35, 0xff)];
        for (at, byte) in cases {
            let bytes = changed(at, byte);
            assert!(!may_begin(&bytes) || hello(&bytes).is_none(), "{at}");
        }
        assert!(!may_begin(b"") && !may_begin(b"\x12\x34\x01\x00\x00\x01"));
    }
}
