//! The boundary to libpcap and Npcap: everything that needs `unsafe`.
//!
//! What leaves this module is safe to use: handles that close themselves, owned strings and
//! lists, packets borrowed for the length of a call.
#![allow(unsafe_code)]

mod api;
mod devices;
mod handle;
mod program;

pub(crate) use api::Api;
#[cfg(unix)]
pub(crate) use devices::system_addresses;
pub(crate) use devices::{Device, DeviceAddress, devices};
#[cfg(target_os = "linux")]
pub(crate) use devices::{SystemLink, system_links};
pub(crate) use handle::{Activation, Counters, Dispatched, Handle};
pub(crate) use program::Program;
