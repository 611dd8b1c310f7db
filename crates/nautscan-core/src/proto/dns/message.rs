//! What one message says.
//!
//! Names, records and options are read by the crate `domain`, lazily: nothing is read but what is
//! asked for, so that counts which a header invents cost nothing.

use core::fmt::Write as _;

use domain::base::iana::{Class, Opcode, OptRcode, Rcode, Rtype};
use domain::base::message::RecordSection;
use domain::base::{Message, ParsedName};

use super::oddity::Oddity;

/// Bytes of a header (RFC 1035 section 4.1.1).
pub(super) const HEADER: usize = 12;

/// A name within a message.
pub(super) type Name<'a> = ParsedName<&'a [u8]>;
/// Records of a message.
pub(super) type Records<'a> = RecordSection<'a, [u8]>;

/// A question as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The name as sent, without a trailing dot.
    pub(super) name: String,
    pub(super) kind: Rtype,
    /// The class; of mDNS without the bit that wants a unicast answer.
    pub(super) class: Class,
}

impl Question {
    /// Whether both ask the same: case does not count (RFC 4343).
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.class) == (other.kind, other.class)
            && self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// A message with a whole header.
pub(super) struct Heard<'a> {
    pub(super) message: &'a Message<[u8]>,
    /// Bytes of the message on the wire.
    pub(super) len: usize,
    /// How many of them were not captured.
    pub(super) cut: usize,
    /// How many of those were lost. Behind a loss a message cannot be read, and what never came of one at
    /// the end of its connection, or of the capture, was not lost.
    pub(super) lost: usize,
    /// Its end was sent, as far as is known.
    pub(super) is_sent: bool,
    /// The first question, if there is one that can be read.
    pub(super) question: Option<Question>,
    pub(super) oddities: Vec<&'static str>,
}

impl<'a> Heard<'a> {
    /// Reads a message of which `cut` bytes were not captured; `None`: not even its header was.
    pub(super) fn read(bytes: &'a [u8], cut: usize) -> Option<Self> {
        let message = Message::from_slice(bytes).ok()?;
        let first = message.question().next().and_then(Result::ok);
        let question = first.map(|question| Question {
            name: text_of(question.qname()),
            kind: question.qtype(),
            class: plain(question.qclass()),
        });
        let mut heard = Self {
            message,
            len: bytes.len() + cut,
            cut,
            lost: cut,
            is_sent: true,
            question,
            oddities: Vec::new(),
        };
        heard.look_for_oddities();
        Some(heard)
    }

    fn look_for_oddities(&mut self) {
        let header = self.message.header();
        let mut note = |oddity: Oddity, is_so: bool| {
            if is_so {
                oddity.note(&mut self.oddities);
            }
        };
        let end = end(self.message);
        let have = self.message.as_slice().len();
        let is_unread = self.question.is_none() && self.message.header_counts().qdcount() > 0;
        note(Oddity::Malformed, (end.is_none() || is_unread) && self.cut == 0);
        note(Oddity::Trailing, end.is_some_and(|end| end < have || self.cut > 0));
        note(Oddity::Reserved, header.z());
    }

    pub(super) fn id(&self) -> u16 {
        self.message.header().id()
    }

    pub(super) fn is_answer(&self) -> bool {
        self.message.header().qr()
    }

    pub(super) fn opcode(&self) -> Opcode {
        self.message.header().opcode()
    }

    /// The response code, its upper bits taken from EDNS.
    pub(super) fn rcode(&self) -> OptRcode {
        self.message.opt_rcode()
    }
}

/// What the first record of an answer would answer.
pub(super) fn first_record(message: &Message<[u8]>) -> Option<Question> {
    let record = message.answer().ok()?.next()?.ok()?;
    let (name, kind) = (text_of(&record.owner()), record.rtype());
    Some(Question { name, kind, class: plain(record.class()) })
}

/// The name of a response code other than NOERROR.
pub(super) fn error_of(code: OptRcode) -> Option<&'static str> {
    (code != OptRcode::NOERROR)
        .then(|| code.to_mnemonic_str().unwrap_or("response code that is not assigned"))
}

/// What was asked for: the type, or what the message does if it is no query.
pub(super) fn method(opcode: Opcode, question: Option<&Question>) -> Option<Vec<u8>> {
    if opcode == Opcode::QUERY {
        return question.map(|question| question.kind.to_string().into_bytes());
    }
    Some(match opcode.to_mnemonic() {
        Some(name) => name.to_vec(),
        None => format!("OPCODE{}", opcode.to_int()).into_bytes(),
    })
}

/// A class without the top bit, which in mDNS is a flag (RFC 6762 sections 5.4 and 10.2).
pub(super) fn plain(class: Class) -> Class {
    const FLAG: u16 = 0x8000;
    Class::from_int(class.to_int() & !FLAG)
}

/// Where the last record of a message ends; `None` if a question or record breaks the format.
pub(super) fn end(message: &Message<[u8]>) -> Option<usize> {
    let mut section: Records<'_> = message.answer().ok()?;
    loop {
        for record in section.by_ref() {
            record.ok()?;
        }
        let end = section.pos();
        match section.next_section().ok()? {
            Some(next) => section = next,
            None => return Some(end),
        }
    }
}

/// Whether a response code is one that is assigned.
pub(super) fn is_assigned(code: Rcode) -> bool {
    code.to_mnemonic_str().is_some()
}

/// A name as text: labels that are UTF-8 as they are (mDNS has such), other bytes, dots within
/// labels and control characters as `\DDD` or `\.` (RFC 1035 section 5.1). The root is `.`.
pub(super) fn text_of(name: &ParsedName<impl AsRef<[u8]>>) -> String {
    let mut text = String::with_capacity(64);
    for label in name.iter().filter(|label| !label.is_root()) {
        if !text.is_empty() {
            text.push('.');
        }
        push_label(&mut text, label.as_slice());
    }
    if text.is_empty() {
        text.push('.');
    }
    text
}

fn push_label(text: &mut String, label: &[u8]) {
    for chunk in label.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '.' | '\\' => text.extend(['\\', character]),
                _ if character.is_control() => {
                    let mut bytes = [0; 4];
                    character.encode_utf8(&mut bytes).bytes().for_each(|byte| escape(text, byte));
                }
                _ => text.push(character),
            }
        }
        chunk.invalid().iter().for_each(|&byte| escape(text, byte));
    }
}

fn escape(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\\{byte:03}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_text_where_they_can_be() {
        let label = |bytes: &[u8]| {
            let mut text = String::new();
            push_label(&mut text, bytes);
            text
        };
        assert_eq!(label(b"www"), "www");
        assert_eq!(label("Büro".as_bytes()), "Büro");
        assert_eq!(label(b"a.b\\c\x00\xff"), "a\\.b\\\\c\\000\\255");
        assert_eq!(label("\u{85}".as_bytes()), "\\194\\133");
    }

    #[test]
    fn codes_and_operations_have_the_names_that_dig_gives_them() {
        assert_eq!(error_of(OptRcode::NOERROR), None);
        assert_eq!(error_of(OptRcode::NXDOMAIN), Some("NXDOMAIN"));
        assert_eq!(error_of(OptRcode::BADVERS), Some("BADVERS"));
        assert!(error_of(OptRcode::masked_from_int(999)).is_some());
        assert_eq!(method(Opcode::NOTIFY, None).as_deref(), Some(&b"NOTIFY"[..]));
        assert_eq!(method(Opcode::from_int(9), None).as_deref(), Some(&b"OPCODE9"[..]));
        let question = Question { name: "a".into(), kind: Rtype::HTTPS, class: Class::IN };
        assert_eq!(method(Opcode::QUERY, Some(&question)).as_deref(), Some(&b"HTTPS"[..]));
        let unknown = Question { kind: Rtype::from_int(65400), ..question };
        assert_eq!(method(Opcode::QUERY, Some(&unknown)).as_deref(), Some(&b"TYPE65400"[..]));
    }
}
