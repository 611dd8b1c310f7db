//! Opening one interface, and what can go wrong with that.

use nautscan_core::packet::LinkType;

use super::ffi::{Activation, Api, Handle};
use crate::{CaptureError, MAX_FILTER_BYTES};

/// Kernel buffer of each interface unless set otherwise. At 32 MiB a full gigabit link can go
/// unread for a quarter of a second without loss; libpcap's own 2 MiB last 16 ms.
pub const DEFAULT_BUFFER_BYTES: u32 = 32 * 1024 * 1024;

/// How to capture. The same for all interfaces of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// BPF filter, compiled and run in the kernel. `None` or empty captures everything.
    pub filter: Option<String>,
    /// Also capture frames addressed to others.
    pub promiscuous: bool,
    /// Most bytes captured of a packet.
    pub snaplen: u32,
    /// Kernel buffer of each interface.
    pub buffer_bytes: u32,
    /// How long the kernel gathers packets before it hands over a block that is not full: the
    /// most that a packet is delayed by, and that packets of two interfaces are delivered out of
    /// order by, beside the time a pull takes.
    pub timeout_ms: u32,
    /// Hand over each packet at once, at a cost per packet (TPACKET_V2 on Linux).
    pub immediate: bool,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            filter: None,
            promiscuous: true,
            snaplen: crate::MAX_PACKET_BYTES,
            buffer_bytes: DEFAULT_BUFFER_BYTES,
            timeout_ms: 50,
            immediate: false,
        }
    }
}

/// Status codes of libpcap (`pcap/pcap.h`).
mod status {
    pub(super) const NO_SUCH_DEVICE: i32 = -5;
    pub(super) const PERM_DENIED: i32 = -8;
    pub(super) const IFACE_NOT_UP: i32 = -9;
    pub(super) const PROMISC_PERM_DENIED: i32 = -11;
    pub(super) const WARNING_PROMISC_NOTSUP: i32 = 2;
}

/// An interface that captures.
pub(super) struct Opened {
    pub(super) handle: Handle,
    pub(super) link_type: LinkType,
    pub(super) warning: Option<String>,
}

/// Opens an interface of the calling thread's network namespace: created, activated, filtered,
/// non-blocking. `device` is its name there; what is said of it says `interface`.
pub(super) fn open(
    device: &str,
    interface: &str,
    options: &LiveOptions,
) -> Result<Opened, CaptureError> {
    let api = Api::get()?;
    let failed = |what: &'static str, detail: String| CaptureError::Live {
        interface: interface.to_owned(),
        what,
        detail,
    };
    let mut handle = Handle::create(api, device).map_err(|error| failed("be opened", error))?;
    handle.configure(
        clamp(options.snaplen),
        options.promiscuous,
        clamp(options.buffer_bytes),
        clamp(options.timeout_ms),
        options.immediate,
    );
    let activation = handle.activate();
    if activation.code < 0 {
        return Err(refused(interface, activation));
    }
    if handle.link_type() == LinkType::LINUX_SLL {
        // Version 2 names the interface of each packet. Where it is unknown, version 1 stays.
        handle.prefer(LinkType::LINUX_SLL2);
    }
    if let Some(text) = &options.filter {
        set_filter(&mut handle, interface, text)?;
    }
    handle.set_nonblocking().map_err(|error| failed("be read without waiting", error))?;
    Ok(Opened { link_type: handle.link_type(), handle, warning: warning(interface, activation) })
}

pub(super) fn clamp(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Compiles a filter for this interface and installs it. An empty filter captures everything.
pub(super) fn set_filter(
    handle: &mut Handle,
    interface: &str,
    filter: &str,
) -> Result<(), CaptureError> {
    check_length(filter)?;
    handle.filter(filter).map_err(|message| refused_filter(interface, filter, message))
}

/// Compiles a filter for this interface, which goes on with the one it has.
pub(super) fn try_filter(
    handle: &mut Handle,
    interface: &str,
    filter: &str,
) -> Result<(), CaptureError> {
    check_length(filter)?;
    let outcome = handle.compile(filter).map(drop);
    outcome.map_err(|message| refused_filter(interface, filter, message))
}

fn refused_filter(interface: &str, filter: &str, message: String) -> CaptureError {
    let context = format!("on {interface}");
    CaptureError::BadFilter { filter: filter.to_owned(), message, context }
}

fn refused(interface: &str, activation: Activation) -> CaptureError {
    let (interface, detail) = (interface.to_owned(), activation.message);
    match activation.code {
        status::NO_SUCH_DEVICE => CaptureError::UnknownInterface { interface, detail },
        status::PERM_DENIED => CaptureError::NoPermission { interface, detail },
        status::PROMISC_PERM_DENIED => CaptureError::PromiscuousDenied { interface, detail },
        status::IFACE_NOT_UP => CaptureError::InterfaceDown { interface },
        _ => CaptureError::Live { interface, what: "be activated", detail },
    }
}

fn warning(interface: &str, activation: Activation) -> Option<String> {
    match activation.code {
        0 => None,
        status::WARNING_PROMISC_NOTSUP => Some(format!(
            "{interface} has no promiscuous mode: only traffic of this machine is captured"
        )),
        _ => Some(format!("{interface}: {}", activation.message)),
    }
}

/// Version of the capture library; an error that says how to get one if there is none.
pub fn capture_library() -> Result<String, CaptureError> {
    Api::get().map(Api::version)
}

/// Refuses a filter that would take too long to compile.
pub(super) fn check_length(filter: &str) -> Result<(), CaptureError> {
    if filter.len() <= MAX_FILTER_BYTES {
        return Ok(());
    }
    Err(CaptureError::BadFilter {
        filter: filter.chars().take(64).chain("…".chars()).collect(),
        message: format!("it is longer than {MAX_FILTER_BYTES} bytes"),
        context: "of any kind".to_owned(),
    })
}
