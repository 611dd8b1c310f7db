//! The tables: what the engine puts out, and nothing else does.

mod exchange;

pub use exchange::{Body, Completeness, Exchange, Headers, Message};
