/** What was said on a WebSocket or in a stream of events, as the row's detail lists it. */

import type { RequestRow } from "./types";

export interface Said {
  /** Seconds since the request's first byte, as it is written. */
  offset: string;
  /** Who said it. */
  side: "client" | "server";
  /** `text`, `binary`, or the name of an event. */
  kind: string;
  /** Bytes as they were sent. */
  length: number;
  /** What else is known: fragments, why it could not be read. */
  notes: string[];
  /** Its beginning; null where nothing of it is kept. */
  text: string | null;
}

const LISTS: readonly string[] = ["messages", "latest_events"];

/** Whether a part of the detail lists messages: it is shown as a list and not among the facts. */
export function listsMessages(key: string, value: unknown): value is string {
  return LISTS.includes(key) && typeof value === "string" && /^\+\d+\.\d/.test(value);
}

/** `+1.203456 client text 56, 3 fragments: hello`. */
const MESSAGE = /^\+(\d+\.\d+) (client|server) (\S+) (\d+)((?:, [^,:]+)*)(?:: (.*))?$/s;
/** `+1.203456 tick 56: data`. Servers alone send events, whose names may have blanks. */
const EVENT = /^\+(\d+\.\d+) ()(.+?) (\d+)()(?:: (.*))?$/s;

/** The latest messages, the oldest first; null where the request has no list of any. */
export function messagesOf(detail: RequestRow["detail"]): Said[] | null {
  const list = Object.entries(detail ?? {}).find(([key, value]) => listsMessages(key, value));
  if (list === undefined) return null;
  const shape = list[0] === "messages" ? MESSAGE : EVENT;
  return String(list[1])
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => said(line, shape));
}

function said(line: string, shape: RegExp): Said {
  const [, offset, side, kind, length, notes, text] = shape.exec(line) ?? [];
  if (offset === undefined)
    // Written in another way: nothing of it may be lost.
    return { offset: "", side: "server", kind: "", length: 0, notes: [], text: line };
  return {
    offset,
    side: side === "client" ? "client" : "server",
    kind: kind ?? "",
    length: Number(length),
    notes: (notes ?? "").split(", ").filter((note) => note !== ""),
    text: text ?? null,
  };
}

/** How many were said, by either side and in all; null where nobody counted. */
export function counted(detail: RequestRow["detail"]): { client: number; server: number } | null {
  const [client, server] = ["request_messages", "response_messages"].map((key) => detail?.[key]);
  const events = detail?.["events"];
  if (client === undefined && server === undefined)
    return events === undefined ? null : { client: 0, server: Number(events) };
  return { client: Number(client ?? 0), server: Number(server ?? 0) };
}
