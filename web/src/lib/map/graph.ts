/** The workload map as a graph to draw: nodes in groups, one arrow for each pair that talks. */

import { literal, workloadTerm } from "../filter";
import type { MapEdge, MapNode, WorkloadMap } from "../types";

export interface Node {
  id: string;
  name: string;
  /** What stands under the name. */
  detail: string;
  kind: MapNode["kind"] | "more";
  /** The box that it stands in; null for none. */
  group: string | null;
  /** Finds its traffic; null where no one filter does. */
  filter: string | null;
}

export interface Arrow {
  id: string;
  client: string;
  server: string;
  /** What one asks of the other by each protocol, the busiest first. */
  parts: MapEdge[];
  requests: number;
  rate: number;
  errors: number;
  errorRate: number | null;
  /** Of the busiest protocol: percentiles of several cannot be added up. */
  p95: number | null;
  flows: number;
  bytes: number;
  /** Where its rows are; null for many hosts in one. */
  link: { table: "requests" | "flows"; filter: string } | null;
}

export interface Graph {
  nodes: Node[];
  arrows: Arrow[];
}

/** Hosts that are no workload, drawn one by one at most; the others are drawn as one. */
export const MAX_HOSTS = 10;

/** Hosts stand on the side that they are on: who asks before the workloads, who is asked behind. */
export const GROUP_NAMES: Readonly<Record<string, string>> = {
  "internet:asks": "From outside",
  "internet:asked": "To outside",
  "local:asks": "Local network",
  "local:asked": "Local network, asked",
};

export function graphOf({ nodes, edges }: WorkloadMap, maxHosts = MAX_HOSTS): Graph {
  const stands = standIns(nodes, edges, maxHosts);
  const drawn = new Map<string, Node>();
  const folded = new Map<string, number>();
  for (const node of nodes) {
    const stand = stands.get(node.id) ?? node.id;
    if (stand === node.id) drawn.set(node.id, nodeOf(node, sideOf(node.id, edges)));
    else folded.set(stand, (folded.get(stand) ?? 0) + 1);
  }
  for (const [id, count] of folded) drawn.set(id, manyOf(id, count));
  const pairs = new Map<string, MapEdge[]>();
  for (const edge of edges) {
    const id = `${stands.get(edge.client) ?? edge.client}→${stands.get(edge.server) ?? edge.server}`;
    pairs.set(id, [...(pairs.get(id) ?? []), edge]);
  }
  const arrows = [...pairs].map(([id, parts]) => arrowOf(id, parts, stands));
  return { nodes: [...drawn.values()], arrows };
}

/** For each host beyond those that are drawn one by one, what stands for it. */
function standIns(nodes: MapNode[], edges: MapEdge[], maxHosts: number): Map<string, string> {
  const weight = new Map<string, number>();
  for (const edge of edges) {
    for (const end of [edge.client, edge.server])
      weight.set(end, (weight.get(end) ?? 0) + edge.requests * 1000 + edge.flows);
  }
  const hosts = nodes
    .filter(({ kind }) => kind === "host" || kind === "address")
    .sort((a, b) => (weight.get(b.id) ?? 0) - (weight.get(a.id) ?? 0) || (a.id < b.id ? -1 : 1));
  // One that stands for a single other would save no room.
  const kept = hosts.length <= maxHosts + 1 ? hosts.length : maxHosts;
  return new Map(
    hosts.slice(kept).map(({ id, scope }) => [id, `more:${scope ?? "local"}:${sideOf(id, edges)}`]),
  );
}

function sideOf(id: string, edges: MapEdge[]): "asks" | "asked" {
  return edges.some(({ client }) => client === id) ? "asks" : "asked";
}

function nodeOf(node: MapNode, side: "asks" | "asked"): Node {
  const count = node.container_ids.length;
  const address = node.addresses[0] ?? "";
  const details: Record<MapNode["kind"], string> = {
    service: count > 1 ? `${count} containers` : (node.image ?? "service"),
    container: node.image ?? "container",
    host: address,
    address: node.scope === "internet" ? "outside" : "no workload known",
  };
  return {
    id: node.id,
    name: node.name,
    detail: details[node.kind],
    kind: node.kind,
    group: groupOf(node, side),
    filter: nodeFilter(node),
  };
}

function groupOf({ project, scope }: MapNode, side: string): string | null {
  if (project !== null) return `project:${project}`;
  return scope === null ? null : `${scope}:${side}`;
}

function nodeFilter(node: MapNode): string {
  const value = literal(node.name);
  switch (node.kind) {
    case "service":
      return `(client_service = ${value} or server_service = ${value})`;
    case "container":
      return `(client_container = ${value} or server_container = ${value})`;
    case "host":
      return workloadTerm(node.name);
    case "address":
      return `(client_ip = ${value} or server_ip = ${value})`;
  }
}

function manyOf(id: string, count: number): Node {
  const scope = id.slice("more:".length);
  const detail = scope.startsWith("internet") ? "outside" : "local network";
  return { id, name: `${count} more hosts`, detail, kind: "more", group: scope, filter: null };
}

function arrowOf(id: string, edges: MapEdge[], stands: ReadonlyMap<string, string>): Arrow {
  const parts = edges.toSorted((a, b) => b.requests - a.requests || b.flows - a.flows);
  const sum = (of: (edge: MapEdge) => number) => parts.reduce((all, edge) => all + of(edge), 0);
  const [first] = parts;
  const requests = sum((edge) => edge.requests);
  const errors = sum((edge) => edge.errors);
  const isFolded = parts.some(({ client, server }) => stands.has(client) || stands.has(server));
  const [client = "", server = ""] = id.split("→");
  return {
    id,
    client,
    server,
    parts,
    requests,
    rate: sum((edge) => edge.rate),
    errors,
    errorRate: requests > 0 ? errors / requests : null,
    p95: isFolded && parts.length > 1 ? null : (first?.p95_ns ?? null),
    flows: sum((edge) => edge.flows),
    bytes: sum((edge) => edge.bytes),
    link: first && !isFolded ? { table: first.table, filter: first.filter } : null,
  };
}
