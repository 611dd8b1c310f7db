/**
 * Where the nodes of the map stand. The whole is laid out once (by dagre, in layers from who asks
 * to who answers: each group for itself, then the groups as boxes); after that nothing that stands
 * is moved: newcomers take a free place near those they talk to. Who has gone keeps its place, for
 * when it comes back. Only where a newcomer finds no place at all is the whole laid out anew.
 */

import { Graph as Dag, layout } from "@dagrejs/dagre";
import type { Arrow, Graph, Node } from "./graph";

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  width: number;
  height: number;
}

/** The left upper corner of each node. */
export type Places = ReadonlyMap<string, Point>;

export const NODE = { width: 142, height: 46 } as const;
export const PAD = { x: 14, top: 30, bottom: 14 } as const;
const GAP = { x: 80, y: 18 } as const;
const COLUMN = NODE.width + GAP.x;
const ROW = NODE.height + GAP.y;
/** Rows tried above and below where a newcomer would best stand. */
const ROWS_TRIED = 60;

/** Groups remembered with the places, so that boxes of those who have gone still keep others out. */
export interface Arrangement {
  places: Places;
  groups: ReadonlyMap<string, string | null>;
}

export const NOTHING: Arrangement = { places: new Map(), groups: new Map() };

/** Everything anew where nothing stands yet; else newcomers only. */
export function arranged(graph: Graph, before: Arrangement): Arrangement {
  const newcomers = graph.nodes.filter(({ id }) => !before.places.has(id));
  if (newcomers.length === graph.nodes.length) return laidOut(graph);
  if (newcomers.length === 0) return before;
  const places = new Map(before.places);
  const groups = new Map(before.groups);
  for (const node of ordered(newcomers, graph.arrows, places)) {
    const place = freePlace(node, graph.arrows, places, groups);
    if (place === null) return laidOut(graph);
    places.set(node.id, place);
    groups.set(node.id, node.group);
  }
  return { places, groups };
}

function laidOut(graph: Graph): Arrangement {
  // Sorted, so that the same graph stands the same way however the answer was ordered.
  const nodes = graph.nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const arrows = graph.arrows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const groups = new Map(nodes.map(({ id, group }) => [id, group]));
  const inside = new Map<string, Map<string, Point>>();
  const outer: { id: string; width: number; height: number }[] = [];
  for (const name of new Set(groups.values())) {
    if (name === null) continue;
    const members = nodes.filter(({ group }) => group === name);
    const places = layered(
      members.map(({ id }) => ({ id, ...NODE })),
      arrows,
      (id) => (groups.get(id) === name ? id : null),
    );
    inside.set(name, places);
    const { width, height } = boundsOf([...places.values()].map(boxOf));
    const padded = { width: width + 2 * PAD.x, height: height + PAD.top + PAD.bottom };
    outer.push({ id: `group:${name}`, ...padded });
  }
  for (const { id, group } of nodes) if (group === null) outer.push({ id, ...NODE });
  const stand = (id: string) => {
    const group = groups.get(id);
    return group === undefined ? null : group === null ? id : `group:${group}`;
  };
  const corners = layered(outer, arrows, stand);
  const places = new Map<string, Point>();
  for (const { id, group } of nodes) {
    const corner = corners.get(stand(id) ?? id) ?? { x: 0, y: 0 };
    const within = group === null ? null : inside.get(group)?.get(id);
    const by = within ? { x: within.x + PAD.x, y: within.y + PAD.top } : { x: 0, y: 0 };
    places.set(id, { x: corner.x + by.x, y: corner.y + by.y });
  }
  return { places, groups };
}

/** Left upper corners of boxes, from (0, 0) on, the arrows between them pointing right. */
function layered(
  boxes: readonly { id: string; width: number; height: number }[],
  arrows: readonly Arrow[],
  stand: (id: string) => string | null,
): Map<string, Point> {
  const dag = new Dag({ directed: true });
  dag.setGraph({ rankdir: "LR", nodesep: GAP.y, ranksep: GAP.x, edgesep: 12 });
  dag.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) dag.setNode(id, { width, height });
  for (const arrow of arrows) {
    const [client, server] = [stand(arrow.client), stand(arrow.server)];
    if (client !== null && server !== null && client !== server) dag.setEdge(client, server);
  }
  layout(dag);
  const found = boxes.map(({ id, width, height }) => {
    const { x, y } = dag.node(id) as Point;
    return { id, x: Math.round(x - width / 2), y: Math.round(y - height / 2), width, height };
  });
  const { x, y } = boundsOf(found);
  return new Map(found.map((box) => [box.id, { x: box.x - x, y: box.y - y }]));
}

/** Those who talk to somebody placed come first: others may hang on them. */
function ordered(nodes: Node[], arrows: Arrow[], places: Places): Node[] {
  const score = ({ id }: Node) =>
    arrows.filter(
      ({ client, server }) =>
        (client === id && places.has(server)) || (server === id && places.has(client)),
    ).length;
  return nodes.toSorted((a, b) => score(b) - score(a) || (a.id < b.id ? -1 : 1));
}

function freePlace(
  node: Node,
  arrows: Arrow[],
  places: ReadonlyMap<string, Point>,
  groups: ReadonlyMap<string, string | null>,
): Point | null {
  const wanted = wantedPlace(node, arrows, places, groups);
  for (const columns of [0, 1, -1, 2, -2]) {
    for (let tried = 0; tried <= ROWS_TRIED; tried += 1) {
      const rows = (tried % 2 === 1 ? 1 : -1) * Math.ceil(tried / 2);
      const place = { x: wanted.x + columns * COLUMN, y: wanted.y + rows * ROW };
      if (isFree(place, node, places, groups)) return place;
    }
  }
  return null;
}

/** Right of who asks it, left of whom it asks; else with its group; else on the left. */
function wantedPlace(
  { id, group }: Node,
  arrows: Arrow[],
  places: ReadonlyMap<string, Point>,
  groups: ReadonlyMap<string, string | null>,
): Point {
  const near = (ids: string[]) => ids.flatMap((other) => places.get(other) ?? []);
  const clients = near(arrows.filter((a) => a.server === id).map(({ client }) => client));
  const servers = near(arrows.filter((a) => a.client === id).map(({ server }) => server));
  const mates = near([...groups].filter(([, g]) => g !== null && g === group).map(([key]) => key));
  const mean = (points: Point[]) => points.reduce((sum, { y }) => sum + y, 0) / points.length;
  if (clients.length > 0)
    return { x: Math.max(...clients.map(({ x }) => x)) + COLUMN, y: Math.round(mean(clients)) };
  if (servers.length > 0)
    return { x: Math.min(...servers.map(({ x }) => x)) - COLUMN, y: Math.round(mean(servers)) };
  if (mates[0]) return mates[0];
  const all = [...places.values()];
  return { x: Math.min(...all.map(({ x }) => x)), y: Math.max(...all.map(({ y }) => y)) + ROW };
}

function isFree(
  place: Point,
  { group }: Node,
  places: ReadonlyMap<string, Point>,
  groups: ReadonlyMap<string, string | null>,
): boolean {
  const own = boxOf(place);
  const roomy = { ...own, y: own.y - GAP.y / 2, height: own.height + GAP.y };
  for (const point of places.values()) if (overlap(roomy, boxOf(point))) return false;
  const boxes = groupBoxes({ places, groups });
  for (const [name, box] of boxes) if (name !== group && overlap(own, box)) return false;
  if (group === null) return true;
  const grown = groupBoxes({
    places: new Map([...places, ["", place]]),
    groups: new Map([...groups, ["", group]]),
  }).get(group);
  if (!grown) return true;
  for (const [name, box] of boxes) if (name !== group && overlap(grown, box)) return false;
  for (const [id, point] of places)
    if (groups.get(id) !== group && overlap(grown, boxOf(point))) return false;
  return true;
}

/** The box around each group, with room for its name. */
export function groupBoxes({ places, groups }: Arrangement): Map<string, Box> {
  const members = new Map<string, Box[]>();
  for (const [id, point] of places) {
    const group = groups.get(id) ?? null;
    if (group !== null) members.set(group, [...(members.get(group) ?? []), boxOf(point)]);
  }
  const boxes = new Map<string, Box>();
  for (const [group, list] of members) {
    const { x, y, width, height } = boundsOf(list);
    boxes.set(group, {
      x: x - PAD.x,
      y: y - PAD.top,
      width: width + 2 * PAD.x,
      height: height + PAD.top + PAD.bottom,
    });
  }
  return boxes;
}

export function boxOf({ x, y }: Point): Box {
  return { x, y, ...NODE };
}

export function boundsOf(boxes: readonly Box[]): Box {
  if (boxes.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The line from one node to another: a cubic Bézier curve by its ends and handles. */
export type Curve = readonly [Point, Point, Point, Point];

export function curveOf(client: Point, server: Point): Curve {
  const middle = NODE.height / 2;
  if (client.x === server.x && client.y === server.y) {
    const [x, y] = [client.x + NODE.width, client.y + 14];
    return [
      { x, y },
      { x: x + 40, y: y - 34 },
      { x: x + 40, y: y + 52 },
      { x: x + 2, y: y + 22 },
    ];
  }
  if (server.x >= client.x + NODE.width) {
    const [x1, y1] = [client.x + NODE.width, client.y + middle];
    const [x2, y2] = [server.x - 5, server.y + middle];
    const bend = (x2 - x1) / 2;
    return [
      { x: x1, y: y1 },
      { x: x1 + bend, y: y1 },
      { x: x2 - bend, y: y2 },
      { x: x2, y: y2 },
    ];
  }
  // Backwards, or in the same column: below both, so that it does not lie on the way there.
  const [x1, y1] = [client.x + NODE.width / 2 - 12, client.y + NODE.height];
  const [x2, y2] = [server.x + NODE.width / 2 + 12, server.y + NODE.height + 5];
  const depth = Math.max(y1, y2) + 26 + Math.min(60, Math.abs(x1 - x2) / 8);
  return [
    { x: x1, y: y1 },
    { x: x1, y: depth },
    { x: x2, y: depth },
    { x: x2, y: y2 },
  ];
}

export function pathOf([from, one, two, to]: Curve): string {
  return `M${from.x} ${from.y}C${one.x} ${one.y} ${two.x} ${two.y} ${to.x} ${to.y}`;
}

/** The point of the curve at `t`, 0 at its beginning and 1 at its end. */
export function pointAt([from, one, two, to]: Curve, t: number): Point {
  const u = 1 - t;
  const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return {
    x: a * from.x + b * one.x + c * two.x + d * to.x,
    y: a * from.y + b * one.y + c * two.y + d * to.y,
  };
}

/** Room for the numbers of an arrow, whatever they are: what changes must not move them. */
export const LABEL = { width: 54, height: 38 } as const;
/** Where along its arrow a label may stand, the best place first. */
const ALONG = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];

/**
 * Where the label of each arrow stands, so that none covers another or a node; who finds no place
 * is not among them. It rests on places alone: the same map has its labels where they were.
 */
export function labelPlaces(
  arrows: readonly { id: string; curve: Curve }[],
  nodes: readonly Box[],
): ReadonlyMap<string, Point> {
  const taken: Box[] = [...nodes];
  const places = new Map<string, Point>();
  for (const { id, curve } of arrows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    for (const t of ALONG) {
      const { x, y } = pointAt(curve, t);
      const box = { x: x - LABEL.width / 2, y: y - LABEL.height / 2, ...LABEL };
      if (taken.some((other) => overlap(other, box))) continue;
      taken.push(box);
      places.set(id, { x, y });
      break;
    }
  }
  return places;
}
