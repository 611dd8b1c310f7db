//! Lines of one direction, as bytes come: they end with LF, mostly CR LF.

/// A line that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// It without its end, up to the cap.
    pub(super) bytes: &'a [u8],
    /// It had more than that.
    pub(super) is_cut: bool,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Lines {
    /// Bytes kept of a line at most.
    keep: usize,
    kept: Vec<u8>,
    /// Bytes of the line that have come.
    seen: u64,
}

impl Lines {
    pub(super) fn new(keep: usize) -> Self {
        Self { keep, kept: Vec::new(), seen: 0 }
    }

    /// Takes what there is of the next line out of `bytes`, which are not empty. Answers how many
    /// that were, and the line if it has ended.
    pub(super) fn next<'a>(&'a mut self, bytes: &'a [u8]) -> (usize, Option<Line<'a>>) {
        let end = memchr::memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |end| end + 1);
        if end.is_some() && self.seen == 0 {
            return (used, Some(self.line(&bytes[..used - 1], used as u64)));
        }
        if self.seen == 0 {
            self.kept.clear();
        }
        let fits = end.unwrap_or(used).min(self.keep.saturating_add(1) - self.kept.len());
        self.kept.extend_from_slice(&bytes[..fits]);
        self.seen += used as u64;
        if end.is_none() {
            return (used, None);
        }
        let seen = core::mem::take(&mut self.seen);
        (used, Some(self.line(&self.kept, seen)))
    }

    /// Forgets a line that has not ended.
    pub(super) fn reset(&mut self) {
        self.seen = 0;
    }

    /// Forgets the bytes of the line that ended last.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
    }

    /// Bytes are missing: what comes next is within a line.
    pub(super) fn resume(&mut self) {
        self.kept.clear();
        // More than is kept, so that the line counts as cut.
        self.seen = self.keep as u64 + 3;
    }

    /// A line of which `bytes` are known, and which had `seen` with its end.
    fn line<'a>(&self, bytes: &'a [u8], seen: u64) -> Line<'a> {
        let is_whole = bytes.len() as u64 + 1 >= seen;
        let bytes = if is_whole { bytes.strip_suffix(b"\r").unwrap_or(bytes) } else { bytes };
        let kept = &bytes[..bytes.len().min(self.keep)];
        Line { bytes: kept, is_cut: !is_whole || kept.len() < bytes.len() }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.kept.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], piece: usize) -> Vec<(String, bool)> {
        let mut lines = Lines::new(5);
        let mut found = Vec::new();
        for bytes in bytes.chunks(piece) {
            let mut at = 0;
            while at < bytes.len() {
                let (used, line) = lines.next(&bytes[at..]);
                at += used;
                found.extend(
                    line.map(|line| {
                        (String::from_utf8_lossy(line.bytes).into_owned(), line.is_cut)
                    }),
                );
            }
        }
        assert!(lines.memory() < 64);
        found
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let bytes = b"a\r\n\nabcde\r\nabcde\nabcdef\r\nabcdefgh\nlast\r\nopen";
        let want = [("a", false), ("", false), ("abcde", false), ("abcde", false)]
            .into_iter()
            .chain([("abcde", true), ("abcde", true), ("last", false)])
            .map(|(line, is_cut)| (line.to_owned(), is_cut))
            .collect::<Vec<_>>();
        for piece in 1..=bytes.len() {
            assert_eq!(all(bytes, piece), want, "in pieces of {piece}");
        }
    }
}
