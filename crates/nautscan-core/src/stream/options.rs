//! TCP options (RFC 9293 section 3.1): what a SYN offers, and whether blocks were acknowledged
//! selectively.

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK: u8 = 5;
/// Kind and length of a SACK option, and one block (RFC 2018 section 3).
const SACK_ONE_BLOCK: usize = 2 + 8;
/// How hosts lay out a header that has timestamps and nothing else (RFC 7323 appendix A): two
/// no-operations, kind 8, length 10.
const TIMESTAMPS: [u8; 4] = [NO_OPERATION, NO_OPERATION, 8, 10];
const TIMESTAMPS_LEN: usize = 12;

/// What a side offered in its SYN; `None` where the option was absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer {
    /// Largest segment that it wants to receive, bytes (RFC 9293 section 3.7.1).
    pub maximum_segment_size: Option<u16>,
    /// Shift of its windows as stated (RFC 7323 section 2.2); hosts take more than 14 for 14.
    pub window_scale: Option<u8>,
}

impl Offer {
    /// Reads the options of a SYN; stops where they are malformed.
    pub(super) fn read(options: &[u8]) -> Self {
        let mut offer = Self::default();
        for (kind, value) in Options(options) {
            match (kind, value) {
                (MAXIMUM_SEGMENT_SIZE, &[high, low]) => {
                    offer.maximum_segment_size = Some(u16::from_be_bytes([high, low]));
                }
                (WINDOW_SCALE, &[shift]) => offer.window_scale = Some(shift),
                _ => {}
            }
        }
        offer
    }
}

/// Whether there may be more than what every segment carries: nothing, or timestamps.
#[inline]
pub(super) fn are_notable(options: &[u8]) -> bool {
    !(options.is_empty() || (options.len() == TIMESTAMPS_LEN && options.starts_with(&TIMESTAMPS)))
}

/// Whether at least one whole SACK block is among them.
pub(super) fn have_sack_blocks(options: &[u8]) -> bool {
    options.len() >= SACK_ONE_BLOCK
        && Options(options).any(|(kind, value)| kind == SACK && value.len() + 2 >= SACK_ONE_BLOCK)
}

/// Kind and value of each option, as long as they are well-formed.
struct Options<'a>(&'a [u8]);

impl<'a> Iterator for Options<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((&NO_OPERATION, rest)) = self.0.split_first() {
            self.0 = rest;
        }
        let &[kind, length, ..] = self.0 else { return None };
        if kind == END {
            return None;
        }
        let option = self.0.get(..usize::from(length))?;
        let value = option.get(2..)?;
        self.0 = &self.0[option.len()..];
        Some((kind, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux opens a connection.
    const SYN: [u8; 20] = [2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7];

    #[test]
    fn a_syn_is_read() {
        let offer = Offer::read(&SYN);
        assert_eq!((offer.maximum_segment_size, offer.window_scale), (Some(1460), Some(7)));
        assert_eq!(Offer::read(&[]), Offer::default());
    }

    #[test]
    fn every_cut_and_every_length_is_survived() {
        for cut in 0..SYN.len() {
            let offer = Offer::read(&SYN[..cut]);
            assert_eq!(offer.maximum_segment_size, (cut >= 4).then_some(1460));
            assert_eq!(offer.window_scale, None);
        }
        for length in 0..=u8::MAX {
            let mut options = SYN;
            options[1] = length;
            let read = Offer::read(&options);
            assert_eq!(read.maximum_segment_size.is_some(), length == 4, "length {length}");
        }
    }

    #[test]
    fn nothing_behind_the_end_is_read() {
        assert_eq!(Offer::read(&[1, 0, 3, 3, 7, 0]), Offer::default());
    }

    #[test]
    fn blocks_are_found_with_and_without_timestamps() {
        let block = [5, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        let alone = [&[1, 1][..], &block].concat();
        let timestamps = [&TIMESTAMPS[..], &[0; 8]].concat();
        let both = [&timestamps[..], &alone].concat();
        assert!(are_notable(&alone) && have_sack_blocks(&alone));
        assert!(are_notable(&both) && have_sack_blocks(&both));
        assert!(!are_notable(&timestamps) && !are_notable(&[]));
        assert!(!have_sack_blocks(&timestamps));
        assert!(!have_sack_blocks(&[1, 1, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0]), "no block in it");
        assert!(!have_sack_blocks(&SYN), "permitted is not sent");
    }
}
