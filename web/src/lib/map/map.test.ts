import { describe, expect, it } from "vitest";
import type { MapEdge, MapNode, WorkloadMap } from "../types";
import { graphOf } from "./graph";
import {
  LABEL,
  NOTHING,
  NODE,
  arranged,
  boxOf,
  curveOf,
  groupBoxes,
  labelPlaces,
  overlap,
  pathOf,
} from "./layout";

function service(name: string, project: string | null = "shop"): MapNode {
  return {
    id: `service:${project ?? ""}/${name}`,
    name,
    kind: "service",
    scope: null,
    image: `${name}:1`,
    project,
    service: name,
    container_ids: [name],
    addresses: ["10.0.0.1"],
  };
}

function host(ip: string, scope: "internet" | "local" = "internet"): MapNode {
  return {
    ...service(ip, null),
    id: `address:${ip}`,
    kind: "address",
    scope,
    image: null,
    service: null,
    container_ids: [],
    addresses: [ip],
  };
}

function edge(client: MapNode, server: MapNode, values: Partial<MapEdge> = {}): MapEdge {
  return {
    client: client.id,
    server: server.id,
    protocol: "http",
    requests: 10,
    rate: 1,
    errors: 1,
    error_rate: 0.1,
    p50_ns: 1,
    p95_ns: 2,
    p99_ns: 3,
    content_bytes: 5,
    flows: 1,
    bytes: 100,
    last_time: "2026-03-01T12:00:00Z",
    table: "requests",
    filter: `${client.name} ${server.name}`,
    ...values,
  };
}

function mapOf(nodes: MapNode[], edges: MapEdge[]): WorkloadMap {
  return { nodes, edges, from: "", to: "", truncated: 0, gaps: [], source: "live" };
}

const [web, api, db, mail] = ["web", "api", "db", "mail"].map((name) => service(name)) as [
  MapNode,
  MapNode,
  MapNode,
  MapNode,
];
const ads = service("ads", "marketing");
const outside = host("93.184.216.34");
const shop = mapOf(
  [web, api, db, ads, outside],
  [edge(web, api), edge(api, db), edge(ads, api), edge(api, outside, { requests: 0 })],
);

describe("the graph", () => {
  it("draws one arrow for each pair, and adds up what may be added", () => {
    const { arrows } = graphOf(
      mapOf(
        [web, api],
        [edge(web, api, { requests: 3, errors: 0 }), edge(web, api), edge(api, web)],
      ),
    );
    expect(arrows.map(({ id }) => id)).toEqual([`${web.id}→${api.id}`, `${api.id}→${web.id}`]);
    const [there] = arrows;
    expect(there).toMatchObject({ requests: 13, errors: 1, rate: 2, bytes: 200, p95: 2 });
    expect(there?.errorRate).toBeCloseTo(1 / 13);
    expect(there?.link).toEqual({ table: "requests", filter: "web api" });
  });

  it("groups by project, and hosts by where they are", () => {
    const { nodes } = graphOf(shop);
    expect(nodes.map(({ group }) => group)).toEqual([
      "project:shop",
      "project:shop",
      "project:shop",
      "project:marketing",
      "internet:asked",
    ]);
  });

  it("folds the least busy hosts into one, whose numbers claim no percentile", () => {
    const hosts = Array.from({ length: 30 }, (_, index) => host(`93.184.216.${index}`));
    const edges = hosts.map((to, index) => edge(web, to, { requests: 100 - index }));
    const { nodes, arrows } = graphOf(mapOf([web, ...hosts], edges), 5);
    expect(nodes).toHaveLength(1 + 5 + 1);
    expect(nodes.at(-1)).toMatchObject({ name: "25 more hosts", filter: null });
    const many = arrows.find(({ server }) => server === "more:internet:asked");
    expect(many).toMatchObject({ p95: null, link: null });
    expect(many?.requests).toBe(edges.slice(5).reduce((sum, { requests }) => sum + requests, 0));
  });
});

describe("the layout", () => {
  it("stands in layers from who asks to who answers, nothing on anything else", () => {
    const { places, groups } = arranged(graphOf(shop), NOTHING);
    const x = (node: MapNode) => places.get(node.id)?.x ?? NaN;
    expect(x(web)).toBeLessThan(x(api));
    expect(x(api)).toBeLessThan(x(db));
    const boxes = [...places.values()].map(boxOf);
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
    const around = [...groupBoxes({ places, groups }).values()];
    around.forEach((a, i) => around.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
  });

  it("stands the same however the answer was ordered", () => {
    const turned = mapOf(shop.nodes.toReversed(), shop.edges.toReversed());
    const [a, b] = [shop, turned].map((map) => arranged(graphOf(map), NOTHING).places);
    for (const [id, place] of a ?? []) expect(b?.get(id)).toEqual(place);
  });

  it("moves nobody when others come, go, and come back", () => {
    const first = arranged(graphOf(shop), NOTHING);
    const grown = mapOf(
      [...shop.nodes, mail, host("1.1.1.1"), service("cron", null)],
      [...shop.edges, edge(api, mail), edge(mail, host("1.1.1.1"))],
    );
    const second = arranged(graphOf(grown), first);
    for (const [id, place] of first.places) expect(second.places.get(id)).toEqual(place);
    expect(second.places.size).toBe(shop.nodes.length + 3);

    const third = arranged(graphOf(shop), second);
    expect(third).toBe(second);
    const fourth = arranged(graphOf(grown), third);
    expect(fourth.places.get(mail.id)).toEqual(second.places.get(mail.id));
  });

  it("gives newcomers places of their own, outside of other groups' boxes", () => {
    let arrangement = arranged(graphOf(shop), NOTHING);
    const nodes = [...shop.nodes];
    const edges = [...shop.edges];
    for (let number = 0; number < 25; number += 1) {
      const project = ["shop", "marketing", null][number % 3] ?? null;
      const came = service(`n${number}`, project);
      nodes.push(came);
      edges.push(number % 2 === 0 ? edge(api, came) : edge(came, api));
      arrangement = arranged(graphOf(mapOf(nodes, edges)), arrangement);
    }
    const { places, groups } = arrangement;
    expect(places.size).toBe(nodes.length);
    const boxes = groupBoxes(arrangement);
    for (const [id, place] of places) {
      for (const [other, point] of places)
        if (other !== id) expect(overlap(boxOf(place), boxOf(point))).toBe(false);
      for (const [name, box] of boxes)
        if (groups.get(id) !== name) expect(overlap(boxOf(place), box)).toBe(false);
    }
  });

  it("draws lines that start and end at their nodes", () => {
    const [a, b] = [
      { x: 0, y: 0 },
      { x: 400, y: 100 },
    ];
    expect(pathOf(curveOf(a, b))).toMatch(new RegExp(`^M${NODE.width} 23C.* 395 123$`));
    expect(pathOf(curveOf(b, a))).toMatch(/^M459 146C/);
    expect(pathOf(curveOf(a, a))).toMatch(/^M142 14C/);
  });

  it("puts labels where they cover neither each other nor a node", () => {
    const at = (x: number, y: number) => ({ x, y });
    const places = [at(0, 0), at(0, 60), at(220, 0), at(220, 60), at(440, 30)];
    const arrows = places.flatMap((from, client) =>
      places.flatMap((to, server) =>
        from.x < to.x ? [{ id: `${client}>${server}`, curve: curveOf(from, to) }] : [],
      ),
    );
    const labels = labelPlaces(arrows, places.map(boxOf));
    expect(labels.size).toBeGreaterThan(2);
    const boxes = [...labels.values()].map(({ x, y }) => ({
      x: x - LABEL.width / 2,
      y: y - LABEL.height / 2,
      ...LABEL,
    }));
    for (const [number, box] of boxes.entries()) {
      for (const place of places) expect(overlap(box, boxOf(place))).toBe(false);
      for (const other of boxes.slice(number + 1)) expect(overlap(box, other)).toBe(false);
    }
    expect(labelPlaces(arrows.toReversed(), places.map(boxOf))).toEqual(labels);
  });
});
