/** What things are called where a protocol is not HTTP: its own documents' words. */

import { duration } from "./format";
import { listsMessages } from "./messages";
import type { FlowRow, RequestRow } from "./types";

/** Names of what a row of `requests` holds. */
export interface Words {
  method: string;
  host: string;
  target: string;
  status: string;
  error: string;
  /** What came first, and what came back. */
  request: string;
  response: string;
  /** Until the answer began, and from the first byte to the last. */
  wait: string;
  whole: string;
}

const HTTP: Words = {
  method: "Method",
  host: "Host",
  target: "Target",
  status: "Status",
  error: "Error",
  request: "Request",
  response: "Response",
  wait: "Wait for the first byte",
  whole: "Request to last byte",
};

/** Of protocols that have no words of their own here. */
const ANY: Words = {
  ...HTTP,
  method: "Operation",
  response: "Answer",
  wait: "Wait for the answer",
  whole: "Request to end of answer",
};

const QUESTION: Words = {
  ...ANY,
  method: "Type",
  target: "Name",
  status: "Response code",
  request: "Question",
  whole: "Question to answer",
};

const COMMAND: Words = {
  ...ANY,
  method: "Command",
  target: "Key",
  request: "Command",
  response: "Reply",
  wait: "Wait for the reply",
  whole: "Command to end of reply",
};

const STATEMENT: Words = {
  ...ANY,
  target: "Statement",
  status: "Error number",
  request: "Statement",
  response: "Result",
  wait: "Wait for the result",
  whole: "Statement to end of result",
};

const WORDS: Readonly<Record<string, Words>> = {
  dns: QUESTION,
  mdns: QUESTION,
  llmnr: QUESTION,
  redis: { ...COMMAND, target: "Key or channel", error: "Error code" },
  memcached: COMMAND,
  postgresql: { ...STATEMENT, error: "SQLSTATE" },
  mysql: STATEMENT,
  mongodb: { ...COMMAND, target: "Collection" },
  mqtt: { ...ANY, method: "Packet", target: "Topic", status: "Reason code" },
  kafka: { ...ANY, method: "API", target: "Topic", status: "Error code" },
  nats: { ...ANY, target: "Subject" },
  fastcgi: HTTP,
  amqp: { ...ANY, target: "Exchange or queue", status: "Reply code" },
};

/** HTTP in any version, and what is told in its words. */
export function speaksHttp(protocol: string | null): boolean {
  return protocol !== null && /^(https?\d?|h2c?|grpc|websocket)$/.test(protocol);
}

function isGrpc(protocol: string | null): boolean {
  return protocol === "grpc";
}

/** Whose statuses people know by their words, not by their numbers. */
function hasWords(protocol: string | null): boolean {
  return isDns(protocol) || isGrpc(protocol);
}

export function wordsOf(protocol: string | null): Words {
  if (speaksHttp(protocol)) return HTTP;
  return WORDS[protocol ?? ""] ?? ANY;
}

/** RFC 9110 and others that the IANA registry names. */
const HTTP_STATUS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
  511: "Network Authentication Required",
};

/** DNS response codes (IANA), by their mnemonics. */
const RCODE: readonly string[] = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
];
const isDns = (protocol: string | null) => WORDS[protocol ?? ""] === QUESTION;

type Ended = Pick<RequestRow, "protocol" | "status" | "error">;

/** The name of a status as its protocol calls it; null where there is none. */
export function statusName({ protocol, status, error }: Ended): string | null {
  if (status === null) return null;
  if (isGrpc(protocol)) return status === 0 ? "OK" : error;
  if (speaksHttp(protocol) || protocol === "fastcgi") return HTTP_STATUS[status] ?? null;
  if (isDns(protocol)) return RCODE[status] ?? error;
  return error;
}

type Seen = Ended & Pick<RequestRow, "completeness">;

/** How it ended, in a word for a list: the status, or what stands in its place. */
export function outcome(row: Seen): string {
  const { protocol, status, error, completeness } = row;
  if (status !== null) return (hasWords(protocol) ? statusName(row) : null) ?? String(status);
  // A code, such as WRONGTYPE or unique_violation, says it; a sentence is told in the detail.
  if (error !== null) return !speaksHttp(protocol) && /^\w+$/.test(error) ? error : "failed";
  if (completeness === "request_only") return "no reply";
  if (completeness === "open") return "open";
  return completeness === "complete" && !speaksHttp(protocol) ? "answered" : "unseen";
}

/** Method and path as a label; a statement begins with its method already. */
export function endpointWords(method: string | null, path: string | null): string {
  if (method !== null && path?.toUpperCase().startsWith(`${method.toUpperCase()} `)) return path;
  return `${method ?? "?"} ${path ?? "(not seen)"}`;
}

export interface DetailFact {
  key: string;
  label: string;
  /** One line each. */
  lines: string[];
}

const LABELS: Readonly<Record<string, string>> = {
  id: "Message id",
  sqlstate: "SQLSTATE",
  ttl: "TTL",
  authority: "Authority section",
  additional: "Additional section",
  answer: "Answer section",
  answers: "Answer section",
  grpc_web: "gRPC-Web",
  grpc_message: "Status message",
  http_status: "HTTP status",
  http_version: "HTTP version",
  hassh: "HASSH",
  hassh_server: "HASSH of the server",
  cipher_to_client: "Cipher to the client",
  mac: "MAC",
  mac_to_client: "MAC to the client",
  compression_to_client: "Compression to the client",
  rtt_min: "Least round trip",
  rtt_mean: "Mean round trip",
  rtt_max: "Largest round trip",
  next_hop_mtu: "MTU of the next hop",
};

/** What has a place of its own: messages of gRPC stand beside the bodies that they are of. */
const ELSEWHERE = new Set([
  "request_protobuf",
  "response_protobuf",
  "request_message_type",
  "response_message_type",
]);

/** What a protocol tells beside the columns and messages: names and values of the row's `detail`. */
export function detailFacts(detail: RequestRow["detail"]): DetailFact[] {
  return Object.entries(detail ?? {})
    .filter(([key, value]) => !ELSEWHERE.has(key) && !listsMessages(key, value))
    .map(([key, value]) => ({
      key,
      label: LABELS[key] ?? sentence(key),
      lines: (typeof value === "string" ? value : JSON.stringify(value))
        .split("\n")
        .filter((line) => line !== ""),
    }))
    .filter(({ lines }) => lines.length > 0);
}

export interface CallMessages {
  /** Each message by itself: JSON where a schema named its fields. */
  texts: string[];
  /** The type that the schema names. */
  type: string | null;
  /** Not all of them had room. */
  isCut: boolean;
}

/** The messages of one side of a call, as far as they were kept; null where there are none. */
export function callMessages(
  detail: RequestRow["detail"],
  side: "request" | "response",
): CallMessages | null {
  const text = detail?.[`${side}_protobuf`];
  if (typeof text !== "string") return null;
  const type = detail?.[`${side}_message_type`];
  const isCut = text.endsWith(" …");
  const texts = (isCut ? text.slice(0, -2) : text).split("\n");
  return { texts, type: typeof type === "string" ? type : null, isCut };
}

/** What a flow's protocol says of itself: names and values of the row's `summary`. */
export function summaryFacts(summary: FlowRow["summary"]): DetailFact[] {
  return detailFacts(summary).map(({ key, label, lines }) => {
    if (!key.endsWith("_ns")) return { key, label, lines };
    const name = key.slice(0, -"_ns".length);
    const words = LABELS[name] ?? sentence(name);
    return { key, label: words, lines: lines.map((line) => duration(Number(line))) };
  });
}

function sentence(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
