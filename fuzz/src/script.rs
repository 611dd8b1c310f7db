//! Fields out of bytes, and bytes out of fields.

/// Reads fields from the fuzzer's bytes. `None`: there are no more.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A number of two bytes, the high one first.
    pub fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// Bytes behind their length; fewer where the input ends.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.word()?).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(taken)
    }

    /// All that is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Writes what [`Script`] reads.
#[derive(Debug, Default)]
pub struct Scribe(Vec<u8>);

impl Scribe {
    /// One byte.
    pub fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    /// A number of two bytes.
    pub fn word(&mut self, word: u16) -> &mut Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    /// Bytes behind their length, cut at what a length can say.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = bytes.len().min(usize::from(u16::MAX));
        self.word(length as u16).raw(&bytes[..length])
    }

    /// Bytes without a length: the last field.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Length of what was written.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
