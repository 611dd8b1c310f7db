//! What is known of each protocol, in words: the reference, `nautscan protocols` and a person who
//! asks read it here.

use super::{DATAGRAM_PROTOCOLS, PROTOCOLS, ftp, icmp};

/// What is followed beside the registries: the value of the `protocol` column, what carries it, it in
/// words.
static OTHERS: &[(&str, &str, &About)] = &[
    ("ip", icmp::NAME, &icmp::ABOUT),
    ("ipv6", icmp::NAME_V6, &icmp::ABOUT_V6),
    ("tcp", ftp::DATA, &ftp::ABOUT_DATA),
];

/// Protocols without rows of `requests`: what is known of them stands on the flow.
static ON_THE_FLOW: &[&str] =
    &["dhcp", "dhcpv6", "ftp", "ftp-data", "icmp", "icmpv6", "ntp", "quic", "smtp", "ssh", "tls"];

/// A protocol in words.
#[derive(Debug)]
pub struct About {
    /// What people call it, with the versions that are read.
    pub title: &'static str,
    /// What of it comes out, and where.
    pub extracts: &'static str,
    /// What is not read, not known or cut; one sentence each.
    pub limits: &'static [&'static str],
    /// Name and meaning of each value of the `oddities` column.
    pub oddities: &'static [(&'static str, &'static str)],
}

/// A protocol of the registry.
#[derive(Debug)]
pub struct Known {
    /// The value of the `protocol` columns.
    pub name: &'static str,
    /// What carries it: `tcp`, `udp`, `ip`.
    pub transports: Vec<&'static str>,
    /// Where what is known of it stands: `requests`, or `flows` where it is summarised on the flow.
    pub table: &'static str,
    /// It in words.
    pub about: &'static About,
}

/// Every protocol that is followed, each once, by its name.
pub fn known() -> Vec<Known> {
    let streams = PROTOCOLS.iter().map(|line| ("tcp", line.name, line.about));
    let datagrams = DATAGRAM_PROTOCOLS.iter().map(|line| ("udp", line.name, line.about));
    let mut all: Vec<Known> = Vec::new();
    let others = OTHERS.iter().map(|&(transport, name, about)| (transport, name, about));
    for (transport, name, about) in streams.chain(datagrams).chain(others) {
        match all.iter_mut().find(|known| known.name == name) {
            Some(known) => known.transports.push(transport),
            None => {
                let table = if ON_THE_FLOW.contains(&name) { "flows" } else { "requests" };
                all.push(Known { name, transports: vec![transport], table, about });
            }
        }
    }
    all.sort_unstable_by_key(|known| known.name);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_described_once() {
        let all = known();
        for name in ON_THE_FLOW {
            assert!(all.iter().any(|known| known.name == *name), "{name}");
        }
        assert_eq!(
            all.iter().find(|known| known.name == "dns").unwrap().transports,
            ["tcp", "udp"]
        );
        for known in &all {
            assert_eq!(all.iter().filter(|other| other.name == known.name).count(), 1);
            let texts = [known.about.title, known.about.extracts];
            assert!(texts.iter().chain(known.about.limits).all(|text| !text.is_empty()));
            let mut oddities: Vec<_> = known.about.oddities.iter().map(|(name, _)| name).collect();
            oddities.sort_unstable();
            oddities.dedup();
            assert_eq!(oddities.len(), known.about.oddities.len(), "{}", known.name);
        }
    }
}
