/**
 * Building display filters: a boolean SQL expression over the columns, plus bare words. The server
 * parses and judges them; this only writes terms and joins them so that they mean what was clicked.
 */

export type FilterValue = string | number | boolean | null;

/** A value as SQL writes it. */
export function literal(value: Exclude<FilterValue, null>): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  return String(value);
}

/** `column = value`, or its opposite. A null is asked for by `is null`. */
export function term(column: string, value: FilterValue, exclude = false): string {
  if (value === null) return `${column} is ${exclude ? "not " : ""}null`;
  return `${column} ${exclude ? "<>" : "="} ${literal(value)}`;
}

/** Traffic to or from a workload, by the name that the page shows. */
export function workloadTerm(name: string): string {
  return `(client = ${literal(name)} or server = ${literal(name)})`;
}

/** The filter narrowed by one more term. Adding what is there already changes nothing. */
export function narrow(filter: string, added: string): string {
  const base = filter.trim();
  if (base === "") return added;
  if (conjuncts(base).includes(added)) return base;
  return `${hasTopLevelOr(base) ? `(${base})` : base} and ${added}`;
}

/** The filter without a term that `narrow` added. */
export function widen(filter: string, removed: string): string {
  return conjuncts(filter.trim())
    .filter((part) => part !== removed)
    .join(" and ");
}

/** The parts that top-level `and` joins; the whole where a top-level `or` binds looser. */
export function conjuncts(filter: string): string[] {
  if (filter === "") return [];
  if (hasTopLevelOr(filter)) return [filter];
  const cuts = topLevelWords(filter).filter((word) => word.text === "and");
  const parts: string[] = [];
  let start = 0;
  for (const cut of withoutBetween(filter, cuts)) {
    parts.push(filter.slice(start, cut.at).trim());
    start = cut.at + cut.text.length;
  }
  parts.push(filter.slice(start).trim());
  return parts;
}

interface Word {
  text: string;
  at: number;
}

/** `between 1 and 2` holds an `and` that joins nothing. */
function withoutBetween(filter: string, ands: Word[]): Word[] {
  const words = topLevelWords(filter);
  const betweens = words.filter((word) => word.text === "between");
  const owned = new Set(
    betweens.map((between) => ands.find((and) => and.at > between.at)?.at ?? -1),
  );
  return ands.filter((and) => !owned.has(and.at));
}

export function hasTopLevelOr(filter: string): boolean {
  return topLevelWords(filter).some((word) => word.text === "or");
}

/** Lower-cased words outside of quotes and parentheses, with their positions. */
function topLevelWords(filter: string): Word[] {
  const words: Word[] = [];
  const pattern = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[()]|[\p{L}_][\p{L}\p{N}_]*/gu;
  let depth = 0;
  for (const match of filter.matchAll(pattern)) {
    const text = match[0];
    if (text === "(") depth += 1;
    else if (text === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0 && !/^['"]/.test(text))
      words.push({ text: text.toLowerCase(), at: match.index });
  }
  return words;
}
