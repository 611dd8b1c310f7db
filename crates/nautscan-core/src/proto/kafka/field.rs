//! Fields of messages: how they are written, which versions have them, what they say.

/// What a value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Unsaid,
    Topic,
    /// Its id, which stands for its name.
    TopicId,
    /// Its id, beside its name.
    IdOfTopic,
    Partition,
    Group,
    Generation,
    Member,
    TransactionalId,
    Acks,
    /// What a coordinator is sought for.
    Key,
    Mechanism,
    Software,
    SoftwareVersion,
    Throttle,
    /// Of what was named last.
    Error,
    /// Of what is named next.
    EarlyError,
    /// Of the whole.
    WholeError,
    /// That of ApiVersions: which layout follows depends on it.
    VersionsError,
    ErrorMessage,
}

/// How a value is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A number of so many bytes.
    Number(usize, What),
    Uuid(What),
    Text(What),
    /// Bytes of no interest, or that are not to be kept.
    Bytes,
    Records,
    /// Elements, each with tagged fields where the version has them.
    Structs(&'static [Field]),
    /// Elements of one value.
    Each(&'static [Field]),
}

/// A field and the versions that have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) from: i16,
    pub(super) to: i16,
    pub(super) kind: Kind,
}

/// A request and its answer.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) request: &'static [Field],
    pub(super) answer: &'static [Field],
}

pub(super) const fn within(from: i16, to: i16, kind: Kind) -> Field {
    Field { from, to, kind }
}
pub(super) const fn from(from: i16, kind: Kind) -> Field {
    within(from, i16::MAX, kind)
}
pub(super) const fn all(kind: Kind) -> Field {
    from(0, kind)
}
pub(super) const fn int8(what: What) -> Kind {
    Kind::Number(1, what)
}
pub(super) const fn int16(what: What) -> Kind {
    Kind::Number(2, what)
}
pub(super) const fn int32(what: What) -> Kind {
    Kind::Number(4, what)
}
pub(super) const fn int64(what: What) -> Kind {
    Kind::Number(8, what)
}
