import { api, ApiError, asApiError } from "../lib/api";
import { narrow } from "../lib/filter";
import { nextSort, sorted, type Sort } from "../lib/sorting";
import { Feed } from "../lib/stream/feed";
import {
  FOLLOWING,
  arrived,
  resumed,
  scrolled,
  stopped,
  type Follow,
  type Scrolled,
} from "../lib/stream/follow";
import { frozen, indexOfId, type View } from "../lib/stream/ring";
import { isLater } from "../lib/growing";
import type { LiveMessage, RequestRow } from "../lib/types";
import { NO_ROWS } from "../lib/uploads";
import { session } from "./session.svelte";

/** Rows held for the list. Older ones are in the history and come back by scrolling up. */
export const CAPACITY = 20_000;
const FIRST_PAGE = 500;
const PAGE = 1000;
/** Pages fetched to fill the gap of a lost connection before starting afresh from the newest. */
const FILL_PAGES = 5;
const RATE_WINDOW_MS = 2_000;
/** How often requests that go on are looked up: what the server told of them may have been missed. */
const VERIFY_MS = 5_000;
const VERIFIED = 200;

const NOTHING: View<RequestRow> = frozen<RequestRow>([]);

/** The live list of requests under one filter. */
class Traffic {
  filter = $state.raw<string | null>(null);
  /** The uploaded capture whose requests these are; null for live traffic. */
  source = $state.raw<string | null>(null);
  view = $state.raw<View<RequestRow>>(NOTHING);
  follow = $state.raw<Follow>(FOLLOWING);
  skipped = $state.raw(0);
  /** Rows a second that came in lately. */
  pace = $state.raw(0);
  /** False until the first page of this filter is here. */
  ready = $state.raw(false);
  error = $state.raw<ApiError | null>(null);
  hasOlder = $state.raw(true);
  /** Rows that were in the list have made room for older ones. */
  hasNewer = $state.raw(false);
  /** Only what is held still can be sorted. */
  sort = $state.raw<Sort | null>(null);
  /** Of so many rows that came lately one is shown; 1: all are. */
  oneOf = $state.raw(1);

  private loading = false;
  /** Where a file's rows go on. */
  private cursor: string | null = null;
  /** The rows of a list that is held, in the order of their ids, and as they are shown. */
  private held: readonly RequestRow[] = [];
  private arranged: readonly RequestRow[] = [];

  private readonly feed = new Feed<RequestRow>(CAPACITY);
  /** Rows count only after the hello of this filter: before it they answer the previous one. */
  private accepting = false;
  private loads = 0;
  private frame = 0;
  private arrivals: { at: number; rows: number; shown: number }[] = [];
  /** The highest id that has come live. */
  private newest = -1;
  private verifying = false;

  start(): void {
    session.listen((message) => this.receive(message));
    setInterval(() => this.measure(), 500);
    setInterval(() => {
      if (!document.hidden) void this.verify();
    }, VERIFY_MS);
  }

  /**
   * Shows another selection: starts from nothing, follows the tail. Those of a file are held still,
   * in the order of their time, and nothing comes live meanwhile.
   */
  apply(filter: string, source: string | null): void {
    if (filter === this.filter && source === this.source) return;
    this.filter = filter;
    this.source = source;
    this.reset();
    session.subscribe({ table: "requests", filter: source === null ? filter : NO_ROWS });
    if (source !== null) void this.loadFile();
  }

  /** A file is looked at, and not its requests: nothing is loaded, and nothing comes live. */
  rest(source: string): void {
    if (this.source === source && this.filter === null) return;
    this.source = source;
    this.filter = null;
    this.reset();
    session.subscribe({ table: "requests", filter: NO_ROWS });
  }

  scrolled(where: Scrolled): void {
    const next = scrolled(this.follow, where);
    if (next !== this.follow) this.pause();
  }

  /** Holds the list still: what comes from now on is counted and waits. */
  pause(): void {
    if (!this.follow.following) return;
    this.follow = stopped(this.follow);
    this.held = this.feed.ring.freeze().rows;
    this.arrange();
  }

  resume(): void {
    if (this.source !== null) return;
    this.follow = resumed();
    this.sort = null;
    this.hasNewer = false;
    this.held = [];
    this.show();
  }

  /** Holds the list and sorts it; again the other way round, again not at all. */
  sortBy(by: string): void {
    this.pause();
    this.sort = nextSort(this.sort, by);
    this.arrange();
  }

  indexOf(id: number): number {
    if (this.sort === null && this.source === null) return indexOfId(this.view, id);
    for (let index = 0; index < this.view.length; index += 1)
      if (this.view.at(index).id === id) return index;
    return -1;
  }

  private arrange(): void {
    this.arranged = this.sort ? sorted(this.held, this.sort) : this.held;
    this.view = frozen(this.arranged);
  }

  /** Shows what was told again of rows that are held, where they stand. */
  private retell(rows: readonly RequestRow[]): void {
    if (this.follow.following || rows.length === 0) return;
    const told = new Map(rows.map((row) => [row.id, row]));
    const last = (row: RequestRow) => {
      const again = told.get(row.id);
      return again !== undefined && isLater(again, row) ? again : row;
    };
    this.held = this.held.map(last);
    this.arranged = this.arranged.map(last);
    this.view = frozen(this.arranged);
  }

  /** Puts older rows before a list that is held still; answers how many. */
  async loadOlder(): Promise<number> {
    const first = this.held[0];
    if (!this.hasOlder || first === undefined) return 0;
    const older = await this.more(`id < ${first.id}`, "desc");
    if (older === null) return 0;
    this.hasOlder = older.length === PAGE;
    const rows = [...older, ...this.held];
    this.hasNewer ||= rows.length > CAPACITY;
    this.held = rows.slice(0, CAPACITY);
    this.arrange();
    return older.length;
  }

  /** Puts rows that made room for older ones back; answers how many older ones made room now. */
  async loadNewer(): Promise<number> {
    if (this.source !== null) return this.loadFurther();
    const last = this.held.at(-1);
    if (!this.hasNewer || last === undefined) return 0;
    const newer = await this.more(`id > ${last.id}`, "asc");
    if (newer === null) return 0;
    this.hasNewer = newer.length === PAGE;
    const rows = [...this.held, ...newer];
    const dropped = Math.max(0, rows.length - CAPACITY);
    this.hasOlder ||= dropped > 0;
    this.held = rows.slice(dropped);
    this.arrange();
    return dropped;
  }

  /** The first rows of a file. */
  private async loadFile(): Promise<void> {
    const turn = ++this.loads;
    this.follow = stopped(this.follow);
    this.hasOlder = false;
    this.cursor = null;
    try {
      const query = { filter: this.filter ?? "", limit: PAGE, order: "asc" } as const;
      const { requests, next } = await api.requests(query);
      if (turn !== this.loads) return;
      this.held = requests;
      this.cursor = next;
      this.hasNewer = next !== null;
      this.error = null;
      this.arrange();
    } catch (cause) {
      if (turn !== this.loads) return;
      this.error = asApiError(cause);
    }
    this.ready = true;
  }

  /** Puts the next rows of a file behind those that are shown, up to as many as are held. */
  private async loadFurther(): Promise<number> {
    const { held, cursor } = this;
    if (cursor === null || this.loading || this.sort || held.length >= CAPACITY) return 0;
    this.loading = true;
    try {
      const query = { filter: this.filter ?? "", limit: PAGE, order: "asc", cursor } as const;
      const { requests, next } = await api.requests(query);
      if (this.held !== held) return 0;
      this.held = [...held, ...requests];
      this.cursor = next;
      this.hasNewer = next !== null;
      this.arrange();
    } catch (cause) {
      this.error = asApiError(cause);
    } finally {
      this.loading = false;
    }
    return 0;
  }

  /** A page of rows beyond one end of a held list, by rising id; null if there is nothing to do. */
  private async more(beyond: string, order: "asc" | "desc"): Promise<RequestRow[] | null> {
    if (this.follow.following || this.loading || this.sort !== null) return null;
    const { held } = this;
    this.loading = true;
    try {
      const filter = narrow(this.filter ?? "", beyond);
      const { requests } = await api.requests({ filter, limit: PAGE, order });
      return this.held === held ? requests.sort((a, b) => a.id - b.id) : null;
    } catch (cause) {
      this.error = asApiError(cause);
      return null;
    } finally {
      this.loading = false;
    }
  }

  private receive(message: LiveMessage): void {
    if (this.source !== null) return;
    switch (message.type) {
      case "hello":
        if (message.table !== "requests" || message.filter !== this.filter) return;
        this.accepting = true;
        void this.load();
        void this.verify();
        return;
      case "rows":
        if (!this.accepting || message.table !== "requests") return;
        this.feed.push(message.rows, message.skipped);
        this.arrive(message.rows, message.skipped);
        this.schedule();
        return;
      case "error":
        this.error = new ApiError(message.error, 422);
        this.ready = true;
        return;
    }
  }

  /** Counts rows that came; those that are told again came before. */
  private arrive(rows: readonly RequestRow[], skipped: number): void {
    const shown = rows.filter(({ id }) => id > this.newest).length;
    for (const { id } of rows) this.newest = Math.max(this.newest, id);
    this.arrivals.push({ at: performance.now(), rows: shown + skipped, shown });
  }

  /**
   * Looks up the requests that go on as far as is known: the end of one may have been left out of a
   * sample, or told while the connection was lost, and one that the filter does not let through any
   * more is not told at all.
   */
  private async verify(): Promise<void> {
    if (this.source !== null || !this.accepting || this.verifying) return;
    const held = this.held.filter(({ completeness }) => completeness === "open");
    const rows = [...this.feed.open(VERIFIED), ...held.slice(-VERIFIED)];
    const open = [...new Set(rows.map(({ id }) => id))];
    if (open.length === 0) return;
    const turn = this.loads;
    this.verifying = true;
    try {
      const found = await this.among(open, this.filter ?? "");
      if (turn !== this.loads) return;
      this.feed.push(found);
      this.retell(found);
      const known = new Set(found.map(({ id }) => id));
      const others = open.filter((id) => !known.has(id));
      const left = others.length > 0 ? await this.among(others, "") : [];
      if (turn !== this.loads) return;
      this.retell(left);
      const removed = left.filter((row) => this.feed.remove(row));
      if (removed.length > 0 && this.follow.following) this.show();
      this.schedule();
    } catch {
      // Asked again soon; why the server does not answer is told elsewhere.
    } finally {
      this.verifying = false;
    }
  }

  private async among(ids: readonly number[], filter: string): Promise<RequestRow[]> {
    const query = { filter: narrow(filter, `id in (${ids.join(", ")})`), limit: 2 * VERIFIED };
    return (await api.requests({ ...query, order: "asc" })).requests;
  }

  /** The history of this filter: its newest page at first, what was missed after a loss. */
  private async load(): Promise<void> {
    const turn = ++this.loads;
    this.feed.beginLoading();
    try {
      const rows = await this.missed();
      if (turn !== this.loads) return;
      this.error = null;
      this.feed.loaded(rows, !this.hasOlder);
    } catch (cause) {
      if (turn !== this.loads) return;
      this.error = asApiError(cause);
      this.feed.loaded([]);
    }
    this.ready = true;
    this.schedule();
  }

  private async missed(): Promise<RequestRow[]> {
    const last = this.feed.ring.last();
    const asked = this.filter ?? "";
    if (last === undefined) {
      const { requests, next } = await api.requests({
        filter: asked,
        limit: FIRST_PAGE,
        order: "desc",
      });
      this.hasOlder = next !== null;
      return requests;
    }
    // The last row that is here is asked for again: where it is another one or none, the database
    // is another one too, and what is here has nothing to do with it.
    const filter = narrow(asked, `id >= ${last.id}`);
    const rows: RequestRow[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < FILL_PAGES; page += 1) {
      const { requests, next }: { requests: RequestRow[]; next: string | null } =
        await api.requests({
          filter,
          limit: PAGE,
          order: "desc",
          cursor,
        });
      rows.push(...requests);
      cursor = next;
      if (cursor !== null) continue;
      const same = rows.at(-1);
      if (same?.id === last.id && same.time === last.time) return rows.slice(0, -1);
      this.forget();
      this.resume();
      return rows.length > 0 ? rows : this.missed();
    }
    // Too long a gap to fill: a list with a hole in it would lie, so it starts again from here.
    this.forget();
    return rows;
  }

  /** Begins the list anew; a list that follows it is empty until the next rows are here. */
  private forget(): void {
    this.feed.ring.clear();
    this.hasOlder = true;
    if (this.follow.following) this.show();
  }

  private reset(): void {
    this.accepting = false;
    this.loads += 1;
    this.feed.clear();
    this.follow = FOLLOWING;
    this.sort = null;
    this.hasNewer = false;
    this.held = [];
    this.newest = -1;
    this.oneOf = 1;
    this.ready = false;
    this.error = null;
    this.hasOlder = true;
    this.arrivals = [];
    this.pace = 0;
    this.show();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.flush();
    });
  }

  private flush(): void {
    const { added, changed } = this.feed.flush();
    this.skipped = this.feed.skipped;
    if (added === 0 && changed.length === 0) return;
    this.retell(changed);
    this.follow = arrived(this.follow, added);
    if (this.follow.following) this.show();
  }

  private show(): void {
    const { ring } = this.feed;
    this.view = { length: ring.length, at: (index) => ring.at(index) };
  }

  private measure(): void {
    const since = performance.now() - RATE_WINDOW_MS;
    this.arrivals = this.arrivals.filter(({ at }) => at >= since);
    const rows = this.arrivals.reduce((sum, arrival) => sum + arrival.rows, 0);
    const shown = this.arrivals.reduce((sum, arrival) => sum + arrival.shown, 0);
    this.pace = rows / (RATE_WINDOW_MS / 1000);
    this.oneOf = shown > 0 ? rows / shown : 1;
  }
}

export const traffic = new Traffic();
