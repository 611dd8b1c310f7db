//! What the messages of one flow come to: its summary.

use crate::limits::DHCP_KINDS;
use crate::proto::facts::Facts;

/// One flow. Of what is said again, the latest counts.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Messages by name.
    kinds: Vec<(String, u64)>,
    /// Messages of more names than those.
    others: u64,
    pub(super) requested: Option<String>,
    pub(super) given: Option<String>,
    pub(super) host_name: Option<String>,
    pub(super) vendor_class: Option<String>,
    pub(super) lease_s: Option<u32>,
    pub(super) server: Option<String>,
    pub(super) is_news: bool,
}

impl Said {
    /// A message of this name came.
    pub(super) fn count(&mut self, name: &str) {
        self.is_news = true;
        match self.kinds.iter().position(|(known, _)| known == name) {
            Some(at) => self.kinds[at].1 += 1,
            None if self.kinds.len() < DHCP_KINDS => self.kinds.push((name.to_owned(), 1)),
            None => self.others += 1,
        }
    }

    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        facts
            .counts("messages", self.kinds.iter().map(|(name, count)| (name, *count)))
            .count("other_messages", self.others)
            .text("requested_address", self.requested.as_deref())
            .text("given_address", self.given.as_deref())
            .text("host_name", self.host_name.as_deref())
            .text("vendor_class", self.vendor_class.as_deref())
            .number("lease_s", self.lease_s)
            .text("server", self.server.as_deref());
        facts
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let texts =
            [&self.requested, &self.given, &self.host_name, &self.vendor_class, &self.server];
        let texts = texts.into_iter().flatten().chain(self.kinds.iter().map(|(name, _)| name));
        texts.map(String::capacity).sum::<usize>()
            + self.kinds.capacity() * size_of::<(String, u64)>()
    }
}

/// A text of a peer that a person can read; `None`: it is none.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(bytes).ok()?.trim_end_matches('\0');
    let is_text = !text.is_empty() && !text.chars().any(char::is_control);
    is_text.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::dialogue::facts;

    /// Reaches `DHCP_KINDS`.
    #[test]
    fn more_kinds_are_counted_together() {
        let mut said = Said::default();
        for number in 0..=DHCP_KINDS {
            said.count(&number.to_string());
        }
        assert!(facts(&said.facts().summary()).ends_with("; other_messages=1"));
    }

    #[test]
    fn what_nobody_can_read_is_no_text() {
        assert_eq!(text(b"MSFT 5.0\0").as_deref(), Some("MSFT 5.0"));
        for other in [&b""[..], b"\0", b"a\nb", b"\xff"] {
            assert_eq!(text(other), None);
        }
    }
}
