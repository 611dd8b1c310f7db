//! Reads a message as its bytes come, along the table of its fields. Whatever the lengths that are
//! claimed, no more is held than one value of a few bytes: what is long is passed over.

use super::field::{Field, Kind, What};
use crate::limits::KAFKA_TEXT;

/// What a message says, value by value.
#[derive(Debug)]
pub(super) enum Told<'a> {
    Number(What, i64),
    Id(What, [u8; 16]),
    /// The beginning of a text; `None`: null.
    Text(What, Option<&'a [u8]>),
    Batch(Batch),
    /// Bytes of records, of one partition.
    Records(u64),
}

/// Records that were written together, of which all are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    /// How many; `None`: they are within what is compressed.
    pub(super) records: Option<u32>,
    /// Number of the compression, 0: none.
    pub(super) compression: u8,
}

/// Bytes that are not what they are to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// The field that the level stands at.
    Field,
    /// The beginning of a text, and how many bytes of it are behind that.
    Text(What, usize, u64),
    /// A batch, or what is left of records.
    Batch(u64),
    /// How many tagged fields.
    Tags,
    /// So many tagged fields, each with a number and a size.
    Tag(u32),
    TagSize(u32),
}

/// A struct, or the elements of an array.
#[derive(Debug, Clone, Copy)]
struct Level {
    fields: &'static [Field],
    at: usize,
    /// Elements behind this one.
    more: u64,
    /// Tagged fields follow its fields.
    is_tagged: bool,
}

/// Where in a message reading has come to.
#[derive(Debug)]
pub(super) struct Reader {
    version: i16,
    is_flexible: bool,
    levels: Vec<Level>,
    next: Next,
    /// Bytes to pass over first.
    skip: u64,
    /// Bytes of the message that were not read yet.
    left: u64,
    /// What there is of a value that is not whole.
    begun: Vec<u8>,
    /// Nothing more is read.
    is_over: bool,
    /// Bytes behind the last field.
    behind: u64,
}

/// Bytes of the head of records as they are written since Kafka 0.11, and of those before.
const BATCH: usize = 61;
const MESSAGE: usize = 18;

impl Reader {
    /// Reads what is behind the head of a message, which has `left` bytes. `is_tagged`: the head ends
    /// with tagged fields.
    pub(super) fn new(
        fields: &'static [Field],
        version: i16,
        is_flexible: bool,
        is_tagged: bool,
        left: u64,
    ) -> Self {
        let level = Level { fields, at: 0, more: 0, is_tagged: is_flexible };
        // The tags of the head are as those of a struct without fields.
        let head = Level { fields: &[], at: 0, more: 0, is_tagged: true };
        let levels = if is_tagged { vec![level, head] } else { vec![level] };
        let mut reader = Self {
            version,
            is_flexible,
            levels,
            next: Next::Field,
            skip: 0,
            left,
            begun: Vec::new(),
            is_over: false,
            behind: 0,
        };
        reader.settle();
        reader
    }

    /// Whether the message is read to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.is_over && self.left == 0
    }

    /// Bytes behind the last field that is known.
    pub(super) fn behind(&self) -> u64 {
        self.behind
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.begun.capacity() + self.levels.capacity() * size_of::<Level>()
    }

    /// Bytes are missing. Answers whether reading can go on behind them.
    pub(super) fn lose(&mut self, lost: u64) -> bool {
        if lost > self.skip {
            self.is_over = true;
            return false;
        }
        self.skip -= lost;
        self.left -= lost.min(self.left);
        true
    }

    /// Takes the next bytes of the message.
    pub(super) fn read(
        &mut self,
        mut bytes: &[u8],
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<(), Malformed> {
        loop {
            let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
            bytes = &bytes[passed..];
            self.skip -= passed as u64;
            self.left = self.left.saturating_sub(passed as u64);
            if self.skip > 0 {
                return Ok(());
            }
            if self.is_over {
                self.behind += bytes.len() as u64;
                self.left = self.left.saturating_sub(bytes.len() as u64);
                return Ok(());
            }
            let mut begun = core::mem::take(&mut self.begun);
            let taken = if begun.is_empty() {
                let wanted = self.wanted(bytes)?;
                if wanted > bytes.len() { None } else { Some((wanted, wanted)) }
            } else {
                // A value is held until it is whole: some bytes, one after the other.
                let wanted = self.wanted(&begun)?;
                let more = wanted.saturating_sub(begun.len()).min(bytes.len());
                begun.extend_from_slice(&bytes[..more]);
                bytes = &bytes[more..];
                let wanted = self.wanted(&begun)?;
                if wanted > begun.len() {
                    self.begun = begun;
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    continue;
                }
                Some((wanted, 0))
            };
            let Some((whole, used)) = taken else {
                begun.extend_from_slice(bytes);
                self.begun = begun;
                return Ok(());
            };
            if whole as u64 > self.left {
                return Err(Malformed);
            }
            self.left -= whole as u64;
            let value =
                if used > 0 || begun.is_empty() { &bytes[..whole] } else { &begun[..whole] };
            let outcome = self.take(value, tell);
            bytes = &bytes[used..];
            if outcome.is_err() || self.skip > self.left {
                self.is_over = true;
                return Err(Malformed);
            }
            begun.clear();
            self.begun = begun;
        }
    }

    /// The kind of field that comes next, once [`Self::settle`] has found it.
    fn kind(&self) -> Option<Kind> {
        let level = self.levels.last()?;
        level.fields.get(level.at).map(|field| field.kind)
    }

    /// Bytes that the next value takes, as far as `have` tells.
    fn wanted(&self, have: &[u8]) -> Result<usize, Malformed> {
        Ok(match self.next {
            Next::Field => match self.kind().ok_or(Malformed)? {
                Kind::Number(size, _) => size,
                Kind::Uuid(_) => 16,
                _ if self.is_flexible => return varint(have),
                Kind::Text(_) => 2,
                Kind::Bytes | Kind::Records | Kind::Structs(_) | Kind::Each(_) => 4,
            },
            Next::Text(_, shown, _) => shown,
            Next::Batch(left) => {
                let is_new = have.get(16).is_none_or(|magic| *magic >= 2);
                let size = if have.len() > 16 && is_new { BATCH } else { MESSAGE };
                usize::try_from(left).unwrap_or(usize::MAX).min(size)
            }
            Next::Tags | Next::Tag(_) | Next::TagSize(_) => return varint(have),
        })
    }

    fn take(&mut self, value: &[u8], tell: &mut dyn FnMut(Told<'_>)) -> Result<(), Malformed> {
        match self.next {
            Next::Field => self.field(value, tell)?,
            Next::Text(what, _, behind) => {
                tell(Told::Text(what, Some(value)));
                self.skip = behind;
                self.forward();
            }
            Next::Batch(left) => self.batch(value, left, tell)?,
            Next::Tags => match unsigned(value)? {
                0 => self.element(),
                count => self.next = Next::Tag(count),
            },
            Next::Tag(count) => self.next = Next::TagSize(count),
            Next::TagSize(count) => {
                self.skip = u64::from(unsigned(value)?);
                match count - 1 {
                    0 => self.element(),
                    more => self.next = Next::Tag(more),
                }
            }
        }
        self.settle();
        Ok(())
    }

    fn field(&mut self, value: &[u8], tell: &mut dyn FnMut(Told<'_>)) -> Result<(), Malformed> {
        match self.kind().ok_or(Malformed)? {
            Kind::Number(_, What::Unsaid) | Kind::Uuid(What::Unsaid) => self.forward(),
            Kind::Number(_, what) => {
                let number = signed(value);
                tell(Told::Number(what, number));
                self.forward();
                // Who does not know the version asked for answers in the oldest one.
                if what == What::VersionsError && number == UNSUPPORTED_VERSION {
                    (self.version, self.is_flexible) = (0, false);
                    self.levels.iter_mut().for_each(|level| level.is_tagged = false);
                }
            }
            Kind::Uuid(what) => {
                tell(Told::Id(what, value.try_into().map_err(|_| Malformed)?));
                self.forward();
            }
            Kind::Text(what) => match self.length(value)? {
                None => {
                    tell(Told::Text(what, None));
                    self.forward();
                }
                Some(length) if what == What::Unsaid => {
                    self.skip = length;
                    self.forward();
                }
                Some(length) => {
                    let shown = length.min(KAFKA_TEXT as u64);
                    if length > self.left {
                        return Err(Malformed);
                    }
                    self.next = Next::Text(what, shown as usize, length - shown);
                }
            },
            Kind::Bytes => {
                self.skip = self.length(value)?.unwrap_or(0);
                self.forward();
            }
            Kind::Records => {
                let length = self.length(value)?.unwrap_or(0);
                if length > self.left {
                    return Err(Malformed);
                }
                tell(Told::Records(length));
                self.next = Next::Batch(length);
            }
            Kind::Structs(fields) => self.elements(value, fields, self.is_flexible)?,
            Kind::Each(fields) => self.elements(value, fields, false)?,
        }
        Ok(())
    }

    fn elements(
        &mut self,
        value: &[u8],
        fields: &'static [Field],
        is_tagged: bool,
    ) -> Result<(), Malformed> {
        let count = self.length(value)?.unwrap_or(0);
        // Each has a byte at least.
        if count > self.left {
            return Err(Malformed);
        }
        self.advance();
        if let [Field { kind: Kind::Number(size, What::Unsaid), .. }] = fields
            && !is_tagged
        {
            self.skip = count * *size as u64;
        } else if count > 0 {
            self.levels.push(Level { fields, at: 0, more: count - 1, is_tagged });
        }
        self.next = Next::Field;
        Ok(())
    }

    /// The length that precedes texts, bytes and elements. `None`: null.
    fn length(&self, value: &[u8]) -> Result<Option<u64>, Malformed> {
        if self.is_flexible {
            return Ok(unsigned(value)?.checked_sub(1).map(u64::from));
        }
        match signed(value) {
            -1 => Ok(None),
            length => u64::try_from(length).map(Some).map_err(|_| Malformed),
        }
    }

    /// A batch, or a message of before, or a part of one: what is behind it is passed over.
    fn batch(
        &mut self,
        value: &[u8],
        left: u64,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<(), Malformed> {
        let number = |at: usize| {
            let four = value.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
            four.map(|bytes| i32::from_be_bytes(*bytes))
        };
        let size = number(8).filter(|_| value.len() >= MESSAGE);
        let Some(size) = size else {
            // A broker cuts what it sends where it has sent enough.
            self.forward();
            return Ok(());
        };
        let whole = 12 + u64::try_from(size).map_err(|_| Malformed)?;
        let has = value.len() as u64;
        if whole > left || whole < has {
            self.skip = left - has;
            self.forward();
            return if whole < has { Err(Malformed) } else { Ok(()) };
        }
        let is_new = value[16] >= 2;
        let attributes = if is_new { value.get(22) } else { value.get(17) };
        let compression = attributes.map_or(0, |bits| bits & 7);
        let records = if is_new {
            number(57).and_then(|count| u32::try_from(count).ok())
        } else {
            (compression == 0).then_some(1)
        };
        tell(Told::Batch(Batch { records, compression }));
        self.skip = whole - has;
        self.next = Next::Batch(left - whole);
        Ok(())
    }

    fn advance(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.at += 1;
        }
    }

    /// This field has been read.
    fn forward(&mut self) {
        self.advance();
        self.next = Next::Field;
    }

    /// This element has been read, its tags too.
    fn element(&mut self) {
        self.next = Next::Field;
        if let Some(level) = self.levels.last_mut() {
            (level.at, level.more) = match level.more.checked_sub(1) {
                Some(more) => (0, more),
                None => {
                    self.levels.pop();
                    return;
                }
            };
        }
    }

    /// Goes to what is to be read next: a field that the version has, or tags, or the end.
    fn settle(&mut self) {
        if let Next::Batch(0) = self.next {
            self.forward();
        }
        while let Next::Field = self.next {
            let version = self.version;
            let Some(level) = self.levels.last_mut() else {
                self.is_over = true;
                return;
            };
            let is_of = |field: &Field| (field.from..=field.to).contains(&version);
            while level.fields.get(level.at).is_some_and(|field| !is_of(field)) {
                level.at += 1;
            }
            if level.at < level.fields.len() {
                return;
            }
            if level.is_tagged {
                self.next = Next::Tags;
                return;
            }
            self.element();
        }
    }
}

/// An answer to ApiVersions with this error has the layout of version 0.
const UNSUPPORTED_VERSION: i64 = 35;

/// Bytes of a number in groups of seven bits, as far as `have` tells.
fn varint(have: &[u8]) -> Result<usize, Malformed> {
    match have.iter().take(5).position(|byte| byte & 0x80 == 0) {
        Some(last) => Ok(last + 1),
        None if have.len() >= 5 => Err(Malformed),
        None => Ok(have.len() + 1),
    }
}

fn unsigned(value: &[u8]) -> Result<u32, Malformed> {
    let mut number = 0u64;
    for (at, byte) in value.iter().enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
    }
    u32::try_from(number).map_err(|_| Malformed)
}

fn signed(value: &[u8]) -> i64 {
    let (first, rest) = value.split_first().unwrap_or((&0, &[]));
    let begin = i64::from(i8::from_be_bytes([*first]));
    rest.iter().fold(begin, |number, byte| number << 8 | i64::from(*byte))
}
