//! ARP for IPv4 over Ethernet (RFC 826); other hardware is left undecoded.

use super::be16;

/// Length for Ethernet and IPv4.
pub const LEN: usize = 28;
const OPERATION: usize = 6;
const SENDER_MAC: usize = 8;
const SENDER_IP: usize = 14;
const TARGET_IP: usize = 24;

/// An ARP packet.
#[derive(Debug, Clone, Copy)]
pub struct Arp<'a>(&'a [u8]);

impl<'a> Arp<'a> {
    /// `None` if too short, or not for Ethernet and IPv4.
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= LEN && bytes.starts_with(&[0, 1, 8, 0, 6, 4])).then_some(Self(bytes))
    }
    /// 1 request, 2 reply.
    pub fn operation(&self) -> u16 {
        be16(self.0, OPERATION)
    }
    /// MAC address of the sender.
    pub fn sender_mac(&self) -> &'a [u8] {
        &self.0[SENDER_MAC..SENDER_IP]
    }
    /// IPv4 address of the sender.
    pub fn sender_ip(&self) -> [u8; 4] {
        self.ip(SENDER_IP)
    }
    /// IPv4 address asked for.
    pub fn target_ip(&self) -> [u8; 4] {
        self.ip(TARGET_IP)
    }
    fn ip(&self, at: usize) -> [u8; 4] {
        [self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]
    }
}
