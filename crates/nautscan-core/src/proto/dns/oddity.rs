//! What a peer did that the RFCs forbid, or that deserves a second look.

/// Declares the enum, its names and its documentation in one table.
macro_rules! oddities {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// One oddity of a DNS exchange.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Oddity { $(#[doc = $doc] $variant,)* }

        /// Name and meaning of every oddity that a DNS exchange can carry.
        pub static ODDITIES: &[(&str, &str)] = &[$(($name, $doc),)*];
    };
}

oddities! {
    Malformed "malformed_message" "A name or record of the message breaks the format, or there are fewer than its header counts; what stands before is shown.",
    Trailing "trailing_bytes" "Bytes follow the last record.",
    NoQuestion "no_question" "The message asks nothing, or does not repeat the question that it answers.",
    Several "several_questions" "The message has several questions; the first is shown.",
    Reserved "reserved_bit" "The bit of the header is set that has to be zero.",
    Unsolicited "unsolicited_answer" "An answer came that no question waited for.",
    Repeated "repeated_answer" "The last answer of the flow came again.",
    Mismatch "question_mismatch" "A question with the identifier of this answer waited, but it was another question.",
    FromServer "asked_by_server" "The question came from the end that is shown as the server.",
    Overflow "too_many_waiting" "More questions waited for answers than are followed.",
}

impl Oddity {
    /// Adds the name for the `oddities` column, unless it is there.
    pub(super) fn note(self, names: &mut Vec<&'static str>) {
        let name = ODDITIES[self as usize].0;
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_noted_once() {
        let mut names: Vec<_> = ODDITIES.iter().map(|oddity| oddity.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ODDITIES.len());
        let mut noted = Vec::new();
        Oddity::Overflow.note(&mut noted);
        Oddity::Overflow.note(&mut noted);
        assert_eq!(noted, ["too_many_waiting"]);
    }
}
