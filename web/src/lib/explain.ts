/** What the tables say in codes, in plain words. */

import { ODDITIES } from "../gen/oddities";
import type { FlowRow, RequestRow } from "./types";

type Seen = Pick<RequestRow, "completeness" | "gap_bytes">;

/** Why something of a request is missing; null where all of it was seen. */
export function whyIncomplete({ completeness, gap_bytes }: Seen): string | null {
  switch (completeness) {
    case "complete":
    // What goes on is told in words of its own.
    case "open":
      return null;
    case "request_only":
      return "No response was seen. Either none was sent before the connection ended or the capture stopped, or its packets were lost.";
    case "response_only":
      return "The request was not seen: capture began in the middle of this connection, or its packets were lost. What was asked is not known, so it is left empty.";
    case "gap":
      if (gap_bytes === 0)
        return "Its end was not seen: the stream, the connection or the capture ended first, or packets were lost that may have been of it. What is shown is what was seen; nothing was filled in.";
      return `${gap_bytes} bytes of it were never captured. What is shown is what was seen; nothing was filled in.`;
    default:
      return `It is not complete: ${completeness}.`;
  }
}

/** A departure from the protocol as a sentence; unknown ones by their own name. */
export function oddity(code: string, protocol: string | null): string {
  const known = ODDITIES[`${protocol}.${code}`] ?? ODDITIES[code];
  return known ?? `${capitalised(code.replaceAll("_", " "))}.`;
}

const END_REASONS: Readonly<Record<string, string>> = {
  finished: "Both sides closed it.",
  reset: "One side reset it.",
  timeout: "It was idle for too long and is no longer watched.",
  evicted: "The flow table was full; it is no longer watched.",
  capture_end: "Capture ended while it was open.",
};

export function flowState({ state, end_reason }: Pick<FlowRow, "state" | "end_reason">): string {
  const name = capitalised(state.replaceAll("_", " "));
  return end_reason === null
    ? `${name}, still open.`
    : (END_REASONS[end_reason] ?? `${name}: ${end_reason}.`);
}

const DOCKER: Readonly<Record<string, string>> = {
  connected: "The Docker Engine answers",
  connecting: "The Docker Engine is being asked",
  absent: "There is no Docker Engine here",
  no_permission: "The Docker Engine may not be asked",
  unreachable: "The Docker Engine does not answer",
  misconfigured: "The address of the Docker Engine is wrong",
  off: "The Docker Engine is not asked, as was chosen",
};

/** The state of the connection to Docker, without a full stop. */
export function dockerState(state: string): string {
  return DOCKER[state] ?? `Docker: ${state.replaceAll("_", " ")}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
