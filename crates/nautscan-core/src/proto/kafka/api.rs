//! What can be asked of a broker: numbers and names.
//!
//! Source: Apache Kafka's protocol guide, "Api Keys", and the schemas of its messages up to Kafka 4.1;
//! what 4.0 gave up is still read.

use super::field::Layout;
use super::schema;

/// A kind of request.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) key: i16,
    pub(super) name: &'static str,
    /// The newest version that is known.
    pub(super) last: i16,
    /// The first version with compact lengths and tagged fields.
    pub(super) flexible: i16,
}

/// No version is.
const NEVER: i16 = i16::MAX;

impl Api {
    const fn new(key: i16, name: &'static str, last: i16, flexible: i16) -> Self {
        Self { key, name, last, flexible }
    }

    /// By its number.
    pub(super) fn of(key: i16) -> Option<&'static Self> {
        let at = APIS.binary_search_by_key(&key, |api| api.key).ok()?;
        APIS.get(at)
    }

    pub(super) fn is_flexible(&self, version: i16) -> bool {
        version >= self.flexible
    }

    /// What its messages are made of, if that is read and the version is known.
    pub(super) fn layout(&self, version: i16) -> Option<&'static Layout> {
        schema::of(self.key).filter(|_| version <= self.last)
    }

    /// Whether a request's head ends with the name of the client.
    pub(super) fn names_client(&self, version: i16) -> bool {
        (self.key, version) != (CONTROLLED_SHUTDOWN, 0)
    }

    /// Whether an answer's head has tagged fields: that to ApiVersions has none, since who asks does not
    /// know yet what the broker knows.
    pub(super) fn tags_answer(&self, version: i16) -> bool {
        self.key != API_VERSIONS && self.is_flexible(version)
    }
}

pub(super) const PRODUCE: i16 = 0;
const CONTROLLED_SHUTDOWN: i16 = 7;
pub(super) const SASL_HANDSHAKE: i16 = 17;
pub(super) const API_VERSIONS: i16 = 18;

/// In the order of their keys.
static APIS: &[Api] = &[
    Api::new(0, "Produce", 13, 9),
    Api::new(1, "Fetch", 18, 12),
    Api::new(2, "ListOffsets", 11, 6),
    Api::new(3, "Metadata", 13, 9),
    Api::new(4, "LeaderAndIsr", 7, 4),
    Api::new(5, "StopReplica", 4, 2),
    Api::new(6, "UpdateMetadata", 8, 6),
    Api::new(7, "ControlledShutdown", 3, 3),
    Api::new(8, "OffsetCommit", 10, 8),
    Api::new(9, "OffsetFetch", 10, 6),
    Api::new(10, "FindCoordinator", 6, 3),
    Api::new(11, "JoinGroup", 9, 6),
    Api::new(12, "Heartbeat", 4, 4),
    Api::new(13, "LeaveGroup", 5, 4),
    Api::new(14, "SyncGroup", 5, 4),
    Api::new(15, "DescribeGroups", 6, 5),
    Api::new(16, "ListGroups", 5, 3),
    Api::new(17, "SaslHandshake", 1, NEVER),
    Api::new(18, "ApiVersions", 4, 3),
    Api::new(19, "CreateTopics", 7, 5),
    Api::new(20, "DeleteTopics", 6, 4),
    Api::new(21, "DeleteRecords", 2, 2),
    Api::new(22, "InitProducerId", 6, 2),
    Api::new(23, "OffsetForLeaderEpoch", 4, 4),
    Api::new(24, "AddPartitionsToTxn", 5, 3),
    Api::new(25, "AddOffsetsToTxn", 4, 3),
    Api::new(26, "EndTxn", 5, 3),
    Api::new(27, "WriteTxnMarkers", 2, 1),
    Api::new(28, "TxnOffsetCommit", 5, 3),
    Api::new(29, "DescribeAcls", 3, 2),
    Api::new(30, "CreateAcls", 3, 2),
    Api::new(31, "DeleteAcls", 3, 2),
    Api::new(32, "DescribeConfigs", 4, 4),
    Api::new(33, "AlterConfigs", 2, 2),
    Api::new(34, "AlterReplicaLogDirs", 2, 2),
    Api::new(35, "DescribeLogDirs", 4, 2),
    Api::new(36, "SaslAuthenticate", 2, 2),
    Api::new(37, "CreatePartitions", 3, 2),
    Api::new(38, "CreateDelegationToken", 3, 2),
    Api::new(39, "RenewDelegationToken", 2, 2),
    Api::new(40, "ExpireDelegationToken", 2, 2),
    Api::new(41, "DescribeDelegationToken", 3, 2),
    Api::new(42, "DeleteGroups", 2, 2),
    Api::new(43, "ElectLeaders", 2, 2),
    Api::new(44, "IncrementalAlterConfigs", 1, 1),
    Api::new(45, "AlterPartitionReassignments", 1, 0),
    Api::new(46, "ListPartitionReassignments", 0, 0),
    Api::new(47, "OffsetDelete", 0, NEVER),
    Api::new(48, "DescribeClientQuotas", 1, 1),
    Api::new(49, "AlterClientQuotas", 1, 1),
    Api::new(50, "DescribeUserScramCredentials", 0, 0),
    Api::new(51, "AlterUserScramCredentials", 0, 0),
    Api::new(52, "Vote", 2, 0),
    Api::new(53, "BeginQuorumEpoch", 1, 1),
    Api::new(54, "EndQuorumEpoch", 1, 1),
    Api::new(55, "DescribeQuorum", 2, 0),
    Api::new(56, "AlterPartition", 3, 0),
    Api::new(57, "UpdateFeatures", 2, 0),
    Api::new(58, "Envelope", 0, 0),
    Api::new(59, "FetchSnapshot", 1, 0),
    Api::new(60, "DescribeCluster", 2, 0),
    Api::new(61, "DescribeProducers", 0, 0),
    Api::new(62, "BrokerRegistration", 4, 0),
    Api::new(63, "BrokerHeartbeat", 1, 0),
    Api::new(64, "UnregisterBroker", 0, 0),
    Api::new(65, "DescribeTransactions", 0, 0),
    Api::new(66, "ListTransactions", 2, 0),
    Api::new(67, "AllocateProducerIds", 0, 0),
    Api::new(68, "ConsumerGroupHeartbeat", 1, 0),
    Api::new(69, "ConsumerGroupDescribe", 1, 0),
    Api::new(70, "ControllerRegistration", 0, 0),
    Api::new(71, "GetTelemetrySubscriptions", 0, 0),
    Api::new(72, "PushTelemetry", 0, 0),
    Api::new(73, "AssignReplicasToDirs", 0, 0),
    Api::new(74, "ListConfigResources", 1, 0),
    Api::new(75, "DescribeTopicPartitions", 0, 0),
    Api::new(76, "ShareGroupHeartbeat", 1, 0),
    Api::new(77, "ShareGroupDescribe", 1, 0),
    Api::new(78, "ShareFetch", 1, 0),
    Api::new(79, "ShareAcknowledge", 1, 0),
    Api::new(80, "AddRaftVoter", 1, 0),
    Api::new(81, "RemoveRaftVoter", 0, 0),
    Api::new(82, "UpdateRaftVoter", 0, 0),
    Api::new(83, "InitializeShareGroupState", 0, 0),
    Api::new(84, "ReadShareGroupState", 0, 0),
    Api::new(85, "WriteShareGroupState", 0, 0),
    Api::new(86, "DeleteShareGroupState", 0, 0),
    Api::new(87, "ReadShareGroupStateSummary", 0, 0),
    Api::new(88, "StreamsGroupHeartbeat", 0, 0),
    Api::new(89, "StreamsGroupDescribe", 0, 0),
    Api::new(90, "DescribeShareGroupOffsets", 0, 0),
    Api::new(91, "AlterShareGroupOffsets", 0, 0),
    Api::new(92, "DeleteShareGroupOffsets", 0, 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_finds_its_api() {
        assert!(APIS.is_sorted_by_key(|api| api.key));
        assert_eq!(Api::of(18).map(|api| api.name), Some("ApiVersions"));
        assert!(Api::of(93).is_none() && Api::of(-1).is_none());
    }
}
