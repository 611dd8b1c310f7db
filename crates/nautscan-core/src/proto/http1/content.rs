//! Undoes content codings, bounded in output, memory and work.
//!
//! A message's coded content is collected up to the body limit and decoded once, when the
//! message ends: no decoder state lives between packets, and what a hostile body can cost is
//! bounded by the limit. Coded bytes beyond the limit would decode to more than is kept, save
//! for padding, so cutting them loses nothing that is not flagged as truncated anyway.

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::framing::Coding;
use crate::limits::ZSTD_WINDOW;

/// How decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it was decoded.
    Whole,
    /// The output reached the limit.
    Limit,
    /// The input ended before the coding did.
    Short,
    /// The input is not of this coding.
    Corrupt,
    /// There is no decoder.
    Unknown,
}

/// Undoes `applied` (first to last) on `coded`: at most `limit` bytes, and the first thing that
/// went wrong.
pub(super) fn decode(coded: Vec<u8>, applied: &[Coding], limit: usize) -> (Vec<u8>, Outcome) {
    let mut worst = Outcome::Whole;
    let mut content = coded;
    for &coding in applied.iter().rev() {
        let (decoded, outcome) = decode_one(&content, coding, limit);
        content = decoded;
        if worst == Outcome::Whole {
            worst = outcome;
        }
    }
    (content, worst)
}

/// The beginning of what zlib packs, as far as it is there and at most `limit` bytes.
pub(in crate::proto) fn unpack_zlib(packed: &[u8], limit: usize) -> Vec<u8> {
    let mut made = Vec::new();
    inflate(packed, true, &mut made, limit);
    made
}

/// The same of zstd.
pub(in crate::proto) fn unpack_zstd_beginning(packed: &[u8], limit: usize) -> Vec<u8> {
    decode_one(packed, Coding::Zstd, limit).0
}

/// Undoes zstd: at most `limit` bytes; `None`: it is not all that, and whole.
pub(in crate::proto) fn unpack_zstd(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (made, outcome) = decode_one(packed, Coding::Zstd, limit);
    (outcome == Outcome::Whole).then_some(made)
}

fn decode_one(input: &[u8], coding: Coding, limit: usize) -> (Vec<u8>, Outcome) {
    let mut out = Vec::with_capacity(input.len().saturating_mul(3).min(limit));
    let outcome = match coding {
        Coding::Gzip => gzip(input, &mut out, limit),
        Coding::Deflate => deflate(input, &mut out, limit),
        Coding::Brotli => brotli(input, &mut out, limit),
        Coding::Zstd => zstd(input, &mut out, limit),
        Coding::Unknown => Outcome::Unknown,
    };
    (out, outcome)
}

/// Gzip members one after the other (RFC 1952). Checksums are not compared: what the peers
/// exchanged is reported as it is.
fn gzip(mut input: &[u8], out: &mut Vec<u8>, limit: usize) -> Outcome {
    const TRAILER: usize = 8;
    loop {
        let Some(header) = gzip_header(input) else {
            return if is_gzip_prefix(input) { Outcome::Short } else { Outcome::Corrupt };
        };
        let (used, outcome) = inflate(&input[header..], false, out, limit);
        if outcome != Outcome::Whole {
            return outcome;
        }
        let Some(rest) = input.get(header + used + TRAILER..) else { return Outcome::Short };
        // Zero padding after the last member is common and carries nothing.
        if rest.iter().all(|&b| b == 0) {
            return Outcome::Whole;
        }
        input = rest;
    }
}

/// Whether what is here of a header can be the beginning of one.
pub(in crate::proto) fn is_gzip_prefix(input: &[u8]) -> bool {
    let magic = [0x1f, 0x8b, 8];
    input.iter().zip(magic).all(|(&a, b)| a == b)
}

/// Length of the gzip header at the start of `input`, if it is whole.
pub(in crate::proto) fn gzip_header(input: &[u8]) -> Option<usize> {
    const FIXED: usize = 10;
    const FHCRC: u8 = 2;
    const FEXTRA: u8 = 4;
    const FNAME: u8 = 8;
    const FCOMMENT: u8 = 16;
    let flags = *input.get(3)?;
    if input.len() < FIXED || !is_gzip_prefix(input) {
        return None;
    }
    let mut at = FIXED;
    if flags & FEXTRA != 0 {
        let len = input.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([len[0], len[1]]));
    }
    for flag in [FNAME, FCOMMENT] {
        if flags & flag != 0 {
            at += memchr::memchr(0, input.get(at..)?)? + 1;
        }
    }
    if flags & FHCRC != 0 {
        at += 2;
    }
    (at <= input.len()).then_some(at)
}

/// Whether `input` begins like a zlib stream (RFC 1950 section 2.2), or is too short to tell.
pub(in crate::proto) fn is_zlib(input: &[u8]) -> bool {
    match input {
        [cmf, flg, ..] => cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flg)) % 31 == 0,
        _ => true,
    }
}

/// `deflate` is a zlib stream (RFC 9110 section 8.4.1.2); some servers send raw deflate.
fn deflate(input: &[u8], out: &mut Vec<u8>, limit: usize) -> Outcome {
    if is_zlib(input) {
        let (_, outcome) = inflate(input, true, out, limit);
        if outcome != Outcome::Corrupt || !out.is_empty() {
            return outcome;
        }
    }
    inflate(input, false, out, limit).1
}

/// Inflates into `out` up to `limit`; the bytes of `input` that were used.
fn inflate(input: &[u8], zlib: bool, out: &mut Vec<u8>, limit: usize) -> (usize, Outcome) {
    let mut stream = Decompress::new(zlib);
    let mut chunk = [0u8; 4096];
    loop {
        let (used, made) = (stream.total_in(), stream.total_out());
        // One byte more than there is room for tells "full" from "cut".
        let room = (limit - out.len() + 1).min(chunk.len());
        let status =
            stream.decompress(&input[used as usize..], &mut chunk[..room], FlushDecompress::None);
        let made = (stream.total_out() - made) as usize;
        let fits = made.min(limit - out.len());
        out.extend_from_slice(&chunk[..fits]);
        let outcome = match status {
            _ if made > fits => Outcome::Limit,
            Err(_) => Outcome::Corrupt,
            Ok(Status::StreamEnd) => Outcome::Whole,
            Ok(_) if made == 0 && stream.total_in() == used => Outcome::Short,
            Ok(_) => continue,
        };
        return (stream.total_in() as usize, outcome);
    }
}

fn brotli(input: &[u8], out: &mut Vec<u8>, limit: usize) -> Outcome {
    let alloc = StandardAlloc::default();
    let mut state = BrotliState::new(alloc, alloc, alloc);
    let (mut left, mut at, mut total) = (input.len(), 0, 0);
    let mut chunk = [0u8; 4096];
    loop {
        let (mut room, mut made) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut left, &mut at, input, &mut room, &mut made, &mut chunk, &mut total, &mut state,
        );
        let fits = made.min(limit - out.len());
        out.extend_from_slice(&chunk[..fits]);
        return match result {
            _ if fits < made => Outcome::Limit,
            BrotliResult::NeedsMoreOutput => continue,
            BrotliResult::ResultSuccess => Outcome::Whole,
            BrotliResult::NeedsMoreInput => Outcome::Short,
            BrotliResult::ResultFailure => Outcome::Corrupt,
        };
    }
}

/// Reads up to `limit` bytes in all.
fn read_to_limit(reader: &mut impl Read, out: &mut Vec<u8>, limit: usize) -> Outcome {
    let mut chunk = [0u8; 4096];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Outcome::Whole,
            Ok(n) => {
                let fits = n.min(limit - out.len());
                out.extend_from_slice(&chunk[..fits]);
                if fits < n {
                    return Outcome::Limit;
                }
            }
            Err(_) => return Outcome::Corrupt,
        }
    }
}

/// Zstandard frames one after the other (RFC 8878), skippable ones skipped.
fn zstd(mut input: &[u8], out: &mut Vec<u8>, limit: usize) -> Outcome {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW);
    while !input.is_empty() {
        match decoder.init(&mut input) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let Some(rest) = input.get(length as usize..) else { return Outcome::Short };
                input = rest;
                continue;
            }
            Err(_) => return Outcome::Corrupt,
        }
        let outcome = zstd_frame(&mut decoder, &mut input, out, limit);
        if outcome != Outcome::Whole {
            return outcome;
        }
    }
    Outcome::Whole
}

fn zstd_frame(
    decoder: &mut FrameDecoder,
    input: &mut &[u8],
    out: &mut Vec<u8>,
    limit: usize,
) -> Outcome {
    /// An empty last block and room for a checksum.
    const END: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
    let enough = BlockDecodingStrategy::UptoBytes(limit - out.len() + 1);
    let outcome = match decoder.decode_blocks(&mut *input, enough) {
        Ok(true) => Outcome::Whole,
        Ok(false) => Outcome::Limit,
        Err(_) if input.is_empty() => Outcome::Short,
        Err(_) => Outcome::Corrupt,
    };
    // The decoder gives out what its window holds only when the frame has ended; so end it.
    if outcome != Outcome::Whole
        && decoder.decode_blocks(END, BlockDecodingStrategy::UptoBlocks(1)).is_err()
    {
        return Outcome::Corrupt;
    }
    match read_to_limit(decoder, out, limit) {
        Outcome::Whole => outcome,
        other => other,
    }
}

#[cfg(test)]
#[path = "tests/content.rs"]
mod tests;
