// The supervision trees, drawn: who supervises whom, what crashes and what takes its place.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Actions } from "../actions";
import { get } from "../api";
import type { Node, Pid, Tree } from "../api";
import { ago, count, plain, short, showPid, strategyOf, titleOf } from "../format";
import { hear, useLive, useNow, usePolled } from "../live";
import { CARD, FLASH_MS, inOrderOf, itemsOf, layOut, Places } from "../places";
import type { Flash, Item, Laid, Place } from "../places";
import { Empty, Icon, kindName, KindIcon, PidLink, processHref, Search, StatusText, Trouble } from "../ui";
import { useMedia, useSettled } from "../ui";
import { presetFilter } from "./processes";

// What was opened and folded stays while the page is open.
const folds = new Map<string, boolean>();
let opened: Pid[] = [];
let chosen: { search: string; list: boolean | null; zoom: number | null } = {
  search: "",
  list: null,
  zoom: null,
};

const ZOOMS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.5];

export function TreeView(): JSX.Element {
  const [search, setSearch] = useState(chosen.search);
  const settled = useSettled(search.trim());
  const narrow = useMedia("(max-width: 760px)");
  const [list, setList] = useState(chosen.list);
  const [open, setOpen] = useState(opened);
  const asList = list ?? narrow;
  chosen = { ...chosen, search, list };
  opened = open;

  const key = JSON.stringify([settled, open]);
  const polled = usePolled<Tree>(
    key,
    signal => get<Tree>("tree", { search: settled, limit: 50, open: open.join(",") }, signal),
    { changed: true },
  );
  const latest = useRef<Tree | null>(null);
  if (polled.value) latest.current = polled.value;
  const tree = latest.current;

  const [places] = useState(() => new Places());
  const [version, redraw] = useState(0);
  const taken = useRef<Tree | null>(null);
  if (tree && taken.current !== tree) {
    taken.current = tree;
    places.take(tree);
  }
  useEffect(
    () =>
      hear("events", events => {
        if (places.happened(events)) redraw(n => n + 1);
      }),
    [],
  );
  const flashing = places.flashes.size > 0;
  useEffect(() => {
    if (!flashing) return;
    const timer = setInterval(() => {
      if (places.settle()) redraw(n => n + 1);
    }, FLASH_MS / 6);
    return () => clearInterval(timer);
  }, [flashing]);

  const [foldVersion, setFoldVersion] = useState(0);
  const searching = settled !== "";
  const items = useMemo(
    () => itemsOf(places.roots, folds, searching),
    [tree, version, foldVersion, searching, places.flashes.size],
  );
  const visible = useMemo(() => inOrderOf(items), [items]);

  const [selected, select] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [hovered, hover] = useState<string | null>(null);
  const [inTree, setInTree] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const tabStop = visible.some(item => item.key === focused) ? focused : (visible[0]?.key ?? null);

  const focusItem = (item: Item | undefined): void => {
    if (!item) return;
    setFocused(item.key);
    const element = [...(host.current?.querySelectorAll<HTMLElement>("[data-key]") ?? [])].find(
      one => one.dataset.key === item.key,
    );
    element?.focus();
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const fold = (item: Item): void => {
    folds.set(item.key, !item.open);
    setFoldVersion(n => n + 1);
  };
  const more = (item: Item): void => {
    const pid = item.place.node.pid;
    if (pid !== null && !open.includes(pid)) setOpen([...open.slice(-30), pid]);
    else location.hash = "#/processes";
  };
  const activate = (item: Item): void => {
    if (item.more > 0) more(item);
    else select(item.key === selected ? null : item.key);
  };

  const [zoom, setZoom] = useState(chosen.zoom ?? 1);
  const zoomBy = (step: number): void => {
    const at = ZOOMS.reduce(
      (best, one, n) => (Math.abs(one - zoom) < Math.abs((ZOOMS[best] ?? 1) - zoom) ? n : best),
      0,
    );
    const next = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + step))] ?? 1;
    chosen = { ...chosen, zoom: next };
    setZoom(next);
  };
  const picture = useMemo(() => (asList ? null : layOut(items)), [items, asList]);
  const fit = (most = 1): void => {
    const box = host.current;
    if (!box || !picture || picture.width === 0) return;
    const scale = Math.min(
      most,
      (box.clientWidth - 56) / picture.width,
      (box.clientHeight - 56) / picture.height,
    );
    setZoom(Math.max(ZOOMS[0] ?? 0.4, Math.round(scale * 100) / 100));
  };
  const fitted = useRef(chosen.zoom !== null);
  useEffect(() => {
    if (fitted.current || !picture || picture.width === 0 || !host.current) return;
    fitted.current = true;
    // Small enough to be read whole: shown whole.
    const scale = Math.min(1, (host.current.clientWidth - 56) / picture.width);
    if (scale >= 0.7) setZoom(Math.floor(scale * 100) / 100);
  }, [picture]);

  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const own = (event.target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset.key ?? tabStop;
    const at = visible.findIndex(item => item.key === own);
    const item = visible[at];
    if (!item) return;
    const pid = item.place.node.pid;
    switch (event.key) {
      case "ArrowDown":
        focusItem(visible[at + 1]);
        break;
      case "ArrowUp":
        focusItem(visible[at - 1]);
        break;
      case "ArrowRight":
        if (item.under > 0 && !item.open) fold(item);
        else focusItem(item.children[0]);
        break;
      case "ArrowLeft":
        if (item.open && !searching) fold(item);
        else
          focusItem(
            visible.find(one => one.key === (item.more > 0 ? item.place.key : item.place.parent?.key)),
          );
        break;
      case "Home":
        focusItem(visible[0]);
        break;
      case "End":
        focusItem(visible.at(-1));
        break;
      case "Enter":
        if (item.more > 0) more(item);
        else if (pid) location.hash = processHref(pid);
        break;
      case " ":
        activate(item);
        break;
      case "Escape":
        select(null);
        break;
      case "+":
        zoomBy(1);
        break;
      case "-":
        zoomBy(-1);
        break;
      case "0":
        fit();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  const pointed = hovered ?? (inTree ? focused : null) ?? selected;
  const linked = useMemo(() => {
    const place = pointed === null ? undefined : places.byKey.get(pointed);
    return new Set(place?.node.links ?? []);
  }, [pointed, tree]);
  const chosenPlace = selected === null ? undefined : places.byKey.get(selected);

  const shared = {
    selected,
    tabStop,
    linked,
    searching: settled.toLowerCase(),
    flashes: places.flashes,
    onFold: fold,
    onActivate: activate,
    onHover: hover,
    onFocus: setFocused,
  };
  const empty = tree !== null && items.length === 0;

  return (
    <section class="page fill tree-page">
      <div class="page-head">
        <h1>Applications</h1>
        <Search
          label="Search by name, id, type or pid"
          value={search}
          onInput={setSearch}
          testid="filter-tree"
          placeholder="Search the tree"
        />
        <p class="facts-line" data-testid="tree-count">
          {searching ? (
            <span>
              <b>{count(tree?.matches ?? 0)}</b> found
            </span>
          ) : (
            <span>
              <b>{count(tree?.total)}</b> processes
            </span>
          )}
        </p>
        <div class="tools">
          {!asList && (
            <div class="segmented" role="group" aria-label="Size">
              <button type="button" aria-label="Smaller" title="Smaller (−)" onClick={() => zoomBy(-1)}>
                <Icon name="minus" />
              </button>
              <button type="button" class="zoom-now" title="True size" onClick={() => setZoom(1)}>
                {Math.round(zoom * 100)} %
              </button>
              <button type="button" aria-label="Larger" title="Larger (+)" onClick={() => zoomBy(1)}>
                <Icon name="plus" />
              </button>
              <button type="button" aria-label="Show all of it" title="All of it (0)" onClick={() => fit()}>
                <Icon name="fit" />
              </button>
            </div>
          )}
          <div class="segmented" role="group" aria-label="Shown as">
            <button
              type="button"
              aria-pressed={!asList}
              onClick={() => setList(false)}
              data-testid="as-diagram"
            >
              Diagram
            </button>
            <button type="button" aria-pressed={asList} onClick={() => setList(true)} data-testid="as-list">
              List
            </button>
          </div>
        </div>
      </div>
      <Trouble error={polled.error} />
      <div class={`tree-body ${chosenPlace ? "with-inspector" : ""}`}>
        <div
          ref={host}
          class={`tree-scroll ${asList ? "as-list" : "as-diagram"}`}
          data-testid="tree-scroll"
          onFocusIn={() => setInTree(true)}
          onFocusOut={() => setInTree(false)}
        >
          {visible.length > 0 && (
            <div
              role="tree"
              aria-label="Supervision trees"
              data-testid="tree"
              class={searching ? "searching" : ""}
              onKeyDown={keys}
            >
              {picture ? (
                <Diagram
                  host={host}
                  nodes={picture.nodes}
                  edges={picture.edges}
                  width={picture.width}
                  height={picture.height}
                  zoom={zoom}
                  onZoom={zoomBy}
                  pointed={pointed}
                  {...shared}
                />
              ) : (
                visible.map(item => <Card key={item.key} item={item} list {...shared} />)
              )}
            </div>
          )}
          {empty && (
            <Empty>
              {searching ? "Nothing in the tree matches." : "No supervisor runs: there is no tree to show."}
            </Empty>
          )}
          {tree === null && !polled.error && <Empty>Waiting for the tree …</Empty>}
          {tree && <Others tree={tree} searching={searching} />}
        </div>
        {chosenPlace && (
          <Inspector
            place={chosenPlace}
            onClose={() => {
              select(null);
              focusItem(visible.find(item => item.key === chosenPlace.key));
            }}
          />
        )}
      </div>
    </section>
  );
}

interface Shared {
  selected: string | null;
  tabStop: string | null;
  linked: Set<Pid>;
  searching: string;
  flashes: Map<string, Flash>;
  onFold: (item: Item) => void;
  onActivate: (item: Item) => void;
  onHover: (key: string | null) => void;
  onFocus: (key: string) => void;
}

// ---------------------------------------------------------------------------------------------------------------
// The diagram.

interface DiagramProps extends Shared {
  host: { current: HTMLDivElement | null };
  nodes: Laid[];
  edges: { from: Laid; to: Laid }[];
  width: number;
  height: number;
  zoom: number;
  onZoom: (step: number) => void;
  pointed: string | null;
}

const MARGIN = 28;

function Diagram(props: DiagramProps): JSX.Element {
  const { nodes, edges, width, height, zoom, linked, pointed, host } = props;
  const from = nodes.find(node => node.item.key === pointed);
  const ties = from
    ? nodes.filter(
        node => node !== from && node.item.place.node.pid !== null && linked.has(node.item.place.node.pid),
      )
    : [];
  const zooming = useRef(props.onZoom);
  zooming.current = props.onZoom;

  useEffect(() => {
    const box = host.current;
    if (!box) return;
    let turned = 0;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaY;
      if (Math.abs(turned) < 40) return;
      zooming.current(turned < 0 ? 1 : -1);
      turned = 0;
    };
    // The ground can be dragged.
    let grip: { x: number; y: number; left: number; top: number } | null = null;
    const down = (event: PointerEvent): void => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      if ((event.target as HTMLElement).closest(".node, .others, button, a")) return;
      grip = { x: event.clientX, y: event.clientY, left: box.scrollLeft, top: box.scrollTop };
      box.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      if (!grip) return;
      box.scrollLeft = grip.left - (event.clientX - grip.x);
      box.scrollTop = grip.top - (event.clientY - grip.y);
    };
    const up = (): void => void (grip = null);
    box.addEventListener("wheel", wheel, { passive: false });
    box.addEventListener("pointerdown", down);
    box.addEventListener("pointermove", move);
    box.addEventListener("pointerup", up);
    box.addEventListener("pointercancel", up);
    return () => {
      box.removeEventListener("wheel", wheel);
      box.removeEventListener("pointerdown", down);
      box.removeEventListener("pointermove", move);
      box.removeEventListener("pointerup", up);
      box.removeEventListener("pointercancel", up);
    };
  }, []);

  const fullWidth = width + 2 * MARGIN;
  const fullHeight = height + 2 * MARGIN;
  return (
    <div
      class="diagram"
      role="presentation"
      style={{ width: `${Math.ceil(fullWidth * zoom)}px`, height: `${Math.ceil(fullHeight * zoom)}px` }}
    >
      <div
        class="diagram-layer"
        role="presentation"
        style={{ width: `${fullWidth}px`, height: `${fullHeight}px`, transform: `scale(${zoom})` }}
      >
        <svg class="edges" width={fullWidth} height={fullHeight} aria-hidden="true" focusable="false">
          <g transform={`translate(${MARGIN} ${MARGIN})`}>
            {edges.map(edge => (
              <path
                key={edge.to.item.key}
                class={`edge ${edge.to.item.place.ghost ? "gone" : edge.to.item.more > 0 ? "more" : edge.to.item.place.node.status}`}
                d={elbow(edge.from, edge.to)}
              />
            ))}
            {from &&
              ties.map(to => (
                <path key={`tie ${to.item.key}`} class="tie" data-testid="tie" d={bow(from, to)} />
              ))}
          </g>
        </svg>
        {nodes.map(node => (
          <Card key={node.item.key} {...props} item={node.item} at={node} />
        ))}
      </div>
    </div>
  );
}

function elbow(from: Laid, to: Laid): string {
  const x1 = from.x + CARD.width;
  const y1 = from.y + CARD.height / 2;
  const x2 = to.x;
  const y2 = to.y + CARD.height / 2;
  const middle = x1 + (x2 - x1) / 2;
  if (Math.abs(y2 - y1) < 1) return `M${x1} ${y1}H${x2}`;
  const r = Math.min(7, Math.abs(y2 - y1) / 2);
  const way = y2 > y1 ? r : -r;
  return `M${x1} ${y1}H${middle - r}Q${middle} ${y1} ${middle} ${y1 + way}V${y2 - way}Q${middle} ${y2} ${middle + r} ${y2}H${x2}`;
}

function bow(from: Laid, to: Laid): string {
  const y1 = from.y + CARD.height / 2;
  const y2 = to.y + CARD.height / 2;
  if (Math.abs(from.x - to.x) < 1) {
    const x = from.x;
    const out = x - Math.min(60, 16 + Math.abs(y2 - y1) / 5);
    return `M${x} ${y1}C${out} ${y1} ${out} ${y2} ${x} ${y2}`;
  }
  const [left, right] = from.x < to.x ? [from, to] : [to, from];
  const x1 = left.x + CARD.width;
  const x2 = right.x;
  const half = Math.max(30, (x2 - x1) / 2);
  return `M${x1} ${left === from ? y1 : y2}C${x1 + half} ${left === from ? y1 : y2} ${x2 - half} ${left === from ? y2 : y1} ${x2} ${left === from ? y2 : y1}`;
}

// ---------------------------------------------------------------------------------------------------------------
// A node: the same in the diagram and in the list.

interface CardProps extends Shared {
  item: Item;
  list?: boolean;
  at?: Laid;
}

function Card({ item, list, at, ...shared }: CardProps): JSX.Element {
  const { place } = item;
  const node = place.node;
  const style = at
    ? { transform: `translate(${at.x + MARGIN}px, ${at.y + MARGIN}px)` }
    : { paddingLeft: `${Math.min(10, item.level - 1) * 18 + 6}px` };
  const attributes = {
    role: "treeitem" as const,
    "data-key": item.key,
    "aria-level": item.level,
    "aria-posinset": item.position,
    "aria-setsize": item.siblings,
    tabIndex: item.key === shared.tabStop ? 0 : -1,
    style,
    onFocus: () => shared.onFocus(item.key),
    onPointerEnter: () => shared.onHover(item.key),
    onPointerLeave: () => shared.onHover(null),
    onClick: () => shared.onActivate(item),
  };
  if (item.more > 0)
    return (
      <div {...attributes} class={`node more ${list ? "list" : "card"}`} data-testid="tree-more">
        <span class="node-main">{count(item.more)} more …</span>
      </div>
    );
  const flash = shared.flashes.get(item.key);
  const title = plain(titleOf(node));
  const matches = shared.searching !== "" && isMatch(node, shared.searching);
  const classes = [
    "node",
    list ? "list" : "card",
    node.kind,
    node.status,
    item.key === shared.selected && "selected",
    node.pid !== null && shared.linked.has(node.pid) && "linked",
    shared.searching !== "" && (matches ? "match" : "dim"),
    place.ghost && "ghost",
    flash && "flashing",
  ];
  return (
    <div
      {...attributes}
      class={classes.filter(Boolean).join(" ")}
      aria-expanded={item.under > 0 ? item.open : undefined}
      aria-selected={item.key === shared.selected}
      data-testid={place.ghost ? "tree-ghost" : "tree-node"}
      data-pid={node.pid ?? ""}
      data-id={node.id ?? ""}
      data-name={node.name ?? ""}
      data-status={place.ghost ? "ended" : node.status}
      data-restarts={node.restarts}
    >
      {flash && (
        <span key={flash.crashedAt} class={`flash ${flash.restartedAt ? "back" : ""}`} aria-hidden="true" />
      )}
      {list && (
        <button
          type="button"
          class={`fold ${item.open ? "open" : ""} ${item.under > 0 ? "" : "none"}`}
          tabIndex={-1}
          aria-hidden="true"
          data-testid="fold"
          onClick={event => {
            event.stopPropagation();
            shared.onFold(item);
          }}
        >
          <Icon name="chevron" />
        </button>
      )}
      <KindIcon kind={node.kind} />
      <div class="node-main">
        <div class="node-title">
          <span class="title" title={title}>
            {title}
          </span>
          <Waiting node={node} />
          <Restarts node={node} />
        </div>
        <div class="node-sub">
          <i class={`dot ${node.status}`} title={node.status} />
          <span class="sr">
            {node.pid === null ? "" : `${node.status} `}
            {kindName(node.kind)}
          </span>
          <NodePid node={node} flash={flash} ghost={place.ghost} />
          {!node.answers && (
            <span class="tag warn" title="The supervisor did not tell its children in time: it is busy">
              no answer
            </span>
          )}
          <Detail node={node} title={title} />
          <RestartAgo node={node} />
        </div>
      </div>
      {!list && item.under > 0 && (
        <button
          type="button"
          class="knob"
          tabIndex={-1}
          aria-hidden="true"
          data-testid="fold"
          title={item.open ? "Fold" : `Unfold ${item.under}`}
          onClick={event => {
            event.stopPropagation();
            shared.onFold(item);
          }}
        >
          {item.open ? "−" : `+${short(item.under)}`}
        </button>
      )}
    </div>
  );
}

function NodePid({
  node,
  flash,
  ghost,
}: {
  node: Node;
  flash: Flash | undefined;
  ghost: boolean;
}): JSX.Element {
  if (ghost || (flash && flash.to === null && node.pid !== null && flash.from === node.pid))
    return <span class="pid was">{showPid(flash?.from ?? node.pid)}</span>;
  if (node.pid === null) return <span class="status-word">{node.status}</span>;
  if (flash?.to === node.pid && flash.from !== null)
    return (
      <span class="pid swap" data-testid="swap">
        <s key={flash.from}>&lt;{flash.from}&gt;</s>
        <span class="arrow">→</span>
        <span key={flash.to} class="new">
          &lt;{node.pid}&gt;
        </span>
      </span>
    );
  return <span class="pid">{showPid(node.pid)}</span>;
}

function Detail({ node, title }: { node: Node; title: string }): JSX.Element | null {
  const strategy = strategyOf(node);
  if (strategy) return <span class="strategy">{plain(strategy)}</span>;
  if (node.kind !== "worker" && node.kind !== "task" && node.kind !== "process")
    return <span class="strategy">{kindName(node.kind)}</span>;
  const type = plain(node.type);
  return type === title || type === "" ? null : (
    <span class="type" title={plain(node.type_full ?? node.type)}>
      {type}
    </span>
  );
}

function Waiting({ node }: { node: Node }): JSX.Element | null {
  if (!node.mailbox) return null;
  return (
    <span class="waiting" title={`${count(node.mailbox)} messages wait`}>
      {short(node.mailbox)}
    </span>
  );
}

function Restarts({ node }: { node: Node }): JSX.Element | null {
  const now = useNow();
  if (node.restarts === 0) return null;
  return (
    <span
      class={`restarts ${node.last_restart_at !== null && now - node.last_restart_at < 60_000 ? "recent" : ""}`}
      data-testid="restarts"
      data-count={node.restarts}
      title={`${count(node.restarts)} ${node.restarts === 1 ? "restart" : "restarts"}, the last ${ago(node.last_restart_at, now)}`}
    >
      <Icon name="restart" />
      <b>{short(node.restarts)}</b>
    </span>
  );
}

function RestartAgo({ node }: { node: Node }): JSX.Element | null {
  const now = useNow();
  if (node.restarts === 0 || node.last_restart_at === null) return null;
  const recent = now - node.last_restart_at < 60_000;
  return <span class={`restart-ago ${recent ? "recent" : ""}`}>{ago(node.last_restart_at, now)}</span>;
}

function isMatch(node: Node, wanted: string): boolean {
  return [node.name, node.label, node.id, node.type, node.pid].some(text =>
    text?.toLowerCase().includes(wanted),
  );
}

// ---------------------------------------------------------------------------------------------------------------
// Beside the tree.

function Inspector({ place, onClose }: { place: Place; onClose: () => void }): JSX.Element {
  const node = place.node;
  const now = useNow();
  const title = titleOf(node);
  const parent = place.parent?.node ?? null;
  const events = useLive(live => live.events);
  const crash = useMemo(() => {
    for (let n = events.length - 1; n >= 0; n--) {
      const event = events[n];
      if (!event || (event.kind !== "crash" && event.kind !== "exit")) continue;
      if (event.pid === node.pid && node.pid !== null) return event;
      if (
        event.supervisor !== null &&
        event.supervisor === parent?.pid &&
        event.child !== null &&
        event.child === node.id
      )
        return event;
    }
    return null;
  }, [events, node.pid, node.id, parent?.pid]);
  return (
    <aside
      class="inspector"
      aria-label="The chosen node"
      data-testid="inspector"
      onKeyDown={event => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div class="dialog-head">
        <KindIcon kind={node.kind} />
        <h2 class="title" title={plain(title)}>
          {plain(title)}
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {node.pid && (
        <p>
          <a class="button" href={processHref(node.pid)} data-testid="open-process">
            Open {showPid(node.pid)}
          </a>
        </p>
      )}
      <dl class="facts">
        <div>
          <dt>Status</dt>
          <dd>
            <StatusText status={node.status} />
          </dd>
        </div>
        <div>
          <dt>Type</dt>
          <dd class="code">{plain(node.type_full ?? node.type)}</dd>
        </div>
        {node.id !== null && (
          <div>
            <dt>Child id</dt>
            <dd class="code">{plain(node.id)}</dd>
          </div>
        )}
        {strategyOf(node) && (
          <div>
            <dt>Strategy</dt>
            <dd>
              {plain(strategyOf(node) ?? "")}
              {node.max_restarts !== null && node.max_seconds !== null && (
                <span class="faint">
                  , at most {node.max_restarts} in {node.max_seconds} s
                </span>
              )}
            </dd>
          </div>
        )}
        {node.children_total > 0 && (
          <div>
            <dt>Children</dt>
            <dd>{count(node.children_total)}</dd>
          </div>
        )}
        <div>
          <dt>Restarts</dt>
          <dd>
            {count(node.restarts)}
            {node.last_restart_at !== null && (
              <span class="faint">, the last {ago(node.last_restart_at, now)}</span>
            )}
          </dd>
        </div>
        <div>
          <dt>Mailbox</dt>
          <dd>{count(node.mailbox)}</dd>
        </div>
        <div>
          <dt>Handled</dt>
          <dd>{count(node.handled)}</dd>
        </div>
        {node.links.length > 0 && (
          <div>
            <dt>Links</dt>
            <dd class="pids">
              {node.links.map(pid => (
                <PidLink key={pid} pid={pid} />
              ))}
            </dd>
          </div>
        )}
        {crash?.reason && (
          <div>
            <dt>Last end</dt>
            <dd>
              <span class="event-reason">{plain(crash.reason)}</span>{" "}
              <span class="faint">{ago(crash.at, now)}</span>
            </dd>
          </div>
        )}
      </dl>
      <Actions
        title={plain(title)}
        pid={node.pid}
        kind={node.kind}
        status={node.status}
        supervisor={
          parent?.pid && (parent.kind === "supervisor" || parent.kind === "dynamic_supervisor")
            ? { pid: parent.pid, dynamic: parent.kind === "dynamic_supervisor" }
            : null
        }
        childId={node.id}
      />
    </aside>
  );
}

const MOST_OTHERS = 24;

function Others({ tree, searching }: { tree: Tree; searching: boolean }): JSX.Element | null {
  if (tree.others.length === 0) return null;
  const total = tree.others_total ?? tree.others.length;
  const shown = tree.others.slice(0, MOST_OTHERS);
  return (
    <section class="others" aria-labelledby="others-title">
      <h2 id="others-title">
        Under no supervisor{" "}
        <span class="faint">
          {count(total)}
          {searching ? " found" : ""}
        </span>
      </h2>
      <ul>
        {shown.map(node => (
          <li key={node.pid}>
            {node.pid ? (
              <a class="ref" href={processHref(node.pid)} title={plain(node.type)}>
                <span class="ref-name">{plain(titleOf(node))}</span>
                <span class="pid">{showPid(node.pid)}</span>
              </a>
            ) : (
              plain(titleOf(node))
            )}
          </li>
        ))}
        {total > shown.length && (
          <li>
            <a class="ref" href="#/processes" onClick={() => presetFilter("")}>
              {count(total - shown.length)} more
            </a>
          </li>
        )}
      </ul>
    </section>
  );
}
