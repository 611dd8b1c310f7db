/** One short message at the bottom, read aloud by screen readers. */
class Toast {
  text = $state("");
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.text = ""), 2500);
  }
}

export const toast = new Toast();

/** Copies text and says so; works without a secure context too, as on a plain address in a LAN. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyBySelection(text)) {
      toast.say(`The browser does not allow copying ${what}`);
      return;
    }
  }
  toast.say(`Copied ${what}`);
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } finally {
    area.remove();
  }
}
