//! What messages are made of, as far as it is read: a table of fields for each kind of request and
//! answer, with the versions that have them.
//!
//! Tagged fields are passed over, whatever they hold, so they are not in the tables. Source: the schemas
//! of Apache Kafka's messages.

use super::field::Kind::{Bytes, Each, Records, Structs, Text, Uuid};
use super::field::What::*;
use super::field::{Field, Kind, Layout, all, from, int8, int16, int32, int64, within};

const NUMBERS: Kind = Each(&[all(int32(Unsaid))]);
const PARTITIONS: Kind = Each(&[all(int32(Partition))]);

static PRODUCE: Layout = Layout {
    request: &[
        from(3, Text(TransactionalId)),
        all(int16(Acks)),
        all(int32(Unsaid)),
        all(Structs(&[
            within(0, 12, Text(Topic)),
            from(13, Uuid(TopicId)),
            all(Structs(&[all(int32(Partition)), all(Records)])),
        ])),
    ],
    answer: &[
        all(Structs(&[
            within(0, 12, Text(Topic)),
            from(13, Uuid(TopicId)),
            all(Structs(&[
                all(int32(Partition)),
                all(int16(Error)),
                all(int64(Unsaid)),
                from(2, int64(Unsaid)),
                from(5, int64(Unsaid)),
                from(8, Structs(&[all(int32(Unsaid)), all(Text(ErrorMessage))])),
                from(8, Text(ErrorMessage)),
            ])),
        ])),
        from(1, int32(Throttle)),
    ],
};

static FETCH: Layout = Layout {
    request: &[
        within(0, 14, int32(Unsaid)),
        all(int32(Unsaid)),
        all(int32(Unsaid)),
        from(3, int32(Unsaid)),
        from(4, int8(Unsaid)),
        from(7, int32(Unsaid)),
        from(7, int32(Unsaid)),
        all(Structs(&[
            within(0, 12, Text(Topic)),
            from(13, Uuid(TopicId)),
            all(Structs(&[
                all(int32(Partition)),
                from(9, int32(Unsaid)),
                all(int64(Unsaid)),
                from(12, int32(Unsaid)),
                from(5, int64(Unsaid)),
                all(int32(Unsaid)),
            ])),
        ])),
        // Topics that are not wanted any more.
        from(7, Structs(&[within(7, 12, Text(Unsaid)), from(13, Uuid(Unsaid)), all(NUMBERS)])),
        from(11, Text(Unsaid)),
    ],
    answer: &[
        from(1, int32(Throttle)),
        from(7, int16(WholeError)),
        from(7, int32(Unsaid)),
        all(Structs(&[
            within(0, 12, Text(Topic)),
            from(13, Uuid(TopicId)),
            all(Structs(&[
                all(int32(Partition)),
                all(int16(Error)),
                all(int64(Unsaid)),
                from(4, int64(Unsaid)),
                from(5, int64(Unsaid)),
                from(4, Structs(&[all(int64(Unsaid)), all(int64(Unsaid))])),
                from(11, int32(Unsaid)),
                all(Records),
            ])),
        ])),
    ],
};

static LIST_OFFSETS: Layout = Layout {
    request: &[
        all(int32(Unsaid)),
        from(2, int8(Unsaid)),
        all(Structs(&[
            all(Text(Topic)),
            all(Structs(&[
                all(int32(Partition)),
                from(4, int32(Unsaid)),
                all(int64(Unsaid)),
                within(0, 0, int32(Unsaid)),
            ])),
        ])),
        from(10, int32(Unsaid)),
    ],
    answer: &[
        from(2, int32(Throttle)),
        all(Structs(&[
            all(Text(Topic)),
            all(Structs(&[
                all(int32(Partition)),
                all(int16(Error)),
                within(0, 0, Each(&[all(int64(Unsaid))])),
                from(1, int64(Unsaid)),
                from(1, int64(Unsaid)),
                from(4, int32(Unsaid)),
            ])),
        ])),
    ],
};

static METADATA: Layout = Layout {
    request: &[
        all(Structs(&[from(10, Uuid(TopicId)), all(Text(Topic))])),
        from(4, int8(Unsaid)),
        within(8, 10, int8(Unsaid)),
        from(8, int8(Unsaid)),
    ],
    answer: &[
        from(3, int32(Throttle)),
        all(Structs(&[
            all(int32(Unsaid)),
            all(Text(Unsaid)),
            all(int32(Unsaid)),
            from(1, Text(Unsaid)),
        ])),
        from(2, Text(Unsaid)),
        from(1, int32(Unsaid)),
        all(Structs(&[
            all(int16(EarlyError)),
            all(Text(Topic)),
            from(10, Uuid(IdOfTopic)),
            from(1, int8(Unsaid)),
            all(Structs(&[
                all(int16(EarlyError)),
                all(int32(Partition)),
                all(int32(Unsaid)),
                from(7, int32(Unsaid)),
                all(NUMBERS),
                all(NUMBERS),
                from(5, NUMBERS),
            ])),
            from(8, int32(Unsaid)),
        ])),
        within(8, 10, int32(Unsaid)),
        from(13, int16(WholeError)),
    ],
};

static OFFSET_COMMIT: Layout = Layout {
    request: &[
        all(Text(Group)),
        from(1, int32(Generation)),
        from(1, Text(Member)),
        from(7, Text(Unsaid)),
        within(2, 4, int64(Unsaid)),
        all(Structs(&[
            within(0, 9, Text(Topic)),
            from(10, Uuid(TopicId)),
            all(Structs(&[
                all(int32(Partition)),
                all(int64(Unsaid)),
                from(6, int32(Unsaid)),
                within(1, 1, int64(Unsaid)),
                all(Text(Unsaid)),
            ])),
        ])),
    ],
    answer: &[
        from(3, int32(Throttle)),
        all(Structs(&[
            within(0, 9, Text(Topic)),
            from(10, Uuid(TopicId)),
            all(Structs(&[all(int32(Partition)), all(int16(Error))])),
        ])),
    ],
};

static OFFSET_FETCH: Layout = Layout {
    request: &[
        within(0, 7, Text(Group)),
        within(0, 7, Structs(&[all(Text(Topic)), all(PARTITIONS)])),
        from(
            8,
            Structs(&[
                all(Text(Group)),
                from(9, Text(Member)),
                from(9, int32(Generation)),
                all(Structs(&[
                    within(8, 9, Text(Topic)),
                    from(10, Uuid(TopicId)),
                    all(PARTITIONS),
                ])),
            ]),
        ),
        from(7, int8(Unsaid)),
    ],
    answer: &[
        from(3, int32(Throttle)),
        within(0, 7, Structs(&[all(Text(Topic)), all(Structs(COMMITTED))])),
        within(2, 7, int16(WholeError)),
        from(
            8,
            Structs(&[
                all(Text(Group)),
                all(Structs(&[
                    within(8, 9, Text(Topic)),
                    from(10, Uuid(TopicId)),
                    all(Structs(COMMITTED)),
                ])),
                all(int16(WholeError)),
            ]),
        ),
    ],
};

/// A partition's committed offset.
const COMMITTED: &[Field] = &[
    all(int32(Partition)),
    all(int64(Unsaid)),
    from(5, int32(Unsaid)),
    all(Text(Unsaid)),
    all(int16(Error)),
];

static FIND_COORDINATOR: Layout = Layout {
    request: &[within(0, 3, Text(Key)), from(1, int8(Unsaid)), from(4, Each(&[all(Text(Key))]))],
    answer: &[
        from(1, int32(Throttle)),
        within(0, 3, int16(WholeError)),
        within(1, 3, Text(ErrorMessage)),
        within(0, 3, int32(Unsaid)),
        within(0, 3, Text(Unsaid)),
        within(0, 3, int32(Unsaid)),
        from(
            4,
            Structs(&[
                all(Text(Unsaid)),
                all(int32(Unsaid)),
                all(Text(Unsaid)),
                all(int32(Unsaid)),
                all(int16(WholeError)),
                all(Text(ErrorMessage)),
            ]),
        ),
    ],
};

static JOIN_GROUP: Layout = Layout {
    request: &[
        all(Text(Group)),
        all(int32(Unsaid)),
        from(1, int32(Unsaid)),
        all(Text(Member)),
        from(5, Text(Unsaid)),
        all(Text(Unsaid)),
        all(Structs(&[all(Text(Unsaid)), all(Bytes)])),
        from(8, Text(Unsaid)),
    ],
    answer: &[
        from(2, int32(Throttle)),
        all(int16(WholeError)),
        all(int32(Generation)),
        from(7, Text(Unsaid)),
        all(Text(Unsaid)),
        all(Text(Unsaid)),
        from(9, int8(Unsaid)),
        all(Text(Member)),
        all(Structs(&[all(Text(Unsaid)), from(5, Text(Unsaid)), all(Bytes)])),
    ],
};

static HEARTBEAT: Layout = Layout {
    request: &[all(Text(Group)), all(int32(Generation)), all(Text(Member)), from(3, Text(Unsaid))],
    answer: &[from(1, int32(Throttle)), all(int16(WholeError))],
};

static LEAVE_GROUP: Layout = Layout {
    request: &[
        all(Text(Group)),
        within(0, 2, Text(Member)),
        from(3, Structs(&[all(Text(Member)), all(Text(Unsaid)), from(5, Text(Unsaid))])),
    ],
    answer: &[
        from(1, int32(Throttle)),
        all(int16(WholeError)),
        from(3, Structs(&[all(Text(Unsaid)), all(Text(Unsaid)), all(int16(WholeError))])),
    ],
};

static SYNC_GROUP: Layout = Layout {
    request: &[
        all(Text(Group)),
        all(int32(Generation)),
        all(Text(Member)),
        from(3, Text(Unsaid)),
        from(5, Text(Unsaid)),
        from(5, Text(Unsaid)),
        all(Structs(&[all(Text(Unsaid)), all(Bytes)])),
    ],
    answer: &[
        from(1, int32(Throttle)),
        all(int16(WholeError)),
        from(5, Text(Unsaid)),
        from(5, Text(Unsaid)),
        all(Bytes),
    ],
};

static SASL_HANDSHAKE: Layout = Layout {
    request: &[all(Text(Mechanism))],
    answer: &[all(int16(WholeError)), all(Each(&[all(Text(Unsaid))]))],
};

static API_VERSIONS: Layout = Layout {
    request: &[from(3, Text(Software)), from(3, Text(SoftwareVersion))],
    answer: &[
        all(int16(VersionsError)),
        all(Structs(&[all(int16(Unsaid)), all(int16(Unsaid)), all(int16(Unsaid))])),
        from(1, int32(Throttle)),
    ],
};

static CREATE_TOPICS: Layout = Layout {
    request: &[
        all(Structs(&[
            all(Text(Topic)),
            all(int32(Unsaid)),
            all(int16(Unsaid)),
            all(Structs(&[all(int32(Unsaid)), all(NUMBERS)])),
            all(Structs(&[all(Text(Unsaid)), all(Text(Unsaid))])),
        ])),
        all(int32(Unsaid)),
        from(1, int8(Unsaid)),
    ],
    answer: &[
        from(2, int32(Throttle)),
        all(Structs(&[
            all(Text(Topic)),
            from(7, Uuid(IdOfTopic)),
            all(int16(Error)),
            from(1, Text(ErrorMessage)),
            from(5, int32(Unsaid)),
            from(5, int16(Unsaid)),
            from(
                5,
                Structs(&[
                    all(Text(Unsaid)),
                    all(Text(Unsaid)),
                    all(int8(Unsaid)),
                    all(int8(Unsaid)),
                    all(int8(Unsaid)),
                ]),
            ),
        ])),
    ],
};

static DELETE_TOPICS: Layout = Layout {
    request: &[
        from(6, Structs(&[all(Text(Topic)), all(Uuid(TopicId))])),
        within(0, 5, Each(&[all(Text(Topic))])),
        all(int32(Unsaid)),
    ],
    answer: &[
        from(1, int32(Throttle)),
        all(Structs(&[
            all(Text(Topic)),
            from(6, Uuid(IdOfTopic)),
            all(int16(Error)),
            from(5, Text(ErrorMessage)),
        ])),
    ],
};

static INIT_PRODUCER_ID: Layout = Layout {
    request: &[
        all(Text(TransactionalId)),
        all(int32(Unsaid)),
        from(3, int64(Unsaid)),
        from(3, int16(Unsaid)),
        from(6, int8(Unsaid)),
        from(6, int8(Unsaid)),
    ],
    answer: &[
        all(int32(Throttle)),
        all(int16(WholeError)),
        all(int64(Unsaid)),
        all(int16(Unsaid)),
        from(6, int64(Unsaid)),
        from(6, int16(Unsaid)),
    ],
};

/// Tokens are bytes, which are never kept.
static SASL_AUTHENTICATE: Layout = Layout {
    request: &[all(Bytes)],
    answer: &[all(int16(WholeError)), all(Text(ErrorMessage)), all(Bytes), from(1, int64(Unsaid))],
};

/// The layout of a kind of request that is read.
pub(super) fn of(key: i16) -> Option<&'static Layout> {
    Some(match key {
        0 => &PRODUCE,
        1 => &FETCH,
        2 => &LIST_OFFSETS,
        3 => &METADATA,
        8 => &OFFSET_COMMIT,
        9 => &OFFSET_FETCH,
        10 => &FIND_COORDINATOR,
        11 => &JOIN_GROUP,
        12 => &HEARTBEAT,
        13 => &LEAVE_GROUP,
        14 => &SYNC_GROUP,
        17 => &SASL_HANDSHAKE,
        18 => &API_VERSIONS,
        19 => &CREATE_TOPICS,
        20 => &DELETE_TOPICS,
        22 => &INIT_PRODUCER_ID,
        36 => &SASL_AUTHENTICATE,
        _ => return None,
    })
}
