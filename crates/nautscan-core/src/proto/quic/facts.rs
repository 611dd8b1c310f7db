//! What a connection says of itself beside its handshake: the `summary` of its flow.

use core::fmt::Write as _;

use super::frames::Frame;
use super::version::Name;
use crate::event::Summary;
use crate::limits::{QUIC_REASON, QUIC_VERSIONS};
use crate::proto::Side;

/// First code of the errors that are alerts of TLS (RFC 9001 section 4.8).
const CRYPTO_ERROR: u64 = 0x100;

/// How sure a version is, the surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    /// It stands in a header.
    Stated,
    /// The client's packet was opened with its keys.
    Offered,
    /// The server's was.
    Answered,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    version: Option<(Sureness, u32)>,
    /// Versions that a server offered in place of one that it does not speak, as named.
    offered: Option<String>,
    pub(super) is_retried: bool,
    pub(super) has_early_data: bool,
    /// Bytes of the connection IDs that client and server chose.
    pub(super) id_lengths: [Option<usize>; 2],
    /// How client and server ended it in clear.
    closes: [Option<Close>; 2],
}

#[derive(Debug)]
struct Close {
    code: u64,
    is_application: bool,
    reason: String,
}

impl Facts {
    /// A packet of the version with this number; answers whether that is news.
    pub(super) fn version(&mut self, version: u32, sureness: Sureness) -> bool {
        let is_news = self.version.is_none_or(|(known, _)| known < sureness);
        if is_news {
            self.version = Some((sureness, version));
        }
        is_news
    }

    /// What a server speaks, four bytes each; answers whether that is news.
    pub(super) fn offered(&mut self, versions: &[u8]) -> bool {
        if self.offered.is_some() {
            return false;
        }
        let all = versions.as_chunks::<4>().0;
        let names = all.iter().take(QUIC_VERSIONS);
        let mut names: Vec<String> =
            names.map(|&number| Name(u32::from_be_bytes(number)).to_string()).collect();
        if all.len() > QUIC_VERSIONS {
            names.push("…".to_owned());
        }
        self.offered = Some(names.join(","));
        true
    }

    /// A frame with which `side` ended the connection; answers the alert of TLS that it carries.
    pub(super) fn close(&mut self, side: Side, frame: &Frame<'_>) -> Option<u8> {
        let &Frame::Close { code, is_application, reason } = frame else { return None };
        let kept = &reason[..reason.len().min(QUIC_REASON)];
        let mut reason_text = String::from_utf8_lossy(kept).into_owned();
        if reason.len() > QUIC_REASON {
            reason_text.push('…');
        }
        let close = Close { code, is_application, reason: reason_text };
        self.closes[side.index()].get_or_insert(close);
        let alert = code.checked_sub(CRYPTO_ERROR).filter(|_| !is_application)?;
        u8::try_from(alert).ok()
    }

    /// As the flow shows it.
    pub(super) fn summary(&self) -> Summary {
        let mut all: Summary = Vec::new();
        if let Some((_, version)) = self.version {
            all.push(("version", Name(version).to_string()));
        }
        if let Some(offered) = &self.offered {
            all.push(("versions_offered", offered.clone()));
        }
        for (name, is_so) in [("retry", self.is_retried), ("zero_rtt", self.has_early_data)] {
            if is_so {
                all.push((name, "true".to_owned()));
            }
        }
        let names = ["client_id_bytes", "server_id_bytes"];
        for (name, length) in names.into_iter().zip(self.id_lengths) {
            all.extend(length.map(|length| (name, length.to_string())));
        }
        let names =
            [("client_close", "client_close_reason"), ("server_close", "server_close_reason")];
        for ((code, reason), close) in names.into_iter().zip(&self.closes) {
            let Some(close) = close else { continue };
            all.push((code, close.name()));
            if !close.reason.is_empty() {
                all.push((reason, close.reason.clone()));
            }
        }
        all
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let reasons = self.closes.iter().flatten().map(|close| close.reason.capacity());
        reasons.sum::<usize>() + self.offered.as_ref().map_or(0, String::capacity)
    }
}

impl Close {
    /// The code's name (RFC 9000 section 20.1, RFC 9001 section 4.8, RFC 9368 section 5), or the code.
    fn name(&self) -> String {
        let name = match self.code {
            _ if self.is_application => "",
            0x00 => "NO_ERROR",
            0x01 => "INTERNAL_ERROR",
            0x02 => "CONNECTION_REFUSED",
            0x03 => "FLOW_CONTROL_ERROR",
            0x04 => "STREAM_LIMIT_ERROR",
            0x05 => "STREAM_STATE_ERROR",
            0x06 => "FINAL_SIZE_ERROR",
            0x07 => "FRAME_ENCODING_ERROR",
            0x08 => "TRANSPORT_PARAMETER_ERROR",
            0x09 => "CONNECTION_ID_LIMIT_ERROR",
            0x0a => "PROTOCOL_VIOLATION",
            0x0b => "INVALID_TOKEN",
            0x0c => "APPLICATION_ERROR",
            0x0d => "CRYPTO_BUFFER_EXCEEDED",
            0x0e => "KEY_UPDATE_ERROR",
            0x0f => "AEAD_LIMIT_REACHED",
            0x10 => "NO_VIABLE_PATH",
            0x11 => "VERSION_NEGOTIATION_ERROR",
            CRYPTO_ERROR..=0x1ff => "CRYPTO_ERROR",
            _ => "",
        };
        let mut text = name.to_owned();
        if name.is_empty() || name == "CRYPTO_ERROR" {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}0x{:x}", if name.is_empty() { "" } else { " " }, self.code);
        }
        text
    }
}
