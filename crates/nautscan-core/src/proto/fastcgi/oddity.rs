//! What the parser notes on rows.

/// Too much was open.
pub(super) const REQUESTS_OVERFLOW: &str = "requests_overflow";
/// Bytes were lost that may have been the answer, or a part of it.
pub(super) const ANSWER_UNCERTAIN: &str = "answer_uncertain";
/// The same number began again.
pub(super) const NUMBER_REUSED: &str = "number_reused";
/// Not all parameters were read.
pub(super) const PARAMETERS_CUT: &str = "parameters_cut";
/// The answer's header was not read to its end.
pub(super) const HEADER_CUT: &str = "header_cut";
/// The answer's header is not as RFC 3875 has it.
pub(super) const HEADER_MALFORMED: &str = "header_malformed";
/// A record is not as its type has it.
pub(super) const MALFORMED_RECORD: &str = "malformed_record";

/// Name and meaning of every oddity that an exchange of FastCGI can carry.
pub static ODDITIES: &[(&str, &str)] = &[
    (
        REQUESTS_OVERFLOW,
        "More requests were open on the connection than are followed; the oldest was given up.",
    ),
    (ANSWER_UNCERTAIN, "Bytes were lost that may have been the answer, or a part of it."),
    (NUMBER_REUSED, "A request with the same number began before this one had ended."),
    (PARAMETERS_CUT, "The parameters are longer than what is read of them, or broken off."),
    (
        HEADER_CUT,
        "The answer's header is longer than what is read of it, or broken off: what of the answer is content is not known.",
    ),
    (
        HEADER_MALFORMED,
        "The answer's header has no fields, lines that are none, or a status that is no number of three digits: a status that it does not state is not assumed.",
    ),
    (MALFORMED_RECORD, "A record's content is not as its type has it."),
    ("unknown_content_coding", "The content coding is not known; no content was kept."),
    ("content_undecodable", "The content does not decode as its content coding says."),
];
