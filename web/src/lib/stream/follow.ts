/**
 * Whether a list follows its tail. Only a person stops it, by scrolling up or choosing a row; rows
 * that arrive and scrolling by the page itself never do.
 */
export interface Follow {
  readonly following: boolean;
  /** Rows that came since following stopped. */
  readonly fresh: number;
}

export const FOLLOWING: Follow = { following: true, fresh: 0 };

/** Scrolling less than this (px) is taken for rounding. */
const SLACK = 4;

/** Where the list is, and where the page last put it. */
export interface Scrolled {
  top: number;
  /** The greatest `top` possible. */
  end: number;
  /** The last `top` that the page itself set. */
  placed: number;
}

/** A scroll happened. Up from where the page had put it: a person did that. Down to the end: resume. */
export function scrolled(state: Follow, { top, end, placed }: Scrolled): Follow {
  if (state.following) return top < placed - SLACK && top < end - SLACK ? stopped(state) : state;
  return state;
}

export function arrived(state: Follow, rows: number): Follow {
  return state.following || rows === 0 ? state : { following: false, fresh: state.fresh + rows };
}

export function stopped(state: Follow): Follow {
  return state.following ? { following: false, fresh: 0 } : state;
}

export function resumed(): Follow {
  return FOLLOWING;
}
