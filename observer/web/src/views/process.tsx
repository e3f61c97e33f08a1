// One process, opened: what it is, does, has waiting and has gone through.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Actions } from "../actions";
import { ApiError, get, processPath } from "../api";
import type { Event, Handler, Pid, Process, Recent, Ref } from "../api";
import { EventRow } from "../event";
import {
  ago,
  bytes,
  clock,
  clockMillis,
  count,
  micros,
  plain,
  plainLines,
  prettyDebug,
  rate,
  short,
  showPid,
  span,
  titleOf,
} from "../format";
import { hear, serverNow, useLive, useNow, usePolled } from "../live";
import { Empty, Icon, kindName, KindIcon, RefLink, StatusText, Trouble, processHref } from "../ui";

/** How a process has ended, and what took its place. */
interface End {
  last: Event | null;
  by: { pid: Pid } | null;
  message: string | null;
}

export function ProcessView({ pid }: { pid: Pid }): JSX.Element {
  const [end, setEnd] = useState<End | null>(null);
  const polled = usePolled<Process>(pid, signal => get<Process>(processPath(pid), { watch: true }, signal), {
    stop: end !== null,
  });
  const seen = useRef<Process | null>(null);
  if (polled.value) seen.current = polled.value;
  const process = seen.current;

  useEffect(() => {
    const error = polled.error;
    if (error instanceof ApiError && error.status === 404)
      setEnd(known => ({
        last: error.last ?? known?.last ?? null,
        by: error.replacedBy ?? known?.by ?? null,
        message: error.message,
      }));
  }, [polled.error]);
  // The stream is faster than the next answer.
  useEffect(
    () =>
      hear("events", events => {
        for (const event of events) {
          if (event.pid !== pid) continue;
          if (event.kind === "crash" || event.kind === "exit")
            setEnd(known => ({ last: event, by: known?.by ?? null, message: null }));
          else if (event.kind === "restart" && event.new_pid !== null) {
            const by = { pid: event.new_pid };
            setEnd(known => ({ last: known?.last ?? null, by, message: null }));
          }
        }
        // What was done to it shows, unless that was its end.
        const own = events.filter(event => event.pid === pid);
        if (own.length > 0 && own.every(event => event.kind === "control")) polled.refresh();
      }),
    [pid],
  );

  const title = process ? plain(titleOf(process)) : "";
  return (
    <section class="page process-page" data-testid="process" data-pid={pid}>
      <div class="page-head">
        <a class="back" href="#/processes">
          <Icon name="chevron" class="mirrored" />
          Processes
        </a>
        <h1>
          {process && <KindIcon kind={process.kind} />}
          {title && <span class="title">{title}</span>}
          <span class="pid">{showPid(pid)}</span>
        </h1>
        {process && !end && <StatusText status={process.status} />}
        {process && !end && <Current process={process} />}
      </div>
      {end && <Ended end={end} restarted={process?.supervisor !== null} />}
      {!end && <Trouble error={polled.error} />}
      {!process && !end && !polled.error && <Empty>Opening …</Empty>}
      {process && <Facts process={process} ended={end !== null} />}
    </section>
  );
}

function Ended({ end, restarted }: { end: End; restarted: boolean }): JSX.Element {
  const now = useNow();
  return (
    <div class="banner bad" role="status" data-testid="ended">
      <div>
        <p>
          <b>This process has ended</b>
          {end.last && <span> {ago(end.last.at, now)}</span>}
          {end.last?.reason ? (
            <>
              : <span class="event-reason">{plain(end.last.reason)}</span>
            </>
          ) : (
            !end.last && end.message && <>: {plain(end.message)}</>
          )}
        </p>
        {end.by ? (
          <p>
            Its supervisor has started another in its place:{" "}
            <a class="button primary" href={processHref(end.by.pid)} data-testid="replaced-by">
              {showPid(end.by.pid)}
            </a>
          </p>
        ) : (
          restarted && <p class="faint">What is below is what was last known of it.</p>
        )}
      </div>
    </div>
  );
}

function Current({ process }: { process: Process }): JSX.Element | null {
  const current = process.current;
  if (!current) return null;
  return (
    <span class="current" data-testid="current">
      in <b class="code">{plain(current.message)}</b> for <b>{micros(current.since_us)}</b>
    </span>
  );
}

interface FactsProps {
  process: Process;
  ended: boolean;
}

function Facts({ process, ended }: FactsProps): JSX.Element {
  const now = useNow();
  const events = useLive(live => live.events);
  const crashes = useMemo(() => {
    // What the answer told, and what has come since.
    const all = new Map(process.crashes.map(event => [event.seq, event]));
    for (const event of events)
      if (event.kind === "crash" && event.pid === process.pid) all.set(event.seq, event);
    return [...all.values()].sort((a, b) => b.seq - a.seq).slice(0, 20);
  }, [process, events]);
  const parent: Ref | null =
    typeof process.parent === "string"
      ? { pid: process.parent, name: null, type: null, alive: true }
      : process.parent;
  return (
    <div class={`process-body ${ended ? "past" : ""}`}>
      <div class="column">
        <Panel title="What it is">
          {process.ancestors.length > 0 && (
            <ol class="ancestors" aria-label="Ancestors, the root first">
              {rootFirst(process).map(ref => (
                <li key={ref.pid}>
                  <RefLink to={ref} />
                </li>
              ))}
            </ol>
          )}
          <dl class="facts">
            <Fact name="Type">
              <span class="code">{plain(process.type_full ?? process.type)}</span>
            </Fact>
            <Fact name="Kind">{kindName(process.kind)}</Fact>
            {process.label !== null && <Fact name="Label">{plain(process.label)}</Fact>}
            {process.supervisor && (
              <Fact name="Supervisor">
                <RefLink to={process.supervisor} />
              </Fact>
            )}
            {process.child_id !== null && (
              <Fact name="Child id">
                <span class="code">{plain(process.child_id)}</span>
              </Fact>
            )}
            {process.restarts !== null && (
              <Fact name="Restarts">
                <span data-testid="restarts" data-count={process.restarts}>
                  {count(process.restarts)}
                </span>
              </Fact>
            )}
            {parent && parent.pid !== process.supervisor?.pid && (
              <Fact name="Started by">
                <RefLink to={parent} />
              </Fact>
            )}
            <Fact name="Traps exits">{process.trap_exit ? "yes" : "no"}</Fact>
          </dl>
        </Panel>
        <Panel title="Actions">
          {ended ? (
            <p class="note quiet-note">There is nothing to do to a process that has ended.</p>
          ) : (
            <Actions
              title={plain(titleOf(process))}
              pid={process.pid}
              kind={process.kind}
              status={process.status}
              supervisor={
                process.supervisor
                  ? { pid: process.supervisor.pid, dynamic: process.child_id === null }
                  : null
              }
              childId={process.child_id}
            />
          )}
        </Panel>
        <Refs title="Links" refs={process.links} total={process.links_total} none="Linked to none." />
        <Refs title="Monitors" refs={process.monitors} none="Monitors none." />
        <Refs title="Monitored by" refs={process.monitored_by} none="Monitored by none." />
        {process.children.length > 0 && (
          <Refs title="Children" refs={process.children} total={process.children_total} none="" />
        )}
      </div>
      <div class="column">
        <Panel title="Messages">
          <dl class="figures">
            <Figure name="waiting" value={count(process.mailbox)} more={bytes(process.mailbox_bytes)} />
            <Figure name="handled" value={count(process.handled)} more={rate(process.handled_per_s)} />
          </dl>
          {process.waiting.length > 0 && <Waiting process={process} />}
          {process.waiting.length === 0 && process.mailbox > 0 && (
            <p class="faint">The names of the messages that wait are not known.</p>
          )}
        </Panel>
        <State process={process} />
        <Crashes crashes={crashes} />
      </div>
      <div class="column wide">
        <Handlers handlers={process.handlers} since={process.timed_since} now={now} />
        <RecentMessages process={process} now={now} />
      </div>
    </div>
  );
}

/** The ancestors from the root on, whichever end the nearest is at. */
function rootFirst(process: Process): Ref[] {
  const nearest =
    process.supervisor?.pid ?? (typeof process.parent === "string" ? process.parent : process.parent?.pid);
  const ancestors = process.ancestors;
  return ancestors.length > 1 && ancestors.at(-1)?.pid === nearest ? ancestors : [...ancestors].reverse();
}

interface PanelProps {
  title: string;
  aside?: ComponentChildren;
  refs?: boolean;
  children: ComponentChildren;
}

function Panel({ title, aside, refs, children }: PanelProps): JSX.Element {
  return (
    <section class={`panel ${refs ? "refs-panel" : ""}`}>
      <div class="panel-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Figure({ name, value, more }: { name: string; value: string; more: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <b>{value}</b> <span class="faint">{more}</span>
      </dd>
    </div>
  );
}

const MOST_REFS = 24;

interface RefsProps {
  title: string;
  refs: Ref[];
  /** How many there are, if these are not all. */
  total?: number | undefined;
  none: string;
}

function Refs({ title, refs, total, none }: RefsProps): JSX.Element {
  const [all, setAll] = useState(false);
  const shown = all ? refs : refs.slice(0, MOST_REFS);
  return (
    <Panel
      refs
      title={title}
      aside={refs.length > 0 && <span class="faint">{count(total ?? refs.length)}</span>}
    >
      {refs.length === 0 ? (
        <p class="faint">{none}</p>
      ) : (
        <ul class="refs">
          {shown.map((ref, n) => (
            <li key={`${ref.pid} ${n}`}>
              <RefLink to={ref} />
            </li>
          ))}
        </ul>
      )}
      {refs.length > shown.length && (
        <button type="button" class="quiet text" onClick={() => setAll(true)}>
          {total !== undefined && total > refs.length
            ? `the first ${count(refs.length)}`
            : `all ${count(refs.length)}`}
        </button>
      )}
    </Panel>
  );
}

function Waiting({ process }: { process: Process }): JSX.Element {
  const most = Math.max(1, ...process.waiting.map(one => one.count));
  return (
    <table class="bars" data-testid="waiting">
      <caption>What waits, in order of first appearance</caption>
      <tbody>
        {process.waiting.map(one => (
          <tr key={one.message}>
            <th scope="row" class="code">
              {plain(one.message)}
            </th>
            <td class="number">{count(one.count)}</td>
            <td class="bar" aria-hidden="true">
              <i style={{ width: `${(100 * one.count) / most}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function State({ process }: { process: Process }): JSX.Element {
  const text = useMemo(
    () => (process.state === null ? null : plainLines(prettyDebug(process.state))),
    [process.state],
  );
  return (
    <Panel title="State">
      {text !== null ? (
        <pre class="state" tabIndex={0} aria-label="State" data-testid="state">
          {text}
        </pre>
      ) : (
        <p class="faint" data-testid="state">
          {!process.answers && process.state_shown
            ? "It did not tell its state in time: it is busy, or suspended."
            : process.state_shown
              ? "Its state is not known yet."
              : ["worker", "supervisor", "dynamic_supervisor"].includes(process.kind)
                ? "This server keeps its state to itself. "
                : "It is no server: it has no state to show."}
          {!process.state_shown && process.kind === "worker" && (
            <>
              <code>#[genserver(debug)]</code> shows it.
            </>
          )}
        </p>
      )}
    </Panel>
  );
}

function Crashes({ crashes }: { crashes: Event[] }): JSX.Element {
  return (
    <Panel title="Crashes" aside={crashes.length > 0 && <span class="faint">{count(crashes.length)}</span>}>
      {crashes.length === 0 ? (
        <p class="faint">None of this child that is still remembered.</p>
      ) : (
        <ol class="crashes" data-testid="crashes">
          {crashes.map(event => (
            <EventRow key={event.seq} event={event} own />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Handlers({
  handlers,
  since,
  now,
}: {
  handlers: Handler[];
  since: number | null;
  now: number;
}): JSX.Element {
  const aside =
    since === null ? null : (
      <span class="faint" data-testid="timed-since">
        timed since {clock(since)}, {span(Math.max(0, now - since))}
      </span>
    );
  const sorted = [...handlers].sort((a, b) => b.total_us - a.total_us);
  const total = sorted.reduce((sum, handler) => sum + handler.total_us, 0);
  return (
    <Panel title="Time in handlers" aside={aside}>
      {since === null ? (
        <p class="faint">Not timed: only servers are, while a page has them open.</p>
      ) : handlers.length === 0 ? (
        <p class="faint">No message has been handled since.</p>
      ) : (
        <ul class="handlers" data-testid="handlers">
          {sorted.map(handler => (
            <li key={`${handler.kind} ${handler.message}`}>
              <div class="handler-head">
                <span class={`tag ${handler.kind}`}>{plain(handler.kind)}</span>
                <b class="code">{plain(handler.message)}</b>
                <span class="handler-figures">
                  <span>
                    <b>{short(handler.count)}</b> ×
                  </span>
                  <span>
                    mean <b>{micros(handler.count === 0 ? null : handler.total_us / handler.count)}</b>
                  </span>
                  <span>
                    most <b>{micros(handler.max_us)}</b>
                  </span>
                  <span>
                    <b>{total === 0 ? "–" : `${Math.round((100 * handler.total_us) / total)} %`}</b> of the
                    time
                  </span>
                </span>
              </div>
              <Histogram handler={handler} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Histogram({ handler }: { handler: Handler }): JSX.Element | null {
  const { buckets } = handler;
  if (buckets.length === 0) return null;
  // The empty ends are left out, but a few neighbours always stay.
  let first = buckets.findIndex(bucket => bucket.count > 0);
  let last = buckets.findLastIndex(bucket => bucket.count > 0);
  if (first < 0) return null;
  first = Math.max(0, Math.min(first - 1, buckets.length - 8));
  last = Math.min(buckets.length - 1, Math.max(last + 1, first + 7));
  const shown = buckets.slice(first, last + 1);
  const most = Math.max(...shown.map(bucket => bucket.count));
  const label = (at: number): string => {
    const edge = shown[at]?.le_us;
    if (edge !== null && edge !== undefined) return micros(edge);
    const before = buckets[first + at - 1]?.le_us;
    return `> ${micros(before ?? 0)}`;
  };
  const told = shown.map((bucket, n) => `${label(n)}: ${count(bucket.count)}`).join(", ");
  return (
    <div
      class="histogram"
      role="img"
      aria-label={`How long ${plain(handler.message)} took, at most: ${told}`}
    >
      {shown.map((bucket, n) => (
        <div
          key={n}
          class="bucket"
          title={`${label(n).startsWith(">") ? "" : "≤ "}${label(n)}: ${count(bucket.count)}`}
        >
          <i style={{ height: `${bucket.count === 0 ? 0 : Math.max(4, (100 * bucket.count) / most)}%` }} />
          <span>{label(n)}</span>
        </div>
      ))}
    </div>
  );
}

function RecentMessages({ process, now }: { process: Process; now: number }): JSX.Element {
  const tracing = process.tracing_until !== null && process.tracing_until > serverNow();
  return (
    <Panel
      title="Recent messages"
      aside={
        tracing && (
          <span class="tag warn" data-testid="tracing">
            traced for another {span((process.tracing_until ?? 0) - now)}
          </span>
        )
      }
    >
      {process.recent.length === 0 ? (
        <p class="faint">{process.timed_since === null ? "Not recorded." : "None since it was opened."}</p>
      ) : (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Recent messages">
          <table class="plain-table" data-testid="recent">
            <thead>
              <tr>
                <th scope="col">At</th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col">Kind</th>
                <th scope="col">Message</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {process.recent.map((message, n) => (
                <RecentRow key={`${message.at} ${n}`} message={message} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function RecentRow({ message }: { message: Recent }): JSX.Element {
  return (
    <tr>
      <td class="number left">{clockMillis(message.at)}</td>
      <td class="number">{micros(message.took_us)}</td>
      <td>
        <span class={`tag ${message.kind}`}>{plain(message.kind)}</span>
      </td>
      <td class="code contents" title={plain(message.contents ?? message.message)}>
        {plain(message.contents ?? message.message)}
      </td>
      <td>{message.from ? <RefLink to={message.from} /> : <span class="faint">–</span>}</td>
    </tr>
  );
}
