import { asApiError, isAbort, type ApiError } from "../lib/api";

/**
 * The answer to a question that changes: what was answered last stays until the next answer is
 * here, so that nothing on the page jumps while it is awaited.
 */
export class Latest<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** When the data came, on the browser's clock; for "3 s ago". */
  at = $state.raw(0);
  /** The question has changed, and what is shown answers the one before. */
  stale = $state.raw(true);

  /** Asks now and then regularly; answers how to stop. For `$effect`. */
  start(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): () => void {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.stale = true;
    const turn = async () => {
      try {
        if (!document.hidden || this.stale) {
          this.data = await ask(abort.signal);
          this.at = Date.now();
          this.error = null;
          this.stale = false;
        }
      } catch (cause) {
        if (isAbort(cause) || abort.signal.aborted) return;
        this.error = asApiError(cause);
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void turn(), everyMs);
    };
    void turn();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }
}
