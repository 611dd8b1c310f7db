import { api, asApiError, liveAddress, type ApiError } from "../lib/api";
import { LiveConnection, type LiveState, type Socket } from "../lib/live";
import type { Health, LiveMessage, LiveSubscribe, SourceFacts } from "../lib/types";

type Listener = (message: LiveMessage) => void;

/** The one connection to the server: its state, health each second, and live rows for who asks. */
class Session {
  live = $state.raw<LiveState>({ kind: "connecting" });
  health = $state.raw<Health | null>(null);
  facts = $state.raw<SourceFacts | null>(null);
  error = $state.raw<ApiError | null>(null);

  private readonly listeners = new Set<Listener>();
  private readonly connection = new LiveConnection(
    {
      address: liveAddress,
      open: (address) => new WebSocket(address) as unknown as Socket,
      onMessage: (message) => this.receive(message),
      onState: (state) => this.changed(state),
    },
    { type: "subscribe", table: "requests", filter: "" },
  );

  start(): void {
    this.connection.start();
    addEventListener("online", () => this.connection.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.connection.retryNow();
    });
  }

  retry(): void {
    this.connection.retryNow();
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe(subscription: Omit<LiveSubscribe, "type">): void {
    this.connection.subscribe({ type: "subscribe", ...subscription });
  }

  get isDemo(): boolean {
    return (this.facts?.source ?? this.health?.source) === "demo";
  }

  private receive(message: LiveMessage): void {
    if (message.type === "health") this.health = message.health;
    if (message.type === "hello") void this.identify();
    for (const listener of this.listeners) listener(message);
  }

  private changed(state: LiveState): void {
    this.live = state;
    if (state.kind === "lost" && state.attempt === 1) void this.identify();
  }

  /** What this server shows. Asked on each connection: another server may have taken its place. */
  private async identify(): Promise<void> {
    try {
      this.facts = await api.source();
      this.error = null;
    } catch (cause) {
      this.error = asApiError(cause);
    }
  }
}

export const session = new Session();
