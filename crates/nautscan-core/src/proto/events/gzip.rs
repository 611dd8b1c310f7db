//! Members of gzip (RFC 1952 section 2.2) one behind the other, as they come.

use crate::limits::EVENT_GZIP_HEAD;
use crate::proto::http1::{gzip_header, is_gzip_prefix};
use crate::proto::inflate::{DECODER, Inflater, Stopped};

/// Bytes behind the data of a member: its checksum and its length.
const TRAILER: usize = 8;

/// The part of a member that comes next.
#[derive(Debug)]
enum Part {
    /// What there is of it.
    Head(Vec<u8>),
    Data,
    /// Bytes left of it, and then of padding with zeros.
    Trailer(usize),
}

/// A stream of members.
#[derive(Debug)]
pub(super) struct Gzip {
    part: Part,
    inflater: Inflater,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { part: Part::Head(Vec::new()), inflater: Inflater::new(false) }
    }
}

impl Gzip {
    /// Content that came next; what it is without its coding goes to `take`.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        take: &mut impl FnMut(&[u8]),
    ) -> Result<(), Stopped> {
        while !bytes.is_empty() {
            let used = match &mut self.part {
                Part::Head(held) => match read_head(held, bytes)? {
                    None => return Ok(()),
                    Some(used) => {
                        self.part = Part::Data;
                        used
                    }
                },
                Part::Data => {
                    let inflate = |plain: &[u8]| {
                        take(plain);
                        true
                    };
                    let used = self.inflater.take(bytes, inflate)?;
                    if !self.inflater.is_over() {
                        return Ok(());
                    }
                    self.part = Part::Trailer(TRAILER);
                    used
                }
                Part::Trailer(0) => {
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    if zeros < bytes.len() {
                        self.inflater.reset();
                        self.part = Part::Head(Vec::new());
                    }
                    zeros
                }
                Part::Trailer(left) => {
                    let used = bytes.len().min(*left);
                    *left -= used;
                    used
                }
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let head = if let Part::Head(held) = &self.part { held.capacity() } else { 0 };
        size_of::<Self>() + DECODER + head
    }
}

/// How many of `bytes` end the head whose beginning is `held`; `None`: they do not, and are held too.
fn read_head(held: &mut Vec<u8>, bytes: &[u8]) -> Result<Option<usize>, Stopped> {
    let before = held.len();
    if before == 0
        && let Some(end) = gzip_header(bytes)
    {
        return Ok(Some(end));
    }
    held.extend_from_slice(bytes);
    let end = gzip_header(held).map(|end| end.saturating_sub(before));
    let is_head = end.is_some() || (is_gzip_prefix(held) && held.len() <= EVENT_GZIP_HEAD);
    if is_head { Ok(end) } else { Err(Stopped::Corrupt) }
}
