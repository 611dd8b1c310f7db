/** Why a list is empty, and what to do: never just "no data". */

import { count } from "./format";
import type { LiveState } from "./live";
import type { Counter, Health } from "./types";

export interface Lesson {
  kind:
    | "waiting"
    | "away"
    | "rights"
    | "stopped"
    | "filtered"
    | "quiet"
    | "no-http"
    | "failed"
    | "file";
  title: string;
  text: string;
  remedy: string;
}

export function lesson(live: LiveState, health: Health | null, filter: string): Lesson {
  if (live.kind !== "open" || health === null) {
    return {
      kind: "waiting",
      title: live.kind === "lost" ? "The server does not answer" : "Connecting",
      text:
        live.kind === "lost" ? "The page keeps trying. Is NautScan still running?" : "One moment.",
      remedy: "",
    };
  }
  return notCapturing(health) ?? capturing(health, filter);
}

/** Why a list of a file's rows is empty: whatever captures here has nothing to do with it. */
export function fileLesson(name: string, requests: number | null, filter: string): Lesson {
  if (filter !== "") {
    return {
      kind: "filtered",
      title: "Nothing matches the filter",
      text: `No row of ${name} matches in this time.`,
      remedy: "",
    };
  }
  return requests === 0
    ? {
        kind: "file",
        title: "No requests in this file",
        text: `Nothing in ${name} carries a request that can be read. Its connections, encrypted ones too, are listed under Flows.`,
        remedy: "",
      }
    : {
        kind: "file",
        title: "Nothing in this time",
        text: `Nothing of this kind is in this part of ${name}. The times are those of its packets.`,
        remedy: "",
      };
}

function notCapturing({ sensor, capture, reasons }: Health): Lesson | null {
  if (!sensor.connected || capture === null) {
    return {
      kind: "away",
      title: "The sensor is away",
      text: `${sensor.reason ?? "It does not answer."} It is started again by itself; until then nothing is captured.`,
      remedy: "",
    };
  }
  if (capture.running) return null;
  const error = capture.error ?? reasons.find(({ code }) => code === "no_permission") ?? null;
  if (error?.code === "no_permission") {
    return {
      kind: "rights",
      title: "NautScan may not capture packets",
      text: error.message,
      remedy: error.remedy,
    };
  }
  if (error)
    return {
      kind: "failed",
      title: "Capture does not run",
      text: error.message,
      remedy: error.remedy,
    };
  return {
    kind: "stopped",
    title: "Capture is stopped",
    text: "What was captured before is still here: widen the filter or look at the history.",
    remedy: "",
  };
}

function capturing(health: Health, filter: string): Lesson {
  if (filter !== "") {
    return {
      kind: "filtered",
      title: "Nothing matches the filter",
      text: "New ones that match appear here as they come.",
      remedy: "",
    };
  }
  const where =
    health.capture?.interfaces.map(({ name }) => name).join(", ") || "the chosen interfaces";
  const packets =
    sum(health.stages, "capture", "received") ?? sum(health.stages, "decode", "packets");
  if (!packets) {
    return {
      kind: "quiet",
      title: "Listening, but it is quiet",
      text: `No packet has come on ${where} yet.`,
      remedy:
        "If there should be traffic, it takes another path: choose more interfaces under Capture.",
    };
  }
  return {
    kind: "no-http",
    title: "Packets, but no requests yet",
    text: `${count(packets)} packets came on ${where}. None of them carried a request in the clear so far; encrypted connections are listed under Flows.`,
    remedy: "Send one yourself and watch it appear: `curl http://example.com/`",
  };
}

function sum(counters: readonly Counter[], stage: string, name: string): number | null {
  const found = counters.filter((counter) => counter.stage === stage && counter.name === name);
  return found.length === 0 ? null : found.reduce((total, { value }) => total + Number(value), 0);
}
