// One event as a row, with its reason and, folded, its backtrace.

import type { ComponentChildren, JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Event } from "./api";
import { clockMillis, count, dateTime, foldBacktrace, plain, plainLines, showPid } from "./format";
import { PidLink } from "./ui";

interface Props {
  event: Event;
  /** Leaves out whose event it is. */
  own?: boolean;
}

export function EventRow({ event, own = false }: Props): JSX.Element {
  const reason = event.reason ? plain(event.reason) : null;
  // The message may say itself whose event it is, and the reason: neither stands there twice.
  const who = plain(event.name ?? event.type ?? event.child ?? "");
  let text = plain(event.message);
  const named = who !== "" && text.startsWith(who);
  if (named) text = text.slice(who.length).trimStart();
  if (reason !== null && text.endsWith(`: ${reason}`)) text = text.slice(0, -reason.length - 2);
  const pids = [event.pid, event.new_pid].filter(pid => pid !== null);
  const known = pids.length > 0 && pids.every(pid => text.includes(showPid(pid)));
  return (
    <li class={`event ${event.kind}`} data-testid="event-row" data-kind={event.kind} data-seq={event.seq}>
      <time dateTime={new Date(event.at).toISOString()} title={dateTime(event.at)}>
        {clockMillis(event.at)}
      </time>
      <span class={`event-kind ${event.kind}`}>{event.kind}</span>
      <div class="event-what">
        {!own && who !== "" && (named || !text.includes(who)) && <b class="event-who">{who}</b>}
        {!known && event.pid && (
          <span class="event-pids">
            <PidLink pid={event.pid} />
            {event.new_pid && (
              <>
                <span class="arrow">→</span>
                <PidLink pid={event.new_pid} />
              </>
            )}
          </span>
        )}
        <span class="event-message">{linked(text)}</span>
        {event.count > 1 && event.kind !== "missed" && <span class="tag">× {count(event.count)}</span>}
        {reason && !text.includes(reason) && <span class="event-reason">{reason}</span>}
        {event.backtrace && <Backtrace text={event.backtrace} />}
      </div>
    </li>
  );
}

/** The pids in a text as links. */
function linked(text: string): ComponentChildren {
  const parts = text.split(/#PID<(\d+\.\d+\.\d+)>/);
  return parts.length === 1 ? text : parts.map((part, n) => (n % 2 ? <PidLink key={n} pid={part} /> : part));
}

export function Backtrace({ text }: { text: string }): JSX.Element {
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const folded = useMemo(() => (open ? foldBacktrace(text) : null), [open, text]);
  return (
    <details class="backtrace" data-testid="backtrace" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>backtrace</summary>
      {folded && (
        <>
          {folded.hidden > 0 && (
            <label class="check">
              <input type="checkbox" checked={all} onChange={event => setAll(event.currentTarget.checked)} />
              all frames
            </label>
          )}
          <pre tabIndex={0}>
            {all || folded.hidden === 0
              ? plainLines(text)
              : folded.parts.map((part, n) =>
                  "hidden" in part ? (
                    <span key={n} class="faint">{`      … ${part.hidden} of libraries\n`}</span>
                  ) : (
                    `${plainLines(part.text)}\n`
                  ),
                )}
          </pre>
        </>
      )}
    </details>
  );
}
