import type { PacketRow } from "./types";

/** An answer about packets of the sensor's ring. */
export interface RingPage {
  packets: PacketRow[];
  next: string | null;
  looked_at: number;
  newest: number | string | null;
  since: string | null;
  ring: number | null;
}

/** What was looked through so far, for words beside the list. */
export interface Looked {
  packets: number;
  since: string | null;
}

/**
 * The newest packets under a filter. They are in no index: the first answer comes of looking back
 * through the ring, later ones only of what came since, put before what was found already.
 */
export class RingSearch {
  looked: Looked = { packets: 0, since: null };
  private found: PacketRow[] = [];
  private next: string | null = null;
  private newest: number | string | null = null;
  private ring: number | null = null;

  constructor(private readonly size: number) {}

  /** `after` of the next question; null: none was answered yet. */
  get after(): number | string | null {
    return this.newest;
  }

  /** Takes the answer to a question after `after`; what to show. */
  take(page: RingPage): { rows: PacketRow[]; next: string | null } {
    if (this.newest !== null && page.ring !== this.ring) return this.anew();
    this.ring = page.ring;
    const isFirst = this.newest === null;
    // As many new ones as a page holds, or too many to be looked through: older ones lie behind.
    const isWhole = isFirst || page.next !== null;
    const rows = isWhole ? page.packets : [...page.packets, ...this.found];
    this.next = isWhole ? page.next : this.next;
    if (rows.length > this.size) this.next = String(rows[this.size - 1]?.id);
    this.found = rows.slice(0, this.size);
    this.newest = page.newest ?? this.newest;
    this.looked = isWhole
      ? { packets: page.looked_at, since: page.since }
      : { packets: this.looked.packets + page.looked_at, since: this.looked.since };
    return { rows: this.found, next: this.next };
  }

  /** Capture began anew: the packets that were found are gone, and their numbers mean others. */
  private anew(): { rows: PacketRow[]; next: string | null } {
    this.found = [];
    this.newest = this.ring = this.next = null;
    this.looked = { packets: 0, since: null };
    return { rows: this.found, next: null };
  }
}
