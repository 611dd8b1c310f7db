/** Who held a socket, in words; and why nobody is named. */

import type { FlowRow, RequestRow } from "./types";

export type Side = "client" | "server";

export interface Holder {
  pid: number | null;
  command: string | null;
  user: string | null;
  /** What the name rests on, where that is less than the connection itself. */
  source: string | null;
  /** Why there is no process; null where there is one, or where nothing was noted. */
  reason: string | null;
}

const SOURCES: Readonly<Record<string, string>> = {
  listener: "It listens on this port; the connection itself was not seen.",
  bound: "It has this port; the conversation itself was not seen.",
};

const REASONS: Readonly<Record<string, string>> = {
  remote: "Not on this machine",
  not_seen: "Its socket was gone before it was looked for",
  no_rights: "It is another user's, and may not be looked into",
  other_namespace: "It runs where it cannot be looked into from here",
  no_holder: "No process holds its socket: the kernel itself",
  ambiguous: "Several programs share its port",
  translated: "Its address is translated on the way; the flow behind it has the process",
  no_socket: "This transport has no sockets to look for",
  off: "Processes are not looked for, as was chosen",
  offline: "The packets are not of this machine",
  unavailable: "Nobody was looking at that time",
};

/** What a row says of one side. */
export function holder(row: RequestRow | FlowRow, side: Side): Holder {
  const client = side === "client";
  const source = client ? row.client_process_source : row.server_process_source;
  const reason = client ? row.client_process_reason : row.server_process_reason;
  return {
    pid: client ? row.client_pid : row.server_pid,
    command: client ? row.client_command : row.server_command,
    user: client ? row.client_user : row.server_user,
    source: source === null ? null : (SOURCES[source] ?? null),
    reason: reason === null ? null : (REASONS[reason] ?? reason.replaceAll("_", " ")),
  };
}

/** An address and port where a process listens; `*` for every address. */
export function listens({ ip, port, transport }: { ip: string; port: number; transport: string }) {
  const host = ip === "0.0.0.0" || ip === "::" ? "*" : ip.includes(":") ? `[${ip}]` : ip;
  return `${host}:${port}${transport === "udp" ? " udp" : ""}`;
}
