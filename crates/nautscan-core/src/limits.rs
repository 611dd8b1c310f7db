//! Every cap of the engine, named and justified. A full buffer drops and counts; none grows
//! without bound.

/// Body bytes kept of each message unless set otherwise: enough to read a JSON answer, small
/// enough that a thousand exchanges a second stay a few megabytes.
pub const BODY_KEPT: usize = 16 * 1024;
