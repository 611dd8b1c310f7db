//! How many engines share an input.

use crate::limits::MAX_WORKERS;

/// Files smaller than this are read by one worker: starting threads costs more than they gain,
/// and the rows keep the order of the capture.
const WORTH_THREADS: u64 = 32 << 20;
/// More workers than this wait for the one thread that reads and tells flows apart.
const FED_BY_ONE: usize = 4;

/// The number of workers for files of `bytes` in all (`None`: a stream), where `asked` for; 0
/// lets us choose.
pub(super) fn workers_of(asked: usize, bytes: Option<u64>) -> usize {
    if asked > 0 {
        // Where reads of streams cannot be ended, no thread may be left in one.
        return if cfg!(unix) || bytes.is_some() { asked.min(MAX_WORKERS) } else { 1 };
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores > 1 && bytes.is_some_and(|bytes| bytes >= WORTH_THREADS) {
        cores.min(FED_BY_ONE)
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaches `MAX_WORKERS`: more are not started.
    #[test]
    fn workers_are_as_many_as_asked_up_to_the_cap() {
        assert_eq!(workers_of(3, Some(0)), 3);
        assert_eq!(workers_of(MAX_WORKERS + 1, Some(0)), MAX_WORKERS);
    }

    #[test]
    fn small_files_and_streams_are_not_worth_threads() {
        assert_eq!((workers_of(0, Some(WORTH_THREADS - 1)), workers_of(0, None)), (1, 1));
        assert!((1..=FED_BY_ONE).contains(&workers_of(0, Some(u64::MAX))));
    }
}
