// A stand-in for the observer, to work on the page without a Rust program: it serves the built page with the policy of
// the real server, and an API whose tree lives, works and crashes now and then.
//
//   node mock/server.mjs [--port 4881] [--processes 100000] [--control] [--crash-every 4000] [--token TEXT]
//
// Under /mock/ is what only tests use: crash (?name=), drop (?ms=), miss (?count=), and streams: how many are open.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PAGE = fileURLToPath(new URL("../../page/", import.meta.url));
const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "4881" },
    processes: { type: "string", default: "100000" },
    control: { type: "boolean", default: false },
    "crash-every": { type: "string", default: "4000" },
    token: { type: "string", default: "" },
  },
});
const CRASH_EVERY = Number(options["crash-every"]);
const STARTED = Date.now() - 3 * 3_600_000 - 24 * 60_000;
const HOSTILE = "<img src=x onerror=alert(1)>";
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// ---------------------------------------------------------------------------------------------------------------
// The processes.

let seed = 42;
function random() {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

let counter = 2;
const processes = new Map();
const ended = new Map();
const busy = new Set();
let startedTotal = 0;
let exitedTotal = 0;
let crashedTotal = 0;
let restartsTotal = 0;
let handledByEnded = 0;

function process(fields) {
  const pid = `0.${counter++}.0`;
  startedTotal++;
  const made = {
    pid,
    name: null,
    label: null,
    id: null,
    type: "Idle",
    type_full: null,
    kind: "worker",
    status: "idle",
    strategy: null,
    max_restarts: null,
    max_seconds: null,
    restarts: 0,
    last_restart_at: null,
    mailbox: 0,
    handled: 0,
    rate: 0,
    parent: null,
    children: [],
    links: [],
    messages: [],
    state: null,
    timed_since: null,
    watched_at: 0,
    handlers: new Map(),
    recent: [],
    tracing_until: null,
    ...fields,
  };
  made.type_full ??= made.type;
  processes.set(made.pid, made);
  if (made.rate > 0) busy.add(made);
  if (made.parent) made.parent.children.push(made);
  return made;
}

const supervisor = (parent, name, strategy, more = {}) =>
  process({
    parent,
    name,
    id: name,
    type: "Supervisor",
    type_full: "beamish::Supervisor",
    kind: "supervisor",
    strategy,
    max_restarts: 3,
    max_seconds: 5,
    ...more,
  });

const application = process({
  name: "CashMan",
  type: "CashMan",
  kind: "application",
  type_full: "cash_man::CashMan",
});
const cashMan = supervisor(application, "CashMan.Supervisor", "one_for_one");
process({
  parent: cashMan,
  name: "CashMan.Cache",
  id: "Cache",
  type: "Cache<i64>",
  type_full: "cash_man::cache::Cache<i64>",
  rate: 180,
  messages: ["fetch", "store", "prune", "current"],
  state:
    'Cache { entries: {"twenty": Entry { value: 20, expires: 58.2s }, "forty \\"two\\"": Entry { value: 42, expires: 12.7s }, ' +
    '"answer": Entry { value: 4711, expires: 3.1s }}, hits: 18231, misses: 212, expiry: 60s }',
});
process({
  parent: cashMan,
  name: "CashMan.Stats",
  id: "stats",
  type: "Stats",
  type_full: "cash_man::stats::Stats",
  rate: 24,
  messages: ["record", "report"],
});
const flaky = process({
  parent: cashMan,
  name: "CashMan.Flaky",
  id: "flaky",
  type: "Flaky",
  type_full: "observer::Flaky",
  rate: 4,
  messages: ["tick"],
});
process({
  parent: cashMan,
  name: HOSTILE,
  id: HOSTILE,
  type: "Hostile<'\"><script>alert(2)</script>>",
  rate: 1,
  messages: ["<b>bold</b>"],
  state: `Hostile { text: "<script>alert(3)</script>", \u202eright: "\u0007" }`,
});
const shop = supervisor(null, "Shop.Supervisor", "rest_for_one", { max_restarts: 5, max_seconds: 10 });
process({
  parent: shop,
  name: "Shop.Catalogue",
  id: "catalogue",
  type: "Catalogue",
  rate: 60,
  messages: ["find"],
});
const workers = supervisor(shop, "Shop.Workers", "one_for_all");
for (let n = 1; n <= 4; n++)
  process({
    parent: workers,
    id: `${n}`,
    type: "Worker",
    label: `worker ${n}`,
    rate: 40,
    messages: ["work"],
  });
const connections = supervisor(shop, "Shop.Connections", null, {
  kind: "dynamic_supervisor",
  max_restarts: 100,
});
for (let n = 0; n < 180; n++)
  process({
    parent: connections,
    type: "Connection",
    type_full: "shop::connection::Connection<TcpStream>",
    label: `peer 10.0.${n >> 5}.${(n * 7) % 255}`,
    rate: 2,
    messages: ["frame"],
  });
const metrics = process({
  parent: shop,
  name: "Shop.Metrics",
  id: "metrics",
  type: "Metrics",
  rate: 10,
  messages: ["flush"],
});
process({
  parent: shop,
  id: "mailer",
  type: "Mailer",
  rate: 0,
  messages: ["send"],
  status: "suspended",
  mailbox: 41,
});
const observer = supervisor(null, "Ops.Supervisor", "one_for_one");
process({ parent: observer, name: "Beamish.Observer", id: "observer", type: "Observer", rate: 2 });
process({ parent: observer, id: "reaper", type: "Reaper", status: "restarting", gone: true });
metrics.links = [observer.pid];
observer.links = [metrics.pid];
for (let n = 0; n < 9; n++)
  process({ type: "{async block@src/main.rs:41:20}", kind: "task", status: "running" });
const placed = processes.size;
for (let n = placed; n < Number(options.processes) + placed; n++)
  process({
    type: "Idle",
    label: n % 5 ? null : `idle ${n}`,
    mailbox: random() < 0.02 ? Math.floor(random() ** 4 * 900) : 0,
  });
for (const one of processes.values()) one.handled = Math.floor(one.rate * 12_000 * random());

function isRoot(one) {
  return one.parent === null;
}

function refOf(one) {
  return one && { pid: one.pid, name: one.name, type: one.type, alive: processes.has(one.pid) };
}

// ---------------------------------------------------------------------------------------------------------------
// What happens.

const events = [];
let nextSeq = 1;
const streams = new Set();
let pending = [];
let treeVersion = 0;
let treeTold = 0;

function event(kind, fields) {
  const made = {
    seq: nextSeq++,
    at: Date.now(),
    kind,
    pid: null,
    name: null,
    type: null,
    supervisor: null,
    child: null,
    reason: null,
    backtrace: null,
    message: kind,
    count: 1,
    new_pid: null,
    ...fields,
  };
  events.push(made);
  if (events.length > 5_000) events.shift();
  pending.push(made);
  return made;
}

const called = one => one.name ?? `${one.type} #PID<${one.pid}>`;
const about = one => ({
  pid: one.pid,
  name: one.name,
  type: one.type,
  supervisor: one.parent?.pid ?? null,
  child: one.id,
});

const BACKTRACE = `   0: rust_begin_unwind
             at /rustc/1c2d3e/library/std/src/panicking.rs:697:5
   1: core::panicking::panic_fmt
             at /rustc/1c2d3e/library/core/src/panicking.rs:75:14
   2: observer::flaky::Flaky::tick
             at ./examples/observer/flaky.rs:31:13
   3: <observer::flaky::Flaky as beamish::GenServer>::handle_cast::{{closure}}
             at ./examples/observer/flaky.rs:12:1
   4: beamish_runtime::gen_server::run::{{closure}}
             at ./runtime/src/gen_server.rs:412:21
   5: tokio::runtime::task::core::Core<T,S>::poll
   6: tokio::runtime::scheduler::multi_thread::worker::run
   7: std::sys::thread::Thread::new::thread_start`;

function end(one, reason, crash) {
  if (!processes.delete(one.pid)) return;
  busy.delete(one);
  handledByEnded += one.handled;
  exitedTotal++;
  if (crash) crashedTotal++;
  treeVersion++;
  const last = event(crash ? "crash" : "exit", {
    ...about(one),
    reason,
    backtrace: crash ? BACKTRACE : null,
    message: `${called(one)} ${crash ? "crashed" : "ended"}: ${reason}`,
  });
  const record = { last, replaced_by: null };
  ended.set(one.pid, record);
  const parent = one.parent;
  if (!parent) return;
  const place = parent.children.indexOf(one);
  if (parent.kind === "dynamic_supervisor" || reason === "terminated") parent.children.splice(place, 1);
  else setTimeout(() => restart(one, place, record), 3);
}

function restart(one, place, record) {
  const parent = one.parent;
  if (!processes.has(parent.pid)) return;
  const fresh = process({
    ...one,
    pid: `0.${counter}.0`,
    parent: null,
    status: "idle",
    mailbox: 0,
    handled: 0,
    restarts: one.restarts + 1,
    last_restart_at: Date.now(),
    children: [],
    timed_since: null,
    handlers: new Map(),
    recent: [],
  });
  fresh.parent = parent;
  parent.children[place] = fresh;
  for (const child of one.children) {
    processes.delete(child.pid);
    busy.delete(child);
    process({ ...child, pid: `0.${counter}.0`, parent: fresh, handled: 0 });
  }
  record.replaced_by = refOf(fresh);
  restartsTotal++;
  treeVersion++;
  event("restart", {
    ...about(fresh),
    pid: one.pid,
    new_pid: fresh.pid,
    message: `${called(one)} restarted as child ${one.id} in place of #PID<${one.pid}>`,
  });
}

const REASONS = [
  `panicked at examples/observer/flaky.rs:31:13: the dice fell on 6`,
  `panicked at examples/observer/flaky.rs:44:9: called \`Option::unwrap()\` on a \`None\` value ${HOSTILE}`,
];
let crashes = 0;
function crashNow() {
  const one = [...cashMan.children].find(child => child.id === "flaky");
  if (one && processes.has(one.pid)) end(one, REASONS[crashes % REASONS.length], true);
  if (++crashes % 3 === 0) {
    const peer = connections.children[Math.floor(random() * connections.children.length)];
    if (peer) end(peer, "shutdown", false);
    const fresh = process({
      parent: connections,
      type: "Connection",
      label: `peer 10.0.9.${crashes % 255}`,
      rate: 2,
      messages: ["frame"],
    });
    event("start", { ...about(fresh), message: `${called(fresh)} started by #PID<${connections.pid}>` });
  }
  if (crashes % 4 === 0)
    event("slow", {
      ...about(workers.children[0]),
      message: `${called(workers.children[0])} took 1.2 s for work`,
    });
  if (crashes % 5 === 0)
    event("unexpected", {
      ...about(cashMan.children[1]),
      message: `${called(cashMan.children[1])} dropped a message that it does not take: Text("${HOSTILE}")`,
    });
}
if (CRASH_EVERY > 0) setInterval(crashNow, CRASH_EVERY);
for (let n = 0; n < 6; n++) crashNow();

function work() {
  for (const one of busy) {
    if (one.status === "suspended") continue;
    const n = Math.max(0, Math.round(one.rate * (0.7 + 0.6 * random())));
    one.handled += n;
    one.status = random() < one.rate / 400 ? "busy" : one.kind === "task" ? "running" : "idle";
    one.mailbox = random() < 0.25 ? Math.floor((one.rate / 20) * random()) : 0;
    if (Date.now() - one.watched_at > 30_000) {
      one.timed_since = null;
      one.handlers = new Map();
      one.recent = [];
      continue;
    }
    one.messages.forEach((message, at) => {
      const handler = one.handlers.get(message) ?? { count: 0, total: 0, max: 0, buckets: Array(18).fill(0) };
      one.handlers.set(message, handler);
      for (let k = 0; k < Math.ceil(n / one.messages.length); k++) {
        const took = Math.exp(1.4 + at * 1.1 + (random() + random() + random() - 1.5) * 2);
        handler.count++;
        handler.total += took;
        handler.max = Math.max(handler.max, took);
        handler.buckets[Math.min(17, Math.max(0, Math.ceil(Math.log2(took))))]++;
        if (k < 4)
          one.recent.unshift({
            at: Date.now() - Math.floor(900 * random()),
            kind: at % 2 ? "cast" : "call",
            message,
            contents: one.state ? `${message}("twenty")` : null,
            from: refOf(shop.children[0]),
            took_us: Math.round(took * 10) / 10,
          });
      }
    });
    one.recent.sort((a, b) => b.at - a.at).splice(50);
  }
}

const history = [];
let handledBefore = 0;
let memory = 84e6;
function sample() {
  let handled = handledByEnded;
  let mailbox = 0;
  let most = 0;
  let supervisors = 0;
  let names = 0;
  for (const one of processes.values()) {
    handled += one.handled;
    mailbox += one.mailbox;
    if (one.mailbox > most) most = one.mailbox;
    if (one.strategy || one.kind === "dynamic_supervisor") supervisors++;
    if (one.name) names++;
  }
  memory += (random() - 0.48) * 3e5;
  const rate = Math.max(0, handled - handledBefore);
  handledBefore = handled;
  return {
    at: Date.now(),
    processes: processes.size,
    supervisors,
    names,
    messages_total: handled,
    messages_per_s: rate,
    calls_here_per_s: Math.round(rate * 0.3),
    mailbox_total: mailbox,
    mailbox_max: most,
    started_total: startedTotal,
    exited_total: exitedTotal,
    crashed_total: crashedTotal,
    restarts_total: restartsTotal,
    memory_bytes: Math.round(memory),
    tokio: {
      workers: 2,
      busy: [0.25 + 0.3 * random(), 0.12 + 0.2 * random()],
      global_queue: random() < 0.7 ? 0 : Math.floor(random() * 9),
      alive_tasks: processes.size + 3,
    },
    sweep_us: 300 + Math.floor(200 * random()),
  };
}
work();
sample();
const one = sample();
for (let n = 600; n > 0; n--) {
  const wave = 900 + 250 * Math.sin(n / 40) + 140 * random();
  history.push({
    ...one,
    at: Date.now() - n * 1000,
    memory_bytes: Math.round((memory += (random() - 0.48) * 3e5)),
    processes: one.processes - Math.round(n / 20),
    tokio: { ...one.tokio, busy: [0.25 + 0.3 * random(), 0.12 + 0.2 * random()] },
    messages_per_s: n > 560 ? null : Math.round(wave),
    calls_here_per_s: n > 560 ? null : Math.round(wave * 0.3),
    mailbox_total: n > 560 ? null : one.mailbox_total + Math.floor(300 * random() ** 6),
    crashed_total: Math.max(0, crashedTotal - Math.ceil(n / 60)),
    restarts_total: Math.max(0, restartsTotal - Math.ceil(n / 60)),
    exited_total: Math.max(0, exitedTotal - Math.ceil(n / 45)),
  });
}

setInterval(() => {
  work();
  const one = sample();
  history.push(one);
  if (history.length > 600) history.shift();
  tell("sample", one);
}, 1000);

setInterval(() => {
  if (pending.length > 0) {
    tell("events", { events: pending, missed: 0 }, nextSeq - 1);
    pending = [];
  }
  if (treeTold !== treeVersion) {
    treeTold = treeVersion;
    tell("changed", { tree: treeVersion });
  }
}, 100);

function tell(name, data, id) {
  const text = `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  for (const stream of streams) stream.write(text);
}

// ---------------------------------------------------------------------------------------------------------------
// The answers.

function nodeOf(one, limit, open) {
  const most = open.has(one.pid) ? 1000 : limit;
  return {
    pid: one.gone ? null : one.pid,
    name: one.name,
    label: one.label,
    id: one.id,
    type: one.type,
    type_full: one.type_full,
    kind: one.kind,
    status: one.status,
    strategy: one.strategy,
    max_restarts: one.max_restarts,
    max_seconds: one.max_seconds,
    restarts: one.restarts,
    last_restart_at: one.last_restart_at,
    mailbox: one.mailbox,
    handled: one.handled,
    answers: true,
    children: one.children.slice(0, most).map(child => nodeOf(child, limit, open)),
    children_total: one.children.length,
    folded: one.children.length > most,
    links: one.links,
  };
}

const textOf = one => [one.name, one.label, one.id, one.type, one.pid].join("\n").toLowerCase();

function tree(query) {
  const limit = Number(query.get("limit") ?? 50);
  const open = new Set((query.get("open") ?? "").split(",").filter(Boolean));
  const search = (query.get("search") ?? "").toLowerCase();
  const applications = [];
  const others = [];
  let othersTotal = 0;
  for (const one of processes.values()) {
    if (!isRoot(one)) continue;
    if (one.children.length > 0) applications.push(one);
    else if (search === "" || textOf(one).includes(search)) {
      othersTotal++;
      if (others.length < limit) others.push(one);
    }
  }
  let matches = null;
  let nodes = applications.map(one => nodeOf(one, search ? 1e9 : limit, open));
  if (search) {
    matches = othersTotal;
    const prune = node => {
      const own = textOf(node).includes(search);
      if (own) matches++;
      node.children = node.children.map(prune).filter(Boolean);
      return own || node.children.length > 0 ? node : null;
    };
    nodes = nodes.map(prune).filter(Boolean);
  }
  return {
    at: Date.now(),
    total: processes.size,
    applications: nodes,
    others: others.map(one => nodeOf(one, limit, open)),
    others_total: othersTotal,
    matches,
  };
}

const timeOf = one => [...one.handlers.values()].reduce((sum, handler) => sum + handler.total, 0);
const ORDERS = {
  pid: one => Number(one.pid.split(".")[1]),
  name: one => one.name ?? one.label ?? "\uffff",
  type: one => one.type,
  mailbox: one => one.mailbox,
  handled: one => one.handled,
  restarts: one => one.restarts,
  memory: one => one.mailbox * 32,
  links: one => one.links.length + 1,
  status: one => one.status,
  time: timeOf,
};

function list(query) {
  const begun = performance.now();
  const by = ORDERS[query.get("sort") ?? "mailbox"] ?? ORDERS.mailbox;
  const sign = query.get("order") === "asc" ? 1 : -1;
  const filter = (query.get("filter") ?? "").toLowerCase();
  const offset = Number(query.get("offset") ?? 0);
  const limit = Math.min(500, Number(query.get("limit") ?? 100));
  let found = [...processes.values()].filter(one => !one.gone);
  const total = found.length;
  if (filter) found = found.filter(one => textOf(one).includes(filter));
  found.sort((a, b) => {
    const x = by(a);
    const y = by(b);
    return x < y ? -sign : x > y ? sign : ORDERS.pid(a) - ORDERS.pid(b);
  });
  return {
    at: Date.now(),
    total,
    matched: found.length,
    offset,
    took_us: Math.round((performance.now() - begun) * 1000),
    rows: found.slice(offset, offset + limit).map(one => ({
      pid: one.pid,
      name: one.name,
      label: one.label,
      type: one.type,
      kind: one.kind,
      status: one.status,
      mailbox: one.mailbox,
      mailbox_bytes: one.mailbox * 32,
      handled: one.handled,
      restarts: one.restarts,
      links: one.links.length + (one.parent ? 1 : 0),
      parent: one.parent?.pid ?? null,
      time_us: one.timed_since === null ? null : Math.round(timeOf(one)),
    })),
  };
}

function open(one, watch) {
  if (watch && one.kind !== "task") {
    one.watched_at = Date.now();
    one.timed_since ??= Date.now();
  }
  const ancestors = [];
  for (let above = one.parent; above; above = above.parent) ancestors.push(refOf(above));
  const waiting = one.messages
    .map((message, n) => ({ message, count: Math.ceil(one.mailbox / (n + 2)) }))
    .filter(() => one.mailbox > 0);
  return {
    pid: one.pid,
    name: one.name,
    label: one.label,
    type: one.type,
    type_full: one.type_full,
    kind: one.kind,
    status: one.status,
    parent: ancestors[0] ?? null,
    ancestors,
    children: one.children.map(refOf),
    links: [...ancestors.slice(0, 1), ...one.links.map(pid => refOf(processes.get(pid))).filter(Boolean)],
    monitors: one.kind === "worker" ? [refOf(cashMan)] : [],
    monitored_by: [refOf(observer), { pid: "0.3.0", name: null, type: "Caller", alive: false }],
    trap_exit: one.kind === "supervisor",
    supervisor: ancestors[0] ?? null,
    child_id: one.id,
    restarts: one.restarts,
    mailbox: one.mailbox,
    mailbox_bytes: one.mailbox * 32,
    waiting,
    handled: one.handled,
    handled_per_s: one.rate,
    current: one.status === "busy" ? { message: one.messages[0] ?? "work", since_us: 1200 } : null,
    timed_since: one.timed_since,
    handlers: [...one.handlers].map(([message, handler], n) => ({
      message,
      kind: n % 2 ? "cast" : "call",
      count: handler.count,
      total_us: Math.round(handler.total),
      max_us: Math.round(handler.max),
      buckets: handler.buckets.map((count, at) => ({ le_us: at === 17 ? null : 2 ** at, count })),
    })),
    state: one.state,
    state_shown: one.state !== null,
    answers: true,
    recent: one.recent,
    tracing_until: one.tracing_until,
    crashes: events
      .filter(
        e =>
          e.kind === "crash" &&
          (e.pid === one.pid || (one.parent && e.supervisor === one.parent.pid && e.child === one.id)),
      )
      .slice(-20)
      .reverse(),
  };
}

function registry(query) {
  const filter = (query.get("filter") ?? "").toLowerCase();
  const names = [];
  for (const one of processes.values())
    if (one.name) names.push({ name: one.name, kind: "local", pid: one.pid, type: one.type });
  for (let n = 0; n < 40; n++)
    names.push({
      name: `Peers/${String(n).padStart(3, "0")}`,
      kind: "via",
      pid: connections.children[n].pid,
      type: "Connection",
    });
  names.push({ name: "leader", kind: "global", pid: shop.pid, type: "Supervisor" });
  const matched = names.filter(one => `${one.name}\n${one.type}\n${one.pid}`.toLowerCase().includes(filter));
  const offset = Number(query.get("offset") ?? 0);
  return {
    total: names.length,
    matched: matched.length,
    names: matched.slice(offset, offset + Number(query.get("limit") ?? 100)),
  };
}

class Refusal extends Error {
  constructor(status, code, message, more = {}) {
    super(message);
    Object.assign(this, { status, code, more });
  }
}

function find(pid) {
  const one = processes.get(pid);
  if (one) return one;
  throw new Refusal(
    404,
    "not_found",
    `no process ${pid}: it has ended`,
    ended.get(pid) ?? { last: null, replaced_by: null },
  );
}

function act(path, body) {
  if (!options.control)
    throw new Refusal(403, "control_off", "actions are off: start the observer with `.control(true)`");
  const [, what, pid, ...rest] = path;
  const one = find(decodeURIComponent(pid));
  const verb = rest.at(-1);
  const told = text => {
    event("control", { ...about(one), message: text });
    return { done: text };
  };
  const shown = `#PID<${one.pid}>`;
  if (what === "supervisors") {
    const child = one.children.find(c => (body.pid ? c.pid === body.pid : c.id === body.id));
    if (!child) throw new Refusal(404, "not_found", "no such child");
    if (verb === "terminate") {
      told(`terminated the child ${body.id ?? body.pid}`);
      end(child, "terminated", false);
    }
    return { done: `${verb}: ${body.id ?? body.pid}` };
  }
  switch (verb) {
    case "suspend":
      one.status = "suspended";
      return told(`suspended ${shown}`);
    case "resume":
      one.status = "idle";
      return told(`resumed ${shown}`);
    case "trace":
      one.tracing_until = Date.now() + 1000 * (body.seconds ?? 30);
      return told(`traces ${shown} for ${body.seconds} s`);
    case "kill":
    case "stop":
    case "exit": {
      const answer = told(
        `${verb === "kill" ? "killed" : verb === "stop" ? "stopped" : "sent an exit signal to"} ${shown}`,
      );
      end(one, verb === "kill" ? "killed" : (body.reason ?? "shutdown"), false);
      return answer;
    }
    default:
      throw new Refusal(404, "not_found", "no such action");
  }
}

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};
let closedUntil = 0;

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const path = url.pathname.replace(/^\/api\/v1/, "").split("/");
  const answer = (status, body) => {
    response.writeHead(status, {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(JSON.stringify(body));
  };
  try {
    if (url.pathname.startsWith("/mock/")) {
      if (path[2] === "crash") {
        const one = [...processes.values()].find(p => p.name === url.searchParams.get("name"));
        if (one) end(one, REASONS[0], true);
      } else if (path[2] === "drop") {
        closedUntil = Date.now() + Number(url.searchParams.get("ms") ?? 0);
        for (const stream of streams) stream.destroy();
      } else if (path[2] === "miss") {
        const count = Number(url.searchParams.get("count") ?? 7);
        event("missed", { count, message: `${count} events were not taken: more came than are` });
      }
      return answer(200, { streams: streams.size });
    }
    if (!url.pathname.startsWith("/api/")) {
      if (url.searchParams.get("token") === options.token && options.token) {
        response.writeHead(303, {
          Location: "/",
          "Set-Cookie": `token=${options.token}; HttpOnly; SameSite=Strict; Path=/`,
        });
        return response.end();
      }
      const name = url.pathname === "/" ? "index.html" : url.pathname.slice(1);
      const file = await readFile(PAGE + name.replaceAll("..", "")).catch(() => null);
      if (!file) return answer(404, { error: { code: "not_found", message: "no such page" } });
      response.writeHead(200, {
        "Content-Type": TYPES[name.split(".").at(-1)] ?? "text/plain",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
      });
      return response.end(file);
    }
    if (options.token && !(request.headers.cookie ?? "").includes(`token=${options.token}`))
      throw new Refusal(401, "token", "a token is needed");
    if (Date.now() < closedUntil) throw new Refusal(503, "busy", "the observer is not there");
    if (request.method === "POST") {
      let text = "";
      for await (const chunk of request) text += chunk;
      return answer(200, act(path, JSON.parse(text || "{}")));
    }
    const query = url.searchParams;
    switch (path[1]) {
      case "system":
        return answer(200, {
          api: 1,
          version: "0.1.0",
          node: "default",
          os_pid: 4711,
          started_at: STARTED,
          now: Date.now(),
          control: options.control,
          interval_ms: 1000,
          watched_since: Date.now() - 560_000,
          sample: history.at(-1),
          history,
        });
      case "tree":
        return answer(200, tree(query));
      case "processes":
        return answer(
          200,
          path[2] ? open(find(decodeURIComponent(path[2])), query.get("watch") === "true") : list(query),
        );
      case "events": {
        const limit = Number(query.get("limit") ?? 200);
        const kinds = (query.get("kinds") ?? "").split(",").filter(Boolean);
        const wanted = events.filter(e => kinds.length === 0 || kinds.includes(e.kind));
        if (!query.has("after"))
          return answer(200, { events: wanted.slice(-limit), next: nextSeq - 1, missed: 0 });
        const after = Number(query.get("after"));
        const found = wanted.filter(e => e.seq > after);
        const page = found.slice(0, limit);
        const next = page.length < found.length ? page.at(-1).seq : nextSeq - 1;
        return answer(200, { events: page, next, missed: Math.max(0, (events[0]?.seq ?? 1) - after - 1) });
      }
      case "registry":
        return answer(200, registry(query));
      case "stream": {
        response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
        response.write(
          `event: hello\ndata: ${JSON.stringify({ api: 1, control: options.control, next: nextSeq - 1 })}\n\n`,
        );
        streams.add(response);
        response.on("close", () => streams.delete(response));
        return;
      }
      default:
        throw new Refusal(404, "not_found", "no such path");
    }
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    answer(status, { error: { code: error.code ?? "error", message: error.message }, ...error.more });
  }
});

server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
