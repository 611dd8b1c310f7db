//! One error type: what failed, why, and what a person can do.

use std::io;

use thiserror::Error;

/// How a file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// The file ends inside a record: it was cut off, or is still being written.
    Cut,
    /// A length or marker contradicts the format.
    Corrupt,
    /// The compressed stream around the capture is broken.
    Compression,
}

/// Why packets cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// A file could not be opened.
    #[error("cannot open {name}: {source}")]
    Open {
        /// Path as given.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Reading failed.
    #[error("cannot read {name} at byte {offset}: {source}")]
    Read {
        /// Path, or `stdin`.
        name: String,
        /// Where, in the uncompressed capture.
        offset: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// Neither pcap nor pcapng.
    #[error("{name} is not a capture file: {what}")]
    NotACapture {
        /// Path, or `stdin`.
        name: String,
        /// What was found instead.
        what: String,
    },
    /// Damaged from `offset` on; every packet before it was delivered.
    #[error("{name} is damaged at byte {offset}: {what}")]
    Damaged {
        /// Path, or `stdin`.
        name: String,
        /// Start of the damaged record, in the uncompressed capture.
        offset: u64,
        /// In what way.
        kind: DamageKind,
        /// What is wrong, in words.
        what: String,
    },
    /// More files overlap in time than can be open at once.
    #[error("{count} captures overlap in time; at most {limit} can be merged at once")]
    TooManyOpen {
        /// Files that would have to be open.
        count: usize,
        /// [`crate::MAX_OPEN_FILES`].
        limit: usize,
    },
    /// More interfaces than packets can name.
    #[error("the captures describe more than {limit} interfaces")]
    TooManyInterfaces {
        /// [`crate::MAX_INTERFACES`].
        limit: usize,
    },
}

impl CaptureError {
    /// Stable name of the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "not_found",
                io::ErrorKind::PermissionDenied => "no_permission",
                _ => "bad_file",
            },
            Self::Read { .. }
            | Self::NotACapture { .. }
            | Self::Damaged { .. }
            | Self::TooManyOpen { .. }
            | Self::TooManyInterfaces { .. } => "bad_file",
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Open { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "Check the path.".into(),
                io::ErrorKind::PermissionDenied => {
                    "Make the file readable for the user that runs NautScan.".into()
                }
                _ => "Check that the path names a readable file or pipe.".into(),
            },
            Self::Read { .. } => "Check the disk, or copy the file and try again.".into(),
            Self::NotACapture { .. } => {
                "Give a pcap or pcapng file, plain or compressed with gzip or zstd.".into()
            }
            Self::Damaged { kind, .. } => match kind {
                DamageKind::Cut => "The packets before it were read. If the capture is still \
                     being written, read it again later."
                    .into(),
                DamageKind::Corrupt => "The packets before it were read; the rest cannot be, \
                     because record boundaries are lost."
                    .into(),
                DamageKind::Compression => {
                    "The packets before it were read. Copy or compress the file again.".into()
                }
            },
            Self::TooManyOpen { limit, .. } => {
                format!("Read at most {limit} captures of the same period at once.")
            }
            Self::TooManyInterfaces { .. } => "Read fewer captures at once.".into(),
        }
    }

    /// True where one file cannot be read (on), which need not keep one from reading others:
    /// rather a warning than a failure, once packets were had.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Read { .. } | Self::NotACapture { .. })
    }
}
