//! Which addresses have which names by an answer.
//!
//! - An address of the answer section belongs to the name that was asked for, if the record is of
//!   that name or of one that aliases (CNAME) lead to. What else a message holds is not asked for,
//!   and proves nothing.
//! - A name for an address (PTR) counts for addresses that are not public: those a local server
//!   knows. The owner of a public address can call it what he likes, and nobody asks for it so.
//! - A host that announces itself (mDNS) speaks for its names: the addresses in all its records.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::base::ParsedRecord;
use domain::base::iana::{Class, OptRcode, Rtype};
use domain::rdata::{A, Aaaa, Cname, Ptr};

use super::message::{Heard, Name, Question, plain, text_of};
use crate::event::Naming;
use crate::limits::{DNS_ADDRESSES, DNS_ALIASES};
use crate::proto::{Context, Side};
use crate::wire::Address;

type Record<'a> = ParsedRecord<'a, [u8]>;

/// A name on the way from the question to its addresses, and how long that holds.
struct Alias<'a> {
    name: Name<'a>,
    ttl_s: u32,
}

/// Tells what an answer to a question of `asked_by` says.
pub(super) fn of_answer(
    heard: &Heard<'_>,
    source: &'static str,
    asked_by: Side,
    cx: &mut Context<'_>,
) {
    let Some(question) = heard.question.as_ref().filter(|question| question.class == Class::IN)
    else {
        return;
    };
    if heard.rcode() != OptRcode::NOERROR {
        return;
    }
    match question.kind {
        Rtype::PTR => of_reverse(heard, question, source, asked_by, cx),
        _ => of_forward(heard, question, source, asked_by, cx),
    }
}

fn of_forward(
    heard: &Heard<'_>,
    question: &Question,
    source: &'static str,
    asked_by: Side,
    cx: &mut Context<'_>,
) {
    let aliases = aliases(heard);
    let name = question.name.to_ascii_lowercase();
    for record in answers(heard).take(DNS_ADDRESSES) {
        let Some(ip) = address_of(&record) else { continue };
        let owner = record.owner();
        let Some(alias) = aliases.iter().find(|alias| alias.name == owner) else { continue };
        tell(
            cx,
            Naming {
                time: cx.time,
                source,
                ip,
                name: &name,
                mac: None,
                ttl_s: Some(alias.ttl_s.min(record.ttl().as_secs())),
                asked_by: Some(asked_by),
                answered_by: Some(asked_by.peer()),
            },
        );
    }
}

/// The name that was asked for, and those that it is an alias of.
fn aliases<'a>(heard: &Heard<'a>) -> Vec<Alias<'a>> {
    let Some(Ok(question)) = heard.message.question().next() else { return Vec::new() };
    let mut known = vec![Alias { name: *question.qname(), ttl_s: u32::MAX }];
    let given: Vec<_> = answers(heard)
        .take(DNS_ADDRESSES)
        .filter_map(|record| {
            let data = record.to_record::<Cname<Name<'_>>>().ok()??;
            Some((record.owner(), *data.data().cname(), record.ttl().as_secs()))
        })
        .take(DNS_ALIASES)
        .collect();
    // In any order: each round finds one more, or the last one.
    for _ in 0..given.len() {
        let is_known = |name: &Name<'_>| known.iter().any(|alias| alias.name == *name);
        let next = given.iter().find(|(owner, target, _)| is_known(owner) && !is_known(target));
        let Some(&(owner, name, ttl_s)) = next else { break };
        let before = known.iter().find(|alias| alias.name == owner).map(|alias| alias.ttl_s);
        known.push(Alias { name, ttl_s: ttl_s.min(before.unwrap_or(ttl_s)) });
    }
    known
}

fn of_reverse(
    heard: &Heard<'_>,
    question: &Question,
    source: &'static str,
    asked_by: Side,
    cx: &mut Context<'_>,
) {
    let Some(ip) = address_in(&question.name.to_ascii_lowercase()).filter(is_local) else { return };
    let mut names = answers(heard).take(DNS_ADDRESSES).filter_map(|record| {
        let data = record.to_record::<Ptr<Name<'_>>>().ok()??;
        Some((text_of(data.data().ptrdname()).to_ascii_lowercase(), record.ttl().as_secs()))
    });
    // Several names: none of them is the host's.
    let (Some((name, ttl_s)), None) = (names.next(), names.next()) else { return };
    if name.ends_with(".arpa") || name == "." {
        return;
    }
    tell(
        cx,
        Naming {
            time: cx.time,
            source,
            ip: match ip {
                IpAddr::V4(ip) => Address::v4(ip.octets()),
                IpAddr::V6(ip) => Address::v6(ip.octets()),
            },
            name: &name,
            mac: None,
            ttl_s: Some(ttl_s),
            asked_by: Some(asked_by),
            answered_by: Some(asked_by.peer()),
        },
    );
}

/// Tells what a host says of itself.
pub(super) fn of_announcement(
    heard: &Heard<'_>,
    source: &'static str,
    by: Side,
    cx: &mut Context<'_>,
) {
    let more = heard.message.additional().ok().into_iter().flatten().map_while(Result::ok);
    for record in answers(heard).chain(more).take(DNS_ADDRESSES) {
        let (Some(ip), ttl_s) = (address_of(&record), record.ttl().as_secs()) else { continue };
        // With no time to live the host takes leave (RFC 6762 section 10.1).
        if ttl_s == 0 {
            continue;
        }
        tell(
            cx,
            Naming {
                time: cx.time,
                source,
                ip,
                name: &text_of(&record.owner()).to_ascii_lowercase(),
                mac: None,
                ttl_s: Some(ttl_s),
                asked_by: None,
                answered_by: Some(by),
            },
        );
    }
}

fn tell(cx: &mut Context<'_>, naming: Naming<'_>) {
    // A name server that blocks a name says 0.0.0.0 or ::, which is no host's.
    let is_hosts = naming.ip.raw().iter().any(|&byte| byte != 0) && !naming.ip.is_group();
    if is_hosts && naming.name != "." {
        cx.sink.name(&naming);
    }
}

fn answers<'a>(heard: &Heard<'a>) -> impl Iterator<Item = Record<'a>> + use<'a> {
    heard.message.answer().ok().into_iter().flatten().map_while(Result::ok)
}

fn address_of(record: &Record<'_>) -> Option<Address> {
    if plain(record.class()) != Class::IN {
        return None;
    }
    match record.rtype() {
        Rtype::A => {
            let data = record.to_record::<A>().ok()??;
            Some(Address::v4(data.data().addr().octets()))
        }
        Rtype::AAAA => {
            let data = record.to_record::<Aaaa>().ok()??;
            Some(Address::v6(data.data().addr().octets()))
        }
        _ => None,
    }
}

/// The address that a name of the reverse tree stands for (RFC 1035 section 3.5, RFC 3596
/// section 2.5).
fn address_in(name: &str) -> Option<IpAddr> {
    if let Some(octets) = name.strip_suffix(".in-addr.arpa") {
        let reversed: Vec<&str> = octets.rsplit('.').collect();
        return reversed.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let nibbles = name.strip_suffix(".ip6.arpa")?;
    let digits: Option<Vec<u8>> = nibbles.rsplit('.').map(nibble).collect();
    let digits = digits.filter(|digits| digits.len() == 32)?;
    let mut octets = [0; 16];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
        *octet = pair[0] << 4 | pair[1];
    }
    Some(IpAddr::V6(Ipv6Addr::from(octets)))
}

fn nibble(text: &str) -> Option<u8> {
    let digit = (text.len() == 1).then(|| u8::from_str_radix(text, 16).ok())?;
    digit.filter(|digit| *digit < 16)
}

/// Whether an address is of a network that is not public: private, link-local, unique local
/// (RFC 1918, RFC 3927, RFC 4193, RFC 6598).
fn is_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_reverse_tree() {
        let v4 = |text: &str| Some(IpAddr::V4(text.parse().unwrap()));
        assert_eq!(address_in("4.3.2.10.in-addr.arpa"), v4("10.2.3.4"));
        assert_eq!(address_in("3.2.10.in-addr.arpa"), None);
        assert_eq!(address_in("b._dns-sd._udp.0.2.10.in-addr.arpa"), None);
        let nibbles = "1.0.".to_owned() + &"0.".repeat(29) + "f.ip6.arpa";
        let v6: Ipv6Addr = "f000::1".parse().unwrap();
        assert_eq!(address_in(&nibbles), Some(IpAddr::V6(v6)));
        assert_eq!(address_in("1.0.ip6.arpa"), None);
        assert_eq!(address_in("example.com"), None);
    }

    #[test]
    fn local_addresses() {
        for (text, local) in [
            ("10.1.2.3", true),
            ("169.254.1.1", true),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("8.8.8.8", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_local(&text.parse().unwrap()), local, "{text}");
        }
    }
}
