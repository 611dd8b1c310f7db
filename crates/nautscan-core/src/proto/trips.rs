//! How long answers took, for a flow's summary.

/// Answers that found their questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trips {
    pub(super) count: u64,
    least: i64,
    most: i64,
    sum: i64,
}

impl Trips {
    /// An answer to what was asked at a time, both ns since 1970.
    pub(super) fn add(&mut self, asked: i64, answered: i64) {
        let took = answered.saturating_sub(asked).max(0);
        self.least = if self.count == 0 { took } else { self.least.min(took) };
        self.most = self.most.max(took);
        self.sum = self.sum.saturating_add(took);
        self.count += 1;
    }

    /// Least, mean and largest time, ns; `None`: there was no answer.
    pub(super) fn times(&self) -> Option<[i64; 3]> {
        let count = i64::try_from(self.count).ok().filter(|count| *count > 0)?;
        Some([self.least, self.sum / count, self.most])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_all_answers() {
        let mut trips = Trips::default();
        assert_eq!(trips.times(), None);
        for (asked, answered) in [(0, 40), (10, 20), (30, 20)] {
            trips.add(asked, answered);
        }
        assert_eq!(trips.times(), Some([0, 16, 40]));
    }
}
