//! Other network namespaces: those of containers.
//!
//! A thread is the unit that is in a namespace, and a socket stays in the one that it was made
//! in. So each visit is by a thread of its own that ends with it: no other work of this process
//! ever happens elsewhere.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Namespace;
#[cfg(target_os = "linux")]
pub use linux::Namespace;

use crate::CaptureError;

/// Length of a container's id, in hexadecimal digits.
const ID_DIGITS: usize = 64;

/// Whether a process with these control groups (`/proc/PID/cgroup`) is of the container: one of
/// them bears the container's id, whole, whatever the engine puts around it.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "asked on Linux only"))]
fn names_container(control_groups: &str, container: &str) -> bool {
    control_groups.lines().any(|line| line.contains(container))
}

/// Refuses what is no whole id: a part of one could be found anywhere.
fn check_id(pid: u32, container: &str) -> Result<(), CaptureError> {
    let is_id = container.len() == ID_DIGITS
        && container.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_id {
        return Ok(());
    }
    Err(CaptureError::NotInContainer {
        pid,
        container: container.chars().take(ID_DIGITS).collect(),
        detail: "that is not the id of a container".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "53e8e2e2a29d1b6b8ba4d5b6ae9ba4c4b9f2b3c3d2e1f0a9b8c7d6e5f4a3b2c1";

    #[test]
    fn control_groups_of_every_engine_name_their_container() {
        for group in [
            format!("0::/system.slice/docker-{ID}.scope"),
            format!("0::/docker/{ID}"),
            format!("0::/../../docker/{ID}/init"),
            format!("12:memory:/docker/{ID}\n11:cpu:/docker/{ID}\n0::/"),
            format!(
                "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope"
            ),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope"),
        ] {
            assert!(names_container(&group, ID), "{group}");
        }
        for group in ["", "0::/", "0::/user.slice", &format!("0::/docker/{}", &ID[1..])] {
            assert!(!names_container(group, ID), "{group}");
        }
    }

    #[test]
    fn only_a_whole_id_is_an_id() {
        assert!(check_id(1, ID).is_ok());
        for text in ["", "/", "53e8e2e2a29d", &ID.to_uppercase(), &format!("{ID}0")] {
            let error = check_id(1, text).expect_err("no id");
            assert_eq!(error.code(), "unknown_container");
        }
    }
}
