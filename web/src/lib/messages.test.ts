import { describe, expect, it } from "vitest";
import { counted, messagesOf } from "./messages";

describe("messagesOf", () => {
  it("reads who said what, when, and how long it was", () => {
    const lines = [
      "+0.001203 client text 5: hello",
      "+1.203456 server binary 70000, 3 fragments: \\x00\\x01: a, b…",
      "+2.000000 server text 56, 120 inflated, bytes lost",
      "+3.000000 client text 0",
    ];
    expect(messagesOf({ messages: lines.join("\n") })).toEqual([
      { offset: "0.001203", side: "client", kind: "text", length: 5, notes: [], text: "hello" },
      {
        offset: "1.203456",
        side: "server",
        kind: "binary",
        length: 70000,
        notes: ["3 fragments"],
        text: "\\x00\\x01: a, b…",
      },
      {
        offset: "2.000000",
        side: "server",
        kind: "text",
        length: 56,
        notes: ["120 inflated", "bytes lost"],
        text: null,
      },
      { offset: "3.000000", side: "client", kind: "text", length: 0, notes: [], text: null },
    ]);
  });
  it("reads events, whose names say what they are", () => {
    const lines = "+0.000003 tick 1: 1\n+1.500000 client gone 2 5: a: 7\n+2.000000 message 0";
    const events = messagesOf({ latest_events: lines });
    expect(events?.map(({ side }) => side)).toEqual(["server", "server", "server"]);
    expect(events?.map(({ kind, length, text }) => [kind, length, text])).toEqual([
      ["tick", 1, "1"],
      ["client gone 2", 5, "a: 7"],
      ["message", 0, null],
    ]);
  });
  it("keeps a line that is written in another way as it is", () => {
    const lines = "+0.000001 server text 1: a\na new way: x";
    expect(messagesOf({ latest_events: lines })?.[1]?.text).toBe("a new way: x");
  });
  it("tells no messages apart from none", () => {
    expect(messagesOf({ method: "x" })).toBeNull();
    // How many are in a queue of AMQP.
    expect(messagesOf({ messages: "7" })).toBeNull();
    expect(messagesOf(null)).toBeNull();
  });
});

describe("counted", () => {
  it("counts either side's, or events", () => {
    expect(counted({ request_messages: "3", response_messages: "12" })).toEqual({
      client: 3,
      server: 12,
    });
    expect(counted({ events: "7" })).toEqual({ client: 0, server: 7 });
    expect(counted({})).toBeNull();
  });
});
