//! Rows as JSON lines, in the forms of the documented tables: times as RFC 3339 with nine
//! decimals, bodies as objects, integers that JavaScript would round as strings.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, StructArray, new_null_array};
use arrow_json::LineDelimitedWriter;
use arrow_json::writer::{
    Encoder, EncoderFactory, EncoderOptions, LineDelimited, NullableEncoder, WriterBuilder,
};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Datelike, Timelike};

/// Beyond this an integer loses digits in JavaScript (2^53 - 1).
const SAFE_INTEGER: u64 = (1 << 53) - 1;
/// Rows of one piece of text: so few that it is still in the processor's cache when it is copied,
/// so many that what each piece costs does not count.
pub(crate) const PIECE_ROWS: usize = 1024;
const NANOS: i64 = 1_000_000_000;
/// Where a field says which form its values take: the kind of its column.
const KIND: &str = "kind";

/// Writes rows one to a line, `columns` as (name, kind) in that order. A column that the rows
/// do not have is null. `binary` columns take their `…_truncated` neighbour into their object.
pub(crate) fn lines(
    batch: &RecordBatch,
    columns: &[(String, String)],
    out: &mut Vec<u8>,
) -> Result<(), ArrowError> {
    let mut writer: LineDelimitedWriter<_> = WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_encoder_factory(Arc::new(Forms))
        .build::<_, LineDelimited>(out);
    writer.write(&shaped(batch, columns)?)?;
    writer.finish()
}

/// The named columns, each field labelled with its kind.
fn shaped(batch: &RecordBatch, columns: &[(String, String)]) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for (name, kind) in columns {
        let array = match (batch.column_by_name(name), kind.as_str()) {
            (Some(values), "binary") => body(batch, name, values),
            (Some(values), _) => Arc::clone(values),
            (None, _) => new_null_array(&DataType::Null, batch.num_rows()),
        };
        let label = HashMap::from([(KIND.to_owned(), kind.clone())]);
        fields.push(Field::new(name, array.data_type().clone(), true).with_metadata(label));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

/// A body and whether it was cut, together.
fn body(batch: &RecordBatch, name: &str, values: &ArrayRef) -> ArrayRef {
    let cut = batch
        .column_by_name(&format!("{name}_truncated"))
        .map_or_else(|| new_null_array(&DataType::Boolean, values.len()), Arc::clone);
    let field = |name, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
    let fields = vec![field("value", values), field("truncated", &cut)].into();
    Arc::new(StructArray::new(fields, vec![Arc::clone(values), cut], values.nulls().cloned()))
}

/// Chooses how the values of a column are written, where it is not Arrow's own way.
#[derive(Debug)]
struct Forms;

impl EncoderFactory for Forms {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let kind = field.metadata().get(KIND).map(String::as_str);
        let encoder: Box<dyn Encoder + 'a> = match (array.data_type(), kind) {
            (DataType::Timestamp(TimeUnit::Nanosecond, _), _) => {
                let values = array.as_primitive::<TimestampNanosecondType>().values();
                Box::new(Times { values, second: None, text: String::new() })
            }
            (DataType::Int64, _) => Box::new(Integers {
                values: array.as_primitive::<Int64Type>().values(),
                digits: itoa::Buffer::new(),
            }),
            (DataType::Utf8, Some("json")) => Box::new(Documents(array.as_string())),
            (DataType::Utf8, _) => Box::new(Texts::new(array.as_string())),
            (DataType::Struct(_), Some("binary")) => {
                let parts = array.as_struct();
                Box::new(Bodies {
                    bytes: parts.column(0).as_binary(),
                    truncated: parts.column(1).as_boolean(),
                })
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// Appends formatted text; memory does not fail to be written to.
macro_rules! put {
    ($out:expr, $($what:tt)*) => {{ let _ = write!($out, $($what)*); }};
}

struct Times<'a> {
    values: &'a [i64],
    /// The second that `text` is for: neighbours share it.
    second: Option<i64>,
    text: String,
}

impl Encoder for Times<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let (second, nanos) =
            (self.values[row].div_euclid(NANOS), self.values[row].rem_euclid(NANOS));
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = text_of(second);
        }
        out.push(b'"');
        out.extend_from_slice(self.text.as_bytes());
        // A ten-digit number of which the first is no digit of the fraction.
        let mut digits = itoa::Buffer::new();
        let fraction = digits.format(NANOS + nanos).as_bytes();
        out.push(b'.');
        out.extend_from_slice(&fraction[1..]);
        out.extend_from_slice(b"Z\"");
    }
}

/// Date and time of day in UTC, without a fraction. Every 64-bit count of nanoseconds lies
/// within chrono's years.
fn text_of(second: i64) -> String {
    let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

struct Integers<'a> {
    values: &'a [i64],
    digits: itoa::Buffer,
}

impl Encoder for Integers<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = self.values[row];
        let digits = self.digits.format(value);
        if value.unsigned_abs() > SAFE_INTEGER {
            put!(out, "\"{digits}\"");
        } else {
            out.extend_from_slice(digits.as_bytes());
        }
    }
}

/// Text; whether any of a column has to be escaped is looked at once.
struct Texts<'a> {
    values: &'a StringArray,
    is_plain: bool,
}

impl<'a> Texts<'a> {
    fn new(values: &'a StringArray) -> Self {
        let (from, to) = (values.value_offsets()[0], values.value_offsets()[values.len()]);
        let bytes = &values.value_data()[from as usize..to as usize];
        // Looked at to the end: without a way out in between, many at once.
        let escaped = bytes.iter().fold(false, |any, b| any | is_escaped(*b));
        Self { values, is_plain: !escaped }
    }
}

/// What has to be escaped in a string (RFC 8259 section 7).
fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

impl Encoder for Texts<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let text = self.values.value(row);
        if self.is_plain {
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
        } else {
            // Writing text to memory does not fail.
            let _ = serde_json::to_writer(out, text);
        }
    }
}

/// Text that is a JSON document already.
struct Documents<'a>(&'a StringArray);

impl Encoder for Documents<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let text = self.0.value(row);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        out.extend_from_slice(if is_json { text.as_bytes() } else { b"null" });
    }
}

struct Bodies<'a> {
    bytes: &'a arrow_array::BinaryArray,
    truncated: &'a arrow_array::BooleanArray,
}

impl Encoder for Bodies<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let bytes = self.bytes.value(row);
        if let Ok(text) = core::str::from_utf8(bytes) {
            out.extend_from_slice(b"{\"text\":");
            // Writing text to memory does not fail.
            let _ = serde_json::to_writer(&mut *out, text);
            out.extend_from_slice(b",\"base64\":null");
        } else {
            put!(out, "{{\"text\":null,\"base64\":\"{}\"", STANDARD.encode(bytes));
        }
        put!(out, ",\"bytes\":{},\"truncated\":", bytes.len());
        let known = !self.truncated.is_null(row);
        let cut: &[u8] = match known.then(|| self.truncated.value(row)) {
            Some(true) => b"true}",
            Some(false) => b"false}",
            None => b"null}",
        };
        out.extend_from_slice(cut);
    }
}
