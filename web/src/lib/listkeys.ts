import { hasModifier, isTyping } from "./keys";

/** What a list can be told by keyboard. */
export interface ListActions {
  step(by: number): void;
  page(): number;
  oldest(): void;
  newest(): void;
  hold(): void;
}

/** The shortcuts of every list; answers the handler for the window's `keydown`. */
export function listKeys(actions: ListActions): (event: KeyboardEvent) => void {
  const keys: Record<string, () => void> = {
    j: () => actions.step(1),
    ArrowDown: () => actions.step(1),
    k: () => actions.step(-1),
    ArrowUp: () => actions.step(-1),
    PageDown: () => actions.step(actions.page()),
    PageUp: () => actions.step(-actions.page()),
    Enter: () => actions.step(0),
    g: () => actions.oldest(),
    Home: () => actions.oldest(),
    G: () => actions.newest(),
    End: () => actions.newest(),
    " ": () => actions.hold(),
  };
  return (event) => {
    const act = keys[event.key];
    if (!act || event.defaultPrevented || hasModifier(event) || isTyping(event)) return;
    const target = event.target;
    if (target instanceof Element) {
      if (target.closest("[role=dialog], aside, [role=tablist]") && !"jk".includes(event.key))
        return;
      if ([" ", "Enter"].includes(event.key) && target.closest("button, a, summary")) return;
    }
    event.preventDefault();
    act();
  };
}
