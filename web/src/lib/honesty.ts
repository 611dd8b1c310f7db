/** What was lost, where, why that happens and what helps: the honesty badge and its panel. */

import type { Counter, Health } from "./types";

export type Level = "ok" | "noted" | "lost" | "losing" | "off";

export interface Stage {
  key: string;
  title: string;
  /** Null: nobody has counted this yet. */
  value: number | null;
  /** In the last ten seconds. */
  recent: number;
  /** Loss means that something is missing from what the page shows. */
  loss: boolean;
  bytes?: boolean;
  /** Told apart from the others while it is zero: it mostly is, everywhere. */
  rare?: boolean;
  meaning: string;
  remedy: string;
}

interface Known {
  stage: string;
  name: string;
  title: string;
  loss: boolean;
  bytes?: boolean;
  rare?: boolean;
  meaning: string;
  remedy: string;
}

/** A counter that is zero on most networks. */
function rare(
  stage: string,
  name: string,
  title: string,
  meaning: string,
  more: { loss?: boolean; remedy?: string } = {},
): Known {
  return { stage, name, title, meaning, loss: false, remedy: "", rare: true, ...more };
}

const KNOWN: readonly Known[] = [
  {
    stage: "capture",
    name: "received",
    title: "Received",
    loss: false,
    meaning: "Packets that the kernel handed to the sensor.",
    remedy: "",
  },
  {
    stage: "capture",
    name: "kernel_drops",
    title: "Kernel drops",
    loss: true,
    meaning:
      "The capture buffer was full, so the kernel threw packets away before the sensor saw them.",
    remedy: "Capture fewer interfaces, narrow the capture filter, or raise NAUTSCAN_BUFFER_BYTES.",
  },
  {
    stage: "capture",
    name: "interface_drops",
    title: "Interface drops",
    loss: true,
    meaning:
      "The network interface or its driver dropped packets before the kernel could copy them.",
    remedy: "Look at `ip -s link` and at the driver's ring size with `ethtool -g`.",
  },
  {
    stage: "stream",
    name: "gaps",
    title: "Gaps in streams",
    loss: true,
    meaning:
      "TCP connections where bytes are missing. Requests that they touch are marked incomplete.",
    remedy:
      "Usually follows from drops above. Without drops, the traffic took a path that is not captured.",
  },
  {
    stage: "stream",
    name: "gap_bytes",
    title: "Bytes in gaps",
    loss: true,
    bytes: true,
    meaning: "How many bytes of those connections were never seen.",
    remedy: "",
  },
  {
    stage: "decode",
    name: "errors",
    title: "Packets not decoded",
    loss: false,
    meaning:
      "Packets that are malformed at some layer. They are counted and kept, with the reason.",
    remedy: "The Packets place shows why decoding stopped.",
  },
  rare(
    "decode",
    "truncated",
    "Headers cut off",
    "Packets whose headers are longer than what is kept of each.",
    { remedy: "Raise NAUTSCAN_SNAPLEN." },
  ),
  rare(
    "decode",
    "not_ip",
    "Not IP",
    "Packets without an IP header: ARP, spanning tree and others.",
  ),
  rare(
    "decode",
    "too_deep",
    "Nested too deeply",
    "Packets with more headers inside each other than are walked; what lies deeper was not looked at.",
  ),
  rare(
    "decode",
    "aggregated_skipped",
    "802.11 units not read",
    "Wireless frames can carry several packets at once (A-MSDU). The first of each is read, these are not.",
    { loss: true, remedy: "Capture on the wired side of the access point." },
  ),
  rare(
    "decode",
    "fragments",
    "IP fragments",
    "Packets that are parts of larger ones. They are put together before anything is read from them.",
  ),
  rare("decode", "datagrams", "Put together again", "Packets made whole from such fragments."),
  rare(
    "decode",
    "datagrams_incomplete",
    "Never made whole",
    "Fragmented packets of which a part did not come. What they carried is not shown.",
    { loss: true, remedy: "Usually follows from drops above, or the parts took different paths." },
  ),
  rare(
    "decode",
    "datagrams_evicted",
    "Given up early",
    "Those of them that were let go since too many waited for their parts at once.",
    { loss: true },
  ),
  rare(
    "decode",
    "fragments_refused",
    "Impossible fragments",
    "Empty ones, and ones of a length or at a place that no packet can have: somebody may be probing.",
  ),
  rare(
    "decode",
    "fragments_overlapping",
    "Overlapping fragments",
    "Fragments part of which had come before. What came first counts; evasion tools send such.",
  ),
  rare(
    "decode",
    "unattributed",
    "In no flow",
    "IP packets whose ports are not known: cut off, or in a fragment that was not seen.",
  ),
  rare(
    "decode",
    "duplicates",
    "Seen again",
    "Further sightings of a packet on its way, on a bridge and its ports for instance. Counted once.",
  ),
  rare(
    "capture",
    "reordered",
    "Put in order",
    "Packets that stood behind later ones, as in files of several interfaces, and were put in their place.",
  ),
  rare(
    "capture",
    "reorder_full",
    "Order not certain",
    "Times that packets were handed on before all earlier ones could have come, since no more could be held.",
  ),
  rare(
    "capture",
    "time_went_back",
    "Time went back",
    "Packets older than one before them: a clock was set back, or the file is further out of order than is looked.",
    { remedy: "Sort the file with `reordercap`, or mend the clock that gave the times." },
  ),
  rare(
    "decode",
    "time_clamped",
    "Impossible times",
    "Packets from before 1970 or after 2116 by their own time, which was taken for the nearest end.",
  ),
  {
    stage: "proto",
    name: "parse_errors",
    title: "Parse errors",
    loss: false,
    meaning:
      "Messages that began like a protocol and then broke its rules. No value was guessed for them.",
    remedy: "",
  },
  {
    stage: "proto",
    name: "opaque_bytes",
    title: "Opaque bytes",
    loss: false,
    bytes: true,
    meaning:
      "Payload that no known protocol claimed, encrypted traffic above all. It is in Flows, not in Traffic.",
    remedy: "",
  },
  {
    stage: "flow",
    name: "evicted",
    title: "Flows evicted",
    loss: true,
    meaning:
      "More connections were open at once than the flow table holds; the longest idle ones were let go.",
    remedy: "Narrow the capture filter.",
  },
  rare(
    "flow",
    "aliases_refused",
    "Translations left out",
    "Connections whose other address, before or after translation, found no room: they show as two flows.",
  ),
  {
    stage: "queue",
    name: "batches_dropped",
    title: "Batches dropped",
    loss: true,
    meaning: "The server took too long to fetch what the sensor had found; the oldest went.",
    remedy:
      "The machine is too busy for this much traffic, or the server was away: see the gaps below.",
  },
  {
    stage: "queue",
    name: "rows_dropped",
    title: "Rows in those batches",
    loss: true,
    meaning: "Requests, flows and counters that were in the dropped batches.",
    remedy: "",
  },
];

/** The stages in the order in which a packet passes them. */
export function stages(health: Health): Stage[] {
  const list = KNOWN.map((known): Stage => {
    const counters = health.stages.filter(
      ({ stage, name }) => stage === known.stage && name === known.name,
    );
    const { stage, name, ...rest } = known;
    return { key: `${stage}/${name}`, ...rest, ...total(counters) };
  });
  return [...list, rowsLost(health), ...others(health)];
}

function rowsLost({ store, drops }: Health): Stage {
  const drop = drops.find(({ stage, name }) => stage === "store" && name === "rows_lost");
  return {
    key: "store/rows_lost",
    title: "Rows not stored",
    value: store.rows_lost,
    recent: drop?.recent ?? 0,
    loss: true,
    meaning:
      "They were shown live but are not in the history, since the database could not take them.",
    remedy: store.reason ?? "Free disk space, or lower the retention.",
  };
}

/** Losses that the server counts and this list has no words of its own for. */
function others({ drops }: Health): Stage[] {
  const told = new Set([...KNOWN.map(({ stage, name }) => `${stage}/${name}`), "store/rows_lost"]);
  return drops
    .map((drop) => ({ drop, key: `${drop.stage}/${drop.name}` }))
    .filter(({ key }) => !told.has(key))
    .map(({ drop, key }) => ({
      key: drop.interface === null ? key : `${key}/${drop.interface}`,
      title: `${drop.stage}: ${drop.name.replaceAll("_", " ")}`,
      value: drop.value,
      recent: drop.recent,
      // What one slow viewer missed is in the history: sampled, not lost.
      loss: drop.stage !== "live",
      meaning: `${drop.meaning}${drop.interface === null ? "" : ` (${drop.interface})`}.`,
      remedy: "",
    }));
}

/** What the server finds amiss beside loss, which the stages tell, and Docker, which loses nothing. */
export function notes({ reasons }: Health): Health["reasons"] {
  return reasons.filter(({ code }) => !code.startsWith("loss_") && !code.startsWith("docker_"));
}

/** Parse errors, opaque bytes: not loss, but worth a word. Zero of everything: nothing to tell. */
export function level(health: Health | null): Level {
  if (health === null || !health.sensor.connected || health.status === "no_capture") return "off";
  const losses = stages(health).filter(({ loss }) => loss);
  if (losses.some(({ recent }) => recent > 0)) return "losing";
  if (losses.some(({ value }) => (value ?? 0) > 0)) return "lost";
  if (health.sensor.gaps.length > 0 || notes(health).length > 0) return "noted";
  return "ok";
}

/** Packets lost for each that came, over the whole run; null before any came. */
export function packetLoss(health: Health): number | null {
  const of = (name: string) =>
    total(health.stages.filter((c) => c.stage === "capture" && c.name === name)).value;
  const received = of("received");
  if (received === null) return null;
  const dropped = (of("kernel_drops") ?? 0) + (of("interface_drops") ?? 0);
  const seen = received + dropped;
  return seen === 0 ? null : dropped / seen;
}

function total(counters: readonly Counter[]): { value: number | null; recent: number } {
  if (counters.length === 0) return { value: null, recent: 0 };
  return {
    value: counters.reduce((sum, { value }) => sum + Number(value), 0),
    recent: counters.reduce((sum, { recent }) => sum + Number(recent), 0),
  };
}
