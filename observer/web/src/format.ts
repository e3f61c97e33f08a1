// Numbers, times and names as the page shows them.

import type { Node, Pid, Row } from "./api";

const whole = new Intl.NumberFormat("en");
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const NONE = "–";

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : whole.format(value);
}

/** At most four figures: `1,234`, `12.3 k`, `4.56 M`. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  if (size < 10) return tenth.format(value);
  if (size < 10_000) return whole.format(Math.round(value));
  for (const [unit, factor] of [
    ["k", 1e3],
    ["M", 1e6],
    ["G", 1e9],
  ] as const) {
    const scaled = value / factor;
    if (Math.abs(scaled) < 999.5) return `${figures(scaled)} ${unit}`;
  }
  return value.toExponential(2);
}

function figures(value: number): string {
  const size = Math.abs(value);
  return size < 10 ? value.toFixed(2) : size < 100 ? value.toFixed(1) : value.toFixed(0);
}

export function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${short(value)}/s`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 1024) return `${value} B`;
  let scaled = value;
  for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
    scaled /= 1024;
    if (scaled < 999.5) return `${figures(scaled)} ${unit}`;
  }
  return `${figures(scaled)} TiB`;
}

export function percent(part: number | null | undefined): string {
  return part === null || part === undefined ? NONE : `${Math.round(part * 100)} %`;
}

export function micros(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 1) return "< 1 µs";
  if (value < 1000) return `${tenth.format(value)} µs`;
  if (value < 1e6) return `${figures(value / 1000)} ms`;
  return span(value / 1000);
}

/** A length of time: `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return NONE;
  const ms = now - at;
  if (ms < 1000) return "just now";
  if (ms < 60_000) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${Math.floor(ms / 86_400_000)} d ago`;
}

const two = (value: number): string => String(value).padStart(2, "0");

export function clock(at: number): string {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function clockMillis(at: number): string {
  return `${clock(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;
}

export function dateTime(at: number): string {
  const time = new Date(at);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock(at)}`;
}

export function showPid(pid: Pid | null | undefined): string {
  return pid ? `#PID<${pid}>` : NONE;
}

export function titleOf(
  of: Pick<Row, "name" | "label" | "type"> & { id?: string | null; pid?: Pid | null },
): string {
  return of.name ?? (of.label === null ? null : shortPath(of.label)) ?? of.id ?? (of.type || showPid(of.pid));
}

/** A supervisor is labelled with the path of its type: the last part tells it. */
function shortPath(label: string): string {
  return /^\w+(::\w+)+$/.test(label) ? label.slice(label.lastIndexOf("::") + 2) : label;
}

export function strategyOf(node: Node): string | null {
  if (node.strategy) return node.strategy;
  return node.kind === "dynamic_supervisor" ? "dynamic" : null;
}

/** Control characters, line ends and marks that turn the direction of text are shown as what they are. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, char => {
    if (char === "\n") return "⏎";
    if (char === "\t") return " ";
    return `\\u{${char.charCodeAt(0).toString(16)}}`;
  });
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}

/**
 * Breaks the one-line `Debug` output of Rust into lines, as `{:#?}` would. Text in quotes stays as it is. What
 * has line ends already, or is very long, is left alone.
 */
export function prettyDebug(text: string): string {
  if (text.length <= 72 || text.length > 65_536 || text.includes("\n")) return text;
  const out: string[] = [];
  let depth = 0;
  let quoted = false;
  const line = (): void => void out.push("\n", "    ".repeat(Math.min(depth, 40)));
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted) {
      out.push(char);
      if (char === "\\") out.push(text.charAt(++at));
      else if (char === '"') quoted = false;
      continue;
    }
    if (char === '"') {
      quoted = true;
      out.push(char);
    } else if (char === "{" || char === "[" || char === "(") {
      const close = closing(text, at);
      if (close > at && close - at <= 48) {
        out.push(text.slice(at, close + 1));
        at = close;
        continue;
      }
      out.push(char);
      depth++;
      while (text.charAt(at + 1) === " ") at++;
      line();
    } else if (char === "}" || char === "]" || char === ")") {
      depth = Math.max(0, depth - 1);
      while (out.at(-1) === " ") out.pop();
      line();
      out.push(char);
    } else if (char === "," && depth > 0) {
      out.push(char);
      while (text.charAt(at + 1) === " ") at++;
      line();
    } else out.push(char);
  }
  return out.join("");
}

/** Where the bracket at `from` closes, if that is near. */
function closing(text: string, from: number): number {
  let depth = 0;
  let quoted = false;
  const end = Math.min(text.length, from + 50);
  for (let at = from; at < end; at++) {
    const char = text.charAt(at);
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if ("{[(".includes(char)) depth++;
    else if ("}])".includes(char) && --depth === 0) return at;
  }
  return -1;
}

export interface Frames {
  /** Frames of the program, or `null` with a number: so many frames of libraries. */
  parts: ({ text: string } | { hidden: number })[];
  hidden: number;
}

const LIBRARY =
  /^(<?&?(mut )?(dyn )?(core|std|alloc|tokio|futures|futures_util|futures_core|beamish_runtime|backtrace|hashbrown|parking_lot|tracing)::|<(F|T|alloc|core|std|tokio|beamish_runtime)\b|rust_begin_unwind|__rust|_?_?libc_start|_start$|_main$|main$|clone3?$|start_thread$|__clone|std\b)/;

const LIBRARY_FILE =
  /^\s*at (\/rustc\/|.*\/\.cargo\/|.*\/rustlib\/|.*\bruntime\/src\/(gen_server|process|supervisor|panics)\b|.*\b(nptl|sysdeps)\/)/;

/** Takes the frames of the runtime and of the standard library out of a backtrace, and says how many they are. */
export function foldBacktrace(text: string): Frames {
  const frames: { head: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const start = /^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(.*)$/.exec(line);
    if (start) frames.push({ head: start[1] ?? "", lines: [line] });
    else if (frames.length === 0) frames.push({ head: "", lines: [line] });
    else frames.at(-1)?.lines.push(line);
  }
  const parts: Frames["parts"] = [];
  let hidden = 0;
  for (const frame of frames) {
    if (LIBRARY.test(frame.head) || frame.lines.slice(1).some(line => LIBRARY_FILE.test(line))) {
      hidden++;
      const last = parts.at(-1);
      if (last && "hidden" in last) last.hidden++;
      else parts.push({ hidden: 1 });
    } else parts.push({ text: frame.lines.join("\n") });
  }
  return { parts, hidden };
}
