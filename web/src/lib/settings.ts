/** Settings in words: where each came from, and how it is changed. */

import type { SettingFacts } from "./types";

/** What holds for all settings of a group. */
export const NOTES: Readonly<Record<string, string>> = {
  "What is hidden":
    "Credentials in headers and queries are blanked out in the sensor (redact, under What is captured). What " +
    "is named here is hidden besides, in rows that are captured from now on, before they are " +
    "stored or shown. Rows that are stored already stay as they are; retention deletes them. Raw " +
    "packets, followed streams and their downloads show the bytes as they were on the wire.",
  "What is kept": "A shorter retention takes effect within a minute: what is beyond it is deleted.",
};

const ORIGINS: Readonly<Record<SettingFacts["origin"], string>> = {
  default: "default",
  environment: "environment",
  flag: "flag",
  saved: "changed here",
};

export function originWords(origin: SettingFacts["origin"]): string {
  return ORIGINS[origin];
}

/** The value as it is shown; what stands in for none. */
export function valueWords({ value, is_set, default: usual, kind }: SettingFacts): string {
  if (value !== null) return kind === "switch" ? (value === "true" ? "on" : "off") : value;
  if (is_set) return "set, not shown";
  return usual === "" ? "none" : usual;
}

/** A line to paste that sets it at the next start. */
export function startLine({ env, value, kind, is_set }: SettingFacts): string {
  const filled = value ?? (is_set ? "…" : kind === "list" ? "a,b" : "…");
  return `${env}=${/[\s'"$&|<>;*()]/.test(filled) ? `'${filled.replaceAll("'", `'\\''`)}'` : filled}`;
}

/** Settings by their groups, those that can be changed here first; only those that hold every word. */
export function grouped(
  settings: readonly SettingFacts[],
  search: string,
): { name: string; settings: SettingFacts[] }[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, SettingFacts[]>();
  for (const setting of settings) {
    const text = `${setting.name} ${setting.env} ${setting.doc}`.toLowerCase();
    if (words.every((word) => text.includes(word)))
      groups.set(setting.group, [...(groups.get(setting.group) ?? []), setting]);
  }
  const found = [...groups].map(([name, list]) => ({ name, settings: list }));
  // What can be changed here comes first.
  const rank = (list: readonly SettingFacts[]) =>
    list.some(({ change }) => change === "now" || change === "pinned")
      ? 0
      : list.some(({ change }) => change === "capture")
        ? 1
        : 2;
  return found.toSorted((a, b) => rank(a.settings) - rank(b.settings));
}
