//! BSD loopback: a four-byte address family, in the byte order of the capturing host (NULL)
//! or in network order (LOOP).

use super::ethernet::ethertype;

/// Header length.
pub const LEN: usize = 4;

const AF_INET: u32 = 2;
/// AF_INET6 differs among NetBSD/OpenBSD, FreeBSD, Darwin and Linux.
const AF_INET6: [u32; 4] = [24, 28, 30, 10];

/// EtherType for the header's address family; `Err` holds a family that is not IP.
#[inline]
pub fn ethertype_of(header: [u8; LEN]) -> Result<u16, u32> {
    let little = u32::from_le_bytes(header);
    // Families are small: whichever order gives a small number is the host's.
    let family = if little > 0xffff { u32::from_be_bytes(header) } else { little };
    if family == AF_INET {
        Ok(ethertype::IPV4)
    } else if AF_INET6.contains(&family) {
        Ok(ethertype::IPV6)
    } else {
        Err(family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders() {
        assert_eq!(ethertype_of([2, 0, 0, 0]), Ok(ethertype::IPV4));
        assert_eq!(ethertype_of([0, 0, 0, 2]), Ok(ethertype::IPV4));
        assert_eq!(ethertype_of([0, 0, 0, 30]), Ok(ethertype::IPV6));
        assert_eq!(ethertype_of([7, 0, 0, 0]), Err(7));
    }
}
