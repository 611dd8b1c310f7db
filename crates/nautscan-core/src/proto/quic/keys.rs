//! Keys of Initial packets, which everyone can derive who saw the client's first one (RFC 9001
//! section 5): they keep nothing secret, but what they open is what was sent.

use aes::Aes128;
use aes::cipher::BlockCipherEncrypt;
use aes_gcm::{AeadInOut, Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::packet::{Long, MIN_PROTECTED, TAG};
use super::version::Version;

/// What protects the Initial packets of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    /// Hides the packet number.
    mask: [u8; 16],
}

/// An Initial packet without its protection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) number: u64,
    /// Its frames.
    pub(super) frames: Vec<u8>,
}

impl Keys {
    /// Those of client and server, of a connection that began with this destination.
    pub(super) fn initial(version: Version, destination: &[u8]) -> [Self; 2] {
        let secret = Hkdf::<Sha256>::new(Some(version.salt()), destination);
        [&b"client in"[..], b"server in"].map(|label| {
            let secret: [u8; 32] = expand(&secret, label);
            Self::of_secret(version, &secret)
        })
    }

    fn of_secret(version: Version, secret: &[u8; 32]) -> Self {
        // As long as its hash: it cannot be refused.
        let Ok(secret) = Hkdf::<Sha256>::from_prk(secret) else {
            return Self { key: [0; 16], iv: [0; 12], mask: [0; 16] };
        };
        let labels = version.labels();
        Self {
            key: expand(&secret, labels.key),
            iv: expand(&secret, labels.iv),
            mask: expand(&secret, labels.mask),
        }
    }

    /// Takes the protection off (RFC 9001 section 5.3 and 5.4). `largest`: the number of the latest
    /// packet of the same sender. `None`: other keys were used, or the packet is damaged.
    pub(super) fn open(&self, packet: &Long<'_>, largest: Option<u64>) -> Option<Opened> {
        let at = packet.number_at;
        if !packet.is_whole || packet.bytes.len() < at + MIN_PROTECTED {
            return None;
        }
        if cfg!(fuzzing) && packet.bytes.ends_with(&[0; TAG]) {
            // A fuzzer finds no tag; what is behind one is to be tried too.
            let end = packet.bytes.len() - TAG;
            return Some(Opened { number: 0, frames: packet.bytes[at + 1..end].to_vec() });
        }
        let mask = self.mask_of(packet.bytes.get(at + 4..at + 20)?)?;
        let first = packet.bytes.first()? ^ (mask[0] & 0x0f);
        if first & 0x0c != 0 {
            // These bits are zero: with other keys, three packets of four end here.
            return None;
        }
        let length = usize::from(first & 3) + 1;
        let mut bytes = packet.bytes.to_vec();
        bytes[0] = first;
        let mut truncated = 0;
        for (byte, mask) in bytes[at..at + length].iter_mut().zip(&mask[1..]) {
            *byte ^= mask;
            truncated = (truncated << 8) | u64::from(*byte);
        }
        let number = whole_number(largest, truncated, 8 * length as u32);
        let (head, protected) = bytes.split_at_mut(at + length);
        let (frames, tag) = protected.split_at_mut(protected.len().checked_sub(TAG)?);
        let tag: [u8; TAG] = (*tag).try_into().ok()?;
        Aes128Gcm::new(&self.key.into())
            .decrypt_inout_detached(&self.nonce(number).into(), head, frames.into(), &tag.into())
            .ok()?;
        let end = bytes.len() - TAG;
        Some(Opened { number, frames: bytes[at + length..end].to_vec() })
    }

    fn mask_of(&self, sample: &[u8]) -> Option<[u8; 16]> {
        let sample: [u8; 16] = sample.try_into().ok()?;
        let mut block = sample.into();
        Aes128::new(&self.mask.into()).encrypt_block(&mut block);
        Some(block.into())
    }

    fn nonce(&self, number: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, other) in nonce[4..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= other;
        }
        nonce
    }
}

/// HKDF-Expand-Label without a context (RFC 8446 section 7.1).
fn expand<const LENGTH: usize>(secret: &Hkdf<Sha256>, label: &[u8]) -> [u8; LENGTH] {
    const PREFIX: &[u8] = b"tls13 ";
    let lengths = [0, LENGTH as u8, (PREFIX.len() + label.len()) as u8];
    let mut out = [0; LENGTH];
    // 255 hashes could be asked for; one is.
    let _ = secret.expand_multi_info(&[&lengths, PREFIX, label, &[0]], &mut out);
    out
}

/// RFC 9000 appendix A.3.
fn whole_number(largest: Option<u64>, truncated: u64, bits: u32) -> u64 {
    let expected = largest.map_or(0, |largest| largest.saturating_add(1));
    let (window, half) = (1u64 << bits, 1u64 << (bits - 1));
    let candidate = (expected & !(window - 1)) | truncated;
    if candidate.saturating_add(half) <= expected && candidate < (1 << 62) - window {
        return candidate + window;
    }
    if candidate > expected.saturating_add(half) && candidate >= window {
        return candidate - window;
    }
    candidate
}

/// Whether a Retry packet answers a client that sent its first packet to `destination` (RFC 9001
/// section 5.8).
pub(super) fn is_retry_of(packet: &Long<'_>, destination: &[u8]) -> bool {
    let Some(guard) = packet.version.retry_key() else { return false };
    let Some((head, tag)) = packet.bytes.split_last_chunk::<TAG>() else { return false };
    let guarded = [&[destination.len() as u8], destination, head].concat();
    Aes128Gcm::new(&guard.key.into())
        .decrypt_inout_detached(&guard.nonce.into(), &guarded, (&mut [][..]).into(), &(*tag).into())
        .is_ok()
}

#[cfg(test)]
impl Keys {
    /// A packet as its sender protects it; its number has four bytes.
    pub(super) fn seal(&self, head: &[u8], frames: &[u8], number: u64) -> Vec<u8> {
        let mut sealed = frames.to_vec();
        let tag = Aes128Gcm::new(&self.key.into())
            .encrypt_inout_detached(&self.nonce(number).into(), head, (&mut sealed[..]).into())
            .unwrap();
        let mask = self.mask_of(&[&sealed[..], &tag].concat()[..16]).unwrap();
        let mut head = head.to_vec();
        head[0] ^= mask[0] & 0x0f;
        let at = head.len() - 4;
        head[at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
        [&head[..], &sealed, &tag].concat()
    }

    /// The tag that ends a Retry packet.
    pub(super) fn retry_tag(version: Version, destination: &[u8], packet: &[u8]) -> [u8; TAG] {
        let guard = version.retry_key().unwrap();
        let guarded = [&[destination.len() as u8], destination, packet].concat();
        Aes128Gcm::new(&guard.key.into())
            .encrypt_inout_detached(&guard.nonce.into(), &guarded, (&mut [][..]).into())
            .unwrap()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::quic::packet::{self, Packet};
    use crate::proto::quic::testing::{
        FIRST, Initial, ONE, TWO, client_hello, crypto, hex, server_hello,
    };

    fn keys(key: &str, iv: &str, mask: &str) -> Keys {
        Keys {
            key: hex(key).try_into().unwrap(),
            iv: hex(iv).try_into().unwrap(),
            mask: hex(mask).try_into().unwrap(),
        }
    }

    fn version(number: u32) -> Version {
        Version::of(number).unwrap()
    }

    fn long(bytes: &[u8]) -> Long<'_> {
        match packet::next(&mut &bytes[..], 0) {
            Some(Packet::Long(long)) => long,
            other => panic!("{other:?}"),
        }
    }

    /// RFC 9001 appendix A.1 and RFC 9369 appendix A.1.
    #[test]
    fn keys_are_those_of_the_examples() {
        let client = keys(
            "1f369613dd76d5467730efcbe3b1a22d",
            "fa044b2f42a3fd3b46fb255c",
            "9f50449e04a0e810283a1e9933adedd2",
        );
        let server = keys(
            "cf3a5331653c364c88f0f379b6067e37",
            "0ac1493ca1905853b0bba03e",
            "c206b8d9b9f0f37644430b490eeaa314",
        );
        assert_eq!(Keys::initial(version(ONE), FIRST), [client, server]);
        let client = keys(
            "8b1a0bc121284290a29e0971b5cd045d",
            "91f73e2351d8fa91660e909f",
            "45b95e15235d6f45a6b19cbcb0294ba9",
        );
        let server = keys(
            "82db637861d55e1d011f19ea71d5d2a7",
            "dd13c276499c0249d3310652",
            "edf6d05c83121201b436e16877593c3a",
        );
        assert_eq!(Keys::initial(version(TWO), FIRST), [client, server]);
    }

    /// RFC 9001 appendix A.2 and RFC 9369 appendix A.2: the tag at the end stands for all of it.
    #[test]
    fn a_clients_packet_is_that_of_the_examples() {
        let frame = [&[6, 0, 0x40, 0xf1][..], &client_hello()].concat();
        let cases = [
            (
                ONE,
                "c000000001088394c8f03e5157080000449e7b9aec34",
                "e221af44860018ab0856972e194cd934",
            ),
            (TWO, "d76b3343cf088394c8f03e5157080000449ea0c95e82", ""),
        ];
        for (number, begin, end) in cases {
            let mut frames = frame.clone();
            frames.resize(1162, 0);
            let packet =
                Initial { version: number, source: &[], number: 2, ..Initial::client(frames) };
            let sealed = packet.sealed();
            assert_eq!(sealed.len(), 1200);
            assert!(sealed.starts_with(&hex(begin)) && sealed.ends_with(&hex(end)));
            let [client, server] = Keys::initial(version(number), FIRST);
            let opened = client.open(&long(&sealed), None).unwrap();
            assert_eq!(opened, Opened { number: 2, frames: packet.frames });
            assert_eq!(server.open(&long(&sealed), None), None);
        }
    }

    /// RFC 9001 appendix A.3 and RFC 9369 appendix A.3.
    #[test]
    fn a_servers_packet_is_that_of_the_examples() {
        let frames = [&[2, 0, 0, 0, 0, 6, 0, 0x40, 0x5a][..], &server_hello()].concat();
        let cases = [
            (
                ONE,
                "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554\
                 780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b\
                 562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee",
            ),
            (
                TWO,
                "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf\
                 87263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e4275\
                 7507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140",
            ),
        ];
        for (number, sealed) in cases {
            let sealed = hex(sealed);
            let [_, server] = Keys::initial(version(number), FIRST);
            let opened = server.open(&long(&sealed), None).unwrap();
            assert_eq!(opened, Opened { number: 1, frames: frames.clone() });
        }
    }

    /// RFC 9001 appendix A.4 and RFC 9369 appendix A.4.
    #[test]
    fn a_retry_is_that_of_the_examples() {
        let cases = [
            "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
            "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6",
        ];
        for retry in cases {
            let mut bytes = hex(retry);
            assert!(is_retry_of(&long(&bytes), FIRST));
            assert!(!is_retry_of(&long(&bytes), &FIRST[1..]));
            bytes[15] ^= 1;
            assert!(!is_retry_of(&long(&bytes), FIRST));
        }
    }

    #[test]
    fn a_damaged_packet_is_not_opened() {
        let sealed = Initial::client(crypto(0, &client_hello())).sealed();
        let [client, _] = Keys::initial(version(ONE), FIRST);
        for at in (0..sealed.len()).step_by(7) {
            let mut bytes = sealed.clone();
            bytes[at] ^= 0x04;
            if let Some(Packet::Long(long)) = packet::next(&mut &bytes[..], 0) {
                assert_eq!(client.open(&long, None), None, "{at}");
            }
        }
    }

    /// RFC 9000 appendix A.3.
    #[test]
    fn numbers_are_made_whole_near_the_latest() {
        assert_eq!(whole_number(Some(0xa82f_30ea), 0x9b32, 16), 0xa82f_9b32);
        assert_eq!(whole_number(Some(0xff), 1, 8), 0x101);
        assert_eq!(whole_number(Some(0x101), 0xfe, 8), 0xfe);
        assert_eq!(whole_number(None, 3, 8), 3);
        assert_eq!(whole_number(Some(u64::MAX), 0xffff_ffff, 32), u64::MAX);
    }
}
