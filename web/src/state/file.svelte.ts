import { api, asApiError, isAbort, type ApiError } from "../lib/api";
import { NOW } from "../lib/range";
import { wholeRange } from "../lib/uploads";
import type { UploadedCapture } from "../lib/types";
import { nav } from "./nav.svelte";

const AGAIN_MS = 1000;

/** The uploaded capture that is looked at, if one is: what the address names, and what it is. */
class OpenedFile {
  capture = $state.raw<UploadedCapture | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** Files that were dropped elsewhere, on their way to the place that uploads them. */
  dropped = $state.raw<readonly File[]>([]);

  get isOpen(): boolean {
    return nav.route.source !== null;
  }

  get name(): string {
    return this.capture?.name ?? "a capture file";
  }

  /** Learns what the source of the address is; answers how to stop. For `$effect`. */
  follow(source: string | null): (() => void) | undefined {
    this.error = null;
    if (this.capture?.id !== source) this.capture = null;
    if (source === null) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async () => {
      try {
        const found = await api.capture(source, abort.signal);
        this.capture = found;
        this.error = null;
        if (found.state === "ready" || found.state === "failed") return;
      } catch (cause) {
        if (isAbort(cause)) return;
        this.error = asApiError(cause);
        if (this.error.status === 404) return;
      }
      timer = setTimeout(() => void turn(), AGAIN_MS);
    };
    void turn();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }

  /** Takes files to be uploaded, wherever on the page they were dropped. */
  drop(files: readonly File[]): void {
    this.dropped = files;
    nav.visit("capture");
  }

  /** Looks at a capture from now on, all of it. */
  open(capture: UploadedCapture): void {
    this.capture = capture;
    const range = wholeRange(capture) ?? NOW;
    nav.visit(capture.requests === 0 ? "flows" : "traffic", {
      source: capture.id,
      filter: "",
      range,
    });
  }

  /** The whole time of the file. */
  whole(): void {
    const range = this.capture === null ? null : wholeRange(this.capture);
    if (range !== null) nav.change({ range, open: null });
  }

  /** Back to live traffic, in the same place. */
  leave(): void {
    nav.visit(nav.route.place, { source: null, filter: "", range: NOW });
  }
}

export const file = new OpenedFile();
