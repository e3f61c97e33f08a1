// What the whole is doing: figures now, and charts of the last ten minutes.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Sample } from "../api";
import { Chart } from "../chart";
import type { Line } from "../chart";
import { ago, bytes, count, dateTime, percent, plain, rate, short, span } from "../format";
import { serverNow, useLive } from "../live";
import { Empty } from "../ui";

export function SystemView(): JSX.Element {
  const system = useLive(live => live.system);
  const sample = useLive(live => live.sample);
  const history = useLive(live => live.history);
  const series = useMemo(() => chartsOf(history), [history]);
  if (!system || !sample)
    return (
      <section class="page">
        <h1>System</h1>
        <Empty>Waiting for the observer …</Empty>
      </section>
    );
  const now = serverNow();
  const tokio = sample.tokio;
  const busy = mean(tokio?.busy);
  return (
    <section class="page">
      <div class="page-head">
        <h1>System</h1>
        <p class="facts-line">
          <span>
            node <b>{plain(system.node)}</b>
          </span>
          <span>
            OS process <b>{system.os_pid}</b>
          </span>
          <span>
            Beamish <b>{plain(system.version)}</b>
          </span>
          <span title={dateTime(system.started_at)}>
            started <b>{dateTime(system.started_at)}</b>
          </span>
          <span>
            sampled each <b>{span(system.interval_ms)}</b>
            {sample.sweep_us !== null && (
              <>
                {" "}
                in <b>{short(sample.sweep_us)} µs</b>
              </>
            )}
          </span>
        </p>
      </div>
      <dl class="tiles" data-testid="tiles">
        <Tile name="Uptime" value={span(now - system.started_at)} />
        <Tile
          name="Processes"
          value={count(sample.processes)}
          more={sample.supervisors === null ? "" : `${count(sample.supervisors)} supervisors`}
          href="#/processes"
        />
        <Tile name="Names" value={count(sample.names)} more="registered" href="#/registry" />
        <Tile
          name="Messages"
          value={rate(sample.messages_per_s)}
          more={`${short(sample.messages_total)} in all`}
        />
        <Tile name="Calls here" value={rate(sample.calls_here_per_s)} more="run by the caller" />
        <Tile
          name="In mailboxes"
          value={count(sample.mailbox_total)}
          more={`longest ${count(sample.mailbox_max)}`}
          href="#/processes"
        />
        <Tile name="Memory" value={bytes(sample.memory_bytes)} more="resident" />
        <Tile
          name="Workers busy"
          value={percent(busy)}
          more={
            tokio ? `of ${count(tokio.workers)} ${tokio.workers === 1 ? "worker" : "workers"}` : "not known"
          }
        />
        <Tile name="Queue" value={count(tokio?.global_queue)} more="tasks that wait" />
        <Tile name="Tasks" value={count(tokio?.alive_tasks)} more="alive in tokio" />
        <Tile
          name="Crashes"
          value={count(sample.crashed_total)}
          more={`${count(sample.exited_total)} ends in all`}
          href="#/events"
          alarm={sample.crashed_total > 0}
        />
        <Tile name="Restarts" value={count(sample.restarts_total)} more="by supervisors" href="#/events" />
      </dl>
      {system.watched_since !== null && now - system.watched_since < 60_000 && (
        <p class="note">
          Message rates and mailboxes are measured while somebody looks: since{" "}
          {ago(system.watched_since, now)}.
        </p>
      )}
      {
        <div class="charts">
          <Chart title="Messages per second" {...series.messages} show={short} testid="chart-messages" />
          <Chart title="Waiting in mailboxes" {...series.mailbox} show={short} testid="chart-mailbox" />
          <Chart title="Processes" {...series.processes} show={short} testid="chart-processes" />
          <Chart
            title="Memory"
            {...series.memory}
            show={bytes}
            binary
            least={1024 * 1024}
            testid="chart-memory"
          />
          <Chart
            title="Workers busy"
            {...series.busy}
            show={percent}
            least={0.1}
            most={1}
            testid="chart-busy"
          />
          <Chart title="Queue depth" {...series.queue} show={short} testid="chart-queue" />
          <Chart title="Tasks alive" {...series.tasks} show={short} testid="chart-tasks" />
          <Chart title="Ends per second" {...series.ends} show={short} testid="chart-ends" />
        </div>
      }
    </section>
  );
}

interface TileProps {
  name: string;
  value: string;
  more?: string;
  href?: string;
  alarm?: boolean;
}

function Tile({ name, value, more, href, alarm }: TileProps): JSX.Element {
  return (
    <div class={`tile ${alarm ? "alarm" : ""}`}>
      <dt>{href ? <a href={href}>{name}</a> : name}</dt>
      <dd>
        <b>{value}</b>
        {more && <span>{more}</span>}
      </dd>
    </div>
  );
}

function mean(values: number[] | undefined): number | null {
  if (!values || values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Series {
  times: number[];
  lines: Line[];
}

function chartsOf(
  history: Sample[],
): Record<"messages" | "mailbox" | "processes" | "memory" | "busy" | "queue" | "tasks" | "ends", Series> {
  const times = history.map(sample => sample.at / 1000);
  const of = (pick: (sample: Sample) => number | null | undefined): (number | null)[] =>
    history.map(sample => pick(sample) ?? null);
  const line = (name: string, colour: number, values: (number | null)[], fill = false): Line => ({
    name,
    colour: `--line-${colour}`,
    values,
    fill,
  });
  // What ended or was started anew, a second, over the last ten.
  const grown = (pick: (sample: Sample) => number): (number | null)[] =>
    history.map((sample, n) => {
      const before = history[Math.max(0, n - 10)];
      if (!before || sample.at <= before.at) return null;
      return Math.max(0, ((pick(sample) - pick(before)) * 1000) / (sample.at - before.at));
    });
  const workers = Math.max(0, ...history.map(sample => sample.tokio?.busy.length ?? 0));
  const busy =
    workers > 0 && workers <= 4
      ? Array.from({ length: workers }, (_, n) =>
          line(
            `${n + 1}`,
            n + 1,
            of(sample => sample.tokio?.busy[n]),
          ),
        )
      : [
          line(
            "mean",
            1,
            of(sample => mean(sample.tokio?.busy)),
            true,
          ),
          line(
            "most",
            2,
            of(sample => (sample.tokio?.busy.length ? Math.max(...sample.tokio.busy) : null)),
          ),
        ];
  return {
    messages: {
      times,
      lines: [
        line(
          "all",
          1,
          of(sample => sample.messages_per_s),
          true,
        ),
        line(
          "here",
          2,
          of(sample => sample.calls_here_per_s),
        ),
      ],
    },
    mailbox: {
      times,
      lines: [
        line(
          "all",
          1,
          of(sample => sample.mailbox_total),
          true,
        ),
        line(
          "longest",
          2,
          of(sample => sample.mailbox_max),
        ),
      ],
    },
    processes: {
      times,
      lines: [
        line(
          "processes",
          1,
          of(sample => sample.processes),
          true,
        ),
      ],
    },
    memory: {
      times,
      lines: [
        line(
          "resident",
          1,
          of(sample => sample.memory_bytes),
          true,
        ),
      ],
    },
    busy: { times, lines: busy },
    queue: {
      times,
      lines: [
        line(
          "global queue",
          1,
          of(sample => sample.tokio?.global_queue),
          true,
        ),
      ],
    },
    tasks: {
      times,
      lines: [
        line(
          "tasks",
          1,
          of(sample => sample.tokio?.alive_tasks),
          true,
        ),
      ],
    },
    ends: {
      times,
      lines: [
        line(
          "ends",
          1,
          grown(sample => sample.exited_total),
          true,
        ),
        line(
          "crashes",
          3,
          grown(sample => sample.crashed_total),
        ),
        line(
          "restarts",
          2,
          grown(sample => sample.restarts_total),
        ),
      ],
    },
  };
}
