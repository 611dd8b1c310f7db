/** A remedy cut into words and commands, so that the commands can be copied. */

export interface RemedyPart {
  text: string;
  command: boolean;
}

const COMMAND_LINE =
  /^\s*(?:\$\s+)?((?:sudo|docker|ip|ethtool|setcap|nautscan|systemctl|make|chmod|usermod|apt|apt-get)\s.+)$/;

/** Commands are what stands between backticks, and lines that begin like one. */
export function remedyParts(text: string): RemedyPart[] {
  return text
    .split(/(`[^`]+`)|\n/)
    .filter((part): part is string => part !== undefined && part.trim() !== "")
    .map((part) => {
      if (/^`.+`$/.test(part)) return { text: part.slice(1, -1), command: true };
      const line = COMMAND_LINE.exec(part)?.[1];
      return line === undefined ? { text: part, command: false } : { text: line, command: true };
    });
}
