/** Shortcuts of the page. What is typed into a field is never taken for one. */

export interface Shortcut {
  /** As `KeyboardEvent.key` says. */
  key: string;
  does: string;
}

/** For the help that `?` opens; the handlers are where the things are. */
export const SHORTCUTS: readonly { title: string; keys: readonly Shortcut[] }[] = [
  {
    title: "Everywhere",
    keys: [
      { key: "1 … 8", does: "Go to a place" },
      { key: "/", does: "Write a filter" },
      { key: "h", does: "What was lost, and why" },
      { key: "?", does: "These shortcuts" },
      { key: "Esc", does: "Close what is open" },
    ],
  },
  {
    title: "Time",
    keys: [
      { key: "p", does: "Pause, or go on live" },
      { key: "[", does: "Half a range back" },
      { key: "]", does: "Half a range forward" },
      { key: "-", does: "A range twice as long" },
      { key: "Drag", does: "Over a chart: zoom in" },
    ],
  },
  {
    title: "Lists",
    keys: [
      { key: "j / ↓", does: "Next row" },
      { key: "k / ↑", does: "Row before" },
      { key: "Enter", does: "Open the row" },
      { key: "g", does: "To the oldest row" },
      { key: "G", does: "To the newest row, and follow" },
      { key: "Space", does: "Hold the list still, or follow" },
    ],
  },
  {
    title: "The filter",
    keys: [
      { key: "↓ / Ctrl + Space", does: "What can be written here" },
      { key: "Enter / Tab", does: "Take what is chosen in the list" },
      { key: "Enter", does: "Apply the filter" },
      { key: "Esc", does: "Close the list; take back what was typed" },
    ],
  },
  {
    title: "A value",
    keys: [
      { key: "Click", does: "Add it to the filter" },
      { key: "Shift + click", does: "Exclude it" },
      { key: "Right click", does: "In a list: show only it, leave it out, copy it" },
    ],
  },
];

/** Whether the key was meant for a field and not for the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}
