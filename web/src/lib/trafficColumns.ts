import type { ColumnKind } from "./columns";

/** What a request can show in the list, in this order. */
export const TRAFFIC_COLUMNS: readonly ColumnKind[] = [
  column("time", "Time", "When its first byte was seen", 96, 58, { sortedBy: "time", compact: 59 }),
  {
    ...column("parties", "From → to", "Who asked whom", null, 140, { sortedBy: "server" }),
    share: 1.1,
  },
  column("protocol", "Protocol", "What was spoken", 76, 50, {
    yieldsBelow: 900,
    sortedBy: "protocol",
  }),
  column("method", "Method", "What was asked for", 62, 44, { sortedBy: "method" }),
  extra("host", "Host", "The host that the client named", 150, "host"),
  {
    ...column("target", "Target", "What it was asked of", null, 110, { sortedBy: "target" }),
    share: 2,
  },
  column("status", "Status", "How it ended", 76, 52, { sortedBy: "status" }),
  extra("content_type", "Type", "The type that the response states", 130, "content_type"),
  extra("request_bytes", "Sent", "Bytes of the request's content", 76, "request_bytes", true),
  column("response_bytes", "Size", "Bytes of the response's content", 76, 56, {
    end: true,
    yieldsBelow: 860,
    sortedBy: "response_bytes",
  }),
  extra("ttfb_ns", "First byte", "Until the first byte of the response", 84, "ttfb_ns", true),
  column(
    "duration_ns",
    "Latency",
    "Until the last byte of the response; open: it goes on",
    72,
    60,
    {
      end: true,
      sortedBy: "duration_ns",
    },
  ),
  column(
    "waterfall",
    "Waterfall",
    "Waiting and transfer as a bar, logarithmic from 100 µs to 10 s",
    110,
    60,
    { yieldsBelow: 980, sortedBy: "duration_ns" },
  ),
  extra("interface", "Interface", "Where its flow was first seen", 96, "interface"),
  extra("flow_id", "Flow", "The flow that carried it", 150, "flow_id"),
  extra("trace_id", "Trace", "W3C trace id", 240, "trace_id"),
];

function column(
  id: string,
  label: string,
  title: string,
  width: number | null,
  least: number,
  more: Partial<ColumnKind>,
): ColumnKind {
  return { id, label, title, width, least, standard: true, sortedBy: null, ...more };
}

/** One that is there to be chosen. */
function extra(
  id: string,
  label: string,
  title: string,
  width: number,
  sortedBy: string,
  end = false,
): ColumnKind {
  return column(id, label, title, width, 50, { standard: false, sortedBy, end });
}
