// A chart of the last ten minutes: lines over time, with the values under the pointer in its caption.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { clock } from "./format";
import { colour, useTheme } from "./theme";

export interface Line {
  name: string;
  /** A colour of the sheet: `--line-1` and so on. */
  colour: string;
  values: (number | null)[];
  fill?: boolean;
}

interface Props {
  title: string;
  times: number[];
  lines: Line[];
  show: (value: number | null) => string;
  /** The least top of the scale. */
  least?: number;
  most?: number;
  /** Steps of the scale are powers of two: for bytes. */
  binary?: boolean;
  testid?: string;
}

const SPAN = 600;
const HEIGHT = 150;
const POWERS = Array.from({ length: 50 }, (_, n) => 2 ** n);
const cursors = uPlot.sync("time");

export function Chart({
  title,
  times,
  lines,
  show,
  least = 1,
  most,
  binary = false,
  testid,
}: Props): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shower = useRef(show);
  shower.current = show;
  const [at, setAt] = useState<number | null>(null);
  const { dark } = useTheme();
  const names = lines.map(line => line.name + line.colour).join();

  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const axis: uPlot.Axis = {
      stroke: colour("--faint"),
      font: "11px system-ui, sans-serif",
      grid: { stroke: colour("--rule"), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: Math.max(100, place.clientWidth),
        height: HEIGHT,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: cursors.key }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
        scales: {
          x: {
            time: true,
            range: (u, _low, high) => [(u.data[0]?.at(-1) ?? high) - SPAN, u.data[0]?.at(-1) ?? high],
          },
          y: { range: (_u, _low, high) => [0, most ?? Math.max(least, (high ?? 0) * 1.12)] },
        },
        axes: [
          {
            ...axis,
            size: 24,
            gap: 4,
            space: 70,
            values: (u, splits) => {
              const end = u.data[0]?.at(-1) ?? 0;
              return splits.map(split => {
                const minutes = Math.round((end - split) / 60);
                return minutes === 0 ? "now" : `−${minutes} min`;
              });
            },
            splits: u => {
              const end = u.data[0]?.at(-1) ?? 0;
              const step = u.width < 260 ? 300 : 120;
              return Array.from({ length: SPAN / step + 1 }, (_, n) => end - SPAN + n * step);
            },
          },
          {
            ...axis,
            size: 52,
            gap: 6,
            space: 30,
            incrs: binary ? POWERS : undefined,
            values: (_u, splits) => splits.map(split => shower.current(split).replace(/\.0+(?=\D|$)/, "")),
          },
        ],
        series: [
          {},
          ...lines.map(line => ({
            label: line.name,
            stroke: colour(line.colour),
            width: 1.5,
            points: { show: false },
            ...(line.fill ? { fill: colour(`${line.colour}-wash`) } : {}),
          })),
        ],
        hooks: { setCursor: [u => setAt(u.cursor.idx ?? null)] },
      },
      [times, ...lines.map(line => line.values)],
      place,
    );
    plot.current = made;
    const size = new ResizeObserver(() => {
      const width = place.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: HEIGHT });
    });
    size.observe(place);
    return () => {
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The rest is handed over below.
  }, [dark, names, least, most, binary]);

  useEffect(() => {
    plot.current?.setData([times, ...lines.map(line => line.values)]);
  }, [times, lines]);

  const shown = at !== null && at < times.length ? at : times.length - 1;
  const time = times[shown];
  const summary = lines.map(line => `${line.name} ${show(line.values.at(-1) ?? null)}`).join(", ");
  return (
    <figure class="chart" data-testid={testid}>
      <figcaption>
        <h2>{title}</h2>
        <span class="legend">
          {at !== null && time !== undefined && <span class="faint">{clock(time * 1000)}</span>}
          {lines.map(line => (
            <span key={line.name} class="legend-line">
              <i
                ref={mark => void (mark && (mark.style.background = `var(${line.colour})`))}
                aria-hidden="true"
              />
              {lines.length > 1 && <span class="faint">{line.name}</span>}
              <b>{show(line.values[shown] ?? null)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot" ref={host} role="img" aria-label={`${title}, the last 10 minutes; now ${summary}`} />
    </figure>
  );
}
