//! Whether this process may capture, as far as can be told without trying.

/// Whether capture is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapturePermission {
    /// This process has the right.
    Granted,
    /// It lacks the right, and which.
    Denied(String),
    /// The system does not say beforehand.
    Unknown,
}

/// Finds out whether this process may capture.
#[cfg(target_os = "linux")]
pub fn capture_permission() -> CapturePermission {
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => from_status(&status),
        Err(_) => CapturePermission::Unknown,
    }
}

/// Finds out whether this process may capture: whether it may open a BPF device.
#[cfg(target_os = "macos")]
pub fn capture_permission() -> CapturePermission {
    match std::fs::File::open("/dev/bpf0") {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            CapturePermission::Denied("/dev/bpf0 cannot be opened by this user".to_owned())
        }
        // Open or busy: the right is there.
        _ => CapturePermission::Granted,
    }
}

/// Finds out whether this process may capture. Npcap tells only on trying.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn capture_permission() -> CapturePermission {
    CapturePermission::Unknown
}

/// Reads the effective capabilities from `/proc/self/status`.
#[cfg(any(test, target_os = "linux"))]
fn from_status(status: &str) -> CapturePermission {
    const CAP_NET_RAW: u32 = 13;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    match line.map(|value| u64::from_str_radix(value.trim(), 16)) {
        Some(Ok(set)) if set >> CAP_NET_RAW & 1 == 1 => CapturePermission::Granted,
        Some(Ok(_)) => {
            CapturePermission::Denied("this process lacks the capability CAP_NET_RAW".to_owned())
        }
        _ => CapturePermission::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effective_capabilities_decide() {
        let status = |set: &str| from_status(&format!("Name:\tx\nCapEff:\t{set}\n"));
        assert_eq!(status("000001ffffffffff"), CapturePermission::Granted);
        assert_eq!(status("0000000000002000"), CapturePermission::Granted);
        assert!(matches!(status("0000000000000000"), CapturePermission::Denied(_)));
        assert_eq!(status("what"), CapturePermission::Unknown);
        assert_eq!(from_status(""), CapturePermission::Unknown);
    }
}
