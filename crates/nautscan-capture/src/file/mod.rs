//! Capture files: formats, compression, single files and merges.

mod input;
mod merge;
mod options;
mod pcap;
mod pcapng;
mod record;
mod single;
mod window;
mod zstd;

pub use merge::MergedSource;
pub use record::{NameRecord, Notes, PacketComment, Secret};
pub use single::FileSource;
pub(crate) use window::Lent;
