//! ICMP (RFC 792) and ICMPv6 (RFC 4443): type and code, and which types answer which.

/// Header length.
pub const LEN: usize = 8;
/// Type and code, all that a flow needs.
pub const TYPE_CODE_LEN: usize = 2;

/// The type that answers `kind`, for messages that come in pairs.
pub fn counterpart(kind: u8) -> Option<u8> {
    Some(match kind {
        8 => 0,
        0 => 8,
        13 => 14,
        14 => 13,
        15 => 16,
        16 => 15,
        17 => 18,
        18 => 17,
        10 => 9,
        9 => 10,
        _ => return None,
    })
}

/// As [`counterpart`], for ICMPv6.
pub fn counterpart_v6(kind: u8) -> Option<u8> {
    Some(match kind {
        128 => 129,
        129 => 128,
        130 => 131,
        131 => 130,
        133 => 134,
        134 => 133,
        135 => 136,
        136 => 135,
        139 => 140,
        140 => 139,
        144 => 145,
        145 => 144,
        _ => return None,
    })
}

/// Whether `kind` asks, of a pair of types.
pub fn is_request(kind: u8, v6: bool) -> bool {
    if v6 {
        matches!(kind, 128 | 130 | 133 | 135 | 139 | 144)
    } else {
        matches!(kind, 8 | 10 | 13 | 15 | 17)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counterparts_are_mutual() {
        for kind in 0..=255u8 {
            if let Some(other) = counterpart(kind) {
                assert_eq!(counterpart(other), Some(kind));
                assert_ne!(is_request(kind, false), is_request(other, false));
            }
            if let Some(other) = counterpart_v6(kind) {
                assert_eq!(counterpart_v6(other), Some(kind));
                assert_ne!(is_request(kind, true), is_request(other, true));
            }
        }
    }
}
