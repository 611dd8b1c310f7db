"""MongoDB: captures of others over and over, since Debian has no server of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.protocols.traffic import Repeated

ANSWERS_NOTHING = {0, 2**32 - 1}
"""As `responseTo`; drivers differ."""
OP_REPLY = 1


def requests(facts: Mapping[str, Any]) -> int:
    """Count the requests among the messages that tshark has listed."""
    return sum(
        message["response_to"] in ANSWERS_NOTHING and message["opcode"] != OP_REPLY
        for message in facts["mongo"]
    )


TRAFFIC = Repeated(
    name="mongodb",
    load="captures of Packetbeat's and DeepFlow's tests, over and over",
    captures=(
        "deepflow/mongo__mongo.pcap",
        "packetbeat/mongo_3.0_session.pcap",
        "packetbeat/mongodb_inserts.pcap",
        "packetbeat/mongodb_find.pcap",
    ),
    port=27017,
    requests=requests,
    rows="requests where protocol = 'mongodb' and completeness = 'complete'",
    shown="mongo",
    fields=("frame.time_epoch", "tcp.stream", "mongo.opcode", "mongo.full_collection_name"),
)
