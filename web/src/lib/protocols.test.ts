import { describe, expect, it } from "vitest";
import {
  callMessages,
  detailFacts,
  endpointWords,
  outcome,
  speaksHttp,
  statusName,
  summaryFacts,
  wordsOf,
} from "./protocols";

describe("protocols", () => {
  const seen = { protocol: "http", completeness: "complete", status: null, error: null } as const;

  it("never makes up an outcome", () => {
    expect(outcome({ ...seen, status: 204 })).toBe("204");
    expect(outcome({ ...seen, completeness: "request_only" })).toBe("no reply");
    expect(outcome({ ...seen, error: "connection reset by server" })).toBe("failed");
    expect(outcome({ ...seen, completeness: "gap" })).toBe("unseen");
  });

  it("tell how it ended in their own words", () => {
    const dns = { ...seen, protocol: "dns" };
    expect(outcome({ ...dns, status: 0 })).toBe("NOERROR");
    expect(outcome({ ...dns, status: 3, error: "NXDOMAIN" })).toBe("NXDOMAIN");
    expect(outcome({ ...dns, status: 23, error: "BADCOOKIE" })).toBe("BADCOOKIE");
    const redis = { ...seen, protocol: "redis" };
    expect(outcome(redis)).toBe("answered");
    expect(outcome({ ...redis, error: "WRONGTYPE" })).toBe("WRONGTYPE");
    expect(outcome({ ...redis, error: "connection reset by server" })).toBe("failed");
    expect(outcome({ ...redis, completeness: "gap" })).toBe("unseen");
    expect(outcome({ ...seen, protocol: "memcached", status: 1 })).toBe("1");
  });

  it("name a status", () => {
    expect(statusName({ protocol: "http", status: 404, error: null })).toBe("Not Found");
    expect(statusName({ protocol: "fastcgi", status: 404, error: null })).toBe("Not Found");
    expect(statusName({ protocol: "http2", status: 299, error: null })).toBeNull();
    expect(statusName({ protocol: "llmnr", status: 2, error: "SERVFAIL" })).toBe("SERVFAIL");
    expect(statusName({ protocol: "mysql", status: 1062, error: "ER_DUP_ENTRY" })).toBe(
      "ER_DUP_ENTRY",
    );
    expect(statusName({ protocol: "redis", status: null, error: null })).toBeNull();
  });

  it("have words of their own, and others where they are not known", () => {
    expect(wordsOf("http").wait).toBe("Wait for the first byte");
    expect(wordsOf("dns").target).toBe("Name");
    expect(wordsOf("postgresql").error).toBe("SQLSTATE");
    expect(wordsOf("something-new").method).toBe("Operation");
    expect(wordsOf(null).method).toBe("Operation");
    expect(["http", "http2", "http3", "grpc"].every(speaksHttp)).toBe(true);
    expect(["dns", "httpish", null].some(speaksHttp)).toBe(false);
  });

  it("label what is asked for", () => {
    expect(endpointWords("GET", "/a")).toBe("GET /a");
    expect(endpointWords("SELECT", "SELECT * FROM t")).toBe("SELECT * FROM t");
    expect(endpointWords("GET", null)).toBe("GET (not seen)");
    expect(endpointWords(null, "/a")).toBe("? /a");
  });

  it("give statuses of gRPC by their words", () => {
    const call = { ...seen, protocol: "grpc", status: 0 };
    expect(outcome(call)).toBe("OK");
    expect(outcome({ ...call, status: 5, error: "NOT_FOUND" })).toBe("NOT_FOUND");
    expect(outcome({ ...call, status: null, error: "CANCEL" })).toBe("failed");
  });

  it("have messages of gRPC apart from their detail", () => {
    const detail = {
      service: "a.B",
      request_protobuf: '{"a":1}\n {…',
      request_message_type: "a.M",
    };
    expect(detailFacts(detail).map(({ key }) => key)).toEqual(["service"]);
    const cut = { response_protobuf: '{"a":1}\n{"b …' };
    expect(callMessages(cut, "response")).toEqual({
      texts: ['{"a":1}', '{"b'],
      type: null,
      isCut: true,
    });
    expect(callMessages(detail, "request")?.type).toBe("a.M");
    expect(callMessages(detail, "response")).toBeNull();
    expect(callMessages(null, "request")).toBeNull();
  });

  it("tell their detail line by line", () => {
    const detail = { sqlstate: "23505", error_message: "a\nb", flags: "" };
    expect(detailFacts(detail)).toEqual([
      { key: "sqlstate", label: "SQLSTATE", lines: ["23505"] },
      { key: "error_message", label: "Error message", lines: ["a", "b"] },
    ]);
    expect(detailFacts(null)).toEqual([]);
    expect(detailFacts({ n: 1 })[0]?.lines).toEqual(["1"]);
  });

  it("tell what a flow says of itself, times in words", () => {
    const summary = {
      message_types: "Echo: 2\nEcho Reply: 2",
      rtt_mean_ns: "1500000",
      hassh: "ab",
    };
    expect(summaryFacts(summary)).toEqual([
      { key: "message_types", label: "Message types", lines: ["Echo: 2", "Echo Reply: 2"] },
      { key: "rtt_mean_ns", label: "Mean round trip", lines: ["1.5 ms"] },
      { key: "hassh", label: "HASSH", lines: ["ab"] },
    ]);
    expect(summaryFacts(null)).toEqual([]);
  });
});
