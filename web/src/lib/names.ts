/** Names of hosts: who says that an address has one. */

const SOURCES: Readonly<Record<string, string>> = {
  dns: "a DNS answer seen on the wire",
  llmnr: "an LLMNR answer seen on the wire",
  mdns: "what it told its network by mDNS",
  dhcp: "the name that it gave when it asked for its address (DHCP)",
  dhcpv6: "the name that it gave when it asked for its address (DHCPv6)",
  docker: "its alias on its container network",
  hosts: "the hosts file of the machine that NautScan runs on",
};

/** In words, for a title or a detail; a source that is newer than this page by its own name. */
export function saidBy(source: string): string {
  return SOURCES[source] ?? source;
}

/** What a title says of an endpoint: name, address, and who gave the name if it is a host's. */
export function partyTitle(
  name: string | null,
  address: string,
  host: string | null | undefined,
  source: string | null | undefined,
): string {
  if (name === null) return address;
  const told = host === name && source ? ` · named by ${saidBy(source)}` : "";
  return `${name} · ${address}${told}`;
}
