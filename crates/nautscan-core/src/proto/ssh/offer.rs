//! What a side offers for the key exchange (RFC 4253 section 7.1), what both agree on, and the
//! fingerprints that are made of it.

use core::fmt::Write as _;

use md5::{Digest, Md5};

use crate::limits::SSH_NAMES;
use crate::proto::Side;

/// Random bytes before the lists.
const COOKIE: usize = 16;
/// Ciphers that have no MAC of their own beside them (RFC 5647, OpenSSH's `PROTOCOL.chacha20poly1305`).
const WITH_MAC: &[&str] =
    &["chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];
/// Of RFC 5647: they stand in both lists.
const AEAD: &[&str] = &["AEAD_AES_128_GCM", "AEAD_AES_256_GCM"];
/// In the place of a MAC that is part of the cipher, as OpenSSH writes it.
const IMPLICIT: &str = "<implicit>";

/// Lists of names, in the order of the message; those of two directions stand client to server first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    key_exchanges: String,
    host_keys: String,
    ciphers: [String; 2],
    macs: [String; 2],
    compressions: [String; 2],
}

impl Offer {
    /// Reads the message behind its number; `None`: it is malformed.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let mut rest = message.get(COOKIE..)?;
        let mut next = || {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (list, after) = after.split_at_checked(length)?;
            rest = after;
            // Names are printable, and without spaces (RFC 4251 section 6).
            let is_text = list.iter().all(u8::is_ascii_graphic) && length <= SSH_NAMES;
            is_text.then(|| core::str::from_utf8(list).ok().map(str::to_owned)).flatten()
        };
        let offer = Self {
            key_exchanges: next()?,
            host_keys: next()?,
            ciphers: [next()?, next()?],
            macs: [next()?, next()?],
            compressions: [next()?, next()?],
        };
        // Languages.
        next().and(next()).map(|_| offer)
    }

    /// HASSH of a client's offer, `hasshServer` of a server's: MD5 of what it would do with what it
    /// sends (Salesforce, 2018).
    pub(super) fn hassh(&self, side: Side) -> String {
        let way = side.index();
        let (ciphers, macs) = (&self.ciphers[way], &self.macs[way]);
        let text = [&self.key_exchanges, ciphers, macs, &self.compressions[way]];
        let text = text.map(String::as_str).join(";");
        Md5::digest(text).iter().fold(String::new(), |mut hexes, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hexes, "{byte:02x}");
            hexes
        })
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let [client, server] = [0, 1].map(|way| {
            [&self.ciphers[way], &self.macs[way], &self.compressions[way]]
                .map(|list| list.capacity())
        });
        let lists: usize = client.iter().chain(&server).sum();
        self.key_exchanges.capacity() + self.host_keys.capacity() + lists
    }
}

/// What two offers come to: of each kind the first name of the client's that the server has too. What
/// they have not in common is `None`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agreed<'a> {
    pub(super) key_exchange: Option<&'a str>,
    pub(super) host_key: Option<&'a str>,
    /// Client to server, and back; as all that follow.
    pub(super) ciphers: [Option<&'a str>; 2],
    pub(super) macs: [Option<&'a str>; 2],
    pub(super) compressions: [Option<&'a str>; 2],
}

/// What the offers of client and server come to.
pub(super) fn agree<'a>(client: &'a Offer, server: &'a Offer) -> Agreed<'a> {
    let both = |ours: &'a [String; 2], theirs: &[String; 2]| {
        [first(&ours[0], &theirs[0]), first(&ours[1], &theirs[1])]
    };
    let ciphers = both(&client.ciphers, &server.ciphers);
    let mut macs = both(&client.macs, &server.macs);
    for (mac, cipher) in macs.iter_mut().zip(ciphers) {
        if cipher.is_some_and(|cipher| WITH_MAC.contains(&cipher) || AEAD.contains(&cipher)) {
            *mac = Some(IMPLICIT);
        }
    }
    Agreed {
        key_exchange: first(&client.key_exchanges, &server.key_exchanges),
        host_key: first(&client.host_keys, &server.host_keys),
        ciphers,
        macs,
        compressions: both(&client.compressions, &server.compressions),
    }
}

/// The first name of the client's list that is in the server's.
fn first<'a>(client: &'a str, server: &str) -> Option<&'a str> {
    let has = |name: &&str| !name.is_empty() && server.split(',').any(|other| other == *name);
    client.split(',').find(has)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message with these lists, and no languages.
    pub(in super::super) fn message(lists: [&str; 8]) -> Vec<u8> {
        let mut bytes = vec![7; COOKIE];
        for list in lists.into_iter().chain(["", ""]) {
            bytes.extend((list.len() as u32).to_be_bytes());
            bytes.extend(list.as_bytes());
        }
        bytes.extend([0; 5]);
        bytes
    }

    #[test]
    fn the_client_s_first_that_the_server_has_is_chosen() {
        let client = ["a,b,c", "k", "x,aes128-gcm@openssh.com", "x,y", "m", "m", "none", "z,none"];
        let server = ["c,b", "j", "aes128-gcm@openssh.com", "y", "m", "n,m", "none", "none,z"];
        let [client, server] =
            [client, server].map(|lists| Offer::read(&message(lists)).expect("lists"));
        let agreed = agree(&client, &server);
        assert_eq!((agreed.key_exchange, agreed.host_key), (Some("b"), None));
        assert_eq!(agreed.ciphers, [Some("aes128-gcm@openssh.com"), Some("y")]);
        assert_eq!(agreed.macs, [Some(IMPLICIT), Some("m")]);
        assert_eq!(agreed.compressions, [Some("none"), Some("z")]);
    }

    /// OpenSSH 7.8's, as lists of HASSH have it.
    #[test]
    fn a_fingerprint_as_others_have_it() {
        let lists = [
            "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c",
            "k",
            "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
            "other",
            "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
            "other",
            "none,zlib@openssh.com,zlib",
            "other",
        ];
        let offer = Offer::read(&message(lists)).expect("lists");
        assert_eq!(offer.hassh(Side::Client), "06046964c022c6407d15a27b12a6a4fb");
    }

    #[test]
    fn malformed_lists_are_none() {
        let whole = message(["a"; 8]);
        for cut in [0, COOKIE, COOKIE + 5, whole.len() - 6] {
            assert_eq!(Offer::read(&whole[..cut]), None, "{cut} bytes");
        }
        assert_eq!(Offer::read(&message(["a b", "", "", "", "", "", "", ""])), None);
    }

    /// Reaches `SSH_NAMES`.
    #[test]
    fn a_list_longer_than_any_is_none() {
        let list = "a".repeat(SSH_NAMES + 1);
        assert!(Offer::read(&message([&list[1..], "", "", "", "", "", "", ""])).is_some());
        assert_eq!(Offer::read(&message([&list, "", "", "", "", "", "", ""])), None);
    }
}
