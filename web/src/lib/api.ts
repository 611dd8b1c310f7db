import type {
  CaptureStart,
  CaptureStatus,
  ColumnFacts,
  Comparison,
  ContainerList,
  ContainerTraffic,
  Coverage,
  DoctorReport,
  ErrorFacts,
  FilterCheck,
  FilterValues,
  FlowRow,
  FlowStream,
  Health,
  InterfaceList,
  PacketDetail,
  ProcessList,
  RequestDetail,
  RequestRow,
  SettingList,
  SettingsChanged,
  Source,
  SourceFacts,
  TimeSeries,
  TopList,
  UploadedCapture,
  UploadedCaptureAnswer,
  UploadedCaptureList,
  WorkloadMap,
} from "./types";
import type { RingPage } from "./ring";
import { place, socketAddress, token } from "./server";

/** What the server, or the way to it, answered instead of data. */
export class ApiError extends Error {
  constructor(
    readonly facts: ErrorFacts,
    /** 0 where there was no answer at all. */
    readonly status: number,
  ) {
    super(facts.message);
    this.name = "ApiError";
  }

  get code(): string {
    return this.facts.code;
  }
  get remedy(): string {
    return this.facts.remedy;
  }
  /** Where in the filter it is wrong, counted in characters from 0. */
  get position(): number | null {
    const { position } = this.facts.detail;
    return typeof position === "number" ? position : null;
  }
}

/** What is looked at: live traffic (null), or an uploaded capture by its id. */
export const view: { source: string | null } = { source: null };

/** What a file holds does not change: it is asked for again only lest an error stay for ever. */
export function leastPause(): number {
  return view.source === null ? 0 : 60_000;
}

type Parameters = Record<string, string | number | null | undefined>;

function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `${place.base}/${path}${text ? `?${text}` : ""}`;
}

/** A question about stored rows: of what is looked at. The one place where that is said. */
function rows(path: string, parameters: Parameters = {}): string {
  return address(path, { ...parameters, source: view.source });
}

/** For where no header can be given: a link, a WebSocket. */
function withToken(parameters: Parameters = {}): Parameters {
  return { ...parameters, token: token.get() };
}

function authorization(): Record<string, string> {
  const known = token.get();
  return known === null ? {} : { authorization: `Bearer ${known}` };
}

async function answer<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      headers: { accept: "application/json", ...authorization(), ...init.headers },
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(
      {
        code: "unreachable",
        message: "The NautScan server does not answer.",
        remedy: "Is it still running? The page tries again by itself.",
        detail: {},
      },
      0,
    );
  }
  if (response.ok) return (await response.json()) as T;
  throw new ApiError(await facts(response), response.status);
}

async function facts(response: Response): Promise<ErrorFacts> {
  const text = await response.text().catch(() => "");
  return stated(text) ?? unexpected(response.status, response.statusText);
}

/** The error that an answer states; null where it is not of our server's shape. */
function stated(text: string): ErrorFacts | null {
  try {
    return (JSON.parse(text) as { error?: ErrorFacts }).error ?? null;
  } catch {
    // Something between the server and the browser answered.
    return null;
  }
}

function unexpected(status: number, words = ""): ErrorFacts {
  return {
    code: "unexpected_answer",
    message: `The server answered ${status} ${words}`.trim() + ".",
    remedy: "If a proxy stands before NautScan, look there; otherwise see the server's log.",
    detail: {},
  };
}

function post<T>(path: string, body: unknown): Promise<T> {
  return answer<T>(address(path), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function patch<T>(path: string, body: unknown): Promise<T> {
  return answer<T>(address(path), {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** What a question about many rows is limited to. */
export interface Over {
  filter?: string;
  from: string;
  to?: string;
}

export interface RowQuery {
  filter?: string;
  from?: string | null;
  to?: string | null;
  limit?: number;
  cursor?: string | null;
  order?: "asc" | "desc";
}

export interface RequestList {
  requests: RequestRow[];
  next: string | null;
  source: Source;
}
export interface FlowList {
  flows: FlowRow[];
  next: string | null;
  source: Source;
}
export interface PacketList extends RingPage {
  source: Source;
}

const signalled = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});

export const api = {
  source: () => answer<SourceFacts>(address("source")),
  health: () => answer<Health>(address("health")),
  doctor: (signal?: AbortSignal) => answer<DoctorReport>(address("doctor"), signalled(signal)),
  columns: (table: string) =>
    answer<{ columns: ColumnFacts[]; functions: string[] }>(address("columns", { table })),

  checkDisplayFilter: (table: string, filter: string, signal?: AbortSignal) =>
    answer<FilterCheck>(rows("filter/check", { table, filter }), signalled(signal)),
  values: (
    query: { table: string; column: string; part?: string; filter?: string; limit?: number },
    signal?: AbortSignal,
  ) => answer<FilterValues>(rows("filter/values", query), signalled(signal)),

  requests: (query: RowQuery, signal?: AbortSignal) =>
    answer<RequestList>(rows("requests", { ...query }), signalled(signal)),
  request: (id: string | number, signal?: AbortSignal) =>
    answer<RequestDetail>(rows(`requests/${encodeURIComponent(id)}`), signalled(signal)),
  flows: (query: RowQuery, signal?: AbortSignal) =>
    answer<FlowList>(rows("flows", { ...query }), signalled(signal)),
  flowStream: (flow: string | number, max_bytes: number, signal?: AbortSignal) =>
    answer<FlowStream>(
      rows(`flows/${encodeURIComponent(flow)}/stream`, { max_bytes }),
      signalled(signal),
    ),
  flowStreamAddress: (flow: string | number, side: "client" | "server") =>
    rows(`flows/${encodeURIComponent(flow)}/stream/${side}`, withToken()),
  timeseries: (
    query: { table: string; filter?: string; from?: string; to?: string; bucket?: string },
    signal?: AbortSignal,
  ) => answer<TimeSeries>(rows("timeseries", query), signalled(signal)),
  coverage: (query: { from: string; to?: string; bucket?: string }, signal?: AbortSignal) =>
    answer<Coverage>(rows("coverage", query), signalled(signal)),
  top: (
    query: Over & { by: string; table?: string; order?: string; limit?: number },
    signal?: AbortSignal,
  ) => answer<TopList>(rows("top", { ...query }), signalled(signal)),
  map: (query: Over, signal?: AbortSignal) =>
    answer<WorkloadMap>(rows("map", { ...query }), signalled(signal)),
  compare: (
    query: Over & { by: string; base_from?: string; base_to?: string; limit?: number },
    signal?: AbortSignal,
  ) => answer<Comparison>(rows("compare", { ...query }), signalled(signal)),

  settings: (signal?: AbortSignal) => answer<SettingList>(address("settings"), signalled(signal)),
  changeSettings: (wanted: Record<string, string | null>) =>
    patch<SettingsChanged>("settings", wanted),

  containers: (query: Over, signal?: AbortSignal) =>
    answer<ContainerList>(rows("containers", { ...query }), signalled(signal)),
  containerRequests: (name: string, query: Over & { limit: number }, signal?: AbortSignal) =>
    answer<RequestList>(
      address(`containers/${encodeURIComponent(name)}/requests`, { ...query }),
      signalled(signal),
    ),
  containerProcesses: (name: string, signal?: AbortSignal) =>
    answer<ProcessList>(
      address(`containers/${encodeURIComponent(name)}/processes`),
      signalled(signal),
    ),

  containerTraffic: (name: string, query: Over, signal?: AbortSignal) =>
    answer<ContainerTraffic>(
      rows(`containers/${encodeURIComponent(name)}/traffic`, { ...query }),
      signalled(signal),
    ),

  packets: (
    query: {
      limit: number;
      before?: string | number | null;
      after?: string | number | null;
      flow_id?: string | number | null;
      filter?: string;
    },
    signal?: AbortSignal,
  ) => answer<PacketList>(rows("packets/recent", query), signalled(signal)),
  packet: (id: string | number, signal?: AbortSignal) =>
    answer<PacketDetail>(rows(`packets/${encodeURIComponent(id)}`), signalled(signal)),
  /** All packets of the ring, or those of a flow or under a filter. */
  exportAddress: (of: { flow_id?: string | number; filter?: string } = {}) =>
    rows("packets/export", withToken(of)),

  captures: (signal?: AbortSignal) =>
    answer<UploadedCaptureList>(address("captures"), signalled(signal)),
  capture: async (id: string, signal?: AbortSignal) => {
    const path = address(`captures/${encodeURIComponent(id)}`);
    return (await answer<UploadedCaptureAnswer>(path, signalled(signal))).capture;
  },
  deleteCapture: (id: string) =>
    answer<{ ok: true }>(address(`captures/${encodeURIComponent(id)}`), { method: "DELETE" }),

  interfaces: () => answer<InterfaceList>(address("packets/interfaces")),
  status: () => answer<CaptureStatus>(address("packets/status")),
  start: (wanted: CaptureStart) => post<CaptureStatus>("packets/start", wanted),
  stop: () => post<CaptureStatus>("packets/stop", {}),
  checkFilter: (filter: string) => post<{ ok: true }>("packets/check-filter", { filter }),
};

/**
 * Sends a file; `onsent` is told how many of its bytes have gone. Not by fetch, which does not tell.
 */
export function upload(
  file: File,
  onsent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadedCapture> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("captures", { name: file.name }));
    request.setRequestHeader("content-type", "application/octet-stream");
    for (const [name, value] of Object.entries(authorization()))
      request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onsent(loaded);
    request.onload = () => {
      const { status, responseText } = request;
      if (status === 202) resolve((JSON.parse(responseText) as UploadedCaptureAnswer).capture);
      else reject(new ApiError(stated(responseText) ?? unexpected(status), status));
    };
    request.onerror = () => reject(new ApiError(CUT_OFF, 0));
    request.onabort = () => reject(new DOMException("The upload was ended", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

const CUT_OFF: ErrorFacts = {
  code: "unreachable",
  message: "The connection ended before the file was there.",
  remedy: "Is the server still running? Upload the file again.",
  detail: {},
};

/** Where the live rows are. */
export function liveAddress(): string {
  const known = token.get();
  const query = known === null ? "" : `?token=${encodeURIComponent(known)}`;
  return socketAddress(place, location.href, `live${query}`);
}

/** Any failure as facts that a person can act on. */
export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(
    {
      code: "page",
      message: `The page failed: ${message}`,
      remedy: "Reload it; please report this.",
      detail: {},
    },
    0,
  );
}

export function isAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "AbortError";
}
