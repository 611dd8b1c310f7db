//! Numbers that have names.

/// What the application is asked to be (section 6 of the specification).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Unknown,
    Responder,
    Authorizer,
    Filter,
}

impl Role {
    pub(super) fn of(number: u16) -> Self {
        match number {
            1 => Self::Responder,
            2 => Self::Authorizer,
            3 => Self::Filter,
            _ => Self::Unknown,
        }
    }

    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Responder => Some("responder"),
            Self::Authorizer => Some("authorizer"),
            Self::Filter => Some("filter"),
        }
    }
}

/// The outcome as the protocol has it (section 5.5): its name, and the error that it is.
pub(super) fn protocol_status(status: u8) -> (Option<&'static str>, Option<&'static str>) {
    let refused = |name| (Some(name), Some(name));
    match status {
        0 => (Some("REQUEST_COMPLETE"), None),
        1 => refused("CANT_MPX_CONN"),
        2 => refused("OVERLOADED"),
        3 => refused("UNKNOWN_ROLE"),
        _ => (None, Some("error response")),
    }
}
