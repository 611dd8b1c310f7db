//! What types and codes are called (IANA "ICMP Type Numbers", "ICMPv6 Parameters").

/// A type without its code.
fn kind(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "Echo Reply",
        3 => "Destination Unreachable",
        4 => "Source Quench",
        5 => "Redirect",
        8 => "Echo",
        9 => "Router Advertisement",
        10 => "Router Solicitation",
        11 => "Time Exceeded",
        12 => "Parameter Problem",
        13 => "Timestamp",
        14 => "Timestamp Reply",
        15 => "Information Request",
        16 => "Information Reply",
        17 => "Address Mask Request",
        18 => "Address Mask Reply",
        30 => "Traceroute",
        40 => "Photuris",
        42 => "Extended Echo Request",
        43 => "Extended Echo Reply",
        _ => return None,
    })
}

/// As [`kind`], of ICMPv6.
fn kind_v6(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "Destination Unreachable",
        2 => "Packet Too Big",
        3 => "Time Exceeded",
        4 => "Parameter Problem",
        128 => "Echo Request",
        129 => "Echo Reply",
        130 => "Multicast Listener Query",
        131 => "Multicast Listener Report",
        132 => "Multicast Listener Done",
        133 => "Router Solicitation",
        134 => "Router Advertisement",
        135 => "Neighbor Solicitation",
        136 => "Neighbor Advertisement",
        137 => "Redirect Message",
        138 => "Router Renumbering",
        139 => "Node Information Query",
        140 => "Node Information Response",
        143 => "Version 2 Multicast Listener Report",
        144 => "Home Agent Address Discovery Request",
        145 => "Home Agent Address Discovery Reply",
        146 => "Mobile Prefix Solicitation",
        147 => "Mobile Prefix Advertisement",
        151 => "Multicast Router Advertisement",
        152 => "Multicast Router Solicitation",
        153 => "Multicast Router Termination",
        155 => "RPL Control Message",
        160 => "Extended Echo Request",
        161 => "Extended Echo Reply",
        _ => return None,
    })
}

/// Codes of an error, from 0 on.
fn codes(kind: u8) -> &'static [&'static str] {
    match kind {
        3 => &[
            "Net Unreachable",
            "Host Unreachable",
            "Protocol Unreachable",
            "Port Unreachable",
            "Fragmentation Needed and Don't Fragment was Set",
            "Source Route Failed",
            "Destination Network Unknown",
            "Destination Host Unknown",
            "Source Host Isolated",
            "Communication with Destination Network is Administratively Prohibited",
            "Communication with Destination Host is Administratively Prohibited",
            "Destination Network Unreachable for Type of Service",
            "Destination Host Unreachable for Type of Service",
            "Communication Administratively Prohibited",
            "Host Precedence Violation",
            "Precedence cutoff in effect",
        ],
        5 => &[
            "Redirect Datagram for the Network (or subnet)",
            "Redirect Datagram for the Host",
            "Redirect Datagram for the Type of Service and Network",
            "Redirect Datagram for the Type of Service and Host",
        ],
        11 => &["Time to Live exceeded in Transit", "Fragment Reassembly Time Exceeded"],
        12 => &["Pointer indicates the error", "Missing a Required Option", "Bad Length"],
        _ => &[],
    }
}

/// As [`codes`], of ICMPv6.
fn codes_v6(kind: u8) -> &'static [&'static str] {
    match kind {
        1 => &[
            "no route to destination",
            "communication with destination administratively prohibited",
            "beyond scope of source address",
            "address unreachable",
            "port unreachable",
            "source address failed ingress/egress policy",
            "reject route to destination",
            "Error in Source Routing Header",
            "Headers too long",
        ],
        3 => &["hop limit exceeded in transit", "fragment reassembly time exceeded"],
        4 => &[
            "erroneous header field encountered",
            "unrecognized Next Header type encountered",
            "unrecognized IPv6 option encountered",
            "IPv6 First Fragment has incomplete IPv6 Header Chain",
        ],
        _ => &[],
    }
}

/// A type with its code, where it has a name or is not the ordinary one.
pub(super) fn name(is_v6: bool, number: u8, code: u8) -> String {
    let (kind, codes) = match is_v6 {
        true => (kind_v6(number), codes_v6(number)),
        false => (kind(number), codes(number)),
    };
    let kind = kind.map_or_else(|| format!("type {number}"), str::to_owned);
    match codes.get(usize::from(code)) {
        Some(code) => format!("{kind}: {code}"),
        None if code == 0 => kind,
        None => format!("{kind}: code {code}"),
    }
}
