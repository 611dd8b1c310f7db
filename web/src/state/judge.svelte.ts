import { ApiError, api, asApiError, isAbort } from "../lib/api";
import type { FilterTable } from "./filters.svelte";

/** Long enough that a person has finished the word. */
const CHECK_AFTER_MS = 250;

/** Lets the server judge a filter while it is written. */
export class FilterJudge {
  problem = $state.raw<ApiError | null>(null);
  /** The person has sent it off: what is missing is wrong now. */
  isFinal = $state.raw(false);

  /** Of the questions, the last one. */
  private turn = 0;

  constructor(private readonly table: FilterTable) {}

  accept(): void {
    this.turn += 1;
    this.problem = null;
    this.isFinal = false;
  }

  /** Judges after a moment without further keys; answers how to take that back. */
  later(filter: string): () => void {
    const abort = new AbortController();
    this.turn += 1;
    this.isFinal = false;
    const timer = setTimeout(() => void this.ask(filter, abort.signal), CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  /** Judges at once; whether it can be used. */
  async now(filter: string): Promise<boolean> {
    const holds = await this.ask(filter);
    this.isFinal = true;
    return holds;
  }

  private async ask(filter: string, signal?: AbortSignal): Promise<boolean> {
    const turn = ++this.turn;
    let problem: ApiError | null = null;
    try {
      const { error } = await api.checkDisplayFilter(this.table, filter, signal);
      if (error !== null) problem = new ApiError(error, 422);
    } catch (cause) {
      if (isAbort(cause)) return false;
      // Other failures say nothing about the filter, and are shown where they matter; only a text
      // that the server does not even take is the filter's own.
      const error = asApiError(cause);
      if (error.code === "bad_request") problem = error;
    }
    // Of a text that is no longer the last one nothing is said.
    if (turn === this.turn) this.problem = problem;
    return problem === null;
  }
}
