import { describe, expect, it } from "vitest";
import { asciiByte, bodyBytes, fromHex, hexByte, hexLines } from "./bytes";
import { asCurl, asked, quote, requestUrl } from "./curl";
import { flowState, oddity, whyIncomplete } from "./explain";
import { level, packetLoss, stages } from "./honesty";
import { prettyJson } from "./json";
import { HOME, formatRoute, parseRoute } from "./route";
import type { Counter, Health, RequestDetail } from "./types";

describe("route", () => {
  it("goes to text and back", () => {
    const route = {
      place: "flows",
      filter: "host = 'a&b' or x like '%?%'",
      range: { kind: "live", seconds: 3600 },
      source: "0123456789ab",
      base: null,
      open: "12",
    } as const;
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });
  it("is at home where nothing or nonsense is said", () => {
    expect(parseRoute("")).toEqual(HOME);
    expect(parseRoute("#/nowhere?x=1")).toEqual(HOME);
    expect(formatRoute(HOME)).toBe("#/overview");
  });
});

const pretty = (text: string) =>
  prettyJson(text)
    .map((token) => token.text)
    .join("");

describe("prettyJson", () => {
  it("indents as JSON.stringify would", () => {
    const value = { a: [1, 2, { b: null }], c: {}, d: [], e: 'x{,}:[\\"' };
    expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });
  it("keeps digits and order that parsing would lose", () =>
    expect(pretty('{"b":12345678901234567890,"a":1.10}')).toBe(
      '{\n  "b": 12345678901234567890,\n  "a": 1.10\n}',
    ));
  it("shows what there is of a body that was cut", () =>
    expect(pretty('{"a":[1,{"b":"un')).toBe('{\n  "a": [\n    1,\n    {\n      "b": "un'));
  it("keeps lines of objects apart", () => expect(pretty('{"a":1}\n{"b":2}')).toContain("}\n{"));
  it("tells keys from strings", () =>
    expect(prettyJson('{"a":"b"}').filter((token) => token.text.startsWith('"'))).toEqual([
      { kind: "key", text: '"a"' },
      { kind: "string", text: '"b"' },
    ]));
});

describe("bytes", () => {
  it("reads hexadecimal", () => expect([...fromHex("00ff10")]).toEqual([0, 255, 16]));
  it("breaks lines at sixteen", () => {
    const lines = hexLines(new Uint8Array(17));
    expect(lines.map((line) => [line.offset, line.bytes.length])).toEqual([
      [0, 16],
      [16, 1],
    ]);
  });
  it("shows only printable letters", () => {
    expect([65, 0, 127, 200].map(asciiByte).join("")).toBe("A···");
    expect(hexByte(10)).toBe("0a");
  });
  it("takes bodies as text or base64", () => {
    expect([...bodyBytes({ text: "é", base64: null, bytes: 2, truncated: false })]).toEqual([
      0xc3, 0xa9,
    ]);
    expect([...bodyBytes({ text: null, base64: "/wA=", bytes: 2, truncated: false })]).toEqual([
      255, 0,
    ]);
  });
});

function request(changes: Partial<RequestDetail> = {}): RequestDetail {
  return {
    method: "GET",
    target: "/a?b=1",
    protocol: "http",
    host: "shop.test",
    server_ip: "10.0.0.2",
    server_port: 80,
    decrypted: null,
    request_headers: [],
    request_body: null,
    request_body_truncated: false,
    request_bytes: 0,
    ...changes,
  } as RequestDetail;
}

describe("asCurl", () => {
  it("asks the same thing", () =>
    expect(
      asCurl(
        request({
          method: "PUT",
          request_headers: [
            { name: "Host", value: "shop.test" },
            { name: "X-Empty", value: "" },
            { name: "Accept", value: "it's" },
          ],
          request_body: { text: "a 'b'", base64: null, bytes: 5, truncated: false },
        }),
      ),
    ).toBe(
      "curl 'http://shop.test/a?b=1' \\\n  -X PUT \\\n  -H 'X-Empty;' \\\n  -H 'Accept: it'\\''s' \\\n  --data-raw 'a '\\''b'\\'''",
    ));
  it("says what it lacks", () => {
    expect(asCurl(request({ request_body_truncated: true }))).toMatch(/^# The body was cut/);
    expect(asCurl(request({ request_bytes: 9 }))).toMatch(/not recorded/);
    expect(
      asCurl(request({ request_body: { text: null, base64: "/w==", bytes: 1, truncated: false } })),
    ).toMatch(/binary/);
  });
  it("gives nothing for a request that was not seen", () => {
    expect(asCurl(request({ target: null }))).toBeNull();
    expect(asCurl(request({ method: null }))).toBeNull();
  });
  it("names the address that was asked", () => {
    expect(requestUrl(request({ host: null }))).toBe("http://10.0.0.2:80/a?b=1");
    expect(requestUrl(request({ decrypted: "keylog" }))).toBe("https://shop.test/a?b=1");
    expect(requestUrl(request({ target: "http://else.test/x" }))).toBe("http://else.test/x");
  });
  it("gives no address of what is not HTTP", () => {
    const query = request({
      protocol: "dns",
      method: "AAAA",
      target: "shop.test",
      host: null,
      server_ip: "10.0.0.53",
      server_port: 53,
    });
    expect(requestUrl(query)).toBeNull();
    expect(asCurl(query)).toBeNull();
    expect(asked(query)).toBe("AAAA shop.test at 10.0.0.53:53");
    expect(asked({ ...query, method: null, target: null })).toBeNull();
    expect(asked({ ...query, protocol: "redis", method: "PING", target: null })).toBe(
      "PING at 10.0.0.53:53",
    );
    const statement = { ...query, protocol: "postgresql", method: "SELECT", target: "SELECT ?" };
    expect(asked(statement)).toBe("SELECT ? at 10.0.0.53:53");
    expect(asked(request({}))).toBe("http://shop.test/a?b=1");
    expect(asked(request({ target: null }))).toBeNull();
  });
  it("quotes only what the shell would touch", () => {
    expect(quote("a/b.c:1")).toBe("a/b.c:1");
    expect(quote("$HOME")).toBe("'$HOME'");
  });
});

describe("explain", () => {
  const seen = { completeness: "complete", gap_bytes: 0 } as const;
  it("gives the reason for what is missing", () => {
    expect(whyIncomplete(seen)).toBeNull();
    expect(whyIncomplete({ ...seen, completeness: "gap", gap_bytes: 42 })).toContain("42 bytes");
    expect(whyIncomplete({ ...seen, completeness: "response_only" })).toContain("not seen");
  });
  it("reads unknown codes aloud", () => {
    expect(oddity("missing_host", "http")).toBe("An HTTP/1.1 request has no Host.");
    expect(oddity("very_odd_thing", "http")).toBe("Very odd thing.");
    expect(flowState({ state: "established", end_reason: null })).toBe("Established, still open.");
    expect(flowState({ state: "closed", end_reason: "finished" })).toBe("Both sides closed it.");
  });
});

function health(
  counters: [stage: string, name: string, value: number, recent: number][],
  changes: Partial<Health> = {},
): Health {
  return {
    status: "ok",
    reasons: [],
    drops: [],
    sensor: { connected: true, since: null, reason: null, gaps: [] },
    store: { rows_lost: 0, reason: null },
    stages: counters.map(([stage, name, value, recent]): Counter => ({
      sensor: "local",
      interface: null,
      stage,
      name,
      value,
      recent,
    })),
    ...changes,
  } as Health;
}

describe("honesty", () => {
  it("is good only when all stages are", () => {
    expect(level(health([["capture", "received", 10, 1]]))).toBe("ok");
    expect(level(health([["capture", "kernel_drops", 3, 0]]))).toBe("lost");
    expect(level(health([["capture", "kernel_drops", 3, 1]]))).toBe("losing");
    expect(level(health([["proto", "parse_errors", 3, 3]]))).toBe("ok");
  });
  it("knows when nobody is watching", () => {
    expect(level(null)).toBe("off");
    expect(level(health([], { status: "no_capture" }))).toBe("off");
    expect(
      level(health([], { sensor: { connected: false, since: null, reason: "gone", gaps: [] } })),
    ).toBe("off");
  });
  it("does not forget a gap", () => {
    const gaps = [{ since: "2026-01-01T00:00:00Z", until: null, reason: "killed" }];
    expect(
      level(health([], { sensor: { connected: true, since: null, reason: null, gaps } })),
    ).toBe("noted");
  });
  it("leaves Docker out of it, and nothing else that is amiss", () => {
    const reason = (code: string) => [{ code, message: "", remedy: "" }];
    expect(level(health([], { reasons: reason("docker_absent"), status: "degraded" }))).toBe("ok");
    expect(level(health([], { reasons: reason("store_full"), status: "degraded" }))).toBe("noted");
  });
  it("shows losses that it has no words for", () => {
    const drop = {
      stage: "queue",
      name: "outbox_rows_dropped",
      interface: null,
      value: 9,
      recent: 2,
      meaning: "Gone",
    };
    const found = health([], { drops: [drop] });
    expect(stages(found).at(-1)).toMatchObject({
      title: "queue: outbox rows dropped",
      value: 9,
      meaning: "Gone.",
    });
    expect(level(found)).toBe("losing");
    expect(level(health([], { drops: [{ ...drop, stage: "live", name: "rows_skipped" }] }))).toBe(
      "ok",
    );
  });
  it("tells fragments, aggregates and records out of order, with what they mean", () => {
    const found = stages(
      health([
        ["decode", "fragments", 4, 0],
        ["decode", "datagrams_incomplete", 1, 0],
        ["decode", "aggregated_skipped", 0, 0],
        ["capture", "reordered", 7, 0],
      ]),
    );
    const of = (key: string) => found.find((stage) => stage.key === key);
    expect(of("decode/fragments")).toMatchObject({ value: 4, loss: false, rare: true });
    expect(of("decode/datagrams_incomplete")).toMatchObject({ value: 1, loss: true });
    expect(of("decode/aggregated_skipped")).toMatchObject({ value: 0, loss: true });
    expect(of("capture/reordered")).toMatchObject({ value: 7, loss: false });
    expect(of("capture/time_went_back")).toMatchObject({ value: null });
    expect(found.filter(({ meaning }) => meaning.length < 20)).toEqual([]);
  });
  it("adds interfaces up and leaves the uncounted uncounted", () => {
    const list = stages(
      health([
        ["capture", "received", 10, 1],
        ["capture", "received", 5, 2],
      ]),
    );
    expect(list.find(({ key }) => key === "capture/received")).toMatchObject({
      value: 15,
      recent: 3,
    });
    expect(list.find(({ key }) => key === "capture/kernel_drops")).toMatchObject({ value: null });
  });
  it("gives the share of packets lost, or none before any came", () => {
    expect(
      packetLoss(
        health([
          ["capture", "received", 75, 0],
          ["capture", "kernel_drops", 25, 0],
        ]),
      ),
    ).toBe(0.25);
    expect(packetLoss(health([]))).toBeNull();
    expect(packetLoss(health([["capture", "received", 0, 0]]))).toBeNull();
  });
});
