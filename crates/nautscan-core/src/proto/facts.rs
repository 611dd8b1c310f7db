//! A flow's [`Summary`] in the making.

use crate::event::Summary;
use crate::limits::FACT_TEXT;

/// Names and values in the order in which they were put. Invariant: names are distinct.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts(Summary);

impl Facts {
    /// A text, up to [`FACT_TEXT`] bytes of it; nothing where it is `None`.
    pub(super) fn text(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.0.push((name, cut(value).to_owned()));
        }
        self
    }

    /// A number; nothing where it is `None`.
    pub(super) fn number(&mut self, name: &'static str, value: Option<impl ToString>) -> &mut Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// How often something was seen; nothing where it never was.
    pub(super) fn count(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.number(name, (value > 0).then_some(value))
    }

    /// Whether something is so, `yes` or `no`; nothing where that is not known.
    pub(super) fn flag(&mut self, name: &'static str, value: Option<bool>) -> &mut Self {
        self.text(name, value.map(|value| if value { "yes" } else { "no" }))
    }

    /// Texts in order, one a line; nothing where there are none.
    pub(super) fn list<T: AsRef<str>>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        let mut lines = String::new();
        for value in values {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(cut(value.as_ref()));
        }
        if !lines.is_empty() {
            self.0.push((name, lines));
        }
        self
    }

    /// Counts by name, `name: count`, one a line; nothing where there are none.
    pub(super) fn counts<T: core::fmt::Display>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = (T, u64)>,
    ) -> &mut Self {
        self.list(name, values.into_iter().map(|(value, count)| format!("{value}: {count}")))
    }

    /// As the flow has them.
    pub(crate) fn summary(self) -> Summary {
        self.0
    }
}

/// Bytes of a peer as text: UTF-8, what is none as U+FFFD.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn cut(text: &str) -> &str {
    let end = (0..=FACT_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_texts() {
        let mut facts = Facts::default();
        facts
            .text("a", Some("x"))
            .text("b", None)
            .number("c", Some(-7))
            .count("d", 0)
            .count("e", 3)
            .flag("f", Some(false))
            .list("g", ["1", "2"])
            .list::<&str>("h", [])
            .counts("i", [("j", 1), ("k", 2)]);
        let want =
            [("a", "x"), ("c", "-7"), ("e", "3"), ("f", "no"), ("g", "1\n2"), ("i", "j: 1\nk: 2")];
        assert_eq!(facts.summary(), want.map(|(name, value)| (name, value.to_owned())));
    }

    /// Reaches `FACT_TEXT`.
    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut facts = Facts::default();
        facts.text("a", Some(&format!("a{}", "é".repeat(FACT_TEXT))));
        assert_eq!(facts.summary()[0].1.len(), FACT_TEXT - 1);
    }
}
