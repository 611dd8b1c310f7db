//! Flags, EDNS and records of a message as text, for the `detail` of a row.

use core::fmt::{self, Write as _};

use domain::base::iana::{Class, Opcode, OptionCode, Rtype};
use domain::base::opt::{ClientSubnet, ExtendedError, UnknownOptData};
use domain::base::{Message, ParsedRecord};
use domain::rdata::AllRecordData;

use super::message::{Heard, Name, Question, Records, plain, text_of};
use crate::limits::{DNS_DATA, DNS_QUESTIONS, DNS_RECORDS};

/// Name and value, in order.
pub(super) type Detail = Vec<(&'static str, String)>;

/// What is said of a question.
pub(super) fn of_question(heard: &Heard<'_>) -> Detail {
    let mut detail = of_message(heard);
    detail.push(("query_flags", flags(heard.message)));
    push(&mut detail, "query_edns", edns(heard.message));
    push(&mut detail, "client_subnet", client_subnet(heard.message));
    push(&mut detail, "known_answers", shown(heard.message.answer().ok()));
    detail
}

/// What an answer adds to what its question said; alone, with what both say.
pub(super) fn add_answer(detail: &mut Detail, heard: &Heard<'_>) {
    let message = heard.message;
    if detail.is_empty() {
        *detail = of_message(heard);
    }
    detail.push(("flags", flags(message)));
    if message.header().tc() {
        detail.push(("truncated", "true".to_owned()));
    }
    let counts = message.header_counts();
    let sections = [
        ("answers", "answers_total", message.answer().ok(), counts.ancount()),
        ("authority", "authority_total", message.authority().ok(), counts.nscount()),
        ("additional", "additional_total", message.additional().ok(), counts.arcount()),
    ];
    for (name, total, section, count) in sections {
        push(detail, name, shown(section));
        if usize::from(count) > DNS_RECORDS {
            detail.push((total, count.to_string()));
        }
    }
    push(detail, "edns", edns(message));
    if let Some(subnet) = client_subnet(message) {
        detail.retain(|(name, _)| *name != "client_subnet");
        detail.push(("client_subnet", subnet));
    }
    push(detail, "extended_error", extended_error(message));
}

fn of_message(heard: &Heard<'_>) -> Detail {
    let mut detail = vec![("id", format!("0x{:04x}", heard.id()))];
    let opcode = heard.opcode();
    if let Some(Question { kind, class, .. }) = &heard.question {
        if opcode != Opcode::QUERY {
            detail.push(("type", kind.to_string()));
        }
        if *class != Class::IN {
            detail.push(("class", class.to_string()));
        }
    }
    push(&mut detail, "questions", questions(heard.message));
    detail
}

fn push(detail: &mut Detail, name: &'static str, value: Option<String>) {
    detail.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
}

/// The questions of a message that has several, each with its type.
fn questions(message: &Message<[u8]>) -> Option<String> {
    let several = message.header_counts().qdcount() > 1;
    let lines = message.question().map_while(Result::ok).take(DNS_QUESTIONS);
    several.then(|| {
        let lines = lines.map(|asked| format!("{} {}", text_of(asked.qname()), asked.qtype()));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn flags(message: &Message<[u8]>) -> String {
    let header = message.header();
    let all = [
        ("aa", header.aa()),
        ("tc", header.tc()),
        ("rd", header.rd()),
        ("ra", header.ra()),
        ("ad", header.ad()),
        ("cd", header.cd()),
    ];
    let set: Vec<_> = all.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect();
    set.join(" ")
}

/// The first records of a section, one a line: owner, time to live, type, data.
fn shown(section: Option<Records<'_>>) -> Option<String> {
    let records = section?.map_while(Result::ok).filter(|record| record.rtype() != Rtype::OPT);
    let mut text = String::new();
    for record in records.take(DNS_RECORDS) {
        if !text.is_empty() {
            text.push('\n');
        }
        push_record(&mut text, &record);
    }
    Some(text)
}

fn push_record(text: &mut String, record: &ParsedRecord<'_, [u8]>) {
    let (owner, ttl, kind) = (text_of(&record.owner()), record.ttl().as_secs(), record.rtype());
    let mut capped = Capped { text, room: usize::MAX };
    // Writing to a String fails only where it is capped.
    let _ = write!(capped, "{owner} {ttl} {kind} ");
    capped.room = DNS_DATA;
    let data = record.to_any_record::<AllRecordData<&[u8], Name<'_>>>();
    let written = match &data {
        // An UPDATE deletes by records without data (RFC 2136 section 2.5).
        _ if record.rdlen() == 0 => Ok(()),
        Ok(record) => write!(capped, "{}", record.data()),
        Err(_) => write!(capped, "malformed"),
    };
    if written.is_err() {
        text.push('…');
    }
    if plain(record.class()) != Class::IN {
        // As above.
        let _ = write!(text, " ({})", record.class());
    }
}

/// Text that takes so many bytes more.
struct Capped<'a> {
    text: &'a mut String,
    room: usize,
}

impl fmt::Write for Capped<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.room.min(more.len());
        let fits = (0..=room).rev().find(|&at| more.is_char_boundary(at)).unwrap_or(0);
        self.text.extend(more[..fits].chars().map(|c| if c.is_control() { ' ' } else { c }));
        self.room -= fits;
        if fits == more.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Version, size, the bit DO, and which options there are (RFC 6891).
fn edns(message: &Message<[u8]>) -> Option<String> {
    let opt = message.opt()?;
    let mut text = format!("version {}, udp {}", opt.version(), opt.udp_payload_size());
    if opt.dnssec_ok() {
        text.push_str(", do");
    }
    let codes = opt.opt().iter::<UnknownOptData<_>>().map_while(Result::ok);
    let codes: Vec<_> = codes.take(DNS_RECORDS).map(|option| name_of(option.code())).collect();
    if !codes.is_empty() {
        text.push_str(", options ");
        text.push_str(&codes.join(" "));
    }
    Some(text)
}

fn name_of(code: OptionCode) -> String {
    match code.to_mnemonic_str() {
        Some(name) => name.to_owned(),
        None => code.to_int().to_string(),
    }
}

/// The network that the answer is for (RFC 7871), and how much of it was used.
fn client_subnet(message: &Message<[u8]>) -> Option<String> {
    let subnet = message.opt()?.opt().first::<ClientSubnet>()?;
    let (source, scope) = (subnet.source_prefix_len(), subnet.scope_prefix_len());
    Some(format!("{}/{source}/{scope}", subnet.addr()))
}

/// Why there is no better answer (RFC 8914).
fn extended_error(message: &Message<[u8]>) -> Option<String> {
    let opt = message.opt()?;
    let error = opt.opt().first::<ExtendedError<&[u8]>>()?;
    let code = error.code();
    let mut text = code.to_int().to_string();
    let said = error.text_slice().map(String::from_utf8_lossy);
    let parts = [code.to_mnemonic_str().map(str::to_owned), said.map(|text| text.into_owned())];
    for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
        text.push_str(": ");
        // As above.
        let _ = Capped { text: &mut text, room: DNS_DATA }.write_str(&part);
    }
    Some(text)
}
