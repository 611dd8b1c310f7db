import { endpoint } from "./format";
import { endpointWords } from "./protocols";
import type { RequestDetail } from "./types";

/** Fields that curl writes itself, from the address and the body. */
const WRITTEN_BY_CURL = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
]);

type Asked = Pick<
  RequestDetail,
  "protocol" | "method" | "target" | "host" | "server_ip" | "server_port" | "decrypted"
>;

/** The address that was asked; null where the request was not seen, or is not one of HTTP. */
export function requestUrl(row: Asked): string | null {
  if (row.protocol !== "http" || row.target === null) return null;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(row.target)) return row.target;
  const scheme = row.decrypted === null ? "http" : "https";
  const authority = row.host ?? endpoint(row.server_ip, row.server_port);
  return `${scheme}://${authority}${row.target.startsWith("/") ? row.target : `/${row.target}`}`;
}

/** What was asked, in one line for people: the address, or the request and its server. */
export function asked(row: Asked): string | null {
  const url = requestUrl(row);
  if (url !== null || row.protocol === "http") return url;
  if (row.method === null && row.target === null) return null;
  const words = row.target === null ? row.method : endpointWords(row.method, row.target);
  return `${words} at ${endpoint(row.server_ip, row.server_port)}`;
}

/** A command for a POSIX shell that sends the request again; null where it was not seen. */
export function asCurl(row: RequestDetail): string | null {
  const url = requestUrl(row);
  if (url === null || row.method === null) return null;
  const parts = [`curl ${quote(url)}`, ...methodPart(row), ...headerParts(row)];
  const notes: string[] = [];
  const body = row.request_body;
  if (body && body.text !== null && body.text !== "") parts.push(`--data-raw ${quote(body.text)}`);
  if (body && body.text === null)
    notes.push("# The body is binary and is not part of this command.");
  if (row.request_body_truncated)
    notes.push("# The body was cut when it was recorded: this is not all of it.");
  if (!body && (row.request_bytes ?? 0) > 0)
    notes.push("# The request had a body that was not recorded.");
  return [...notes, parts.join(" \\\n  ")].join("\n");
}

function methodPart({ method, request_body }: RequestDetail): string[] {
  if (method === "HEAD") return ["--head"];
  const implied = request_body?.text ? "POST" : "GET";
  return method === implied || method === null ? [] : [`-X ${quote(method)}`];
}

function headerParts({ request_headers }: RequestDetail): string[] {
  return (request_headers ?? [])
    .filter(({ name }) => !WRITTEN_BY_CURL.has(name.toLowerCase()) && !name.startsWith(":"))
    .map(({ name, value }) => `-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`);
}

/** One word for a POSIX shell. */
export function quote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
