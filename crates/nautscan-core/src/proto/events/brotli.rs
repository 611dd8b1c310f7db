//! Brotli (RFC 7932) as it comes.

use core::fmt;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use crate::proto::inflate::{Budget, Stopped};

/// Bits of the window that a stream with this first byte wants (RFC 7932 section 9.1).
pub(super) fn window(first: u8) -> u32 {
    match (first & 1, first >> 1 & 7, first >> 4 & 7) {
        (0, ..) => 16,
        (_, 0, 0) => 17,
        (_, 0, bits) => 8 + u32::from(bits),
        (_, bits, _) => 17 + u32::from(bits),
    }
}

/// Undoes the coding of one stream.
pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    budget: Budget,
    /// Its end was read: what follows is not of the stream.
    is_over: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        let alloc = StandardAlloc::default();
        let state = BrotliState::new_strict(alloc, alloc, alloc);
        Self { state, budget: Budget::default(), is_over: false }
    }
}

impl fmt::Debug for Brotli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brotli").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl Brotli {
    /// Decodes `input` and hands what comes out to `take`.
    pub(super) fn push(
        &mut self,
        input: &[u8],
        take: &mut impl FnMut(&[u8]),
    ) -> Result<(), Stopped> {
        self.budget.takes(input.len());
        let (mut left, mut at, mut total) = (input.len(), 0, 0);
        let mut chunk = [0u8; 4096];
        while !self.is_over {
            let (mut room, mut made) = (chunk.len(), 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut at,
                input,
                &mut room,
                &mut made,
                &mut chunk,
                &mut total,
                &mut self.state,
            );
            if made > 0 {
                take(&chunk[..made]);
            }
            self.budget.makes(made)?;
            match result {
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput => break,
                BrotliResult::ResultSuccess => self.is_over = true,
                BrotliResult::ResultFailure => return Err(Stopped::Corrupt),
            }
        }
        Ok(())
    }

    /// Heap bytes held: tables, and of the window what was written to: the rest is address space alone.
    pub(super) fn memory(&self) -> usize {
        const TABLES: usize = 64 * 1024;
        let window = usize::try_from(self.state.ringbuffer_size).unwrap_or(0);
        size_of::<Self>() + TABLES + window.min(self.budget.made())
    }
}
