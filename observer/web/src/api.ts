// The API's types, as the server documents them, and the calls that the page makes.

export type Pid = string;

export interface Sample {
  at: number;
  processes: number;
  supervisors: number | null;
  names: number;
  messages_total: number | null;
  messages_per_s: number | null;
  calls_here_per_s: number | null;
  mailbox_total: number | null;
  mailbox_max: number | null;
  started_total: number;
  exited_total: number;
  crashed_total: number;
  restarts_total: number;
  memory_bytes: number | null;
  tokio: { workers: number; busy: number[]; global_queue: number; alive_tasks: number } | null;
  sweep_us: number | null;
}

export interface System {
  api: number;
  version: string;
  node: string;
  os_pid: number;
  started_at: number;
  now: number;
  control: boolean;
  interval_ms: number;
  watched_since: number | null;
  sample: Sample;
  history: Sample[];
}

export type Kind = "worker" | "supervisor" | "dynamic_supervisor" | "application" | "task" | "process";
export type Status = "idle" | "busy" | "suspended" | "running" | "exiting" | "restarting" | "stopped";

export interface Node {
  pid: Pid | null;
  name: string | null;
  label: string | null;
  id: string | null;
  type: string;
  type_full: string | null;
  kind: Kind;
  status: Status;
  strategy: string | null;
  max_restarts: number | null;
  max_seconds: number | null;
  restarts: number;
  last_restart_at: number | null;
  mailbox: number | null;
  handled: number | null;
  answers: boolean;
  children: Node[];
  children_total: number;
  folded: boolean;
  links: Pid[];
}

export interface Tree {
  at: number;
  total: number;
  applications: Node[];
  applications_total?: number;
  others: Node[];
  others_total?: number | null;
  matches?: number | null;
}

export interface Row {
  pid: Pid;
  name: string | null;
  label: string | null;
  type: string;
  kind: Kind;
  status: Status;
  mailbox: number;
  mailbox_bytes: number | null;
  handled: number;
  restarts: number | null;
  links: number | null;
  parent: Pid | null;
  time_us: number | null;
}

export interface Rows {
  at: number;
  total: number;
  matched: number;
  offset: number;
  took_us: number;
  rows: Row[];
}

export interface Ref {
  pid: Pid;
  name: string | null;
  label?: string | null;
  type: string | null;
  alive: boolean;
}

export interface Handler {
  message: string;
  kind: string;
  count: number;
  total_us: number;
  max_us: number;
  buckets: { le_us: number | null; count: number }[];
}

export interface Recent {
  at: number;
  kind: string;
  message: string;
  contents: string | null;
  from: Ref | null;
  took_us: number | null;
}

export interface Process {
  pid: Pid;
  name: string | null;
  label: string | null;
  type: string;
  type_full: string | null;
  kind: Kind;
  status: Status;
  parent: Ref | Pid | null;
  ancestors: Ref[];
  children: Ref[];
  children_total?: number;
  links: Ref[];
  links_total?: number;
  monitors: Ref[];
  monitored_by: Ref[];
  trap_exit: boolean;
  supervisor: Ref | null;
  child_id: string | null;
  restarts: number | null;
  mailbox: number;
  mailbox_bytes: number | null;
  waiting: { message: string; count: number }[];
  handled: number;
  handled_per_s: number | null;
  current: { message: string; since_us: number } | null;
  timed_since: number | null;
  handlers: Handler[];
  state: string | null;
  state_shown: boolean;
  answers: boolean;
  recent: Recent[];
  tracing_until: number | null;
  crashes: Event[];
}

export const EVENT_KINDS = [
  "crash",
  "restart",
  "intensity",
  "supervisor",
  "exit",
  "start",
  "unexpected",
  "slow",
  "full",
  "control",
  "trace",
  "missed",
] as const;
/** One of those, or one that a newer observer has. */
export type EventKind = (typeof EVENT_KINDS)[number] | (string & {});

export interface Event {
  seq: number;
  at: number;
  kind: EventKind;
  pid: Pid | null;
  name: string | null;
  type: string | null;
  supervisor: Pid | null;
  child: string | null;
  reason: string | null;
  backtrace: string | null;
  message: string;
  count: number;
  new_pid: Pid | null;
}

export interface Events {
  events: Event[];
  /** The number after which the next ones come. */
  next: number;
  missed: number;
}

export interface Name {
  name: string;
  kind: string;
  pid: Pid;
  type: string | null;
}

export interface Names {
  total: number;
  matched: number;
  names: Name[];
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly last: Event | null,
    readonly replacedBy: Ref | null,
  ) {
    super(message);
  }
}

const BASE = "api/v1/";

interface ErrorBody {
  error?: { code?: string; message?: string };
  last?: Event | null;
  replaced_by?: Ref | null;
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(BASE + path, { credentials: "same-origin", ...init });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const told = (body ?? {}) as ErrorBody;
    throw new ApiError(
      response.status,
      told.error?.code ?? "http",
      told.error?.message ?? `the observer answered with status ${response.status}`,
      told.last ?? null,
      told.replaced_by ?? null,
    );
  }
  if (body === null)
    throw new ApiError(response.status, "body", "the observer's answer is no JSON", null, null);
  return body as T;
}

type Query = Record<string, string | number | boolean | null | undefined>;

function query(values: Query): string {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

export function get<T>(path: string, values: Query = {}, signal?: AbortSignal): Promise<T> {
  return request<T>(path + query(values), signal ? { signal } : {});
}

export async function post(path: string, body: Record<string, unknown> = {}): Promise<string> {
  const answer = await request<{ done?: string }>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.done ?? "done";
}

export function streamUrl(): string {
  return `${BASE}stream?events=true`;
}

export function processPath(pid: Pid): string {
  return `processes/${encodeURIComponent(pid)}`;
}

/** Whether a failure is only that the call was given up, because what asked has gone or asks anew. */
export function aborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof TypeError) return "the observer cannot be reached";
  return error instanceof Error ? error.message : String(error);
}
