import { asApiError, isAbort, type ApiError } from "../lib/api";

/** An answer that is asked for again and again while somebody looks at it. */
export class Poll<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** When the data came, on the browser's clock; for "3 s ago". */
  at = $state.raw(0);

  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;
  private stopped = true;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly everyMs: number,
  ) {}

  /** Asks now and then regularly, one question at a time; answers how to stop. For `$effect`. */
  run(): () => void {
    this.stopped = false;
    void this.turn();
    return () => {
      this.stopped = true;
      clearTimeout(this.timer);
      this.abort?.abort();
    };
  }

  /** Asks at once, e.g. after something was changed. */
  refresh(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.abort?.abort();
    void this.turn();
  }

  private async turn(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      if (!document.hidden || this.data === null) {
        this.data = await this.ask(abort.signal);
        this.at = Date.now();
        this.error = null;
      }
    } catch (cause) {
      if (isAbort(cause)) return;
      this.error = asApiError(cause);
    }
    if (!this.stopped && this.abort === abort) {
      this.timer = setTimeout(() => void this.turn(), this.everyMs);
    }
  }
}
