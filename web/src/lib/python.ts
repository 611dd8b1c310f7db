/** A Python script with nothing but the standard library that sends a request again. */

import { requestUrl } from "./curl";
import type { RequestDetail } from "./types";

/** Fields that urllib writes itself. */
const WRITTEN_BY_URLLIB = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "accept-encoding",
  "expect",
]);

/** The script; null where the request was not seen. */
export function asPython(row: RequestDetail): string | null {
  const url = requestUrl(row);
  if (url === null || row.method === null) return null;
  const body = row.request_body;
  const data = body ? bodyLiteral(body.text, body.base64) : null;
  const headers = (row.request_headers ?? []).filter(
    ({ name }) => !WRITTEN_BY_URLLIB.has(name.toLowerCase()) && !name.startsWith(":"),
  );
  const lines = [
    ...notes(row),
    ...(data?.startsWith("base64") ? ["import base64"] : []),
    "import urllib.request",
    "",
    "request = urllib.request.Request(",
    `    ${literal(url)},`,
    ...(data ? [`    data=${data},`] : []),
    "    headers={",
    ...headers.map(({ name, value }) => `        ${literal(name)}: ${literal(value)},`),
    "    },",
    `    method=${literal(row.method)},`,
    ")",
    "with urllib.request.urlopen(request) as response:",
    "    print(response.status)",
    '    print(response.read().decode(errors="replace"))',
  ];
  return `${lines.join("\n")}\n`;
}

function notes(row: RequestDetail): string[] {
  if (row.request_body_truncated)
    return ["# The body was cut when it was recorded: this is not all of it."];
  if (!row.request_body && (row.request_bytes ?? 0) > 0)
    return ["# The request had a body that was not recorded."];
  return [];
}

function bodyLiteral(text: string | null, base64: string | null): string | null {
  if (text !== null) return text === "" ? null : `${literal(text)}.encode()`;
  return base64 === null ? null : `base64.b64decode(${literal(base64)})`;
}

/** A text as Python writes it: JSON's escapes are Python's, for all that JSON escapes. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
