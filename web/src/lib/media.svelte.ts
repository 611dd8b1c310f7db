import { MediaQuery } from "svelte/reactivity";

/** Where a list has room for one line a row only on the wide side. Keep with `tokens.css`. */
export const narrow = new MediaQuery("max-width: 720px", false);

/** The height of a row: `--row` as a number. */
export function rowHeight(): number {
  return narrow.current ? 54 : 30;
}
