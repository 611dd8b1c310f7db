//! The value of `transport`.

use super::sized::StringBuilder;
use crate::wire::protocol;

/// Appends the value of `transport` for an IP protocol number.
pub(super) fn append_transport(column: &mut StringBuilder, number: u8) {
    match transport_name(number) {
        Some(name) => column.append_value(name),
        None => column.append_value(format!("ip-{number}")),
    }
}

/// The value of `transport` for protocols that have one of their own.
pub(super) fn transport_name(number: u8) -> Option<&'static str> {
    Some(match number {
        protocol::TCP => "tcp",
        protocol::UDP => "udp",
        protocol::SCTP => "sctp",
        protocol::ICMP => "icmp",
        protocol::ICMPV6 => "icmpv6",
        _ => return None,
    })
}
