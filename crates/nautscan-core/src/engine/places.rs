//! Network namespaces. Loopback addresses mean another machine in each of them: two containers
//! may talk to themselves from and to the same ports at the same time.
//!
//! An interface whose name ends in `@PLACE` is one of that namespace (`lo@web`: the loopback
//! inside the container `web`); all others are of the capturing host's own. Addresses other than
//! loopback mean the same everywhere, so that a packet seen inside a container and at the host's
//! end of its link is still one packet.

use crate::packet::InterfaceId;
use crate::wire::Network;

/// Which interfaces are of which namespace.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of each interface: 0 for the host's own, else one more than the index into `names`,
    /// beginning anew after 255. Two namespaces of one number differ by 255 others that were
    /// captured in between; a capture has far fewer interfaces at a time.
    of: Vec<u8>,
    names: Vec<String>,
}

impl Places {
    /// Takes note of the next interface.
    pub(super) fn add(&mut self, interface: Option<&str>) {
        let place = interface.and_then(|name| name.rsplit_once('@')).map(|(_, place)| place);
        let number = match place {
            Some(place) if !place.is_empty() => self.number(place),
            _ => 0,
        };
        self.of.push(number);
    }

    fn number(&mut self, place: &str) -> u8 {
        let index = self.names.iter().position(|name| name == place).unwrap_or_else(|| {
            self.names.push(place.to_owned());
            self.names.len() - 1
        });
        (index % 255 + 1) as u8
    }

    /// The namespace in which the addresses of a packet are to be understood: 0 unless they are
    /// loopback addresses inside another one.
    #[inline(always)]
    pub(super) fn of(&self, interface: InterfaceId, network: &Network) -> u8 {
        if self.names.is_empty() { 0 } else { self.look_up(interface, network) }
    }

    #[cold]
    #[inline(never)]
    fn look_up(&self, interface: InterfaceId, network: &Network) -> u8 {
        if !network.source.is_loopback() && !network.destination.is_loopback() {
            return 0;
        }
        self.of.get(usize::from(interface.0)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_behind_the_last_at_sign_is_the_namespace() {
        let mut places = Places::default();
        for name in ["lo", "eth0@", "lo@web", "eth0@web", "a@b@db"] {
            places.add(Some(name));
        }
        places.add(None);
        assert_eq!(places.of, [0, 0, 1, 1, 2, 0]);
    }

    #[test]
    fn numbers_begin_anew_and_never_mean_the_host() {
        let mut places = Places::default();
        for index in 0..600 {
            places.add(Some(&format!("lo@c{index}")));
        }
        assert!(places.of.iter().all(|&number| number != 0));
        assert_eq!((places.of[0], places.of[254], places.of[255]), (1, 255, 1));
    }
}
