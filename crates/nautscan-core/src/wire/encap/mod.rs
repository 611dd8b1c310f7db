//! Encapsulations: headers whose payload is a frame or packet of another network. One file a
//! family; each reads a header into a [`Shell`].

pub mod chdlc;
pub mod frame_relay;
pub mod geneve;
pub mod gre;
pub mod gtp;
pub mod l2tp;
pub mod llc;
pub mod mpls;
pub mod nflog;
pub mod nsh;
pub mod ppp;
pub mod shim;
pub mod teredo;
pub mod vxlan;
pub mod wlan;

use super::tunnel::Kind;
use crate::packet::LinkType;

/// What a header announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inner {
    /// An Ethernet frame.
    Ethernet,
    /// What this EtherType names.
    EtherType(u16),
    /// IPv4 or IPv6, told apart by the version nibble.
    Ip,
    /// PPP, from its protocol field on.
    Ppp,
    /// An MPLS label stack.
    Mpls,
    /// What follows a label stack: IP, or a pseudowire's Ethernet.
    Labelled,
    /// 802.2 LLC.
    Llc,
    /// A network service header.
    Nsh,
    /// ERSPAN type II.
    Erspan2,
    /// ERSPAN type III.
    Erspan3,
    /// 802.11; `aligned`: the driver moved the body to a multiple of four bytes.
    Wlan {
        /// See above.
        aligned: bool,
    },
    /// What this link type names.
    Link(LinkType),
    /// Something that is not decoded, by its number in the protocol's own registry.
    Other(u32),
}

/// A header that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shell {
    /// Its length in bytes.
    pub len: usize,
    /// What follows it.
    pub inner: Inner,
    /// Which tunnel it makes, if it is not merely a link-layer header.
    pub kind: Option<Kind>,
    /// Its identifier, see [`super::Tunnel::id`].
    pub id: Option<u32>,
    /// Length of what follows, where the header states it.
    pub room: Option<usize>,
}

impl Shell {
    /// A header of `len` bytes in front of `inner`.
    pub(super) fn new(len: usize, inner: Inner) -> Self {
        Self { len, inner, kind: None, id: None, room: None }
    }

    /// The same, as a tunnel.
    pub(super) fn tunnel(mut self, kind: Kind, id: Option<u32>) -> Self {
        (self.kind, self.id) = (Some(kind), id);
        self
    }
}

/// Why bytes are no header of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Fewer bytes than this are there.
    Short(usize),
    /// A field has a value that the protocol forbids.
    Invalid(&'static str),
    /// It is well-formed, and what it carries cannot be read, for this reason.
    Unreadable(&'static str),
    /// More headers of a kind than are walked.
    TooDeep,
}

/// The first `len` bytes, or the fault that they are not there.
pub(super) fn need(bytes: &[u8], len: usize) -> Result<&[u8], Fault> {
    bytes.get(..len).ok_or(Fault::Short(len))
}

/// Reads a header at the start of bytes.
pub(super) type Read = fn(&[u8]) -> Result<Shell, Fault>;

#[cfg(test)]
pub(super) mod check {
    use super::*;

    /// Every cut of a header is refused with the length that it needs, and none is panicked at.
    pub(crate) fn cuts(read: Read, bytes: &[u8]) {
        let len = read(bytes).unwrap().len;
        for cut in 0..len {
            match read(&bytes[..cut]) {
                Err(Fault::Short(needed)) => assert!(needed > cut && needed <= len, "{cut}"),
                other => panic!("{other:?} of {cut} bytes"),
            }
        }
    }
}
