import { describe, expect, it } from "vitest";
import { formFields, kindOfContent, multipartParts, prettyMarkup } from "./content";
import { asHar } from "./har";
import { asPython } from "./python";
import type { RequestDetail } from "./types";

const body = (text: string | null, base64: string | null = null) => ({
  text,
  base64,
  bytes: 4,
  truncated: false,
});
const request = (more: Partial<RequestDetail> = {}): RequestDetail =>
  ({
    time: "2026-11-22T06:00:00.123456789Z",
    protocol: "http",
    version: "1.1",
    method: "POST",
    host: "shop.test",
    target: "/cart?a=1&b=%20x",
    status: 201,
    decrypted: null,
    server_ip: "10.0.0.2",
    server_port: 80,
    flow_id: 7,
    ttfb_ns: 4_000_000,
    duration_ns: 5_500_000,
    request_bytes: 4,
    response_bytes: 2,
    request_content_type: "text/plain",
    content_type: "application/json",
    request_headers: [
      { name: "Host", value: "shop.test" },
      { name: "X-Mark", value: 'a"b\\c' },
    ],
    response_headers: [{ name: "Location", value: "/cart/1" }],
    request_body: body("süß\n"),
    response_body: body("{}"),
    request_body_truncated: false,
    response_body_truncated: false,
    completeness: "complete",
    ...more,
  }) as RequestDetail;

describe("asHar", () => {
  const entry = (row: RequestDetail) => JSON.parse(asHar(row) ?? "").log.entries[0];
  it("says what was seen", () => {
    const { request: asked, response, timings, time } = entry(request());
    expect(asked.url).toBe("http://shop.test/cart?a=1&b=%20x");
    expect(asked.queryString).toEqual([
      { name: "a", value: "1" },
      { name: "b", value: " x" },
    ]);
    expect(asked.postData.text).toBe("süß\n");
    expect([response.status, response.redirectURL, response.content.text]).toEqual([
      201,
      "/cart/1",
      "{}",
    ]);
    expect([time, timings.wait, timings.receive]).toEqual([5.5, 4, 1.5]);
  });
  it("says -1 and 0 for what was not", () => {
    const { response, time, timings, comment } = entry(
      request({
        status: null,
        ttfb_ns: null,
        duration_ns: null,
        response_bytes: null,
        response_body: null,
        completeness: "request_only",
      }),
    );
    expect([response.status, response.bodySize, time, timings.wait]).toEqual([0, -1, -1, -1]);
    expect(comment).toMatch(/request_only/);
  });
  it("keeps binary content as base64", () => {
    const { response } = entry(request({ response_body: body(null, "/wA=") }));
    expect([response.content.text, response.content.encoding]).toEqual(["/wA=", "base64"]);
  });
  it("is none without a request", () => expect(asHar(request({ target: null }))).toBeNull());
});

describe("asPython", () => {
  it("writes texts as Python reads them", () => {
    const script = asPython(request()) ?? "";
    expect(script).toContain('"http://shop.test/cart?a=1&b=%20x"');
    expect(script).toContain('data="süß\\n".encode()');
    expect(script).toContain('"X-Mark": "a\\"b\\\\c"');
    expect(script).not.toContain('"Host"');
    expect(script).toContain('method="POST"');
  });
  it("carries binary bodies, and says what is missing", () => {
    expect(asPython(request({ request_body: body(null, "/wA=") }))).toMatch(
      /^import base64\n[^]*base64\.b64decode\("\/wA="\)/,
    );
    expect(asPython(request({ request_body: null }))).toMatch(/^# The request had a body/);
  });
});

describe("content", () => {
  it("is told by type, then by its beginning", () => {
    expect(kindOfContent("application/problem+json; charset=utf-8", "x")).toBe("json");
    expect(kindOfContent(null, ' {"a":1}')).toBe("json");
    expect(kindOfContent("image/svg+xml", "<svg/>")).toBe("image");
    expect(kindOfContent("text/html", "x")).toBe("markup");
    expect(kindOfContent("application/x-www-form-urlencoded", "a=1")).toBe("form");
    expect(kindOfContent("text/plain", "hello")).toBe("text");
    expect(kindOfContent("application/octet-stream", null)).toBe("bytes");
  });
  it("reads forms in order", () =>
    expect(formFields("a=1&b=x+y%21&a=2")).toEqual([
      { name: "a", value: "1" },
      { name: "b", value: "x y!" },
      { name: "a", value: "2" },
    ]));
  it("takes a multipart body apart", () => {
    const type = 'multipart/form-data; boundary="b.1"';
    const text =
      '--b.1\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n\r\ntwo\r\n--b.1\r\n\r\nx\r\n--b.1--\r\n';
    expect(multipartParts(text, type)).toEqual([
      {
        headers: [{ name: "Content-Disposition", value: 'form-data; name="a"' }],
        body: "one\r\n\r\ntwo",
      },
      { headers: [], body: "x" },
    ]);
    expect(multipartParts(text, "multipart/form-data")).toBeNull();
  });
  it("indents markup and leaves scripts alone", () => {
    expect(prettyMarkup("<a><b>x</b><br><c/></a>")).toBe("<a>\n  <b>x</b>\n  <br>\n  <c/>\n</a>");
    expect(prettyMarkup("<p><script>if (a<b) {\n}</script></p>")).toContain("if (a<b) {\n}");
  });
});
