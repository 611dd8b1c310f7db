//! What the fuzz targets make of the fuzzer's bytes, and how seeds are written in that form.
//!
//! Every form is a plain sequence of small fields without lengths of the whole, so that a cut,
//! doubled or exchanged piece is still a script: the fuzzer's mutations stay meaningful.

mod connection;
mod datagram_script;
mod datagrams;
mod dialogue;
mod dialogue_script;
mod engine;
mod rows;
mod script;
mod segments;
mod wire;

pub use connection::check_connection;
pub use datagram_script::{DatagramScript, Said};
pub use datagrams::{check_datagrams, told_of_datagrams};
pub use dialogue::{check_dialogue, check_dialogue_with};
pub use dialogue_script::{Act, DialogueScript, Operation};
pub use engine::{EngineScript, FuzzedPacket, LINK_TYPES};
pub use rows::Told;
pub use script::{Scribe, Script};
pub use segments::{SegmentFields, Segments};
pub use wire::WireInput;
