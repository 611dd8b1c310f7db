/** Uploaded captures: what can be told of a file before it is sent, and of one that is there. */

import { bytes } from "./format";
import type { Level } from "./honesty";
import { fixed, type Range } from "./range";
import type { ErrorFacts, UploadLimits, UploadedCapture } from "./types";

/** A filter that no row passes: the live stream is off while a file is looked at. */
export const NO_ROWS = "false";

/** Whether what is dragged are files: text and links go their own way. */
export function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** From the first packet of a file to its last; null where there is none. */
export function wholeRange(capture: UploadedCapture): Range | null {
  const [first, last] = [Date.parse(capture.first_time ?? ""), Date.parse(capture.last_time ?? "")];
  // The end of a range is exclusive, and packets have finer times than ranges.
  return Number.isNaN(first) || Number.isNaN(last) ? null : fixed(first, last + 1);
}

/** Why a file need not be sent: the server would refuse it, after all of it has gone there. */
export function refusal(
  file: { name: string; size: number },
  limits: UploadLimits,
  kept: number,
): ErrorFacts | null {
  const refused = (code: string, message: string, remedy: string): ErrorFacts => ({
    code,
    message,
    remedy,
    detail: {},
  });
  if (!limits.possible)
    return refused(
      "conflict",
      "Captures cannot be uploaded to this server.",
      "Read the file with `nautscan read`, or set NAUTSCAN_UPLOADS to more than 0.",
    );
  if (file.size === 0)
    return refused("bad_file", `${file.name} is empty.`, "Give a pcap or pcapng file.");
  if (file.size > limits.max_bytes)
    return refused(
      "too_large",
      `${file.name} has ${bytes(file.size)}; ${bytes(limits.max_bytes)} are possible at most.`,
      "Cut it, e.g. with `editcap`, raise NAUTSCAN_UPLOAD_SIZE, or read it with `nautscan read`.",
    );
  if (kept >= limits.max_captures)
    return refused(
      "conflict",
      `${kept} uploads are kept, which is as many as may be.`,
      "Delete one, or raise NAUTSCAN_UPLOADS.",
    );
  return null;
}

/** How far a file is read, 0 to 1. */
export function readShare({ state, bytes: size, bytes_read: read }: UploadedCapture): number {
  if (state === "ready") return 1;
  return size > 0 ? Math.min(1, read / size) : 0;
}

/** Whether what is shown of a file is all there was: for the badge. */
export function fileLevel(capture: UploadedCapture | null): Level {
  if (capture === null || capture.state !== "ready") return "off";
  if (capture.damaged) return "lost";
  return capture.warnings.length > 0 ? "noted" : "ok";
}

export function ofFile(capture: UploadedCapture | null): string {
  switch (fileLevel(capture)) {
    case "off":
      return capture?.state === "failed" ? "File not read" : "Reading the file";
    case "lost":
      return "File is damaged";
    case "noted":
      return "File has warnings";
    default:
      return "File is whole";
  }
}
