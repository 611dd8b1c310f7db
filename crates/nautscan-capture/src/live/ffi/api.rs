//! The library, loaded at run time, and the functions used of it.
//!
//! There is no link-time dependency: this module loads without libpcap, and says what is missing
//! only when capture is asked for.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::{Mutex, PoisonError};

use libloading::Library;

use crate::CaptureError;

/// `PCAP_ERRBUF_SIZE`.
pub(super) const ERROR_BUFFER: usize = 256;

/// `pcap_t`: only ever behind a pointer.
#[repr(C)]
pub(super) struct PcapT {
    _private: [u8; 0],
}

/// `struct bpf_program`.
#[repr(C)]
pub(super) struct BpfProgram {
    pub(super) length: c_uint,
    pub(super) instructions: *mut c_void,
}

/// `struct timeval`, whose fields are 32 bits wide on Windows.
#[cfg(unix)]
pub(super) type TimeVal = libc::timeval;
#[cfg(not(unix))]
#[repr(C)]
pub(super) struct TimeVal {
    pub(super) tv_sec: std::ffi::c_long,
    pub(super) tv_usec: std::ffi::c_long,
}

/// `struct pcap_pkthdr`; macOS has more fields behind these.
#[repr(C)]
pub(super) struct PacketHeader {
    pub(super) time: TimeVal,
    pub(super) captured: u32,
    pub(super) on_wire: u32,
}

/// `struct pcap_stat`. Windows adds three fields; room for them and more is kept.
#[repr(C)]
#[derive(Default)]
pub(super) struct PcapStat {
    pub(super) received: c_uint,
    pub(super) dropped: c_uint,
    pub(super) interface_dropped: c_uint,
    pub(super) room: [c_uint; 8],
}

/// `struct pcap_if`.
#[repr(C)]
pub(super) struct PcapIf {
    pub(super) next: *mut PcapIf,
    pub(super) name: *const c_char,
    pub(super) description: *const c_char,
    pub(super) addresses: *mut PcapAddr,
    pub(super) flags: c_uint,
}

/// `struct pcap_addr`.
#[repr(C)]
pub(super) struct PcapAddr {
    pub(super) next: *mut PcapAddr,
    pub(super) address: *const u8,
    pub(super) netmask: *const u8,
    pub(super) broadcast: *const u8,
    pub(super) destination: *const u8,
}

pub(super) type PacketCallback = unsafe extern "C" fn(*mut u8, *const PacketHeader, *const u8);

type Setter = unsafe extern "C" fn(*mut PcapT, c_int) -> c_int;
type Getter = unsafe extern "C" fn(*mut PcapT) -> c_int;

/// Declares [`Api`] and how each function is found: `required` ones by name or not at all,
/// `optional` ones came with later versions.
macro_rules! api {
    (required { $($name:ident = $symbol:literal : $type:ty;)* }
     optional { $($maybe:ident = $maybe_symbol:literal : $maybe_type:ty;)* }) => {
        /// Functions of libpcap. They stay valid as long as `library` is loaded, which is for
        /// the life of the process.
        #[cfg_attr(not(unix), allow(dead_code, reason = "some are used on unix only"))]
        pub(crate) struct Api {
            $(pub(super) $name: $type,)*
            $(pub(super) $maybe: Option<$maybe_type>,)*
            _library: Library,
        }

        impl Api {
            fn from_library(library: Library) -> Result<Self, libloading::Error> {
                // SAFETY: each type is that of the function in pcap(3PCAP), whose interface has
                // been stable since the version that introduced it.
                unsafe {
                    Ok(Self {
                        $($name: *library.get::<$type>($symbol)?,)*
                        $($maybe: library.get::<$maybe_type>($maybe_symbol).ok().map(|f| *f),)*
                        _library: library,
                    })
                }
            }
        }
    };
}

api! {
    required {
        create = b"pcap_create\0": unsafe extern "C" fn(*const c_char, *mut c_char) -> *mut PcapT;
        set_snaplen = b"pcap_set_snaplen\0": Setter;
        set_promisc = b"pcap_set_promisc\0": Setter;
        set_timeout = b"pcap_set_timeout\0": Setter;
        set_buffer_size = b"pcap_set_buffer_size\0": Setter;
        activate = b"pcap_activate\0": Getter;
        close = b"pcap_close\0": unsafe extern "C" fn(*mut PcapT);
        geterr = b"pcap_geterr\0": unsafe extern "C" fn(*mut PcapT) -> *const c_char;
        status_text = b"pcap_statustostr\0": unsafe extern "C" fn(c_int) -> *const c_char;
        datalink = b"pcap_datalink\0": Getter;
        set_datalink = b"pcap_set_datalink\0": Setter;
        compile = b"pcap_compile\0":
            unsafe extern "C" fn(*mut PcapT, *mut BpfProgram, *const c_char, c_int, u32) -> c_int;
        setfilter = b"pcap_setfilter\0": unsafe extern "C" fn(*mut PcapT, *mut BpfProgram) -> c_int;
        freecode = b"pcap_freecode\0": unsafe extern "C" fn(*mut BpfProgram);
        offline_filter = b"pcap_offline_filter\0":
            unsafe extern "C" fn(*const BpfProgram, *const PacketHeader, *const u8) -> c_int;
        open_dead = b"pcap_open_dead\0": unsafe extern "C" fn(c_int, c_int) -> *mut PcapT;
        setnonblock = b"pcap_setnonblock\0":
            unsafe extern "C" fn(*mut PcapT, c_int, *mut c_char) -> c_int;
        dispatch = b"pcap_dispatch\0":
            unsafe extern "C" fn(*mut PcapT, c_int, PacketCallback, *mut u8) -> c_int;
        stats = b"pcap_stats\0": unsafe extern "C" fn(*mut PcapT, *mut PcapStat) -> c_int;
        findalldevs = b"pcap_findalldevs\0":
            unsafe extern "C" fn(*mut *mut PcapIf, *mut c_char) -> c_int;
        freealldevs = b"pcap_freealldevs\0": unsafe extern "C" fn(*mut PcapIf);
        lib_version = b"pcap_lib_version\0": unsafe extern "C" fn() -> *const c_char;
    }
    optional {
        init = b"pcap_init\0": unsafe extern "C" fn(c_uint, *mut c_char) -> c_int;
        set_immediate_mode = b"pcap_set_immediate_mode\0": Setter;
        set_tstamp_precision = b"pcap_set_tstamp_precision\0": Setter;
        get_tstamp_precision = b"pcap_get_tstamp_precision\0": Getter;
        get_selectable_fd = b"pcap_get_selectable_fd\0": Getter;
    }
}

/// Serialises compilation of filters, which older versions do in static memory.
pub(super) static COMPILING: Mutex<()> = Mutex::new(());

impl Api {
    /// The library: loaded at the first call that finds it, then kept.
    pub(crate) fn get() -> Result<&'static Self, CaptureError> {
        static LOADED: Mutex<Option<&'static Api>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(api) = *loaded {
            return Ok(api);
        }
        let api: &'static Self = Box::leak(Box::new(Self::load(&candidates())?));
        api.use_utf8();
        *loaded = Some(api);
        Ok(api)
    }

    fn load(names: &[String]) -> Result<Self, CaptureError> {
        let mut reasons = Vec::new();
        for name in names {
            match open(name).and_then(Self::from_library) {
                Ok(api) => return Ok(api),
                Err(error) => reasons.push(format!("{name}: {}", reason(&error))),
            }
        }
        Err(CaptureError::LibraryMissing { reasons })
    }

    /// Names and messages are UTF-8 on every system from libpcap 1.10 on, once asked for.
    fn use_utf8(&self) {
        const UTF_8: c_uint = 1;
        if let Some(init) = self.init {
            let mut error = [0; ERROR_BUFFER];
            // SAFETY: the buffer has the size that the library demands. Failure leaves the local
            // encoding in use, which only makes messages less readable.
            unsafe { init(UTF_8, error.as_mut_ptr()) };
        }
    }

    /// What the library says of itself, e.g. `libpcap version 1.10.3 (with TPACKET_V3)`.
    pub(crate) fn version(&self) -> String {
        // SAFETY: takes nothing; the text it returns is static.
        text(unsafe { (self.lib_version)() })
    }

    /// The library's words for a status code.
    pub(super) fn status(&self, code: c_int) -> String {
        // SAFETY: takes any number; the text it returns is static.
        text(unsafe { (self.status_text)(code) })
    }
}

/// The loader's own words, which say which file or function is missing.
fn reason(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// Copies a C string; empty for null.
pub(super) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: all callers pass what libpcap (or getifaddrs) documents as a NUL-terminated string,
    // valid until the next call on its handle, and there is none before the copy is made.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

#[cfg(target_os = "macos")]
fn candidates() -> Vec<String> {
    ["libpcap.A.dylib", "libpcap.dylib", "/usr/lib/libpcap.A.dylib"].map(String::from).to_vec()
}

/// Npcap installs into a folder of its own; WinPcap's old place comes last.
#[cfg(windows)]
fn candidates() -> Vec<String> {
    let root = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".into());
    vec![format!(r"{root}\System32\Npcap\wpcap.dll"), format!(r"{root}\System32\wpcap.dll")]
}

#[cfg(not(any(target_os = "macos", windows)))]
fn candidates() -> Vec<String> {
    ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so"].map(String::from).to_vec()
}

#[cfg(not(windows))]
fn open(name: &str) -> Result<Library, libloading::Error> {
    // SAFETY: libpcap has no initialisation routines that depend on anything of ours.
    unsafe { Library::new(name) }
}

/// Packet.dll, which wpcap.dll needs, is found in the folder of wpcap.dll.
#[cfg(windows)]
fn open(name: &str) -> Result<Library, libloading::Error> {
    use libloading::os::windows::{LOAD_WITH_ALTERED_SEARCH_PATH, Library as Dll};
    // SAFETY: as on other systems; the path is absolute, as the flag demands.
    unsafe { Dll::load_with_flags(name, LOAD_WITH_ALTERED_SEARCH_PATH) }.map(Library::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_an_error_with_all_that_was_tried() {
        let names = ["libnosuch.so.1", "/nowhere/libnosuch.so"].map(String::from);
        let error = Api::load(&names).err().expect("there is none");
        assert_eq!(error.code(), "no_capture_library");
        assert!(names.iter().all(|name| error.to_string().contains(name)), "{error}");
        assert!(error.remedy().to_lowercase().contains("pcap"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_without_the_functions_is_as_good_as_none() {
        let error = Api::load(&["libc.so.6".to_owned()]).err().expect("not libpcap");
        assert!(error.to_string().contains("pcap_create"), "{error}");
    }
}
