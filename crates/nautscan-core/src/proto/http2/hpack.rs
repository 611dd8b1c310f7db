//! HPACK (RFC 7541), observed from the side.
//!
//! Entries of the dynamic table are counted from the newest. So where following began in the
//! middle, or a header block was lost, those added since are known by their index, and of the
//! others it is known that they are not known: a field that refers to one is told as unknown. An
//! encoder never refers to an entry that it has given up, so that one kept for too long, because its
//! size is not known, does no harm.

use std::collections::VecDeque;
use std::sync::Arc;

use super::huffman;
use crate::limits::H2_TABLE;

/// The static table (RFC 7541 appendix A), from index 1 on.
static STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// What an entry counts besides its octets (section 4.1).
const OVERHEAD: usize = 32;

/// Text of a field; `None`: it stands in an entry that was not seen. A name that others refer to is
/// theirs too: two octets can ask for it again, however long it is.
type Text = Option<Arc<[u8]>>;

#[derive(Debug)]
struct Entry {
    name: Text,
    value: Text,
}

impl Entry {
    /// Its size as section 4.1 counts; less where it is not known.
    fn size(&self) -> usize {
        let len = |text: &Text| text.as_ref().map_or(0, |text| text.len());
        len(&self.name) + len(&self.value) + OVERHEAD
    }
}

/// A field of a block; a part is `None` where it stands in an entry that was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
}

/// Why a block cannot be read on. What was read of it is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends within a field.
    Short,
    /// It is not HPACK.
    Invalid,
    /// It refers to an entry that does not exist.
    NoSuchEntry,
}

/// Reads the header blocks that one side sends.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The newest first.
    entries: VecDeque<Entry>,
    size: usize,
    /// What its encoder was seen to hold it to. It may hold it to less.
    max: usize,
    /// There may be entries behind those that are known.
    pub(super) unseen: bool,
    /// What Huffman codes say: of a name, of a value.
    texts: [Vec<u8>; 2],
}

impl Default for Decoder {
    /// Of a connection that is followed from the middle.
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            max: H2_TABLE,
            unseen: true,
            texts: Default::default(),
        }
    }
}

/// Where a name or value is.
#[derive(Clone, Copy)]
enum Source<'a> {
    Plain(&'a [u8]),
    /// In the texts.
    Huffman,
    /// In the table.
    Index(usize),
}

impl Decoder {
    /// The connection is followed from its first byte on.
    pub(super) fn seen_from_start(&mut self) {
        self.unseen = false;
    }

    /// A block, or a part of one, was not read: nobody knows what it added.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let texts: usize = self.texts.iter().map(Vec::capacity).sum();
        self.size + texts + self.entries.capacity() * size_of::<Entry>()
    }

    /// Reads a block and gives each of its fields to `take`.
    pub(super) fn decode(
        &mut self,
        mut block: &[u8],
        mut take: impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        while let Some(&first) = block.first() {
            match first {
                0x80.. => {
                    let index = integer(&mut block, 7)?;
                    take(self.field(index)?);
                }
                0x40.. => self.literal(&mut block, 6, true, &mut take)?,
                0x20.. => {
                    let max = integer(&mut block, 5)?;
                    // More than is held: what goes beyond is not known.
                    self.unseen |= max > H2_TABLE;
                    self.max = max.min(H2_TABLE);
                    self.evict();
                }
                _ => self.literal(&mut block, 4, false, &mut take)?,
            }
        }
        Ok(())
    }

    /// A literal (section 6.2), of which the first octet has `prefix` bits of the name's index.
    fn literal(
        &mut self,
        block: &mut &[u8],
        prefix: u32,
        is_added: bool,
        take: &mut impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        let name = match integer(block, prefix)? {
            0 => self.string(block, 0)?,
            index => {
                self.field(index)?;
                Source::Index(index)
            }
        };
        let value = self.string(block, 1)?;
        let field = Field { name: self.text(name, 0), value: self.text(value, 1) };
        take(field);
        if is_added {
            let known = match name {
                Source::Index(index) => self.entry(index).map(|entry| entry.name.clone()),
                Source::Plain(_) | Source::Huffman => None,
            };
            let own = |text: Option<&[u8]>| text.map(Arc::from);
            let name = known.unwrap_or_else(|| own(field.name));
            let entry = Entry { name, value: own(field.value) };
            self.size += entry.size();
            self.entries.push_front(entry);
            self.evict();
        }
        Ok(())
    }

    fn text<'a>(&'a self, source: Source<'a>, which: usize) -> Option<&'a [u8]> {
        match source {
            Source::Plain(text) => Some(text),
            Source::Huffman => Some(&self.texts[which]),
            Source::Index(index) => self.field(index).ok().and_then(|field| field.name),
        }
    }

    /// Reads a string literal (section 5.2).
    fn string<'a>(&mut self, block: &mut &'a [u8], which: usize) -> Result<Source<'a>, Malformed> {
        let is_huffman = *block.first().ok_or(Malformed::Short)? & 0x80 != 0;
        let len = integer(block, 7)?;
        let (text, rest) = block.split_at_checked(len).ok_or(Malformed::Short)?;
        *block = rest;
        if !is_huffman {
            return Ok(Source::Plain(text));
        }
        self.texts[which].clear();
        match huffman::decode(text, &mut self.texts[which]) {
            true => Ok(Source::Huffman),
            false => Err(Malformed::Invalid),
        }
    }

    /// The field of that index (section 2.3.3).
    fn field(&self, index: usize) -> Result<Field<'_>, Malformed> {
        if let Some((name, value)) = STATIC.get(index.wrapping_sub(1)) {
            return Ok(Field { name: Some(name.as_bytes()), value: Some(value.as_bytes()) });
        }
        match self.entry(index) {
            Some(entry) => Ok(Field { name: entry.name.as_deref(), value: entry.value.as_deref() }),
            None if self.unseen && index > 0 => Ok(Field { name: None, value: None }),
            None => Err(Malformed::NoSuchEntry),
        }
    }

    /// The entry of that index in the table, the static one apart.
    fn entry(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index.checked_sub(STATIC.len() + 1)?)
    }

    /// Gives up the oldest entries until those left are no larger than they may be (section 4.3).
    fn evict(&mut self) {
        while self.size > self.max
            && let Some(oldest) = self.entries.pop_back()
        {
            self.size -= oldest.size();
        }
    }
}

/// Reads an integer of which the first octet has `prefix` bits (section 5.1).
fn integer(block: &mut &[u8], prefix: u32) -> Result<usize, Malformed> {
    /// No length or index that is in use needs more.
    const MOST_SHIFT: u32 = 21;
    let (&first, mut rest) = block.split_first().ok_or(Malformed::Short)?;
    let mask = (1usize << prefix) - 1;
    let mut value = usize::from(first) & mask;
    let mut shift = 0;
    while value >= mask {
        let (&octet, after) = rest.split_first().ok_or(Malformed::Short)?;
        rest = after;
        value += usize::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > MOST_SHIFT {
            return Err(Malformed::Invalid);
        }
    }
    *block = rest;
    Ok(value)
}

#[cfg(test)]
#[path = "tests/hpack.rs"]
mod tests;
