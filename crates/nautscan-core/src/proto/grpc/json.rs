//! A message of a known type as JSON, as the documents of Protocol Buffers map it ("ProtoJSON"):
//! lower camel case, names of enumerated values, octets in Base64, 64-bit integers as text, defaults
//! left out. What the mapping has no place for, unknown fields, stands under `unknown fields`, as
//! they are without a schema.
//!
//! The decoder's own JSON has no cap, follows `Any` within `Any` as deep as it goes, and drops
//! unknown fields.

use core::fmt::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, UnknownField, Value};

use super::known;
use super::raw;
use super::schema::is_secret;
use crate::event::REDACTED;
use crate::limits::{PROTOBUF_NESTED, PROTOBUF_SHOWN};

/// Writes messages, up to a number of octets.
pub(super) struct Writer<'a> {
    out: &'a mut String,
    most: usize,
    is_full: bool,
    /// Values of fields that are credentials are not shown.
    hides: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut String, most: usize, hides: bool) -> Self {
        Self { out, most, is_full: false, hides }
    }

    /// Whether not all had room.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn put(&mut self, text: &str) {
        if self.is_full {
            return;
        }
        let room = self.most.saturating_sub(self.out.len());
        if text.len() <= room {
            return self.out.push_str(text);
        }
        self.is_full = true;
        let end = (0..=room).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        self.out.push_str(&text[..end]);
    }

    /// Writes a text between quotation marks.
    pub(super) fn text(&mut self, text: &str) {
        self.put("\"");
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            if c >= ' ' && c != '"' && c != '\\' {
                continue;
            }
            self.put(&text[plain..at]);
            plain = at + 1;
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                '\t' => self.put("\\t"),
                c => self.put(&format!("\\u{:04x}", u32::from(c))),
            }
            if self.is_full {
                return;
            }
        }
        self.put(&text[plain..]);
        self.put("\"");
    }

    pub(super) fn octets(&mut self, octets: &[u8]) {
        // Three octets are four characters; more than there is room for need not be made.
        let room = self.most.saturating_sub(self.out.len());
        let cut = &octets[..octets.len().min(room / 4 * 3 + 3)];
        self.put("\"");
        self.put(&BASE64_STANDARD.encode(cut));
        self.put("\"");
    }

    /// Writes a message, `depth` of them being around it.
    pub(super) fn message(&mut self, message: &DynamicMessage, depth: usize) {
        if depth == PROTOBUF_NESTED {
            return self.put("\"…\"");
        }
        if known::write(self, message, depth) {
            return;
        }
        self.put("{");
        self.members(message, depth, true);
        self.put("}");
    }

    /// Writes the members of a message behind others.
    pub(super) fn inner_members(&mut self, message: &DynamicMessage, depth: usize) {
        match depth < PROTOBUF_NESTED {
            true => self.members(message, depth, false),
            false => self.put(",\"…\":\"…\""),
        }
    }

    /// Writes the members of a message. `is_first`: none stands before them.
    fn members(&mut self, message: &DynamicMessage, depth: usize, is_first: bool) {
        let mut is_first = is_first;
        for (field, value) in message.fields() {
            self.member(field.json_name(), &mut is_first);
            if self.hides && (is_secret(field.name()) || is_secret(field.json_name())) {
                self.text(REDACTED);
            } else {
                self.field(&field, value, depth);
            }
            if self.is_full {
                return;
            }
        }
        for (field, value) in message.extensions() {
            self.member(&format!("[{}]", field.full_name()), &mut is_first);
            if self.hides && is_secret(field.name()) {
                self.text(REDACTED);
            } else {
                self.value(&field.kind(), value, depth);
            }
        }
        let mut unknown = message.unknown_fields().peekable();
        if unknown.peek().is_some() {
            self.member("unknown fields", &mut is_first);
            self.text(&unknown_text(unknown));
        }
    }

    fn member(&mut self, name: &str, is_first: &mut bool) {
        if !core::mem::replace(is_first, false) {
            self.put(",");
        }
        self.text(name);
        self.put(":");
    }

    pub(super) fn field(&mut self, field: &FieldDescriptor, value: &Value, depth: usize) {
        match value {
            Value::Map(entries) => {
                let kind = match field.kind() {
                    Kind::Message(entry) => entry.map_entry_value_field().kind(),
                    kind => kind,
                };
                let mut entries: Vec<_> =
                    entries.iter().map(|(key, value)| (key_text(key), value)).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                self.put("{");
                let mut is_first = true;
                for (key, value) in entries {
                    self.member(&key, &mut is_first);
                    if self.hides && is_secret(&key) {
                        self.text(REDACTED);
                    } else {
                        self.value(&kind, value, depth);
                    }
                    if self.is_full {
                        return;
                    }
                }
                self.put("}");
            }
            value => self.value(&field.kind(), value, depth),
        }
    }

    /// Writes a value, or a list of such.
    pub(super) fn value(&mut self, kind: &Kind, value: &Value, depth: usize) {
        match value {
            Value::Bool(value) => self.put(if *value { "true" } else { "false" }),
            Value::I32(value) => self.put(&value.to_string()),
            Value::U32(value) => self.put(&value.to_string()),
            Value::I64(value) => self.put(&format!("\"{value}\"")),
            Value::U64(value) => self.put(&format!("\"{value}\"")),
            Value::F32(value) => self.number(f64::from(*value), &format!("{value:?}")),
            Value::F64(value) => self.number(*value, &format!("{value:?}")),
            Value::String(value) => self.text(value),
            Value::Bytes(value) => self.octets(value),
            Value::EnumNumber(number) => self.enumerated(kind, *number),
            Value::Message(message) => self.message(message, depth + 1),
            Value::List(values) => {
                self.put("[");
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        self.put(",");
                    }
                    self.value(kind, value, depth);
                    if self.is_full {
                        return;
                    }
                }
                self.put("]");
            }
            // Stands in fields alone, see there.
            Value::Map(_) => self.put("{}"),
        }
    }

    fn number(&mut self, value: f64, shortest: &str) {
        match value {
            value if value.is_nan() => self.put("\"NaN\""),
            f64::INFINITY => self.put("\"Infinity\""),
            f64::NEG_INFINITY => self.put("\"-Infinity\""),
            _ => self.put(shortest),
        }
    }

    fn enumerated(&mut self, kind: &Kind, number: i32) {
        let Kind::Enum(kind) = kind else { return self.put(&number.to_string()) };
        match kind.get_value(number) {
            _ if kind.full_name() == "google.protobuf.NullValue" => self.put("null"),
            Some(value) => self.text(value.name()),
            None => self.put(&number.to_string()),
        }
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

/// Fields that the type does not have, as they are without a schema.
fn unknown_text<'a>(fields: impl Iterator<Item = &'a UnknownField>) -> String {
    let mut bytes = Vec::new();
    fields.for_each(|field| field.encode(&mut bytes));
    let mut text = String::new();
    if raw::write(&bytes, PROTOBUF_SHOWN, &mut text) {
        let _ = text.write_str(" …");
    }
    text
}
