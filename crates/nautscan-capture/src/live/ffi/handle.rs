//! An open capture, or a dead one that only compiles filters.

use std::any::Any;
use std::ffi::{CString, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::PoisonError;

use nautscan_core::packet::{InterfaceId, LinkType, Packet};

use super::api::{Api, BpfProgram, COMPILING, ERROR_BUFFER, PacketHeader, PcapStat, PcapT, text};
use super::program::Program;
use crate::limits::MAX_OPTIMISED_FILTER;

const PRECISION_NANO: c_int = 1;
const NETMASK_UNKNOWN: u32 = 0xffff_ffff;
/// `pcap_dispatch` was interrupted.
const BREAK: c_int = -2;

/// What `activate` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activation {
    /// 0 for success, positive for a warning, negative for an error.
    pub(crate) code: i32,
    /// The library's words: its general ones for the code, and its particular ones.
    pub(crate) message: String,
}

/// Cumulative counts, each modulo 2^32.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub(crate) received: u32,
    pub(crate) dropped: u32,
    pub(crate) interface_dropped: u32,
}

/// Outcome of handing out a burst.
pub(crate) enum Dispatched {
    Packets(usize),
    /// The interface delivers no more, and why. This many packets were handed out before.
    Failed(usize, String),
}

/// A `pcap_t` that is closed when dropped.
pub(crate) struct Handle {
    api: &'static Api,
    raw: NonNull<PcapT>,
    nanos_per_fraction: i64,
}

// SAFETY: libpcap ties no handle to a thread; it forbids only concurrent use of one, and all
// methods that reach into it take the handle by reference from its single owner: `Handle` is not
// `Sync`, so no two threads have such a reference.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: `raw` came from pcap_create or pcap_open_dead and is closed only here.
        unsafe { (self.api.close)(self.raw.as_ptr()) };
    }
}

impl Handle {
    /// A handle for an interface, not yet capturing.
    pub(crate) fn create(api: &'static Api, interface: &str) -> Result<Self, String> {
        let name = CString::new(interface).map_err(|_| "the name contains a NUL".to_owned())?;
        let mut error = [0; ERROR_BUFFER];
        // SAFETY: the name is NUL-terminated and the buffer of the size that the library demands.
        let raw = unsafe { (api.create)(name.as_ptr(), error.as_mut_ptr()) };
        Self::own(api, raw).ok_or_else(|| text(error.as_ptr()))
    }

    /// A handle that captures nothing, to compile filters for packets of a link type.
    pub(crate) fn dead(api: &'static Api, link_type: LinkType, snaplen: i32) -> Option<Self> {
        // SAFETY: takes any two numbers.
        let raw = unsafe { (api.open_dead)(system_number(link_type), snaplen) };
        Self::own(api, raw)
    }

    fn own(api: &'static Api, raw: *mut PcapT) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { api, raw, nanos_per_fraction: 1000 })
    }

    fn set(
        &mut self,
        setter: unsafe extern "C" fn(*mut PcapT, c_int) -> c_int,
        value: i32,
    ) -> bool {
        // SAFETY: the handle is open, and all setters check the number themselves.
        unsafe { setter(self.raw.as_ptr(), value) == 0 }
    }

    /// Sets what must be set before activation. All are requests that the system may round.
    pub(crate) fn configure(
        &mut self,
        snaplen: i32,
        promiscuous: bool,
        buffer_bytes: i32,
        timeout_ms: i32,
        immediate: bool,
    ) {
        self.set(self.api.set_snaplen, snaplen);
        self.set(self.api.set_promisc, i32::from(promiscuous));
        self.set(self.api.set_buffer_size, buffer_bytes);
        self.set(self.api.set_timeout, timeout_ms);
        if let (true, Some(setter)) = (immediate, self.api.set_immediate_mode) {
            self.set(setter, 1);
        }
        if let Some(setter) = self.api.set_tstamp_precision {
            self.set(setter, PRECISION_NANO);
        }
    }

    /// Starts to capture.
    pub(crate) fn activate(&mut self) -> Activation {
        // SAFETY: the handle is open.
        let code = unsafe { (self.api.activate)(self.raw.as_ptr()) };
        if code >= 0 {
            self.nanos_per_fraction = self.precision();
        }
        let message = match (self.api.status(code), self.error()) {
            (general, particular) if particular.is_empty() || particular == general => general,
            (_, particular) if code == -1 || code == 1 => particular,
            (general, particular) => format!("{general}: {particular}"),
        };
        Activation { code, message }
    }

    fn precision(&self) -> i64 {
        let Some(getter) = self.api.get_tstamp_precision else {
            return 1000;
        };
        // SAFETY: the handle is open.
        let nano = unsafe { getter(self.raw.as_ptr()) } == PRECISION_NANO;
        if nano { 1 } else { 1000 }
    }

    /// What the library last said went wrong with this handle.
    fn error(&self) -> String {
        // SAFETY: the handle is open; the text is copied at once.
        text(unsafe { (self.api.geterr)(self.raw.as_ptr()) })
    }

    /// The link type of packets. Linux numbers raw IP otherwise than capture files do.
    pub(crate) fn link_type(&self) -> LinkType {
        // SAFETY: the handle is open.
        match unsafe { (self.api.datalink)(self.raw.as_ptr()) } {
            12 | 14 => LinkType::RAW,
            number => LinkType(u16::try_from(number).unwrap_or(u16::MAX)),
        }
    }

    /// Asks for another link type; `false` if the interface does not have it.
    pub(crate) fn prefer(&mut self, link_type: LinkType) -> bool {
        self.set(self.api.set_datalink, i32::from(link_type.0))
    }

    /// Reads return at once from now on.
    pub(crate) fn set_nonblocking(&mut self) -> Result<(), String> {
        let mut error = [0; ERROR_BUFFER];
        // SAFETY: the handle is active and the buffer of the size that the library demands.
        let result = unsafe { (self.api.setnonblock)(self.raw.as_ptr(), 1, error.as_mut_ptr()) };
        if result == 0 { Ok(()) } else { Err(text(error.as_ptr())) }
    }

    /// The descriptor to poll; `None` where the capture has none.
    #[cfg(unix)]
    pub(crate) fn descriptor(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        let getter = self.api.get_selectable_fd?;
        // SAFETY: the handle is active.
        let fd = unsafe { getter(self.raw.as_ptr()) };
        // SAFETY: the descriptor is open until the handle is closed, which the borrow of `self`
        // prevents; -1 is excluded.
        (fd >= 0).then(|| unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) })
    }

    /// Compiles a filter for this handle's packets. The error is the library's.
    pub(crate) fn compile(&mut self, filter: &str) -> Result<Program, String> {
        let source = CString::new(filter).map_err(|_| "the filter contains a NUL".to_owned())?;
        let mut program = BpfProgram { length: 0, instructions: std::ptr::null_mut() };
        let optimise = c_int::from(filter.len() <= MAX_OPTIMISED_FILTER);
        let _lock = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
        let raw = self.raw.as_ptr();
        // SAFETY: the handle is open, the text NUL-terminated and the program writable.
        let code = unsafe {
            (self.api.compile)(raw, &mut program, source.as_ptr(), optimise, NETMASK_UNKNOWN)
        };
        if code != 0 {
            return Err(self.error());
        }
        Ok(Program::own(self.api, program))
    }

    /// Compiles a filter and installs it in the capture. The error is the library's.
    pub(crate) fn filter(&mut self, filter: &str) -> Result<(), String> {
        let mut program = self.compile(filter)?;
        // SAFETY: the handle is open and the program compiled on it; setfilter copies it.
        let code = unsafe { (self.api.setfilter)(self.raw.as_ptr(), program.raw_mut()) };
        if code == 0 { Ok(()) } else { Err(self.error()) }
    }

    /// The counters; `None` where the capture does not count.
    pub(crate) fn counters(&mut self) -> Option<Counters> {
        let mut stat = PcapStat::default();
        // SAFETY: the handle is active, and the struct at least as large as the library's.
        let result = unsafe { (self.api.stats)(self.raw.as_ptr(), &mut stat) };
        (result == 0).then_some(Counters {
            received: stat.received,
            dropped: stat.dropped,
            interface_dropped: stat.interface_dropped,
        })
    }

    /// Hands at most `max` of the packets that are there to `each`.
    pub(crate) fn dispatch(
        &mut self,
        max: usize,
        interface: InterfaceId,
        link_type: LinkType,
        each: &mut dyn FnMut(&Packet<'_>),
    ) -> Dispatched {
        let mut delivery = Delivery {
            each,
            interface,
            link_type,
            nanos_per_fraction: self.nanos_per_fraction,
            count: 0,
            panic: None,
        };
        let max = c_int::try_from(max).unwrap_or(c_int::MAX).max(1);
        let user = (&raw mut delivery).cast::<u8>();
        // SAFETY: the handle is active. `deliver` gets `user` back only during this call, during
        // which `delivery` is not touched otherwise.
        let result = unsafe { (self.api.dispatch)(self.raw.as_ptr(), max, deliver, user) };
        if let Some(panic) = delivery.panic {
            resume_unwind(panic);
        }
        match result {
            BREAK => Dispatched::Packets(delivery.count),
            code if code < 0 => Dispatched::Failed(delivery.count, self.error()),
            _ => Dispatched::Packets(delivery.count),
        }
    }
}

/// The number by which libpcap knows a link type in memory (DLT_). It is the number in files
/// (LINKTYPE_), but for a few types that systems had numbered differently.
fn system_number(link_type: LinkType) -> c_int {
    const RAW: c_int = if cfg!(target_os = "openbsd") { 14 } else { 12 };
    match link_type {
        LinkType::RAW | LinkType::RAW_DLT => RAW,
        LinkType(100) => 11, // RFC 1483 on ATM
        LinkType(106) => 19, // Classical IP over ATM on Linux
        LinkType(other) => c_int::from(other),
    }
}

/// What the callback needs to make packets.
struct Delivery<'a> {
    each: &'a mut dyn FnMut(&Packet<'_>),
    interface: InterfaceId,
    link_type: LinkType,
    nanos_per_fraction: i64,
    count: usize,
    panic: Option<Box<dyn Any + Send>>,
}

/// Called by the library for each packet. A panic must not cross the library's frames: it is kept
/// and goes on in `dispatch`; packets after it are passed over.
unsafe extern "C" fn deliver(user: *mut u8, header: *const PacketHeader, bytes: *const u8) {
    // SAFETY: `user` is the `Delivery` that `dispatch` passed, alive and not aliased meanwhile.
    let delivery = unsafe { &mut *user.cast::<Delivery<'_>>() };
    if delivery.panic.is_some() {
        return;
    }
    // SAFETY: the library passes a valid header.
    let header = unsafe { &*header };
    let length = header.captured as usize;
    let data = if length == 0 {
        &[][..]
    } else {
        // SAFETY: the library passes `captured` readable bytes, valid until the callback returns.
        unsafe { std::slice::from_raw_parts(bytes, length) }
    };
    // The widths of these fields differ between systems.
    #[allow(clippy::unnecessary_cast)]
    let (seconds, fraction) = (header.time.tv_sec as i64, header.time.tv_usec as i64);
    let packet = Packet {
        time: seconds * 1_000_000_000 + fraction * delivery.nanos_per_fraction,
        interface: delivery.interface,
        link_type: delivery.link_type,
        wire_len: header.on_wire,
        data,
    };
    delivery.count += 1;
    let each = &mut delivery.each;
    delivery.panic = catch_unwind(AssertUnwindSafe(|| each(&packet))).err();
}
