//! Prints the interfaces of this machine, and which would be captured on.

use std::io::{Write, stdout};

use nautscan_capture::{capture_library, default_interfaces, interfaces};

fn main() -> std::io::Result<()> {
    let mut out = stdout().lock();
    match capture_library() {
        Ok(version) => writeln!(out, "{version}")?,
        Err(error) => writeln!(out, "{error}\n{}", error.remedy())?,
    }
    let listing = interfaces();
    if let Some(problem) = &listing.problem {
        writeln!(out, "{problem}\n{}", problem.remedy())?;
    }
    for interface in &listing.interfaces {
        writeln!(out, "{interface:?}")?;
    }
    writeln!(out, "{:?}", default_interfaces(&listing.interfaces))
}
