//! What a peer did that RFC 9110 or 9112 forbids, or that deserves a second look.

use crate::proto::grpc;

/// Declares the enum, its names and its documentation in one table.
macro_rules! oddities {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// One oddity of an HTTP/1 exchange.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Oddity { $(#[doc = $doc] $variant,)* }

        /// Name and meaning of every oddity that an HTTP/1 exchange can carry.
        pub static ODDITIES: &[(&str, &str)] = &[
            $(($name, $doc),)*
            // Of gRPC-Web, which notes them itself.
            grpc::ODDITIES[0],
            grpc::ODDITIES[1],
            grpc::ODDITIES[2],
        ];
    };
}

oddities! {
    LeadingEmptyLine "leading_empty_line" "Empty lines came before the start line.",
    BareLf "bare_lf" "A line of the head, or of the chunked framing, ended in LF without CR.",
    BareCr "bare_cr" "A head holds a CR that does not end a line.",
    NulInHead "nul_in_head" "A head holds a NUL byte.",
    StartLineSpace "start_line_space" "The start line has blanks other than the single spaces of its grammar.",
    TargetSpace "target_space" "The request target holds a space.",
    MissingTarget "missing_target" "The request line names no target.",
    MissingVersion "missing_version" "The request line states no HTTP/1 version.",
    HeadUnfinished "head_unfinished" "The response came before the request's head was whole; the rest of the head was not read.",
    UnknownMinorVersion "unknown_minor_version" "The version is 1.2 or higher; read as 1.1.",
    AbsurdStatus "absurd_status" "The status is outside 100 to 599.",
    SpaceBeforeColon "space_before_colon" "White space stands between a field name and its colon.",
    FoldedField "folded_field" "A field value is continued on the next line (obsolete line folding).",
    MalformedField "malformed_field" "A line of the head is not a field; it was skipped.",
    HeadTooLarge "head_too_large" "The head is longer than is kept; its rest was not read.",
    MissingHost "missing_host" "An HTTP/1.1 request has no Host.",
    DuplicateHost "duplicate_host" "A request has several Host fields; the first counts.",
    HostMismatch "host_mismatch" "The authority of the target differs from the Host field; the target counts.",
    DuplicateLength "duplicate_content_length" "Content-Length is stated several times, with one value.",
    ConflictingLength "conflicting_content_length" "Content-Length is stated with different values.",
    InvalidLength "invalid_content_length" "Content-Length is not a number.",
    LengthAndEncoding "content_length_and_transfer_encoding" "Both are present (request smuggling); Transfer-Encoding counts.",
    EncodingNotChunked "transfer_encoding_not_chunked" "Transfer-Encoding does not end in chunked.",
    DuplicateChunked "duplicate_chunked" "Transfer-Encoding names chunked more than once, or before another coding.",
    EncodingInOldVersion "transfer_encoding_in_http_1_0" "An HTTP/1.0 message has a Transfer-Encoding.",
    EncodingForbidden "transfer_encoding_without_content" "A 1xx or 204 response has a Transfer-Encoding.",
    InvalidChunk "invalid_chunk" "The chunked framing is broken; the rest of the body was given up.",
    ContentIn205 "content_in_205" "A 205 response carried content.",
    BodyAbsent "body_absent" "The response to an unseen request stated a body, and another message followed at once: taken as an answer to HEAD.",
    UnknownCoding "unknown_content_coding" "The content coding is not known; no content was kept.",
    ContentUndecodable "content_undecodable" "The content does not decode as its content coding says.",
    EventsUndecodable "event_stream_undecodable" "The events of a stream were not read to its end: its content does not decode as its content coding says, or comes to more than 64 times its size.",
    UnexpectedSwitch "unexpected_switch" "101 answers a request that had no Upgrade.",
    Unsolicited "unsolicited_response" "A response came while no request was waiting for one.",
    PairingUncertain "pairing_uncertain" "Loss left open which request and which response belong together; they are reported apart.",
    PipelineOverflow "pipeline_overflow" "More requests waited for responses than are followed.",
    InformationalOverflow "informational_overflow" "More informational responses (1xx) came than are noted.",
    NotHttp "not_http" "The connection went on with bytes that are not HTTP.",
}

impl Oddity {
    /// The value in the `oddities` column.
    pub(super) fn name(self) -> &'static str {
        ODDITIES[self as usize].0
    }
}

/// A set of oddities: collected while a head is read, and to note each once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OddSet(u64);

impl OddSet {
    /// Adds one; false if it was there.
    pub(super) fn insert(&mut self, oddity: Oddity) -> bool {
        let bit = 1 << oddity as u32;
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new
    }
    /// Adds all of another set.
    pub(super) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }
    /// Whether there is none.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The names of those in `self`, in the order of the table, that `seen` lacks; adds them to it.
    pub(super) fn move_into(self, seen: &mut Self, names: &mut Vec<&'static str>) {
        let mut new = self.0 & !seen.0;
        seen.0 |= new;
        while new != 0 {
            names.push(ODDITIES[new.trailing_zeros() as usize].0);
            new &= new - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_the_set() {
        let mut names: Vec<_> = ODDITIES.iter().map(|o| o.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ODDITIES.len());
        assert!(ODDITIES.len() <= 64);
        assert_eq!(Oddity::NotHttp.name(), "not_http");
    }

    #[test]
    fn a_set_reports_each_oddity_once() {
        let mut set = OddSet::default();
        assert!(set.insert(Oddity::BareLf));
        assert!(!set.insert(Oddity::BareLf));
        let (mut seen, mut names) = (OddSet::default(), Vec::new());
        set.move_into(&mut seen, &mut names);
        set.move_into(&mut seen, &mut names);
        assert_eq!(names, ["bare_lf"]);
        assert!(!seen.is_empty());
    }
}
