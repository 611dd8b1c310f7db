//! Connections that this host translates, as its kernel's connection tracking knows them
//! (ADR 0020): for those that began before the capture.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::translations;
#[cfg(target_os = "linux")]
pub use linux::translations;
