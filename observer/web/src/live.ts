// What the page knows of the observer as it goes: the stream, the samples, the events, the connection's state.
// Everything that asks again does so on the stream's beat, so that a hidden tab, whose stream is closed, asks nothing.

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, reasonOf, streamUrl } from "./api";
import type { Event, Events, Sample, System } from "./api";

export type Connection = "connecting" | "live" | "reconnecting" | "paused" | "refused";

export interface Live {
  connection: Connection;
  /** Why it is not live, in words. */
  trouble: string | null;
  /** How many events this page did not get, in all. */
  missed: number;
  control: boolean;
  system: System | null;
  sample: Sample | null;
  history: Sample[];
  /** Oldest first. */
  events: Event[];
  /** How far the server's clock is ahead of this one's. */
  skew: number;
}

const KEEP_EVENTS = 5_000;
const KEEP_SAMPLES = 600;
const FIRST_EVENTS = 1_000;
const PAGE = 200;

let state: Live = {
  connection: "connecting",
  trouble: null,
  missed: 0,
  control: false,
  system: null,
  sample: null,
  history: [],
  events: [],
  skew: 0,
};

const watchers = new Set<() => void>();

export function live(): Live {
  return state;
}

function update(change: Partial<Live>): void {
  state = { ...state, ...change };
  for (const watcher of [...watchers]) watcher();
}

/** A part of what is known; the component is drawn anew when that part is another. */
export function useLive<T>(pick: (live: Live) => T): T {
  const [, redraw] = useState(0);
  const picked = pick(state);
  const last = useRef(picked);
  const picker = useRef(pick);
  last.current = picked;
  picker.current = pick;
  useEffect(() => {
    const watcher = (): void => {
      if (!Object.is(picker.current(state), last.current)) redraw(n => n + 1);
    };
    watchers.add(watcher);
    watcher();
    return () => void watchers.delete(watcher);
  }, []);
  return picked;
}

/** The time at the server. */
export function serverNow(): number {
  return Date.now() + state.skew;
}

/** The time at the server, with each sample. */
export function useNow(): number {
  useLive(live => live.sample);
  return serverNow();
}

// ---------------------------------------------------------------------------------------------------------------
// Signals: what happens, for those who must act on it at once.

interface Signals {
  /** The tree is another: processes started or ended. */
  changed: undefined;
  events: Event[];
  /** The stream's beat. */
  beat: undefined;
}

type Hearer<K extends keyof Signals> = (value: Signals[K]) => void;
const hearers: { [K in keyof Signals]: Set<Hearer<K>> } = {
  changed: new Set(),
  events: new Set(),
  beat: new Set(),
};

export function hear<K extends keyof Signals>(signal: K, hearer: Hearer<K>): () => void {
  hearers[signal].add(hearer);
  return () => void hearers[signal].delete(hearer);
}

function tell<K extends keyof Signals>(signal: K, value: Signals[K]): void {
  for (const hearer of [...hearers[signal]]) hearer(value);
}

// ---------------------------------------------------------------------------------------------------------------
// The stream.

let source: EventSource | null = null;
let attempt = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
/** The number of the newest event that is known; `null` while nothing is. */
let newest: number | null = null;

export function start(): void {
  document.addEventListener("visibilitychange", () => (document.hidden ? pause() : connect()));
  window.addEventListener("online", () => {
    if (state.connection !== "live") connect();
  });
  if (document.hidden) update({ connection: "paused" });
  else connect();
}

function pause(): void {
  close();
  update({ connection: "paused", trouble: null });
}

function close(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

/** Connects, or connects anew. */
export function connect(): void {
  close();
  if (state.connection !== "reconnecting")
    update({ connection: attempt === 0 ? "connecting" : "reconnecting" });
  const stream = new EventSource(streamUrl());
  source = stream;
  let resumed = false;
  stream.addEventListener("hello", message => {
    attempt = 0;
    const hello = parse<{ control: boolean; next: number }>(message);
    if (!hello) return;
    update({ connection: "live", trouble: null, control: hello.control });
    void catchUp(hello.next, resumed);
    resumed = true;
  });
  stream.addEventListener("sample", message => {
    const sample = parse<Sample>(message);
    if (sample) take(sample);
  });
  stream.addEventListener("events", message => {
    const told = parse<{ events: Event[]; missed?: number }>(message);
    if (told) takeEvents(told.events, told.missed ?? 0);
  });
  stream.addEventListener("changed", () => tell("changed", undefined));
  stream.addEventListener("error", () => {
    if (source !== stream) return;
    if (stream.readyState === EventSource.CLOSED) void again();
    else update({ connection: "reconnecting", trouble: "the connection to the observer is lost" });
  });
}

/** The stream was refused, or the observer is not there: asks why, and comes back. */
async function again(): Promise<void> {
  close();
  update({ connection: "reconnecting" });
  let refused = false;
  try {
    await get<System>("system");
  } catch (error) {
    refused =
      error instanceof ApiError && (error.status === 401 || error.status === 403 || error.status === 421);
    update({ connection: refused ? "refused" : "reconnecting", trouble: reasonOf(error) });
  }
  if (document.hidden || source) return;
  const wait = refused ? 10_000 : Math.min(5_000, 250 * 2 ** attempt);
  attempt++;
  retry = setTimeout(connect, wait);
}

function parse<T>(message: globalThis.Event): T | null {
  try {
    return JSON.parse((message as MessageEvent<string>).data) as T;
  } catch {
    return null;
  }
}

function take(sample: Sample): void {
  const last = state.history.at(-1);
  if (last && sample.at <= last.at && sample.at > last.at - 5_000) return;
  const history = last && sample.at < last.at ? [] : state.history.slice(-(KEEP_SAMPLES - 1));
  history.push(sample);
  update({ sample, history, skew: sample.at - Date.now() });
  tell("beat", undefined);
}

function takeEvents(events: Event[], missed: number): void {
  const fresh = events.filter(event => newest === null || event.seq > newest);
  for (const event of fresh) newest = Math.max(newest ?? 0, event.seq);
  const lost = fresh.reduce((sum, event) => sum + (event.kind === "missed" ? event.count : 0), missed);
  if (fresh.length === 0 && lost === 0) return;
  const kept =
    state.events.length + fresh.length > KEEP_EVENTS
      ? state.events.slice(-(KEEP_EVENTS - 500))
      : state.events;
  update({ events: [...kept, ...fresh].slice(-KEEP_EVENTS), missed: state.missed + lost });
  if (fresh.length > 0) tell("events", fresh);
}

/** After a connection is made: the samples so far, and the events that came meanwhile. */
async function catchUp(told: number, resumed: boolean): Promise<void> {
  const first = newest === null;
  // An observer that has begun anew counts from the start.
  const anew = newest !== null && told < newest;
  let after = first || anew ? Math.max(0, told - FIRST_EVENTS) : (newest ?? 0);
  if (anew) {
    newest = null;
    update({ events: [], history: [] });
  }
  try {
    const system = await get<System>("system");
    const history = system.history.length > 0 ? system.history : [system.sample];
    update({
      system,
      sample: state.sample && state.sample.at > system.sample.at ? state.sample : system.sample,
      history: history.slice(-KEEP_SAMPLES),
      control: system.control,
      skew: system.now - Date.now(),
    });
    let missed = 0;
    const got: Event[] = [];
    for (let round = 0; round < 30; round++) {
      const page = await get<Events>("events", { after, limit: PAGE });
      missed += page.missed;
      got.push(...page.events);
      if (page.events.length < PAGE || page.next <= after) break;
      after = page.next;
    }
    // A stream that the browser resumed tells itself what it has left out.
    merge(got, first || anew || resumed ? 0 : missed);
  } catch {
    // The stream tells when the connection is lost.
  }
  tell("changed", undefined);
}

function merge(got: Event[], missed: number): void {
  const known = new Map<number, Event>();
  for (const event of state.events) known.set(event.seq, event);
  const fresh = got.filter(event => !known.has(event.seq));
  if (fresh.length === 0 && missed === 0) return;
  const events = [...state.events, ...fresh].sort((a, b) => a.seq - b.seq).slice(-KEEP_EVENTS);
  const last = events.at(-1);
  if (last) newest = Math.max(newest ?? 0, last.seq);
  update({ events, missed: state.missed + missed });
}

// ---------------------------------------------------------------------------------------------------------------
// Asking again and again.

export interface Polled<T> {
  value: T | null;
  error: unknown;
  /** Asks again now. */
  refresh: () => void;
}

/**
 * The answer of `ask`, asked at once, on each beat, and after `on`'s signals with a delay of 150 ms at most. One call at
 * a time; what changes `key` gives up the call that is under way.
 */
export function usePolled<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  on: { changed?: boolean; stop?: boolean } = {},
): Polled<T> {
  const [answer, setAnswer] = useState<{ key: string; value: T | null; error: unknown }>({
    key,
    value: null,
    error: null,
  });
  const asker = useRef(ask);
  asker.current = ask;
  const refresh = useRef<() => void>(() => undefined);
  const { changed = false, stop = false } = on;
  useEffect(() => {
    if (stop) return;
    let gone = false;
    let running = false;
    let wanted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let abort = new AbortController();
    const run = async (): Promise<void> => {
      if (gone) return;
      if (running) {
        wanted = true;
        return;
      }
      running = true;
      clearTimeout(timer);
      timer = undefined;
      const begun = performance.now();
      abort = new AbortController();
      try {
        const value = await asker.current(abort.signal);
        if (!gone) setAnswer({ key, value, error: null });
      } catch (error) {
        if (!gone) setAnswer(last => ({ key, value: last.key === key ? last.value : null, error }));
      }
      running = false;
      if (wanted) {
        wanted = false;
        soon(Math.max(150, 2 * (performance.now() - begun)));
      }
    };
    const soon = (wait = 150): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void run();
      }, wait);
    };
    refresh.current = () => void run();
    void run();
    const ears = [hear("beat", () => void run())];
    if (changed) {
      ears.push(hear("changed", () => soon()));
      ears.push(
        hear("events", events => {
          if (events.some(event => event.kind !== "slow" && event.kind !== "unexpected")) soon();
        }),
      );
    }
    return () => {
      gone = true;
      abort.abort();
      clearTimeout(timer);
      for (const ear of ears) ear();
    };
  }, [key, changed, stop]);
  return {
    value: answer.key === key ? answer.value : null,
    error: answer.key === key ? answer.error : null,
    refresh: () => refresh.current(),
  };
}
