//! Capture files: formats, compression, single files and merges.

mod foreign;
mod input;
mod merge;
mod options;
mod order;
mod pcap;
mod pcapng;
mod record;
mod single;
mod window;
mod zstd;

pub use merge::MergedSource;
pub use record::{CustomBlock, NameRecord, Notes, PacketComment, Secret};
pub use single::FileSource;
pub(crate) use window::Lent;
