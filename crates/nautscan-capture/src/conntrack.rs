//! Connections that this host translates, as its kernel's connection tracking knows them
//! (ADR 0020): for those that began before the capture.

use nautscan_core::Translation;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::translations;
#[cfg(target_os = "linux")]
pub use linux::translations;

/// What connection tracking told.
#[derive(Debug, Default)]
pub struct Told {
    /// At most as many as an engine keeps (`ALIASES`).
    pub translations: Vec<Translation>,
    /// Those that it told of beyond that; they show as two flows.
    pub left_out: u64,
}
