// A table of any length of which only the rows in sight are fetched and drawn. One stop for the Tab key: the arrows move
// through the rows, Enter opens one.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { aborted } from "./api";
import { count } from "./format";
import { hear } from "./live";
import { Icon } from "./ui";

export const ROW_HEIGHT = 30;
/** Browsers limit the height of an element; past this the scroll bar stands for more than its pixels. */
const MOST_PIXELS = 4_000_000;

export interface Column<R> {
  id: string;
  name: string;
  /** What the server calls the order by this column. */
  sort?: string;
  width: string;
  number?: boolean;
  /** The least width of the table, in pixels, at which the column is shown. */
  from?: number;
  cell: (row: R) => ComponentChildren;
}

interface Props<R> {
  label: string;
  columns: Column<R>[];
  matched: number;
  row: (index: number) => R | undefined;
  rowKey: (row: R) => string;
  hrefOf: (row: R) => string;
  attributesOf?: (row: R) => Record<string, string>;
  sort?: string;
  order?: "asc" | "desc";
  onSort?: (sort: string) => void;
  onRange: (first: number, last: number) => void;
  testid: string;
  /** Begins at the top again when this changes. */
  from: string;
}

export function VirtualTable<R>(props: Props<R>): JSX.Element {
  const { columns, matched, row, onRange } = props;
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 1200, height: 600 });
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(0);
  const exact = useRef(0);

  const shown = useMemo(
    () => columns.filter(column => (column.from ?? 0) <= size.width),
    [columns, size.width],
  );
  const headHeight = 32;
  const viewHeight = Math.max(ROW_HEIGHT, size.height - headHeight);
  const full = matched * ROW_HEIGHT;
  const pixels = Math.min(full, MOST_PIXELS);
  const farthest = Math.max(0, full - viewHeight);
  const ratio = full > pixels ? farthest / Math.max(1, pixels - viewHeight) : 1;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const goTo = (logical: number): void => {
    const element = box.current;
    if (!element) return;
    exact.current = Math.min(farthest, Math.max(0, logical));
    element.scrollTop = exact.current / ratio;
    setTop(exact.current);
  };
  const going = useRef(goTo);
  going.current = goTo;
  const scale = useRef(ratio);
  scale.current = ratio;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const scroll = (): void => {
      // A scroll position is whole pixels, each of them many rows in a long table: what was meant is kept.
      if (Math.abs(exact.current / scale.current - element.scrollTop) >= 1)
        exact.current = element.scrollTop * scale.current;
      setTop(exact.current);
    };
    const wheel = (event: WheelEvent): void => {
      if (scale.current === 1 || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? ROW_HEIGHT : event.deltaMode === 2 ? element.clientHeight : 1;
      going.current(exact.current + event.deltaY * unit);
    };
    element.addEventListener("scroll", scroll, { passive: true });
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("scroll", scroll);
      element.removeEventListener("wheel", wheel);
    };
  }, []);

  useEffect(() => {
    goTo(0);
    setActive(0);
  }, [props.from]);

  const clamped = Math.min(top, farthest);
  const first = Math.max(0, Math.floor(clamped / ROW_HEIGHT) - 4);
  const last = Math.min(matched, Math.ceil((clamped + viewHeight) / ROW_HEIGHT) + 4);
  useEffect(() => onRange(first, last), [first, last, onRange]);

  const activeIndex = Math.min(active, Math.max(0, matched - 1));
  const move = (to: number): void => {
    const index = Math.min(Math.max(0, to), Math.max(0, matched - 1));
    setActive(index);
    const y = index * ROW_HEIGHT;
    if (y < clamped) goTo(y);
    else if (y + ROW_HEIGHT > clamped + viewHeight) goTo(y + ROW_HEIGHT - viewHeight);
  };
  const page = Math.max(1, Math.floor(viewHeight / ROW_HEIGHT) - 1);
  const keys = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      PageDown: activeIndex + page,
      PageUp: activeIndex - page,
      Home: 0,
      End: matched - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) {
      event.preventDefault();
      move(to);
    } else if (event.key === "Enter") {
      const at = row(activeIndex);
      if (at !== undefined) location.hash = props.hrefOf(at);
    }
  };

  const layer = (box.current?.scrollTop ?? 0) - clamped;
  const template = shown.map(column => column.width).join(" ");
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index++) {
    const value = row(index);
    const y = headHeight + layer + index * ROW_HEIGHT;
    rows.push(
      <div
        key={index}
        id={`${props.testid}-${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={index === activeIndex}
        class={`vrow ${index % 2 ? "odd" : ""} ${index === activeIndex ? "active" : ""}`}
        style={{ transform: `translateY(${y}px)`, gridTemplateColumns: template }}
        data-testid={value === undefined ? "row-to-come" : props.testid}
        data-index={index}
        {...(value !== undefined ? props.attributesOf?.(value) : {})}
        onClick={event => {
          setActive(index);
          if (
            value !== undefined &&
            !(event.target as HTMLElement).closest("a") &&
            !getSelection()?.toString()
          )
            location.hash = props.hrefOf(value);
        }}
      >
        {shown.map(column => (
          <div
            key={column.id}
            role="gridcell"
            class={`vcell ${column.number ? "number" : ""} col-${column.id}`}
          >
            {value === undefined ? <i class="to-come" /> : column.cell(value)}
          </div>
        ))}
      </div>,
    );
  }

  return (
    <div
      ref={box}
      class="vtable"
      role="grid"
      aria-label={`${props.label}: ${count(matched)}`}
      aria-rowcount={matched + 1}
      aria-colcount={shown.length}
      aria-activedescendant={matched > 0 ? `${props.testid}-${activeIndex}` : undefined}
      tabIndex={0}
      data-testid={`${props.testid}s`}
      onKeyDown={keys}
    >
      <div class="vhead" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {shown.map(column => {
          const sorted = column.sort !== undefined && column.sort === props.sort;
          return (
            <div
              key={column.id}
              role="columnheader"
              class={`vcell ${column.number ? "number" : ""}`}
              aria-sort={sorted ? (props.order === "asc" ? "ascending" : "descending") : undefined}
            >
              {column.sort && props.onSort ? (
                <button
                  type="button"
                  class={`sort ${sorted ? "sorted" : ""}`}
                  data-testid={`sort-${column.sort}`}
                  onClick={() => props.onSort?.(column.sort ?? "")}
                >
                  {column.name}
                  <i aria-hidden="true">{sorted ? (props.order === "asc" ? "↑" : "↓") : ""}</i>
                </button>
              ) : (
                column.name
              )}
            </div>
          );
        })}
      </div>
      <div class="vspace" role="presentation" style={{ height: `${pixels}px` }} />
      <div role="rowgroup">{rows}</div>
    </div>
  );
}

interface Page<R> {
  matched: number;
  total: number;
  rows: R[];
}

interface Window<R> {
  matched: number;
  total: number;
  row: (index: number) => R | undefined;
  onRange: (first: number, last: number) => void;
  error: unknown;
  /** Whether an answer to this very question has come. */
  known: boolean;
}

/** The rows of `ask` that are in sight, fetched when they come into sight and on each beat. */
export function useWindow<R>(
  key: string,
  ask: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<R>>,
): Window<R> {
  const [, redraw] = useState(0);
  const asker = useRef(ask);
  asker.current = ask;
  const kept = useRef({
    key,
    rows: new Map<number, R>(),
    matched: 0,
    total: 0,
    known: false,
    error: null as unknown,
  });
  const range = useRef({ first: 0, last: 40 });
  const run = useRef<(scrolled: boolean) => void>(() => undefined);

  useEffect(() => {
    let gone = false;
    let abort: AbortController | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const fetchRows = async (): Promise<void> => {
      const mine = new AbortController();
      abort = mine;
      const offset = Math.max(0, range.current.first - 20);
      const limit = Math.min(500, range.current.last + 20 - offset);
      try {
        const page = await asker.current(offset, limit, mine.signal);
        if (gone || mine.signal.aborted) return;
        const store = kept.current;
        const fresh = store.key === key ? store.rows : new Map<number, R>();
        for (const index of fresh.keys()) {
          if (index < offset - 500 || index > offset + limit + 500 || index >= page.matched)
            fresh.delete(index);
        }
        page.rows.forEach((row, n) => fresh.set(offset + n, row));
        kept.current = {
          key,
          rows: fresh,
          matched: page.matched,
          total: page.total,
          known: true,
          error: null,
        };
      } catch (error) {
        if (gone || aborted(error)) return;
        kept.current = { ...kept.current, error };
      }
      if (abort === mine) abort = null;
      redraw(n => n + 1);
    };
    run.current = scrolled => {
      if (!scrolled) {
        if (!abort && timer === undefined) void fetchRows();
        return;
      }
      timer ??= setTimeout(() => {
        timer = undefined;
        abort?.abort();
        void fetchRows();
      }, 40);
    };
    void fetchRows();
    const ear = hear("beat", () => run.current(false));
    return () => {
      gone = true;
      abort?.abort();
      clearTimeout(timer);
      ear();
    };
  }, [key]);

  const [onRange] = useState(() => (first: number, last: number): void => {
    const before = range.current;
    range.current = { first, last };
    if (before.first === first && before.last === last) return;
    for (let index = first; index < Math.min(last, kept.current.matched); index++) {
      if (!kept.current.rows.has(index)) return run.current(true);
    }
  });

  const store = kept.current;
  return {
    // Until the answer to a new question is there, the old one stands.
    matched: store.matched,
    total: store.total,
    row: index => store.rows.get(index),
    onRange,
    error: store.error,
    known: store.known && store.key === key,
  };
}

export function Hint({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <p class="hint">
      <Icon name="help" />
      <span>{children}</span>
    </p>
  );
}
