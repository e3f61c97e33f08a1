// What happened: the newest first, filtered, and held when it goes too fast.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { EVENT_KINDS } from "../api";
import type { Event, EventKind } from "../api";
import { EventRow } from "../event";
import { count } from "../format";
import { useLive } from "../live";
import { Empty, Icon, Search } from "../ui";

const STEP = 300;

let chosen: { off: Set<EventKind>; text: string } = { off: new Set(), text: "" };

export function EventsView(): JSX.Element {
  const events = useLive(live => live.events);
  const missed = useLive(live => live.missed);
  const [held, setHeld] = useState<Event[] | null>(null);
  const [off, setOff] = useState(chosen.off);
  const [text, setText] = useState(chosen.text);
  const [most, setMost] = useState(STEP);
  chosen = { off, text };

  const source = held ?? events;
  const counts = useMemo(() => {
    const counts = new Map<EventKind, number>();
    for (const event of source) counts.set(event.kind, (counts.get(event.kind) ?? 0) + event.count);
    return counts;
  }, [source]);
  const wanted = text.trim().toLowerCase();
  const matching = useMemo(() => {
    const found: Event[] = [];
    for (let n = source.length - 1; n >= 0; n--) {
      const event = source[n];
      if (event && !off.has(event.kind) && matches(event, wanted)) found.push(event);
    }
    return found;
  }, [source, off, wanted]);

  const pause = (): void => setHeld(held ? null : events);
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest("input, select, textarea, dialog")) return;
      pause();
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  });
  const last = held?.at(-1)?.seq ?? 0;
  const waiting = held ? events.reduce((sum, event) => sum + (event.seq > last ? 1 : 0), 0) : 0;
  const kinds = [...new Set([...EVENT_KINDS, ...counts.keys()])].filter(
    kind => counts.has(kind) || off.has(kind),
  );

  return (
    <section class="page fill">
      <div class="page-head">
        <h1>Events</h1>
        <Search label="Filter by text" value={text} onInput={setText} testid="filter-events" />
        <button
          type="button"
          class={held ? "primary" : ""}
          aria-pressed={held !== null}
          data-testid="pause-button"
          onClick={pause}
        >
          <Icon name={held ? "play" : "pause"} />
          {held ? `Go on${waiting > 0 ? ` (${count(waiting)} new)` : ""}` : "Pause"}
        </button>
        <p class="facts-line" data-testid="events-count">
          <span>
            <b>{count(matching.length)}</b>
            {matching.length === source.length ? " events" : ` of ${count(source.length)}`}
          </span>
          {missed > 0 && (
            <span class="missed" data-testid="events-missed">
              <b>{count(missed)}</b> missed
            </span>
          )}
        </p>
        <div class="kinds" role="group" aria-label="Kinds of events">
          {kinds.map(kind => (
            <label key={kind} class={`kind-toggle ${kind}`}>
              <input
                type="checkbox"
                checked={!off.has(kind)}
                data-testid={`kind-${kind}`}
                onChange={event => {
                  const next = new Set(off);
                  if (event.currentTarget.checked) next.delete(kind);
                  else next.add(kind);
                  setOff(next);
                }}
              />
              <span class={`event-kind ${kind}`}>{kind}</span>
              <span class="faint">{count(counts.get(kind) ?? 0)}</span>
            </label>
          ))}
          {off.size > 0 && (
            <button type="button" class="quiet text" onClick={() => setOff(new Set())}>
              all kinds
            </button>
          )}
        </div>
      </div>
      <div
        class="event-list"
        tabIndex={0}
        role="region"
        aria-label="Events, the newest first"
        data-testid="events"
      >
        <ol>
          {matching.slice(0, most).map(event => (
            <EventRow key={event.seq} event={event} />
          ))}
        </ol>
        {matching.length > most && (
          <button type="button" class="more" onClick={() => setMost(most + STEP)}>
            Show {count(Math.min(STEP, matching.length - most))} older
          </button>
        )}
        {matching.length === 0 && (
          <Empty>{source.length === 0 ? "Nothing has happened yet." : "No event matches the filter."}</Empty>
        )}
      </div>
    </section>
  );
}

function matches(event: Event, wanted: string): boolean {
  if (wanted === "") return true;
  return [event.message, event.name, event.type, event.child, event.reason, event.pid, event.new_pid].some(
    text => text !== null && text !== undefined && text.toLowerCase().includes(wanted),
  );
}
