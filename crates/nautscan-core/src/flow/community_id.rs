//! Community ID v1 (<https://github.com/corelight/community-id-spec>): one name for a flow
//! among all tools.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::key::Endpoints;
use crate::wire::{icmp, protocol};

/// `1:` and the base64 of a SHA-1: always 30 bytes of ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommunityId([u8; LEN]);

const LEN: usize = 30;
const SEED: [u8; 2] = [0, 0];

impl CommunityId {
    /// As text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The identifier of a flow, seed 0.
pub fn community_id(transport: u8, ends: &Endpoints) -> CommunityId {
    let (client, server) = (ends.client.octets(), ends.server.octets());
    let one_way = is_one_way(transport, ends.client_port);
    let swap = !one_way && (client, ends.client_port) > (server, ends.server_port);
    let (first, first_port, second, second_port) = if swap {
        (server, ends.server_port, client, ends.client_port)
    } else {
        (client, ends.client_port, server, ends.server_port)
    };
    let mut hash = Sha1::new();
    hash.update(SEED);
    hash.update(first);
    hash.update(second);
    hash.update([transport, 0]);
    if has_ports(transport) {
        hash.update(first_port.to_be_bytes());
        hash.update(second_port.to_be_bytes());
    }
    let mut text = [0; LEN];
    text[..2].copy_from_slice(b"1:");
    // A SHA-1 is 20 bytes, its base64 28: it always fits.
    let encoded = STANDARD.encode_slice(hash.finalize(), &mut text[2..]);
    debug_assert_eq!(encoded, Ok(LEN - 2));
    CommunityId(text)
}

fn has_ports(transport: u8) -> bool {
    matches!(
        transport,
        protocol::TCP | protocol::UDP | protocol::SCTP | protocol::ICMP | protocol::ICMPV6
    )
}

/// ICMP messages that nobody answers are not put in order.
fn is_one_way(transport: u8, kind: u16) -> bool {
    let kind = kind as u8;
    match transport {
        protocol::ICMP => icmp::counterpart(kind).is_none(),
        protocol::ICMPV6 => icmp::counterpart_v6(kind).is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Address;

    fn id(transport: u8, a: [u8; 4], ap: u16, b: [u8; 4], bp: u16) -> String {
        let ends = Endpoints {
            client: Address::v4(a),
            client_port: ap,
            server: Address::v4(b),
            server_port: bp,
        };
        community_id(transport, &ends).as_str().to_owned()
    }

    /// Values published with the specification.
    #[test]
    fn published_values() {
        let (a, b) = ([128, 232, 110, 120], [66, 35, 250, 204]);
        assert_eq!(id(6, a, 34855, b, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(id(6, b, 80, a, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(
            id(17, [192, 168, 1, 52], 54585, [8, 8, 8, 8], 53),
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
        );
        assert_eq!(
            id(1, [192, 168, 0, 89], 8, [192, 168, 0, 1], 0),
            "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="
        );
    }
}
