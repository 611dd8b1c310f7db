//! The whole engine over made-up captures: packets in, rows out.

#![allow(clippy::unwrap_used)]

mod dialogue;
mod loss;
mod network;
mod rows;
mod truth;
