//! An observer of a system that does not exist: it answers as the API says, from a small world that can be changed.

#![allow(dead_code, reason = "a test and an example use parts of it each")]

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What is told of the system. Changed through [`Fake::change`].
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) control: bool,
    pub(crate) token: Option<&'static str>,
    pub(crate) api: u64,
    pub(crate) os_pid: u64,
    started_at: u64,
    pub(crate) cache: u64,
    pub(crate) restarts: u64,
    pub(crate) suspended: bool,
    pub(crate) events: Vec<Value>,
    /// How many events before the first were dropped.
    pub(crate) dropped: u64,
    pub(crate) workers: u64,
    /// The first lines of the requests, in their order.
    pub(crate) requests: Vec<String>,
    /// Increased to end all connections.
    connections: u64,
    next_pid: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            control: true,
            token: None,
            api: 1,
            os_pid: 4711,
            started_at: now_ms() - 7_500_000,
            cache: 4,
            restarts: 0,
            suspended: false,
            events: Vec::new(),
            dropped: 0,
            workers: 1000,
            requests: Vec::new(),
            connections: 0,
            next_pid: 100_000,
        };
        world.event(
            json!({"kind": "start", "pid": "0.3.0", "name": "CashMan.Supervisor",
            "type": "Supervisor", "message": "CashMan.Supervisor #PID<0.3.0> started"}),
        );
        world.event(json!({"kind": "start", "pid": "0.4.0", "name": "CashMan.Cache", "type": "Cache<i64>",
            "supervisor": "0.3.0", "child": "Cache", "message": "CashMan.Cache #PID<0.4.0> started"}));
        world
    }

    fn last_seq(&self) -> u64 {
        self.dropped + self.events.len() as u64
    }

    /// Something happens.
    pub(crate) fn event(&mut self, mut event: Value) {
        event["seq"] = (self.last_seq() + 1).into();
        event["at"] = now_ms().into();
        if event["count"].is_null() {
            event["count"] = 1.into();
        }
        self.events.push(event);
    }

    /// The cache crashes, and its supervisor starts the next one.
    pub(crate) fn crash_cache(&mut self, reason: &str) {
        let before = format!("0.{}.0", self.cache);
        self.next_pid += 1;
        self.cache = self.next_pid;
        self.restarts += 1;
        self.suspended = false;
        let new = format!("0.{}.0", self.cache);
        self.event(
            json!({"kind": "crash", "pid": before, "name": "CashMan.Cache", "type": "Cache<i64>",
            "supervisor": "0.3.0", "child": "Cache", "reason": reason,
            "backtrace": "   0: cash_man::cache::Cache::fetch\n             at src/cache.rs:17",
            "message": format!("CashMan.Cache #PID<{before}> crashed: {reason}")}),
        );
        self.event(
            json!({"kind": "restart", "pid": before, "name": "CashMan.Cache", "type": "Cache<i64>",
            "supervisor": "0.3.0", "child": "Cache", "new_pid": new,
            "message": format!("CashMan.Cache was restarted as #PID<{new}>")}),
        );
    }

    fn cache_pid(&self) -> String {
        format!("0.{}.0", self.cache)
    }

    fn sample(&self) -> Value {
        json!({"at": now_ms(), "processes": self.workers + 8, "supervisors": 2, "names": 3,
            "messages_total": 123_456, "messages_per_s": 12.5, "calls_here_per_s": 3.0, "mailbox_total": 24,
            "mailbox_max": 20, "started_total": 1010, "exited_total": 2, "crashed_total": self.restarts,
            "restarts_total": self.restarts, "memory_bytes": 12_345_678,
            "tokio": {"workers": 2, "busy": [0.12, 0.5], "global_queue": 1, "alive_tasks": 1009}, "sweep_us": 350})
    }

    fn system(&self) -> Value {
        let history = (0..300).map(|index: u64| {
            let mut sample = self.sample();
            sample["at"] = (now_ms() - (300 - index) * 1000).into();
            sample["messages_per_s"] = (index % 60).into();
            sample["mailbox_total"] = if index < 100 {
                Value::Null
            } else {
                (index % 25).into()
            };
            sample
        });
        let history: Vec<_> = history.collect();
        json!({"api": self.api, "version": "0.1.0", "node": "default", "os_pid": self.os_pid,
            "started_at": self.started_at, "now": now_ms(), "control": self.control, "interval_ms": 1000,
            "watched_since": now_ms() - 200_000, "sample": self.sample(), "history": history})
    }

    fn status(&self) -> &'static str {
        if self.suspended { "suspended" } else { "idle" }
    }

    fn tree(&self, search: &str) -> Value {
        let child = |pid: &str, name: Value, id: &str, status: &str| {
            json!({"pid": pid, "name": name, "label": null, "id": id, "type": id,
                "type_full": format!("cash_man::{id}"), "kind": "worker", "status": status, "strategy": null,
                "max_restarts": null, "max_seconds": null, "restarts": 0, "last_restart_at": null, "mailbox": 0,
                "handled": 5, "answers": true, "children": [], "children_total": 0, "folded": false, "links": []})
        };
        let mut cache = child(
            &self.cache_pid(),
            "CashMan.Cache".into(),
            "Cache",
            self.status(),
        );
        cache["restarts"] = self.restarts.into();
        cache["last_restart_at"] = if self.restarts > 0 {
            now_ms().into()
        } else {
            Value::Null
        };
        cache["mailbox"] = 3.into();
        cache["links"] = json!(["0.5.0"]);
        let mut children = vec![
            cache,
            child("0.5.0", Value::Null, "Sweeper", "busy"),
            child(
                "0.6.0",
                "\u{1b}[31mEvil\u{1b}]0;owned\u{7}".into(),
                "Evil",
                "idle",
            ),
            child("0.7.0", "<img onerror=alert(1)>".into(), "Markup", "idle"),
            child("0.8.0", "日本語の名前".into(), "Wide", "idle"),
        ];
        let mut stopped = child("", Value::Null, "Retired", "stopped");
        stopped["pid"] = Value::Null;
        children.push(stopped);
        children.retain(|child| matches(&child["name"], search) || matches(&child["id"], search));
        let matched = children.len();
        let mut supervisor = child("0.3.0", "CashMan.Supervisor".into(), "Supervisor", "idle");
        supervisor["kind"] = "supervisor".into();
        supervisor["strategy"] = "one_for_one".into();
        supervisor["max_restarts"] = 3.into();
        supervisor["max_seconds"] = 5.into();
        supervisor["children_total"] = matched.into();
        supervisor["children"] = children.into();
        let mut pool = child("0.9.0", "CashMan.Pool".into(), "Pool", "idle");
        pool["kind"] = "dynamic_supervisor".into();
        pool["children"] = json!([child("0.10.0", Value::Null, "Worker", "idle")]);
        pool["children_total"] = self.workers.into();
        pool["folded"] = true.into();
        let roots = if search.is_empty() {
            vec![supervisor, pool]
        } else {
            vec![supervisor]
        };
        let others = if search.is_empty() {
            vec![child("0.2.0", Value::Null, "main", "running")]
        } else {
            vec![]
        };
        json!({"at": now_ms(), "total": self.workers + 8, "applications": roots, "others": others,
            "others_total": 1, "matches": if search.is_empty() { Value::Null } else { matched.into() }})
    }

    fn processes(&self, query: &Query<'_>) -> Value {
        let row = |pid: String, name: Value, type_name: &str, mailbox: u64| {
            json!({"pid": pid, "name": name, "label": null, "type": type_name, "kind": "worker", "status": "idle",
                "mailbox": mailbox, "mailbox_bytes": mailbox * 32, "handled": mailbox * 2, "restarts": 0, "links": 1,
                "parent": "0.3.0", "time_us": null})
        };
        let mut rows: Vec<_> = (0..self.workers)
            .map(|index| {
                row(
                    format!("0.{}.0", 10 + index),
                    Value::Null,
                    "Worker",
                    index * 7 % 20,
                )
            })
            .collect();
        let mut cache = row(self.cache_pid(), "CashMan.Cache".into(), "Cache<i64>", 3);
        cache["restarts"] = self.restarts.into();
        rows.push(cache);
        rows.push(row("0.6.0".into(), "\u{1b}[31mEvil".into(), "Evil", 20));
        let filter = query.get("filter");
        rows.retain(|row| matches(&row["name"], &filter) || matches(&row["type"], &filter));
        let key = query.get("sort");
        rows.sort_by_key(|row| row[&key].as_u64().unwrap_or(0));
        if query.get("order") == "desc" {
            rows.reverse();
        }
        let (offset, limit) = (query.number("offset"), query.number("limit"));
        let matched = rows.len();
        let rows: Vec<_> = rows.into_iter().skip(offset).take(limit).collect();
        json!({"at": now_ms(), "total": self.workers + 8, "matched": matched, "offset": offset, "took_us": 400,
            "rows": rows})
    }

    fn process(&self, pid: &str) -> Reply {
        if pid != self.cache_pid() {
            return self.no_process(pid);
        }
        let reference = |pid: &str, name: Value, of: &str| json!({"pid": pid, "name": name, "type": of, "alive": true});
        let supervisor = reference("0.3.0", "CashMan.Supervisor".into(), "Supervisor");
        let crashes: Vec<_> = self
            .events
            .iter()
            .rev()
            .filter(|event| event["kind"] == "crash")
            .take(20)
            .collect();
        Reply::ok(
            json!({"pid": pid, "name": "CashMan.Cache", "label": null, "type": "Cache<i64>",
            "type_full": "cash_man::cache::Cache<i64>", "kind": "worker", "status": self.status(),
            "parent": "0.3.0", "ancestors": [supervisor], "children": [],
            "links": [supervisor, reference("0.5.0", Value::Null, "Sweeper")], "monitors": [],
            "monitored_by": [reference("0.2.0", Value::Null, "main")], "trap_exit": false, "supervisor": supervisor,
            "child_id": "Cache", "restarts": self.restarts, "mailbox": 4, "mailbox_bytes": 128,
            "waiting": [{"message": "store", "count": 3}, {"message": "fetch", "count": 1}], "handled": 123,
            "handled_per_s": 2.0, "current": {"message": "fetch", "since_us": 1200}, "timed_since": now_ms() - 12_000,
            "handlers": [
                {"message": "store", "kind": "cast", "count": 4, "total_us": 40, "max_us": 20,
                 "buckets": [{"le_us": 10, "count": 3}, {"le_us": 100, "count": 1}, {"le_us": null, "count": 0}]},
                {"message": "fetch", "kind": "call", "count": 10, "total_us": 1200, "max_us": 300,
                 "buckets": [{"le_us": 10, "count": 1}, {"le_us": 100, "count": 6}, {"le_us": null, "count": 3}]}],
            "state": "Cache {\n    entries: {\"a\": Entry { value: 1 }},\n}", "state_shown": true, "answers": true,
            "recent": [{"at": now_ms(), "kind": "call", "message": "fetch", "contents": null,
                "from": reference("0.2.0", Value::Null, "main"), "took_us": 12}],
            "tracing_until": null, "crashes": crashes}),
        )
    }

    fn no_process(&self, pid: &str) -> Reply {
        let mut last = self.events.iter().rev();
        let last = last.find(|event| event["pid"] == pid && event["kind"] == "crash");
        let replaced_by = last.map(|_| {
            json!({"pid": self.cache_pid(), "name": "CashMan.Cache", "type": "Cache<i64>", "alive": true})
        });
        let error =
            json!({"code": "not_found", "message": format!("no process {pid}: it has ended")});
        Reply {
            status: 404,
            body: json!({"error": error, "last": last, "replaced_by": replaced_by}),
        }
    }

    fn events(&self, query: &Query<'_>) -> Value {
        let after = query.number("after") as u64;
        let events: Vec<_> = self
            .after(after)
            .take(query.number("limit").min(3))
            .collect();
        let next = events
            .last()
            .map_or(after, |event| event["seq"].as_u64().unwrap_or(0));
        json!({"events": events, "next": next, "missed": self.dropped.saturating_sub(after)})
    }

    fn after(&self, seq: u64) -> impl Iterator<Item = &Value> {
        self.events
            .iter()
            .filter(move |event| event["seq"].as_u64() > Some(seq))
    }

    fn act(&mut self, pid: &str, action: &str) -> Reply {
        if !self.control {
            return Reply::error(403, "control_off", "control is off");
        }
        if pid != self.cache_pid() {
            return self.no_process(pid);
        }
        let done = match action {
            "kill" => "killed",
            "suspend" => "suspended",
            "resume" => "resumed",
            _ => return Reply::error(404, "not_found", "no such action"),
        };
        let done = format!("{done} #PID<{pid}>");
        self.event(json!({"kind": "control", "pid": pid, "message": done}));
        match action {
            "kill" => self.crash_cache("killed"),
            _ => self.suspended = action == "suspend",
        }
        Reply::ok(json!({"done": done}))
    }

    fn answer(&mut self, head: &str) -> Reply {
        let first = head.lines().next().unwrap_or_default();
        self.requests.push(first.to_owned());
        let mut words = first.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if let Some(token) = self.token
            && header(head, "authorization") != Some(&format!("Bearer {token}"))
        {
            return Reply::error(401, "unauthorized", "a token is needed");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = Query(query);
        let path: Vec<_> = path.trim_start_matches("/api/v1/").split('/').collect();
        match (method, path.as_slice()) {
            ("GET", ["system"]) => Reply::ok(self.system()),
            ("GET", ["tree"]) => Reply::ok(self.tree(&query.get("search"))),
            ("GET", ["processes"]) => Reply::ok(self.processes(&query)),
            ("GET", ["processes", pid]) => self.process(pid),
            ("GET", ["events"]) => Reply::ok(self.events(&query)),
            ("POST", ["processes", pid, action])
                if header(head, "content-type") == Some("application/json") =>
            {
                self.act(pid, action)
            }
            _ => Reply::error(404, "not_found", "no such page"),
        }
    }
}

struct Reply {
    status: u16,
    body: Value,
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            body: json!({"error": {"code": code, "message": message}}),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let body = self.body.to_string();
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.status,
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }
}

struct Query<'a>(&'a str);

impl Query<'_> {
    fn get(&self, key: &str) -> String {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| decode(value))
            .next()
            .unwrap_or_default()
    }

    fn number(&self, key: &str) -> usize {
        self.get(key).parse().unwrap_or(0)
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn matches(text: &Value, filter: &str) -> bool {
    filter.is_empty()
        || text
            .as_str()
            .is_some_and(|text| text.to_lowercase().contains(&filter.to_lowercase()))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn now_ms() -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A server of a [`World`]; dropped, it ends with all its connections.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
    server: Option<JoinHandle<()>>,
}

impl Fake {
    /// Starts one on a free port, or on the port given.
    pub(crate) async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let (changed, _) = watch::channel(0);
        let world = Arc::new(Mutex::new(World::new()));
        let mut fake = Self {
            address,
            world,
            changed,
            server: None,
        };
        fake.serve(listener);
        Ok(fake)
    }

    fn serve(&mut self, listener: TcpListener) {
        let (world, changed) = (Arc::clone(&self.world), self.changed.clone());
        self.server = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(serve(
                    connection,
                    Arc::clone(&world),
                    changed.subscribe(),
                    changed.clone(),
                ));
            }
        }));
    }

    /// Goes away with all connections; the world stays.
    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// Comes back where it was.
    pub(crate) async fn resume(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.serve(listener);
        Ok(())
    }

    /// Changes the world, and tells who listens.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let changed = change(&mut lock(&self.world));
        self.changed.send_modify(|version| *version += 1);
        changed
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        lock(&self.world).requests.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

type Shared = Arc<Mutex<World>>;

async fn serve(
    mut connection: TcpStream,
    world: Shared,
    mut changes: watch::Receiver<u64>,
    changed: watch::Sender<u64>,
) -> io::Result<()> {
    while let Some(head) = read_request(&mut connection).await? {
        if head.starts_with("GET /api/v1/stream") {
            return stream(&mut connection, &head, &world, &mut changes).await;
        }
        let reply = lock(&world).answer(&head);
        if head.starts_with("POST") {
            changed.send_modify(|version| *version += 1);
        }
        connection.write_all(&reply.bytes()).await?;
    }
    Ok(())
}

/// The head of a request; its body is read and left.
async fn read_request(connection: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    loop {
        match connection.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        if bytes.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = header(&head, "content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    connection.read_exact(&mut vec![0; length]).await?;
    Ok(Some(head))
}

async fn stream(
    connection: &mut TcpStream,
    head: &str,
    world: &Shared,
    changes: &mut watch::Receiver<u64>,
) -> io::Result<()> {
    let last = header(head, "last-event-id").and_then(|last| last.parse().ok());
    let (hello, mut told) = {
        let world = lock(world);
        let hello =
            json!({"api": world.api, "control": world.control, "next": world.last_seq() + 1});
        (hello, last.unwrap_or(world.last_seq()))
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: welcome\n\n";
    connection.write_all(head.as_bytes()).await?;
    send(connection, "hello", &hello).await?;
    changes.mark_changed();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let batch = tokio::select! {
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let world = lock(world);
                let events: Vec<_> = world.after(told).cloned().collect();
                let missed = world.dropped.saturating_sub(told);
                told = world.last_seq();
                json!({"events": events, "missed": missed})
            }
            _ = ticks.tick() => {
                let sample = lock(world).sample();
                send(connection, "sample", &sample).await?;
                continue;
            }
        };
        send(connection, "events", &batch).await?;
        send(connection, "changed", &json!({"tree": 1})).await?;
    }
}

async fn send(connection: &mut TcpStream, event: &str, data: &Value) -> io::Result<()> {
    connection
        .write_all(format!("event: {event}\r\ndata: {data}\r\n\r\n").as_bytes())
        .await
}
