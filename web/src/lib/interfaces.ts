/** What is known of a network interface, in a few words. */

import type { Interface } from "./types";

/** Of link types only those are told that say more than the kind of the interface. */
const USUAL = new Set(["ETHERNET", "EN10MB"]);

/** From the most telling to the least; what is not known is left out. */
export function interfaceFacts(item: Interface, opened?: string | null): string[] {
  const linkType = opened ?? item.link_type ?? null;
  return [
    item.friendly_name ?? null,
    item.kind ?? null,
    item.up === false ? "down" : null,
    item.up !== false && item.connected === false ? "no link" : null,
    item.owner ?? null,
    item.network ? `of ${item.network}` : null,
    item.master ? `in ${item.master}` : null,
    item.default_route === true ? "default route" : null,
    linkType === null || USUAL.has(linkType) ? null : linkType,
    item.mtu != null && item.mtu > 0 && item.mtu !== 1500 ? `MTU ${item.mtu}` : null,
    item.mac ?? null,
  ].filter((fact): fact is string => fact !== null && fact !== "");
}
