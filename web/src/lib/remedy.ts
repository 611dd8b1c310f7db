/** A remedy cut into words and commands, so that the commands can be copied. */

export interface RemedyPart {
  text: string;
  command: boolean;
}

const COMMAND_LINE =
  /^\s*(?:\$\s+)?((?:sudo|docker|ip|ethtool|setcap|nautscan|systemctl|make|chmod|usermod|apt|apt-get)\s.+)$/;

/** Lines indented by four spaces are to paste; a note in brackets may stand behind. */
const INDENTED = /^ {4}(\s*\S.*?)(?:\s{3,}\((.+)\))?$/;

/** Lines of a specification (YAML, or a systemd unit) belong together. */
const SPECIFICATION = /^\s*(?:- )?[A-Za-z_]+:(?:\s|$)|^\[\w+\]$|^[A-Z][a-z]\w*=/;

/** Commands are what stands between backticks, indented lines, and lines that begin like one. */
export function remedyParts(text: string): RemedyPart[] {
  const parts = text.split("\n").flatMap(lineParts);
  return parts.reduce<RemedyPart[]>((joined, part) => {
    const last = joined.at(-1);
    if (last?.command && part.command && isSpecification(last.text) && isSpecification(part.text)) {
      last.text += `\n${part.text}`;
    } else joined.push({ ...part });
    return joined;
  }, []);
}

function isSpecification(text: string): boolean {
  return text.split("\n").every((line) => SPECIFICATION.test(line));
}

function lineParts(line: string): RemedyPart[] {
  const [, indented, note] = INDENTED.exec(line) ?? [];
  if (indented !== undefined) {
    const part = { text: indented, command: true };
    return note === undefined ? [part] : [part, { text: note, command: false }];
  }
  return line
    .split(/(`[^`]+`)/)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      if (/^`.+`$/.test(part)) return { text: part.slice(1, -1), command: true };
      const command = COMMAND_LINE.exec(part)?.[1];
      return command === undefined
        ? { text: part, command: false }
        : { text: command, command: true };
    });
}
