//! The Huffman code of header strings (RFC 7541 section 5.2 and appendix B).
//!
//! The code is canonical: among codes of one length the symbols are in order, and each length goes
//! on where the shorter one ended. So the lengths say all.

/// Bits of the code of each octet, and of EOS, which is the last.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5,
    5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6,
    6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22,
    23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22,
    21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20,
    22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19,
    21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22,
    22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS: u16 = 256;
const SHORTEST: usize = 5;
const LONGEST: usize = 30;

/// What the lengths say.
struct Code {
    /// Symbols in the order of their codes.
    symbols: [u16; 257],
    /// By length: the first code that is too high for it, as the upper bits of 32.
    limits: [u64; LONGEST + 1],
    /// By length: its first code, and where the symbol of that stands.
    first: [(u32, u16); LONGEST + 1],
}

static CODE: Code = code();

const fn code() -> Code {
    let mut code =
        Code { symbols: [0; 257], limits: [0; LONGEST + 1], first: [(0, 0); LONGEST + 1] };
    let (mut length, mut next, mut at) = (SHORTEST, 0u32, 0);
    while length <= LONGEST {
        code.first[length] = (next, at as u16);
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                code.symbols[at] = symbol as u16;
                at += 1;
                next += 1;
            }
            symbol += 1;
        }
        code.limits[length] = (next as u64) << (32 - length);
        next <<= 1;
        length += 1;
    }
    code
}

/// Appends what `input` says to `out`. False: it is not of this code, or not padded as section 5.2
/// demands.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>) -> bool {
    let mut input = input.iter();
    // The lower `bits` bits of `held` are still to be read; no others are set.
    let (mut held, mut bits) = (0u64, 0usize);
    loop {
        while bits <= 48
            && let Some(&byte) = input.next()
        {
            held = held << 8 | u64::from(byte);
            bits += 8;
        }
        // The next 32 bits, ones where there are none.
        let window = match bits {
            0 => return true,
            32.. => held >> (bits - 32),
            _ => held << (32 - bits) | u64::from(u32::MAX >> bits),
        };
        let Some(length) = (SHORTEST..=LONGEST).find(|&l| window < CODE.limits[l]) else {
            return false;
        };
        if length > bits {
            // Padding: fewer than eight ones.
            return bits < 8 && held + 1 == 1 << bits;
        }
        let (first, from) = CODE.first[length];
        let code = (window >> (32 - length)) as u32;
        let symbol = CODE.symbols[usize::from(from) + (code - first) as usize];
        if symbol == EOS {
            return false;
        }
        out.push(symbol as u8);
        bits -= length;
        held &= (1 << bits) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(hex: &str) -> Option<String> {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"))
            .collect();
        let mut out = Vec::new();
        decode(&bytes, &mut out).then(|| String::from_utf8(out).expect("text"))
    }

    #[test]
    fn strings_of_rfc_7541_appendix_c() {
        let cases = [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
            ("a8eb10649cbf", "no-cache"),
            ("25a849e95ba97d7f", "custom-key"),
            ("25a849e95bb8e8b4bf", "custom-value"),
            ("6402", "302"),
            ("aec3771a4b", "private"),
            ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"),
            ("", ""),
        ];
        for (hex, text) in cases {
            assert_eq!(decoded(hex).as_deref(), Some(text), "{hex}");
        }
    }

    #[test]
    fn padding_is_ones_and_less_than_an_octet() {
        assert_eq!(decoded("1f").as_deref(), Some("a"), "00011 and three ones");
        assert_eq!(decoded("18"), None, "zeros");
        assert_eq!(decoded("1fff"), None, "eleven ones");
        assert_eq!(decoded("ffffffff"), None, "EOS");
    }

    /// Every octet there and back, by codes made of the lengths.
    #[test]
    fn every_octet_is_read() {
        for (octet, &length) in LENGTHS[..256].iter().enumerate() {
            let length = usize::from(length);
            let (first, from) = CODE.first[length];
            let at = CODE.symbols.iter().position(|&s| usize::from(s) == octet).expect("it");
            let code = u64::from(first) + (at - usize::from(from)) as u64;
            let padded = code << (64 - length) | u64::MAX >> length;
            let bytes = &padded.to_be_bytes()[..length.div_ceil(8)];
            let mut out = Vec::new();
            assert!(decode(bytes, &mut out), "{octet}");
            assert_eq!(out, [octet as u8]);
        }
    }
}
