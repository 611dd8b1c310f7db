/** HTTP Archive 1.2 of one request, as browsers' tools read it. What was not seen is -1 or left out. */

import { requestUrl } from "./curl";
import type { Body, Header, RequestDetail } from "./types";

const UNKNOWN = -1;

/** The archive as text; null where the request was not seen. */
export function asHar(row: RequestDetail): string | null {
  const url = requestUrl(row);
  if (url === null || row.method === null) return null;
  const entry = {
    startedDateTime: row.time,
    time: milliseconds(row.duration_ns),
    request: {
      method: row.method,
      url,
      httpVersion: version(row),
      cookies: [],
      headers: fields(row.request_headers),
      queryString: query(url),
      headersSize: UNKNOWN,
      bodySize: row.request_bytes ?? UNKNOWN,
      ...(row.request_body ? { postData: posted(row, row.request_body) } : {}),
    },
    response: {
      // HAR has 0 for a response that was not had.
      status: row.status ?? 0,
      statusText: "",
      httpVersion: version(row),
      cookies: [],
      headers: fields(row.response_headers),
      content: content(row),
      redirectURL: header(row.response_headers, "location") ?? "",
      headersSize: UNKNOWN,
      bodySize: row.response_bytes ?? UNKNOWN,
    },
    cache: {},
    timings: timings(row),
    serverIPAddress: row.server_ip,
    connection: String(row.flow_id),
    ...(notes(row) ? { comment: notes(row) } : {}),
  };
  const log = { version: "1.2", creator: { name: "NautScan", version: "" }, entries: [entry] };
  return `${JSON.stringify({ log }, null, 2)}\n`;
}

function milliseconds(ns: number | null): number {
  return ns === null ? UNKNOWN : ns / 1e6;
}

function version({ version: spoken, protocol }: RequestDetail): string {
  return spoken === null ? protocol : `${protocol.toUpperCase()}/${spoken}`;
}

function fields(headers: Header[] | null): Header[] {
  return (headers ?? []).map(({ name, value }) => ({ name, value }));
}

function header(headers: Header[] | null, wanted: string): string | null {
  return headers?.find(({ name }) => name.toLowerCase() === wanted)?.value ?? null;
}

function query(url: string): Header[] {
  try {
    return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
  } catch {
    return [];
  }
}

function posted(row: RequestDetail, body: Body) {
  return {
    mimeType: row.request_content_type ?? "",
    text: body.text ?? body.base64 ?? "",
    ...(body.text === null ? { comment: "base64" } : {}),
  };
}

function content(row: RequestDetail) {
  const { response_body: body } = row;
  return {
    size: row.response_bytes ?? UNKNOWN,
    mimeType: row.content_type ?? "",
    ...(body ? { text: body.text ?? body.base64 ?? "" } : {}),
    ...(body && body.text === null ? { encoding: "base64" } : {}),
  };
}

function timings({ ttfb_ns: first, duration_ns: whole }: RequestDetail) {
  const receive = first !== null && whole !== null ? Math.max(0, whole - first) : null;
  return { send: 0, wait: milliseconds(first), receive: milliseconds(receive) };
}

function notes(row: RequestDetail): string {
  const said: string[] = [];
  if (row.completeness === "open") said.push("it was still going on");
  else if (row.completeness !== "complete") said.push(`seen incompletely: ${row.completeness}`);
  if (row.request_body_truncated) said.push("the request's body was cut when it was recorded");
  if (row.response_body_truncated) said.push("the response's body was cut when it was recorded");
  return said.join("; ");
}
