//! Types of `google.protobuf` that have a form of their own in JSON.

use prost_reflect::prost_types::{Duration, Timestamp};
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};

use super::fits::{Fit, fits};
use super::json::Writer;

/// From the year 1 to the year 9999.
const TIMES: core::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years.
const DURATIONS: core::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;
const NANOSECONDS: core::ops::Range<i32> = 0..1_000_000_000;

/// Writes a message of such a type. False, and nothing written: it is none, or its value has no such
/// form, as a time in the year 10000.
pub(super) fn write(writer: &mut Writer<'_>, message: &DynamicMessage, depth: usize) -> bool {
    let kind = message.descriptor();
    let Some(name) = kind.full_name().strip_prefix("google.protobuf.") else { return false };
    if message.unknown_fields().next().is_some() {
        return false;
    }
    let text = match name {
        "Any" => return any(writer, message, depth),
        "Timestamp" => timestamp(message),
        "Duration" => duration(message),
        "FieldMask" => paths(message),
        "Struct" => return fields(writer, message, depth),
        "ListValue" | "Value" => return one(writer, message, depth),
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
        | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue" => {
            return wrapped(writer, message, depth);
        }
        _ => return false,
    };
    match text {
        Some(text) => writer.text(&text),
        None => return false,
    }
    true
}

fn seconds_and_nanoseconds(message: &DynamicMessage) -> Option<(i64, i32)> {
    let seconds = message.get_field_by_number(1)?.as_i64()?;
    Some((seconds, message.get_field_by_number(2)?.as_i32()?))
}

fn timestamp(message: &DynamicMessage) -> Option<String> {
    let (seconds, nanos) = seconds_and_nanoseconds(message)?;
    let has_form = TIMES.contains(&seconds) && NANOSECONDS.contains(&nanos);
    has_form.then(|| Timestamp { seconds, nanos }.to_string())
}

fn duration(message: &DynamicMessage) -> Option<String> {
    let (seconds, nanos) = seconds_and_nanoseconds(message)?;
    let is_one = seconds.signum() * i64::from(nanos.signum()) >= 0;
    let has_form = is_one && DURATIONS.contains(&seconds) && nanos.abs() < NANOSECONDS.end;
    has_form.then(|| Duration { seconds, nanos }.to_string())
}

fn paths(message: &DynamicMessage) -> Option<String> {
    let paths = message.get_field_by_number(1)?;
    let paths: Option<Vec<String>> =
        paths.as_list()?.iter().map(|path| Some(camel_case(path.as_str()?))).collect();
    Some(paths?.join(","))
}

fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_upper = false;
    for c in name.chars() {
        if c == '_' {
            is_upper = true;
        } else {
            out.push(if is_upper { c.to_ascii_uppercase() } else { c });
            is_upper = false;
        }
    }
    out
}

/// A number or text that may be absent, in a message of its own: itself, also where it is a default.
fn wrapped(writer: &mut Writer<'_>, message: &DynamicMessage, depth: usize) -> bool {
    let Some(field) = message.descriptor().get_field(1) else { return false };
    if matches!(field.kind(), Kind::Message(_)) || field.is_list() {
        return false;
    }
    writer.value(&field.kind(), &message.get_field(&field), depth);
    true
}

/// `Value` is the one field that it has, `ListValue` its list.
fn one(writer: &mut Writer<'_>, message: &DynamicMessage, depth: usize) -> bool {
    match message.fields().next() {
        Some((field, Value::Map(_))) => drop(field),
        Some((field, value)) => {
            writer.value(&field.kind(), value, depth);
            return true;
        }
        None if message.descriptor().name() == "ListValue" => {
            writer.put("[]");
            return true;
        }
        None => {}
    }
    false
}

/// `Struct`: its map is the object.
fn fields(writer: &mut Writer<'_>, message: &DynamicMessage, depth: usize) -> bool {
    let Some(field) = message.descriptor().get_field(1).filter(|field| field.is_map()) else {
        return false;
    };
    writer.field(&field, &message.get_field(&field), depth);
    true
}

/// A message with the name of its type; as octets where that is not known.
fn any(writer: &mut Writer<'_>, message: &DynamicMessage, depth: usize) -> bool {
    let (Some(url), Some(value)) = (message.get_field_by_number(1), message.get_field_by_number(2))
    else {
        return false;
    };
    let (Some(url), Some(octets)) = (url.as_str(), value.as_bytes()) else { return false };
    let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
    let kind = message.descriptor().parent_pool().get_message_by_name(name);
    let inner = kind
        .filter(|kind| fits(octets, kind) == Fit::Yes)
        .and_then(|kind| DynamicMessage::decode(kind, octets.as_ref()).ok());
    writer.put("{\"@type\":");
    writer.text(url);
    match inner {
        Some(inner) if has_own_form(&inner) => {
            writer.put(",\"value\":");
            writer.message(&inner, depth + 1);
        }
        Some(inner) => writer.inner_members(&inner, depth + 1),
        None => {
            writer.put(",\"value\":");
            writer.octets(octets);
        }
    }
    writer.put("}");
    true
}

/// Whether a message may not be an object in JSON, or is one that is not made of its fields.
fn has_own_form(message: &DynamicMessage) -> bool {
    let kind = message.descriptor();
    let name = kind.full_name().strip_prefix("google.protobuf.");
    name.is_some_and(|name| {
        matches!(name, "Any" | "Timestamp" | "Duration" | "FieldMask" | "Struct")
            || name.ends_with("Value")
    })
}
