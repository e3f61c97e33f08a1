// One event as a row, with its reason and, folded, its backtrace.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Event } from "./api";
import { clockMillis, count, dateTime, foldBacktrace, plain, plainLines } from "./format";
import { PidLink } from "./ui";

interface Props {
  event: Event;
  /** Leaves out whose event it is. */
  own?: boolean;
}

export function EventRow({ event, own = false }: Props): JSX.Element {
  const who = event.name ?? ([event.type, event.child].filter(Boolean).join(" ") || null);
  const message = plain(event.message);
  const reason = event.reason === null ? null : plain(event.reason);
  return (
    <li class={`event ${event.kind}`} data-testid="event-row" data-kind={event.kind} data-seq={event.seq}>
      <time dateTime={new Date(event.at).toISOString()} title={dateTime(event.at)}>
        {clockMillis(event.at)}
      </time>
      <span class={`event-kind ${event.kind}`}>{event.kind}</span>
      <div class="event-what">
        {!own && who && <b class="event-who">{plain(who)}</b>}
        {event.pid && (
          <span class="event-pids">
            <PidLink pid={event.pid} />
            {event.new_pid && (
              <>
                <span class="arrow" aria-label="replaced by">
                  →
                </span>
                <PidLink pid={event.new_pid} />
              </>
            )}
          </span>
        )}
        <span class="event-message">{message}</span>
        {event.count > 1 && event.kind !== "missed" && <span class="tag">× {count(event.count)}</span>}
        {reason && !message.includes(reason) && <span class="event-reason">{reason}</span>}
        {event.backtrace && <Backtrace text={event.backtrace} />}
      </div>
    </li>
  );
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
