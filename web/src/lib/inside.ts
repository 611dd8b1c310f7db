/** Names of what is captured: interfaces of the host, and inside containers (`lo@web`). */

/** Stands for the interfaces that the server finds by itself. */
export const DEFAULT = "default";

/** The container that a name leads into; null for an interface of the host. */
export function containerOf(name: string): string | null {
  const at = name.lastIndexOf("@");
  return at > 0 && at < name.length - 1 ? name.slice(at + 1) : null;
}

/** What is known of a container by which it may have been asked for. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly service: string | null;
  readonly interface: string;
}

/** Whether a name leads into the container, however it was written. */
export function leadsInto(name: string, container: Named): boolean {
  const asked = containerOf(name);
  if (asked === null) return false;
  return (
    [container.id, container.name, container.service, containerOf(container.interface)].includes(
      asked,
    ) ||
    (asked.length >= 4 && container.id.startsWith(asked))
  );
}

/** The names with the container's inside among them, or without it. */
export function toggled(names: readonly string[], container: Named): string[] {
  const rest = names.filter((name) => !leadsInto(name, container));
  return rest.length < names.length ? rest : [...rest, container.interface];
}

/**
 * The names to capture on. What the server chooses by itself stays its choice, unless `host` names
 * interfaces instead (null: as it was).
 */
export function wantedNames(
  requested: readonly string[] | null,
  host: readonly string[] | null,
  inside: readonly string[] | null,
): string[] | null {
  const before = requested ?? [DEFAULT];
  const here = host ?? before.filter((name) => containerOf(name) === null);
  const there = inside ?? before.filter((name) => containerOf(name) !== null);
  const names = [...here, ...there];
  return names.length === 0 || (names.length === 1 && names[0] === DEFAULT) ? null : names;
}
