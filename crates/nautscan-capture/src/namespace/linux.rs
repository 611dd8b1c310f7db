//! setns(2).

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, fstat, open, openat};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, netlink, socket_with};
use rustix::thread::{
    CapabilitySet, LinkNameSpaceType, capabilities, move_into_link_name_space, set_capabilities,
};

use super::{check_id, names_container};
use crate::interface::links_of_this_namespace;
use crate::{CaptureError, Interface};

/// Opening another user's `/proc/PID/ns/net`, and entering it. Held in reserve (permitted, not
/// effective) by the process, in effect in no thread but those of this module, for two calls.
const ENTERING: CapabilitySet = CapabilitySet::SYS_ADMIN.union(CapabilitySet::SYS_PTRACE);

/// Link and address changes (`rtnetlink(7)`: RTMGRP_LINK, RTMGRP_IPV4_IFADDR,
/// RTMGRP_IPV6_IFADDR).
const CHANGES: u32 = 0x1 | 0x10 | 0x100;

/// A network namespace, held open: it exists as long as this does, even once the container's
/// processes have ended.
#[derive(Debug)]
pub struct Namespace {
    fd: OwnedFd,
    whose: String,
}

impl Namespace {
    /// Opens the network namespace of a container's process.
    ///
    /// Numbers of processes are given anew, so the process's folder in `/proc` is opened first:
    /// that it is of the container, and what its namespace is, is then said of one process.
    pub fn of_container(pid: u32, container: &str) -> Result<Self, CaptureError> {
        check_id(pid, container)?;
        let whose = format!("the container {}", &container[..12]);
        let gone = |detail: String| CaptureError::NotInContainer {
            pid,
            container: container.to_owned(),
            detail,
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let process = open(format!("/proc/{pid}"), flags | OFlags::DIRECTORY, Mode::empty())
            .map_err(|error| gone(error.to_string()))?;
        let groups = openat(&process, "cgroup", flags, Mode::empty())
            .map_err(io::Error::from)
            .and_then(|fd| io::read_to_string(std::fs::File::from(fd)))
            .map_err(|error| gone(error.to_string()))?;
        if !names_container(&groups, container) {
            return Err(gone(format!("its control group is {}", first_line(&groups))));
        }
        let opened = in_own_thread(|| {
            with_rights(|| {
                openat(&process, "ns/net", flags, Mode::empty()).map_err(io::Error::from)
            })
        });
        match opened.and_then(|opened| opened) {
            Ok(fd) => Ok(Self { fd, whose }),
            Err(error) => Err(refused(&whose, &error)),
        }
    }

    /// Whether it is the one that this process is in: the container uses the host's network.
    pub fn is_own(&self) -> bool {
        let own = open("/proc/thread-self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let identity = |fd: &OwnedFd| fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
        own.is_ok_and(|own| identity(&own).is_ok_and(|own| Ok(own) == identity(&self.fd)))
    }

    /// Calls something in the namespace, in a thread that ends with it. The rights that entering
    /// takes are given back before the call.
    pub fn within<T: Send>(&self, call: impl FnOnce() -> T + Send) -> Result<T, CaptureError> {
        let enter = || {
            let kind = Some(LinkNameSpaceType::Network);
            with_rights(|| {
                move_into_link_name_space(self.fd.as_fd(), kind).map_err(io::Error::from)
            })
        };
        let called = in_own_thread(|| enter().map(|()| call()));
        called.and_then(|called| called).map_err(|error| refused(&self.whose, &error))
    }

    /// The interfaces in it, as far as the C library lists them: no kinds but the loopback's.
    pub fn interfaces(&self) -> Result<Vec<Interface>, CaptureError> {
        self.within(links_of_this_namespace)
    }

    /// A netlink socket that becomes readable whenever a link or an address in it changes.
    pub fn changes(&self) -> Result<OwnedFd, CaptureError> {
        let opened = self.within(|| {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            // No protocol is protocol 0: NETLINK_ROUTE.
            let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
            bind(&fd, &netlink::SocketAddrNetlink::new(0, CHANGES))?;
            Ok::<_, io::Error>(fd)
        })?;
        opened.map_err(|error| refused(&self.whose, &error))
    }
}

/// Calls something in a thread that ends with it. What the call changes of its thread (namespace,
/// capabilities) is gone with the thread.
fn in_own_thread<T: Send>(call: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let name = "nautscan-enter".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn_scoped(scope, call)?;
        thread.join().map_err(|_| io::Error::other("the thread failed"))
    })
}

/// Calls something with the rights of [`ENTERING`] in effect, as far as they are held in reserve.
fn with_rights<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = capabilities(None)?;
    let mut raised = before;
    raised.effective |= before.permitted & ENTERING;
    set_capabilities(None, raised)?;
    let done = call();
    set_capabilities(None, before)?;
    done
}

fn refused(whose: &str, error: &io::Error) -> CaptureError {
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    let lacking = if denied { lacking_rights() } else { None };
    CaptureError::CannotEnter {
        whose: whose.to_owned(),
        detail: lacking.unwrap_or_else(|| error.to_string()),
    }
}

fn lacking_rights() -> Option<String> {
    let permitted = capabilities(None).ok()?.permitted;
    let named = [
        (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN"),
        (CapabilitySet::SYS_PTRACE, "CAP_SYS_PTRACE"),
    ];
    let lacking: Vec<&str> =
        named.iter().filter(|(set, _)| !permitted.contains(*set)).map(|(_, name)| *name).collect();
    (!lacking.is_empty()).then(|| format!("this process lacks {}", lacking.join(" and ")))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The process's own namespace stands for a container's.
    fn own() -> Namespace {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let fd = open("/proc/self/ns/net", flags, Mode::empty()).expect("own namespace");
        Namespace { fd, whose: "this test".to_owned() }
    }

    #[test]
    fn a_process_that_is_not_of_the_container_is_refused() {
        let id = "0123456789abcdef".repeat(4);
        let error = Namespace::of_container(std::process::id(), &id).expect_err("no container");
        assert_eq!(error.code(), "unknown_container");
        assert!(error.to_string().contains("control group"), "{error}");
        let error = Namespace::of_container(u32::MAX, &id).expect_err("no process");
        assert_eq!(error.code(), "unknown_container");
    }

    #[test]
    fn ones_own_namespace_is_known_and_rights_end_with_the_call() {
        assert!(own().is_own());
        let during = in_own_thread(|| {
            let during = with_rights(|| Ok(capabilities(None)?.effective));
            (during, capabilities(None))
        });
        let (during, after) = during.expect("thread");
        let (during, after) = (during.expect("raised"), after.expect("own"));
        let main = capabilities(None).expect("own");
        assert_eq!(after, main);
        assert_eq!(during, main.effective | (main.permitted & ENTERING));
    }

    #[test]
    fn what_is_found_inside_is_found_by_a_thread_of_its_own() {
        let here = std::thread::current().id();
        match own().within(|| std::thread::current().id()) {
            Ok(there) => {
                assert_ne!(there, here);
                let links = own().interfaces().expect("listed");
                assert!(links.iter().any(|link| link.name == "lo" && link.loopback));
                assert!(own().changes().is_ok());
            }
            // Without root: it is said what is missing.
            Err(error) => {
                assert_eq!(error.code(), "cannot_enter");
                assert!(error.to_string().contains("CAP_SYS_ADMIN"), "{error}");
            }
        }
    }
}
