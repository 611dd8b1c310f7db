import type { LiveMessage, LiveSubscribe } from "./types";

/** The part of WebSocket that is used, so that tests can stand in for it. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  readyState: number;
  send(text: string): void;
  close(code?: number): void;
}

export type LiveState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "lost"; since: number; attempt: number; reason: string };

export interface LiveOptions {
  /** Where to connect; asked anew at each attempt. */
  address(): string;
  open(address: string): Socket;
  onMessage(message: LiveMessage): void;
  onState(state: LiveState): void;
  now?: () => number;
  random?: () => number;
}

/** The server speaks every second; this long without a word means that the connection is dead. */
export const SILENCE_MS = 8_000;
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 5_000;
const OPEN = 1;

/** One connection for live rows and health that comes back whenever it is lost. */
export class LiveConnection {
  private socket: Socket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private lostSince: number | null = null;
  private stopped = true;

  constructor(
    private readonly options: LiveOptions,
    private subscription: LiveSubscribe,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    clearTimeout(this.timer);
  }

  /** Another table or filter. The server answers `hello` for it, or `error`. */
  subscribe(subscription: LiveSubscribe): void {
    this.subscription = subscription;
    if (this.socket?.readyState === OPEN) {
      this.socket.send(JSON.stringify(subscription));
    }
  }

  /** Tries at once instead of after the delay: the network came back, or a person asked. */
  retryNow(): void {
    if (this.stopped || this.lostSince === null || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private connect(): void {
    if (this.lostSince === null) this.options.onState({ kind: "connecting" });
    const socket = this.options.open(this.options.address());
    this.socket = socket;
    this.watch();
    // Subscribing by message and not in the address: a filter that the server refuses then costs an
    // error message and not the connection, which carries health as well.
    socket.onopen = () => {
      if (!isDefault(this.subscription)) socket.send(JSON.stringify(this.subscription));
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code, reason }) => {
      if (this.socket === socket) this.lose(reason || `closed with code ${code}`);
    };
    socket.onerror = null;
  }

  private receive(data: unknown): void {
    this.watch();
    if (this.attempt > 0 || this.lostSince !== null) {
      this.attempt = 0;
      this.lostSince = null;
    }
    const message = parse(data);
    if (message === null) return;
    if (message.type === "hello") this.options.onState({ kind: "open" });
    this.options.onMessage(message);
  }

  private lose(reason: string): void {
    this.drop();
    if (this.stopped) return;
    this.attempt += 1;
    this.lostSince ??= (this.options.now ?? Date.now)();
    this.options.onState({ kind: "lost", since: this.lostSince, attempt: this.attempt, reason });
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.attempt - 1));
    const spread = 0.7 + 0.6 * (this.options.random ?? Math.random)();
    this.timer = setTimeout(() => this.connect(), delay * spread);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(
      () => this.lose(`nothing heard for ${SILENCE_MS / 1000} seconds`),
      SILENCE_MS,
    );
  }
}

/** What the server takes for granted when it is asked for nothing in particular. */
function isDefault({ table, filter }: LiveSubscribe): boolean {
  return table === "requests" && filter === "";
}

function parse(data: unknown): LiveMessage | null {
  if (typeof data !== "string") return null;
  const value: unknown = JSON.parse(data);
  return typeof value === "object" && value !== null && "type" in value
    ? (value as LiveMessage)
    : null;
}
