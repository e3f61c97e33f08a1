// The tree as the page keeps it: each node has a place, which is the same for a child and for the one that takes over
// after a restart. So a crash and a restart can be seen where they happen.

import { hierarchy, tree as tidy } from "d3-hierarchy";
import type { Event, Node, Pid, Tree } from "./api";

export interface Place {
  key: string;
  node: Node;
  parent: Place | null;
  children: Place[];
  level: number;
  /** It has gone and is only shown for the moment that tells so. */
  ghost: boolean;
}

/** What has just happened at a place. */
export interface Flash {
  crashedAt: number | null;
  restartedAt: number | null;
  from: Pid | null;
  to: Pid | null;
}

export const FLASH_MS = 3_000;

export class Places {
  roots: Place[] = [];
  byKey = new Map<string, Place>();
  byPid = new Map<Pid, Place>();
  flashes = new Map<string, Flash>();
  /** What a process is called in its place, so that it and who takes over keep the place. */
  #own = new Map<Pid, { parent: string; own: string }>();
  /** What a child is called in its place that was called otherwise while less was known of it. */
  #also = new Map<string, string>();
  #lastPid = new Map<string, Pid>();
  /** What is known to have ended, and who has its place: a tree may be older than that. */
  #ended = new Map<Pid, Pick<Node, "restarts" | "last_restart_at"> & { heir: Pid | null }>();

  /** Takes the tree as it is now. */
  take(tree: Tree): void {
    const before = this.byKey;
    this.byKey = new Map();
    this.byPid = new Map();
    this.roots = this.#places(tree.applications, null, before);
    const now = Date.now();
    for (const [key, place] of this.byKey) {
      const pid = place.node.pid;
      const last = this.#lastPid.get(key);
      if (pid === null) continue;
      if (last !== undefined && last !== pid) {
        const flash = this.flashes.get(key);
        if (flash?.to !== pid)
          this.flashes.set(key, {
            crashedAt: flash?.crashedAt ?? now,
            restartedAt: now,
            from: last,
            to: pid,
          });
      }
      this.#lastPid.set(key, pid);
    }
    this.#forget(now);
    for (const [key, flash] of this.flashes) {
      const gone = before.get(key);
      if (!gone || this.byKey.has(key) || flash.restartedAt !== null || !gone.parent) continue;
      const parent = this.byKey.get(gone.parent.key);
      if (!parent || parent.ghost || parent.children.some(child => isSame(child.node, gone.node))) continue;
      const ghost: Place = { ...gone, parent, children: [], ghost: true };
      parent.children.push(ghost);
      this.byKey.set(key, ghost);
    }
  }

  /** Takes what has happened since the tree was fetched; whether that changes anything. */
  happened(events: Event[]): boolean {
    const now = Date.now();
    let any = false;
    for (const event of events) {
      if (event.pid === null) continue;
      if (event.kind === "crash" || event.kind === "exit")
        this.#ended.set(event.pid, { heir: null, restarts: 0, last_restart_at: null });
      else if (event.kind === "restart" && event.new_pid !== null) {
        const restarts = (this.byPid.get(event.pid)?.node.restarts ?? 0) + 1;
        this.#ended.set(event.pid, { heir: event.new_pid, restarts, last_restart_at: event.at });
      }
      const place = this.byPid.get(event.pid);
      if (!place) continue;
      if (event.kind === "crash" || (event.kind === "exit" && !inOrder(event.reason))) {
        this.flashes.set(place.key, { crashedAt: now, restartedAt: null, from: event.pid, to: null });
        any = true;
      } else if (event.kind === "restart" && event.new_pid !== null) {
        const own = this.#own.get(event.pid);
        if (own) this.#own.set(event.new_pid, own);
        const flash = this.flashes.get(place.key);
        this.flashes.set(place.key, {
          crashedAt: flash?.crashedAt ?? now,
          restartedAt: now,
          from: event.pid,
          to: event.new_pid,
        });
        this.#lastPid.set(place.key, event.new_pid);
        this.byPid.delete(event.pid);
        this.byPid.set(event.new_pid, place);
        place.node = {
          ...place.node,
          pid: event.new_pid,
          restarts: place.node.restarts + 1,
          last_restart_at: event.at,
          status: place.node.status === "running" ? "running" : "idle",
          mailbox: 0,
        };
        any = true;
      }
    }
    return any;
  }

  /** Takes back what was shown for a moment; whether that changes anything. */
  settle(): boolean {
    const any = this.#forget(Date.now());
    for (const place of [...this.byKey.values()]) {
      if (!place.ghost || this.flashes.has(place.key)) continue;
      this.byKey.delete(place.key);
      if (place.parent) place.parent.children = place.parent.children.filter(child => child !== place);
    }
    return any;
  }

  #forget(now: number): boolean {
    let any = false;
    for (const [key, flash] of this.flashes) {
      if (now - Math.max(flash.crashedAt ?? 0, flash.restartedAt ?? 0) < FLASH_MS) continue;
      this.flashes.delete(key);
      any = true;
    }
    if (this.#own.size > 20_000)
      for (const pid of this.#own.keys()) if (!this.byPid.has(pid)) this.#own.delete(pid);
    if (this.#also.size > 20_000) this.#also.clear();
    // The oldest are told first.
    for (const pid of this.#ended.keys()) {
      if (this.#ended.size <= 5_000) break;
      this.#ended.delete(pid);
    }
    if (this.#lastPid.size > 20_000) {
      for (const key of this.#lastPid.keys()) if (!this.byKey.has(key)) this.#lastPid.delete(key);
    }
    return any;
  }

  /** Without those that have ended since the tree was looked at; who has a place takes it. */
  #alive(nodes: Node[]): Node[] {
    if (!nodes.some(node => node.pid !== null && this.#ended.has(node.pid))) return nodes;
    const pids = new Set(nodes.map(node => node.pid));
    return nodes.flatMap(node => {
      let now = node;
      for (let n = 0; n < 100 && now.pid !== null; n++) {
        const end = this.#ended.get(now.pid);
        if (!end) break;
        if (end.heir === null || pids.has(end.heir)) return [];
        const restarts = Math.max(now.restarts, end.restarts);
        now = {
          ...now,
          pid: end.heir,
          restarts,
          last_restart_at: end.last_restart_at,
          status: "idle",
          mailbox: 0,
        };
      }
      return [now];
    });
  }

  #places(all: Node[], parent: Place | null, before: Map<string, Place>): Place[] {
    const nodes = this.#alive(all);
    const ids = new Map<string, number>();
    for (const node of nodes) {
      for (const id of new Set([node.id, node.name])) if (id !== null) ids.set(id, (ids.get(id) ?? 0) + 1);
    }
    const dynamic = parent?.node.kind === "dynamic_supervisor";
    const above = parent?.key ?? "";
    return nodes.map((told, n) => {
      // A child is known by its id and by its name; a moment may tell only one of them.
      const called = dynamic ? [] : [told.id, told.name].filter(name => name !== null && ids.get(name) === 1);
      const names = called.map(name => `${above}/i:${name}`);
      const also = names.map(name => this.#also.get(name)).find(name => name !== undefined);
      const kept = told.pid === null ? undefined : this.#own.get(told.pid);
      const base =
        called[0] !== undefined ? `i:${called[0]}` : told.pid !== null ? `p:${told.pid}` : `n:${n}`;
      const own = kept?.parent === above ? kept.own : (also ?? base);
      for (const name of names) this.#also.set(name, own);
      if (told.pid !== null) this.#own.set(told.pid, { parent: above, own });
      const node = this.#withKnown(told, before.get(`${above}/${own}`));
      const place: Place = {
        key: `${above}/${own}`,
        node,
        parent,
        children: [],
        level: (parent?.level ?? 0) + 1,
        ghost: false,
      };
      while (this.byKey.has(place.key)) place.key += "'";
      this.byKey.set(place.key, place);
      if (node.pid !== null) this.byPid.set(node.pid, place);
      place.children = this.#places(node.children, place, before);
      return place;
    });
  }

  /** A supervisor that has not told of itself this time is what it was. */
  #withKnown(node: Node, before: Place | undefined): Node {
    if (node.strategy !== null || node.kind !== "supervisor" || before?.node.pid !== node.pid) return node;
    const { strategy, max_restarts, max_seconds } = before.node;
    return { ...node, strategy, max_restarts, max_seconds };
  }
}

/** Whether one stands for the other, as far as names tell. */
function isSame(a: Node, b: Node): boolean {
  return (a.name !== null && a.name === b.name) || (a.id !== null && a.id === b.id);
}

function inOrder(reason: string | null): boolean {
  return reason === null || /^:?(normal|shutdown)\b/.test(reason);
}

// ---------------------------------------------------------------------------------------------------------------
// What is shown of it.

/** A node of the picture: a place, or the note that there are more. */
export interface Item {
  key: string;
  place: Place;
  /** So many children of `place` are not here. */
  more: number;
  level: number;
  children: Item[];
  open: boolean;
  /** How many are hidden under it, as it is folded. */
  under: number;
  position: number;
  siblings: number;
}

/** Unless told otherwise, a node with many children and no grandchildren is folded in a large tree. */
export function itemsOf(roots: Place[], folds: Map<string, boolean>, allOpen: boolean): Item[] {
  let total = 0;
  const sum = (place: Place): void => {
    total++;
    place.children.forEach(sum);
  };
  roots.forEach(sum);
  const large = total > 40;
  const item = (place: Place, position: number, siblings: number): Item => {
    const many = large && place.level > 1 && place.node.children_total > 12 && place.children.every(isLeaf);
    const has = place.children.length > 0 || place.node.children_total > 0;
    const open = has && (allOpen || (folds.get(place.key) ?? !many));
    const children = open ? place.children.map((child, n) => item(child, n + 1, place.children.length)) : [];
    const more = place.node.children_total - place.node.children.length;
    if (open && more > 0 && !allOpen)
      children.push({
        key: `${place.key}/…`,
        place,
        more,
        level: place.level + 1,
        children: [],
        open: false,
        under: 0,
        position: place.children.length + 1,
        siblings: place.children.length + 1,
      });
    return {
      key: place.key,
      place,
      more: 0,
      level: place.level,
      children,
      open,
      under: has ? Math.max(place.node.children_total, place.children.length) : 0,
      position,
      siblings,
    };
  };
  return roots.map((place, n) => item(place, n + 1, roots.length));
}

function isLeaf(place: Place): boolean {
  return place.node.children_total === 0;
}

/** The items from top to bottom. */
export function inOrderOf(items: Item[]): Item[] {
  const out: Item[] = [];
  const visit = (item: Item): void => {
    out.push(item);
    item.children.forEach(visit);
  };
  items.forEach(visit);
  return out;
}

export const CARD = { width: 252, height: 46, across: 310, down: 56 };

export interface Laid {
  item: Item;
  x: number;
  y: number;
}

export interface Picture {
  nodes: Laid[];
  edges: { from: Laid; to: Laid }[];
  width: number;
  height: number;
}

/** Where each node stands: from left to right by level, as close as a tidy tree can be. */
export function layOut(items: Item[]): Picture {
  interface Datum {
    item: Item | null;
    children: Datum[];
  }
  const datum = (item: Item): Datum => ({ item, children: item.children.map(datum) });
  const root = hierarchy<Datum>({ item: null, children: items.map(datum) });
  const laid = tidy<Datum>()
    .nodeSize([CARD.down, CARD.across])
    .separation((a, b) => (a.parent === b.parent ? 1 : a.depth === 1 ? 1.6 : 1.15))(root);
  let low = Infinity;
  let high = -Infinity;
  let deep = 0;
  laid.each(point => {
    if (point.depth === 0) return;
    low = Math.min(low, point.x);
    high = Math.max(high, point.x);
    deep = Math.max(deep, point.depth);
  });
  const nodes: Laid[] = [];
  const edges: Picture["edges"] = [];
  const placed = new Map<Item, Laid>();
  laid.eachBefore(point => {
    const item = point.data.item;
    if (!item) return;
    const at: Laid = { item, x: (point.depth - 1) * CARD.across, y: point.x - low };
    nodes.push(at);
    placed.set(item, at);
    const above = point.parent?.data.item;
    const from = above ? placed.get(above) : undefined;
    if (from) edges.push({ from, to: at });
  });
  if (nodes.length === 0) return { nodes, edges, width: 0, height: 0 };
  return {
    nodes,
    edges,
    width: (deep - 1) * CARD.across + CARD.width,
    height: high - low + CARD.height,
  };
}
