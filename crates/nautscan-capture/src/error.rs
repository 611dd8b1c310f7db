//! One error type: what failed, why, and what a person can do.

use std::io;

use thiserror::Error;

#[cfg(target_os = "linux")]
const INSTALL_LIBRARY: &str = "Install libpcap: `apt install libpcap0.8`, `dnf install libpcap`, \
    `apk add libpcap` or `pacman -S libpcap`.";
#[cfg(target_os = "macos")]
const INSTALL_LIBRARY: &str =
    "libpcap is part of macOS; `brew install libpcap` brings a newer one.";
#[cfg(windows)]
const INSTALL_LIBRARY: &str = "Install Npcap from https://npcap.com, then start again.";
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const INSTALL_LIBRARY: &str = "Install libpcap with the system's package manager.";

#[cfg(target_os = "linux")]
pub(crate) const GRANT_CAPTURE: &str = "Run with sudo, or grant the interpreter the right: \
    `sudo setcap cap_net_raw=eip \"$(readlink -f .venv/bin/python)\"`; in a \
    container, add the capability NET_RAW.";
#[cfg(target_os = "macos")]
pub(crate) const GRANT_CAPTURE: &str = "Run with sudo, or make /dev/bpf* readable for your user, \
    as Wireshark's ChmodBPF does.";
#[cfg(windows)]
pub(crate) const GRANT_CAPTURE: &str = "Run as administrator, or install Npcap without \
    restricting it to administrators.";
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
pub(crate) const GRANT_CAPTURE: &str = "Run as root.";

#[cfg(target_os = "linux")]
fn up_command(interface: &str) -> String {
    format!("Bring it up: `sudo ip link set {interface} up`.")
}
#[cfg(not(target_os = "linux"))]
fn up_command(interface: &str) -> String {
    format!("Enable {interface} in the system's network settings.")
}

#[cfg(target_os = "linux")]
const ENTER: &str = "Entering a container takes CAP_SYS_ADMIN and CAP_SYS_PTRACE: start NautScan \
    as root, with --container or --enter-containers.";
#[cfg(not(target_os = "linux"))]
const ENTER: &str = "Only Linux has network namespaces: run NautScan on the Linux machine, real or \
    virtual, that the containers run on.";

/// How a file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// The file ends inside a record: it was cut off, or is still being written.
    Cut,
    /// A length or marker contradicts the format.
    Corrupt,
    /// The compressed stream around the capture is broken.
    Compression,
}

/// Why packets cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// A file could not be opened.
    #[error("cannot open {name}: {source}")]
    Open {
        /// Path as given.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Reading failed.
    #[error("cannot read {name} at byte {offset}: {source}")]
    Read {
        /// Path, or `stdin`.
        name: String,
        /// Where, in the uncompressed capture.
        offset: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// Neither pcap nor pcapng.
    #[error("{name} is not a capture file that can be read: {what}")]
    NotACapture {
        /// Path, or `stdin`.
        name: String,
        /// What was found instead.
        what: String,
        /// How to make it readable, if what it is is known.
        remedy: Option<String>,
    },
    /// Damaged from `offset` on; every packet before it was delivered.
    #[error("{name} is damaged at byte {offset}: {what}")]
    Damaged {
        /// Path, or `stdin`.
        name: String,
        /// Start of the damaged record, in the uncompressed capture.
        offset: u64,
        /// In what way.
        kind: DamageKind,
        /// What is wrong, in words.
        what: String,
    },
    /// More files overlap in time than can be open at once.
    #[error("{count} captures overlap in time; at most {limit} can be merged at once")]
    TooManyOpen {
        /// Files that would have to be open.
        count: usize,
        /// [`crate::MAX_OPEN_FILES`].
        limit: usize,
    },
    /// More interfaces than packets can name.
    #[error("the captures describe more than {limit} interfaces")]
    TooManyInterfaces {
        /// [`crate::MAX_INTERFACES`].
        limit: usize,
    },
    /// libpcap or Npcap is not installed.
    #[error("no capture library was found ({})", reasons.join("; "))]
    LibraryMissing {
        /// What was tried, and why each failed.
        reasons: Vec<String>,
    },
    /// The system has no such interface.
    #[error("there is no interface {interface} to capture on: {detail}")]
    UnknownInterface {
        /// Name as given.
        interface: String,
        /// The library's words.
        detail: String,
    },
    /// Capture needs rights that this process lacks.
    #[error("no permission to capture on {interface}: {detail}")]
    NoPermission {
        /// The interface.
        interface: String,
        /// The library's words.
        detail: String,
    },
    /// Capture is permitted, promiscuous mode is not.
    #[error("no permission for promiscuous mode on {interface}: {detail}")]
    PromiscuousDenied {
        /// The interface.
        interface: String,
        /// The library's words.
        detail: String,
    },
    /// A process is not of the container that it was said to be of.
    #[error("process {pid} is not of the container {container}: {detail}")]
    NotInContainer {
        /// Its number.
        pid: u32,
        /// The container's id.
        container: String,
        /// What was found instead.
        detail: String,
    },
    /// A network namespace cannot be entered.
    #[error("the network namespace of {whose} cannot be entered: {detail}")]
    CannotEnter {
        /// Whose it is.
        whose: String,
        /// What is missing, or the system's words.
        detail: String,
    },
    /// The interface exists but is down.
    #[error("{interface} is not up")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The BPF filter does not compile.
    #[error("the capture filter {filter:?} is not valid {context}: {message}")]
    BadFilter {
        /// The filter, shortened if it is very long.
        filter: String,
        /// The compiler's words.
        message: String,
        /// For what it was compiled.
        context: String,
    },
    /// Anything else that goes wrong with an interface.
    #[error("{interface} cannot {what}: {detail}")]
    Live {
        /// The interface.
        interface: String,
        /// What was tried.
        what: &'static str,
        /// The library's words.
        detail: String,
    },
    /// The interfaces cannot be listed.
    #[error("the interfaces cannot be listed: {detail}")]
    List {
        /// The library's or system's words.
        detail: String,
    },
    /// A schema of Protocol Buffers that cannot be used.
    #[error("the schema {path} cannot be used: {why}")]
    Schema {
        /// Path as given, or found in a folder.
        path: String,
        /// What is wrong.
        why: String,
        /// How to mend it.
        remedy: String,
    },
    /// Waiting for packets failed.
    #[error("cannot wait for packets: {0}")]
    Wait(io::Error),
}

impl CaptureError {
    /// Stable name of the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "not_found",
                io::ErrorKind::PermissionDenied => "no_permission",
                _ => "bad_file",
            },
            Self::Read { .. }
            | Self::NotACapture { .. }
            | Self::Damaged { .. }
            | Self::TooManyOpen { .. }
            | Self::TooManyInterfaces { .. }
            | Self::Schema { .. } => "bad_file",
            Self::LibraryMissing { .. } => "no_capture_library",
            Self::UnknownInterface { .. } => "unknown_interface",
            Self::NoPermission { .. } | Self::PromiscuousDenied { .. } => "no_permission",
            Self::NotInContainer { .. } => "unknown_container",
            Self::CannotEnter { .. } => "cannot_enter",
            Self::InterfaceDown { .. } => "interface_down",
            Self::BadFilter { .. } => "bad_filter",
            Self::Live { .. } | Self::List { .. } | Self::Wait(_) => "capture_failed",
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Open { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "Check the path.".into(),
                io::ErrorKind::PermissionDenied => {
                    "Make the file readable for the user that runs NautScan.".into()
                }
                _ => "Check that the path names a readable file or pipe.".into(),
            },
            Self::Read { .. } => "Check the disk, or copy the file and try again.".into(),
            Self::NotACapture { remedy: Some(remedy), .. } => remedy.clone(),
            Self::NotACapture { remedy: None, .. } => {
                "Give a pcap or pcapng file, plain or compressed with gzip or zstd.".into()
            }
            Self::Damaged { kind, .. } => match kind {
                DamageKind::Cut => "The packets before it were read. If the capture is still \
                     being written, read it again later."
                    .into(),
                DamageKind::Corrupt => "The packets before it were read; the rest cannot be, \
                     because record boundaries are lost."
                    .into(),
                DamageKind::Compression => {
                    "The packets before it were read. Copy or compress the file again.".into()
                }
            },
            Self::Schema { remedy, .. } => remedy.clone(),
            Self::TooManyOpen { limit, .. } => {
                format!("Read at most {limit} captures of the same period at once.")
            }
            Self::TooManyInterfaces { .. } => "Read fewer captures at once.".into(),
            Self::LibraryMissing { .. } => INSTALL_LIBRARY.into(),
            Self::UnknownInterface { .. } => {
                "`nautscan interfaces` lists the interfaces there are.".into()
            }
            Self::NoPermission { .. } => GRANT_CAPTURE.into(),
            Self::PromiscuousDenied { .. } => {
                format!("Capture without promiscuous mode. Or: {GRANT_CAPTURE}")
            }
            Self::NotInContainer { .. } => {
                "The container has ended, or its processes have other numbers here. Capture where \
                 the container engine runs, in the same process namespace."
                    .into()
            }
            Self::CannotEnter { .. } => ENTER.into(),
            Self::InterfaceDown { interface } => up_command(interface),
            Self::BadFilter { .. } => {
                "Capture filters are BPF as in tcpdump, for example `tcp port 80` or \
                 `host 10.0.0.5 and not port 22`; `man pcap-filter` describes them."
                    .into()
            }
            Self::Live { .. } | Self::List { .. } => {
                "Check that the interface exists and is up; `nautscan interfaces` lists all.".into()
            }
            Self::Wait(_) => "Free file descriptors or memory, and start again.".into(),
        }
    }

    /// True where one file cannot be read (on), which need not keep one from reading others:
    /// rather a warning than a failure, once packets were had.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Read { .. } | Self::NotACapture { .. })
    }
}
