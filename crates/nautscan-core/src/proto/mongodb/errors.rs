//! Names of error codes.
//!
//! Source: MongoDB's `src/mongo/base/error_codes.yml`.

#[rustfmt::skip]
static NAMES: &[(u32, &str)] = &[
    (1, "InternalError"), (2, "BadValue"), (4, "NoSuchKey"), (5, "GraphContainsCycle"),
    (6, "HostUnreachable"), (7, "HostNotFound"), (8, "UnknownError"), (9, "FailedToParse"),
    (10, "CannotMutateObject"), (11, "UserNotFound"), (12, "UnsupportedFormat"),
    (13, "Unauthorized"), (14, "TypeMismatch"), (15, "Overflow"), (16, "InvalidLength"),
    (17, "ProtocolError"), (18, "AuthenticationFailed"), (19, "CannotReuseObject"),
    (20, "IllegalOperation"), (21, "EmptyArrayOperation"), (22, "InvalidBSON"),
    (23, "AlreadyInitialized"), (24, "LockTimeout"), (26, "NamespaceNotFound"),
    (27, "IndexNotFound"), (28, "PathNotViable"), (31, "RoleNotFound"), (40, "ConflictingUpdateOperators"),
    (43, "CursorNotFound"), (46, "LockBusy"), (48, "NamespaceExists"), (50, "MaxTimeMSExpired"),
    (51, "ManualInterventionRequired"), (52, "DollarPrefixedFieldName"), (53, "InvalidIdField"),
    (54, "NotSingleValueField"), (55, "InvalidDBRef"), (56, "EmptyFieldName"),
    (57, "DottedFieldName"), (59, "CommandNotFound"), (61, "ShardKeyNotFound"),
    (62, "OplogOperationUnsupported"), (63, "StaleShardVersion"), (64, "WriteConcernFailed"),
    (65, "MultipleErrorsOccurred"), (66, "ImmutableField"), (67, "CannotCreateIndex"),
    (68, "IndexAlreadyExists"), (70, "ShardNotFound"), (72, "InvalidOptions"),
    (73, "InvalidNamespace"), (76, "NoReplicationEnabled"), (79, "UnknownReplWriteConcern"),
    (85, "IndexOptionsConflict"), (86, "IndexKeySpecsConflict"), (89, "NetworkTimeout"),
    (91, "ShutdownInProgress"), (93, "InvalidReplicaSetConfig"), (94, "NotYetInitialized"),
    (96, "OperationFailed"), (100, "UnsatisfiableWriteConcern"), (104, "NodeNotFound"),
    (112, "WriteConflict"), (115, "CommandNotSupported"), (117, "ConflictingOperationInProgress"),
    (121, "DocumentValidationFailure"), (123, "NotAReplicaSet"), (125, "CommandFailed"),
    (133, "FailedToSatisfyReadPreference"), (136, "CappedPositionLost"),
    (146, "ExceededMemoryLimit"), (165, "ViewDepthLimitExceeded"), (166, "CommandNotSupportedOnView"),
    (168, "InvalidPipelineOperator"), (175, "QueryPlanKilled"), (189, "PrimarySteppedDown"),
    (197, "InvalidIndexSpecificationOption"), (202, "NetworkInterfaceExceededTimeLimit"),
    (211, "KeyNotFound"), (217, "IncompleteTransactionHistory"),
    (222, "CloseChangeStream"), (225, "TransactionTooOld"), (237, "CursorKilled"),
    (238, "NotImplemented"), (246, "SnapshotUnavailable"), (251, "NoSuchTransaction"),
    (256, "TransactionCommitted"), (262, "ExceededTimeLimit"), (263, "OperationNotSupportedInTransaction"),
    (280, "ChangeStreamFatalError"), (286, "ChangeStreamHistoryLost"), (290, "TransactionExceededLifetimeLimitSeconds"),
    (292, "QueryExceededMemoryLimitNoDiskUseAllowed"), (323, "APIStrictError"),
    (391, "ReauthenticationRequired"), (10107, "NotWritablePrimary"), (10334, "BSONObjectTooLarge"),
    (11000, "DuplicateKey"), (11600, "InterruptedAtShutdown"), (11601, "Interrupted"),
    (11602, "InterruptedDueToReplStateChange"), (13388, "StaleConfig"),
    (13435, "NotPrimaryNoSecondaryOk"), (13436, "NotPrimaryOrSecondary"),
];

/// The name of an error code.
pub(super) fn name(code: u64) -> &'static str {
    let found = u32::try_from(code).ok();
    let found = found.and_then(|code| NAMES.binary_search_by_key(&code, |known| known.0).ok());
    found.map_or("error response", |at| NAMES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_names() {
        assert!(NAMES.is_sorted_by_key(|known| known.0));
        assert_eq!((name(11000), name(13)), ("DuplicateKey", "Unauthorized"));
        assert_eq!((name(99_999), name(u64::MAX)), ("error response", "error response"));
    }
}
