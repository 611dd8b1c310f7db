//! Which names were said of late: what is known is not said again while it holds.

use core::hash::BuildHasher;
use std::collections::VecDeque;

use arrow_array::RecordBatch;
use foldhash::fast::RandomState;

use crate::event::{Lease, LeaseStep, NamesBuilder, Naming};
use crate::flow::Endpoints;
use crate::limits::{LEASES_WAITING, NAMES_SAID};
use crate::proto::Side;

const SECOND: i64 = 1_000_000_000;
/// A name is not said again for this long, however short it holds: short times to live are what
/// load balancers have, and clients ask them again and again.
const LEAST_REPEAT: i64 = 60 * SECOND;
/// A server answers a client that asks for an address within this.
const LEASE_WAIT: i64 = 60 * SECOND;

/// The flow that carried what was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<'a> {
    pub(super) sensor: &'a str,
    pub(super) interface: Option<&'a str>,
    pub(super) ends: &'a Endpoints,
    /// IP protocol number.
    pub(super) transport: u8,
}

/// A name that was said, and until when it is not said again.
#[derive(Debug, Clone, Copy)]
struct Said {
    digest: u64,
    until: i64,
}

/// The name of a client that asked for an address.
#[derive(Debug)]
struct Wish {
    transaction: u64,
    time: i64,
    name: Box<str>,
}

/// Rows of `names` in the making, and what was said already: a table of fixed size, in which a
/// name's place is told by its digest.
#[derive(Default)]
pub(super) struct Names {
    rows: NamesBuilder,
    said: Vec<Said>,
    wishes: VecDeque<Wish>,
    /// Seeded at random, so that nobody can choose names that push out others.
    hasher: RandomState,
    overwritten: u64,
}

impl Names {
    /// A row, unless the same host said it to the same host in the same way already, and it holds
    /// still. Engines that share an input see all of that or nothing of it, so they agree.
    pub(super) fn said(&mut self, naming: &Naming<'_>, carried: Carried<'_>) {
        let Carried { sensor, interface, ends, transport } = carried;
        let end = |side: Side| match side {
            Side::Client => ends.client,
            Side::Server => ends.server,
        };
        let hosts = (naming.asked_by.map(end), naming.answered_by.map(end));
        let known = (naming.source, naming.ip, naming.name, naming.mac, hosts, transport);
        if self.is_news(self.hasher.hash_one(known), naming.time, naming.ttl_s) {
            self.rows.push(naming, sensor, interface, ends);
        }
    }

    fn is_news(&mut self, digest: u64, time: i64, ttl_s: Option<u32>) -> bool {
        if self.said.is_empty() {
            self.said = vec![Said { digest: 0, until: i64::MIN }; NAMES_SAID];
        }
        let holds = i64::from(ttl_s.unwrap_or(0)).saturating_mul(SECOND).max(LEAST_REPEAT);
        let until = time.saturating_add(holds);
        let entry = &mut self.said[digest as usize % NAMES_SAID];
        // Until further than this name could hold: the clock was set back.
        if entry.digest == digest && time < entry.until && entry.until <= until {
            return false;
        }
        self.overwritten += u64::from(entry.digest != digest && time < entry.until);
        *entry = Said { digest, until };
        true
    }

    /// A client's wish is kept until a server grants it; then the address has the name that
    /// either states, the client's first.
    pub(super) fn lease(&mut self, lease: &Lease<'_>, carried: Carried<'_>) {
        let transaction = self.hasher.hash_one((lease.source, lease.transaction));
        let LeaseStep::Given { ip, ttl_s, by } = lease.step else {
            return self.wish(transaction, lease);
        };
        let at = self.wishes.iter().position(|wish| wish.transaction == transaction);
        let wish = at.and_then(|at| self.wishes.remove(at));
        let wish = wish.filter(|wish| lease.time - wish.time <= LEASE_WAIT);
        let Some(name) = wish.as_ref().map(|wish| &*wish.name).or(lease.name) else { return };
        let naming = Naming {
            time: lease.time,
            source: lease.source,
            ip,
            name,
            mac: lease.mac,
            ttl_s,
            asked_by: None,
            answered_by: Some(by),
        };
        self.said(&naming, carried);
    }

    fn wish(&mut self, transaction: u64, lease: &Lease<'_>) {
        let Some(name) = lease.name else { return };
        self.wishes
            .retain(|wish| wish.transaction != transaction && lease.time - wish.time <= LEASE_WAIT);
        if self.wishes.len() == LEASES_WAITING {
            self.wishes.pop_front();
            self.overwritten += 1;
        }
        self.wishes.push_back(Wish { transaction, time: lease.time, name: name.into() });
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The rows so far, if there are any.
    pub(super) fn take(&mut self) -> Option<RecordBatch> {
        (self.rows.rows() > 0).then(|| self.rows.finish())
    }

    pub(super) fn overwritten(&self) -> u64 {
        self.overwritten
    }

    /// Bytes held, the rows themselves aside.
    pub(super) fn memory(&self) -> usize {
        let wishes: usize = self.wishes.iter().map(|wish| wish.name.len()).sum();
        self.said.capacity() * size_of::<Said>()
            + self.wishes.capacity() * size_of::<Wish>()
            + wishes
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;
    use crate::wire::Address;

    fn ends() -> Endpoints {
        Endpoints {
            client: Address::v4([10, 0, 0, 1]),
            client_port: 4000,
            server: Address::v4([10, 0, 0, 53]),
            server_port: 53,
        }
    }

    fn carried(ends: &Endpoints) -> Carried<'_> {
        Carried { sensor: "s", interface: None, ends, transport: 17 }
    }

    fn naming(time_s: i64, name: &str, ttl_s: u32) -> Naming<'_> {
        Naming {
            time: time_s * SECOND,
            source: "dns",
            ip: Address::v4([10, 0, 0, 9]),
            name,
            mac: None,
            ttl_s: Some(ttl_s),
            asked_by: Some(Side::Client),
            answered_by: Some(Side::Server),
        }
    }

    fn say(names: &mut Names, naming: &Naming<'_>) -> usize {
        let before = names.rows();
        names.said(naming, carried(&ends()));
        names.rows() - before
    }

    #[test]
    fn what_is_known_is_not_said_again_while_it_holds() {
        let mut names = Names::default();
        assert_eq!(say(&mut names, &naming(0, "a.example", 300)), 1);
        assert_eq!(say(&mut names, &naming(299, "a.example", 1)), 0);
        assert_eq!(say(&mut names, &naming(300, "a.example", 1)), 1);
        assert_eq!(say(&mut names, &naming(359, "a.example", 1)), 0, "a minute at least");
        assert_eq!(say(&mut names, &naming(360, "a.example", 1)), 1);
        assert_eq!(say(&mut names, &naming(360, "b.example", 1)), 1, "another name");
        let other = Naming { asked_by: None, ..naming(360, "a.example", 1) };
        assert_eq!(say(&mut names, &other), 1, "said to another");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_names() {
        let mut names = Names::default();
        assert_eq!(say(&mut names, &naming(1_000_000, "a.example", 60)), 1);
        assert_eq!(say(&mut names, &naming(5, "a.example", 60)), 1);
    }

    /// Reaches `NAMES_SAID`: what was forgotten is said again.
    #[test]
    fn a_full_table_says_names_again_and_counts() {
        let mut names = Names::default();
        for number in 0..NAMES_SAID * 2 {
            assert_eq!(say(&mut names, &naming(0, &format!("h{number}.example"), 60)), 1);
        }
        assert!(names.overwritten() > 0);
        assert_eq!(names.said.len(), NAMES_SAID);
    }

    fn lease<'a>(time_s: i64, transaction: &'a [u8], name: Option<&'a str>) -> Lease<'a> {
        let time = time_s * SECOND;
        let mac = Some([2, 0, 0, 0, 0, 9]);
        Lease { time, source: "dhcp", transaction, mac, name, step: LeaseStep::Asked }
    }

    fn given<'a>(time_s: i64, transaction: &'a [u8], name: Option<&'a str>) -> Lease<'a> {
        let ip = Address::v4([10, 0, 0, 77]);
        let step = LeaseStep::Given { ip, ttl_s: Some(3600), by: Side::Server };
        Lease { step, ..lease(time_s, transaction, name) }
    }

    #[test]
    fn a_lease_has_the_name_that_was_asked_for() {
        let mut names = Names::default();
        let mut take = |lease: &Lease<'_>| {
            names.lease(lease, carried(&ends()));
            let batch = names.take()?;
            let name = batch.column_by_name("name")?.as_string::<i32>().value(0).to_owned();
            let mac = batch.column_by_name("mac")?.as_string::<i32>().value(0).to_owned();
            Some((name, mac))
        };
        assert_eq!(take(&lease(0, b"1", Some("printer"))), None);
        assert_eq!(take(&given(1, b"2", None)), None, "another's");
        let told = take(&given(1, b"1", Some("other")));
        assert_eq!(told, Some(("printer".to_owned(), "02:00:00:00:00:09".to_owned())));
        assert_eq!(take(&given(2, b"1", None)), None, "answered already");
        assert_eq!(
            take(&given(2, b"1", Some("other"))).map(|(name, _)| name).as_deref(),
            Some("other")
        );
        take(&lease(10, b"3", Some("late")));
        assert_eq!(take(&given(80, b"3", None)), None, "too late");
    }

    /// Reaches `LEASES_WAITING`: the oldest is forgotten.
    #[test]
    fn wishes_are_bounded() {
        let mut names = Names::default();
        for number in 0..LEASES_WAITING as u32 + 10 {
            names.lease(&lease(0, &number.to_be_bytes(), Some("x")), carried(&ends()));
        }
        assert_eq!((names.wishes.len(), names.overwritten()), (LEASES_WAITING, 10));
    }
}
