/** Dark, light, or as the system says. `public/theme.js` applies the same before the first paint. */

export const THEMES = ["dark", "light", "system"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "nautscan.theme";

class ThemeChoice {
  choice = $state<Theme>(stored());

  start(): void {
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.apply());
    this.apply();
  }

  next(): void {
    this.choose(THEMES[(THEMES.indexOf(this.choice) + 1) % THEMES.length] ?? "dark");
  }

  choose(choice: Theme): void {
    this.choice = choice;
    try {
      localStorage.setItem(KEY, this.choice);
    } catch {
      // Storage may be forbidden; the choice then holds until the page is left.
    }
    this.apply();
  }

  private apply(): void {
    const light = matchMedia("(prefers-color-scheme: light)").matches;
    const shown = this.choice === "system" ? (light ? "light" : "dark") : this.choice;
    document.documentElement.dataset["theme"] = shown;
  }
}

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === text) ?? "dark";
  } catch {
    return "dark";
  }
}

export const theme = new ThemeChoice();
