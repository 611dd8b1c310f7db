//! Hardware addresses of a flow, in little room.

use crate::wire::{Mac, Stations};

/// The hardware addresses on both sides of a flow, in the order of its key; zeros for one that is
/// not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Macs {
    low: Mac,
    high: Mac,
}

impl Macs {
    /// Those of a packet's frame; `source_is_low`: it came from the flow key's lower endpoint.
    #[inline]
    pub fn of(stations: Stations, source_is_low: bool) -> Self {
        let Stations { source, destination } = stations;
        if source_is_low {
            Self { low: source, high: destination }
        } else {
            Self { low: destination, high: source }
        }
    }

    /// The first packet's sender and receiver; `source_is_low` as in [`Self::of`].
    pub fn stations(&self, source_is_low: bool) -> Stations {
        let [source, destination] = self.of_sides(source_is_low);
        Stations { source, destination }
    }

    /// The client's and the server's.
    pub fn of_sides(&self, client_is_low: bool) -> [Mac; 2] {
        if client_is_low { [self.low, self.high] } else { [self.high, self.low] }
    }
}
