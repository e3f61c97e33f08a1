//! Screens, compared as text with the files in `snapshots/`. `BEAMISH_SNAPSHOTS=write cargo test` writes them; what has
//! changed is then read before it is committed.

use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::app::{App, Effect, Input};
use crate::client::Told;
use crate::error::RequestError;
use crate::request::Request;

const NOW: u64 = 1_700_000_000_000;

/// A face that is fed by hand.
struct Face {
    app: App,
    now: Instant,
    asked: Vec<Request>,
}

impl Face {
    fn new(width: u16, height: u16) -> Self {
        let now = Instant::now();
        let app = App::new("127.0.0.1:4880", true, (width, height), now);
        let mut face = Self {
            app,
            now,
            asked: Vec::new(),
        };
        face.told("hello", &json!({"api": 1, "control": true, "next": 1}));
        face.answer("system", system());
        face.answer("tree", tree());
        face.answer(
            "events",
            json!({"events": events(), "next": 4, "missed": 0}),
        );
        face.answer("events", json!({"events": [], "next": 4, "missed": 0}));
        face
    }

    fn input(&mut self, input: Input) {
        for effect in self.app.update(self.now, input) {
            if let Effect::Ask(request) = effect {
                self.asked.push(request);
            }
        }
    }

    fn told(&mut self, event: &str, data: &Value) {
        let told = match event {
            "hello" => Told::Hello(read(data)),
            "sample" => Told::Sample(read(data)),
            _ => Told::Events(read(data)),
        };
        self.input(Input::Told(told));
    }

    /// Answers the request for `path`, which was made.
    fn answer(&mut self, path: &str, body: Value) {
        let path = format!("/api/v1/{path}");
        let asked = self
            .asked
            .iter()
            .position(|request| request.path().starts_with(&path));
        let request = self
            .asked
            .remove(asked.unwrap_or_else(|| panic!("{path} is not asked for")));
        let asked = crate::request::Asked {
            address: "h:1",
            host: "h",
            with_token: false,
        };
        let (status, body) = match body {
            Value::Object(ref object) if object.contains_key("error") => (404, body),
            body => (200, body),
        };
        let answer = request.read(status, body.to_string().as_bytes(), &asked);
        self.input(Input::Answered(request, answer));
    }

    fn press(&mut self, code: KeyCode) {
        self.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn write(&mut self, text: &str) {
        text.chars()
            .for_each(|character| self.press(KeyCode::Char(character)));
    }

    fn wait(&mut self, duration: Duration) {
        self.now += duration;
        self.input(Input::Tick);
    }

    fn buffer(&self) -> Buffer {
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| super::draw(&self.app, frame))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    fn screen(&self) -> String {
        let buffer = self.buffer();
        let rows = buffer.content().chunks(buffer.area.width.into());
        rows.map(|row| row_text(row) + "\n").collect()
    }

    fn status(&self) -> String {
        self.screen().lines().last().unwrap().to_owned()
    }

    /// Compares the screen with the snapshot.
    fn looks_like(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/view/snapshots")
            .join(name);
        let screen = self.screen();
        if std::env::var_os("BEAMISH_SNAPSHOTS").is_some() {
            std::fs::write(&path, &screen).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert!(
            screen == expected,
            "{name} should be\n{expected}\nand is\n{screen}"
        );
        for line in screen.lines() {
            assert!(line.width() <= self.app.size.0.into(), "{line}");
        }
    }
}

/// The text of a row, without the cells that a wide character covers.
fn row_text(row: &[ratatui::buffer::Cell]) -> String {
    let mut covered = 0;
    let mut text = String::new();
    for cell in row {
        if covered == 0 {
            text.push_str(cell.symbol());
            covered = cell.symbol().width().max(1);
        }
        covered -= 1;
    }
    text.trim_end().to_owned()
}

fn read<T: serde::de::DeserializeOwned>(json: &Value) -> T {
    crate::api::read(json.to_string().as_bytes()).unwrap()
}

fn sample(at: u64) -> Value {
    json!({"at": at, "processes": 12, "supervisors": 2, "names": 3, "messages_total": 123_456,
        "messages_per_s": (at / 1000 % 20) as f64, "calls_here_per_s": 3.0, "mailbox_total": 24, "mailbox_max": 20,
        "started_total": 20, "exited_total": 8, "crashed_total": 2, "restarts_total": 2, "memory_bytes": 12_345_678,
        "tokio": {"workers": 2, "busy": [0.12, 0.5], "global_queue": 0, "alive_tasks": 13}, "sweep_us": 350})
}

fn system() -> Value {
    let history: Vec<_> = (0..100)
        .map(|index| sample(NOW - (100 - index) * 1000))
        .collect();
    json!({"api": 1, "version": "0.1.0", "node": "default", "os_pid": 123, "started_at": NOW - 7_500_000, "now": NOW,
        "control": true, "interval_ms": 1000, "watched_since": NOW - 200_000, "sample": sample(NOW),
        "history": history})
}

fn node(pid: &str, name: impl Into<Value>, id: &str) -> Value {
    let name = name.into();
    json!({"pid": pid, "name": name, "label": null, "id": id, "type": id, "type_full": format!("cash_man::{id}"),
        "kind": "worker", "status": "idle", "strategy": null, "max_restarts": null, "max_seconds": null, "restarts": 0,
        "last_restart_at": null, "mailbox": 0, "handled": 123, "answers": true, "children": [], "children_total": 0,
        "folded": false, "links": []})
}

fn tree() -> Value {
    let mut cache = node("0.4.0", "CashMan.Cache", "Cache");
    cache["restarts"] = 2.into();
    cache["last_restart_at"] = (NOW - 12_000).into();
    cache["links"] = json!(["0.7.0"]);
    let mut sweeper = node("0.5.0", Value::Null, "Sweeper");
    sweeper["status"] = "suspended".into();
    sweeper["mailbox"] = 1_234_567.into();
    let mut retired = node("", Value::Null, "Retired");
    retired["pid"] = Value::Null;
    retired["status"] = "restarting".into();
    let mut pool = node("0.9.0", "CashMan.Pool", "Pool");
    pool["kind"] = "dynamic_supervisor".into();
    pool["children"] = json!([node("0.100000.0", Value::Null, "Worker")]);
    pool["children_total"] = 120.into();
    pool["folded"] = true.into();
    let mut root = node("0.3.0", "CashMan.Supervisor", "Supervisor");
    root["kind"] = "supervisor".into();
    root["strategy"] = "one_for_one".into();
    root["max_restarts"] = 3.into();
    root["max_seconds"] = 5.into();
    root["children"] = json!([cache, sweeper, pool, retired]);
    root["children_total"] = 4.into();
    let others = [node("0.2.0", Value::Null, "main")];
    json!({"at": NOW, "total": 12, "applications": [root], "others": others, "others_total": 31, "matches": null})
}

fn event(seq: u64, kind: &str, message: &str) -> Value {
    json!({"seq": seq, "at": NOW - 100_000 + seq * 1000, "kind": kind, "pid": "0.4.0", "name": "CashMan.Cache",
        "type": "Cache", "supervisor": "0.3.0", "child": "Cache", "reason": null, "backtrace": null,
        "message": message, "count": 1, "new_pid": null})
}

fn crash(seq: u64) -> Value {
    let mut crash = event(seq, "crash", "CashMan.Cache #PID<0.4.0> crashed");
    crash["reason"] = "Panic: no more cash".into();
    crash["backtrace"] =
        "   0: cash_man::cache::Cache::fetch\n             at src/cache.rs:17".into();
    crash
}

fn restart(seq: u64) -> Value {
    let mut restart = event(seq, "restart", "CashMan.Cache was restarted as #PID<0.6.0>");
    restart["new_pid"] = "0.6.0".into();
    restart
}

fn events() -> Vec<Value> {
    vec![
        event(1, "start", "CashMan.Cache #PID<0.4.0> started"),
        crash(2),
        restart(3),
    ]
}

fn processes() -> Value {
    let row = |pid: &str, name: Value, type_name: &str, mailbox: u64| {
        json!({"pid": pid, "name": name, "label": null, "type": type_name, "kind": "worker", "status": "busy",
            "mailbox": mailbox, "mailbox_bytes": mailbox * 32, "handled": 123, "restarts": 1, "links": 1,
            "parent": "0.3.0", "time_us": 4500})
    };
    let rows = [
        row("0.5.0", Value::Null, "Sweeper", 1_234_567),
        row("0.123456.0", "CashMan.Cache".into(), "Cache<i64>", 3),
        row(
            "0.8.0",
            "日本語の名前がとても長い場合の表示".into(),
            "Wide",
            0,
        ),
    ];
    json!({"at": NOW, "total": 100_000, "matched": 3, "offset": 0, "took_us": 400, "rows": rows})
}

fn process() -> Value {
    let reference = |pid: &str, name: Value, of: &str, alive: bool| json!({"pid": pid, "name": name, "type": of, "alive": alive});
    let supervisor = reference("0.3.0", "CashMan.Supervisor".into(), "Supervisor", true);
    json!({"pid": "0.4.0", "name": "CashMan.Cache", "label": null, "type": "Cache<i64>",
        "type_full": "cash_man::cache::Cache<i64>", "kind": "worker", "status": "busy", "parent": supervisor,
        "ancestors": [supervisor], "children": [], 
        "links": [supervisor, reference("0.5.0", Value::Null, "Sweeper", true)],
        "monitors": [], "monitored_by": [reference("0.2.0", Value::Null, "main", false)], "trap_exit": false,
        "supervisor": supervisor, "child_id": "Cache", "restarts": 1, "mailbox": 4, "mailbox_bytes": 128,
        "waiting": [{"message": "store", "count": 3}, {"message": "fetch", "count": 1}], "handled": 123,
        "handled_per_s": 2.0, "current": {"message": "fetch", "since_us": 1200}, "timed_since": NOW - 12_000,
        "handlers": [
            {"message": "store", "kind": "cast", "count": 4, "total_us": 40, "max_us": 2_000_000,
             "buckets": [{"le_us": 10, "count": 3}, {"le_us": 100, "count": 0}, {"le_us": null, "count": 1}]},
            {"message": "fetch", "kind": "call", "count": 10, "total_us": 1200, "max_us": 300,
             "buckets": [{"le_us": 10, "count": 1}, {"le_us": 100, "count": 6}, {"le_us": null, "count": 3}]}],
        "state": "Cache {\n    entries: {\"a\": 1},\n}", "state_shown": true, "answers": true,
        "recent": [{"at": NOW, "kind": "call", "message": "fetch", "contents": "fetch(\"a\")",
            "from": reference("0.2.0", Value::Null, "main", true), "took_us": 12}],
        "tracing_until": null, "crashes": [crash(2)]})
}

#[test]
fn the_tree_is_drawn() {
    let mut face = Face::new(100, 24);
    face.press(KeyCode::Char('j'));
    face.looks_like("tree-100.txt");
}

#[test]
fn the_tree_fits_a_narrow_terminal() {
    Face::new(60, 20).looks_like("tree-60.txt");
}

#[test]
fn the_tree_has_more_columns_where_there_is_room() {
    Face::new(160, 24).looks_like("tree-160.txt");
}

#[test]
fn the_processes_are_drawn() {
    let mut face = Face::new(100, 12);
    face.write("2");
    face.answer("processes", processes());
    face.looks_like("processes-100.txt");
}

#[test]
fn the_processes_fit_a_narrow_terminal() {
    let mut face = Face::new(60, 12);
    face.write("2");
    face.answer("processes", processes());
    face.looks_like("processes-60.txt");
}

#[test]
fn the_events_are_drawn() {
    let mut face = Face::new(130, 24);
    face.write("3j");
    face.looks_like("events-130.txt");
}

#[test]
fn the_events_fit_a_narrow_terminal() {
    let mut face = Face::new(60, 14);
    face.write("3pj");
    face.told(
        "events",
        &json!({"events": [event(4, "start", "later")], "missed": 0}),
    );
    face.looks_like("events-60.txt");
}

#[test]
fn a_process_is_drawn() {
    let mut face = Face::new(100, 48);
    face.press(KeyCode::Char('j'));
    face.press(KeyCode::Enter);
    face.answer("processes/0.4.0", process());
    face.looks_like("process-100.txt");
}

#[test]
fn a_process_fits_a_narrow_terminal_and_is_scrolled() {
    let mut face = Face::new(60, 20);
    face.press(KeyCode::Char('j'));
    face.press(KeyCode::Enter);
    face.answer("processes/0.4.0", process());
    face.press(KeyCode::PageDown);
    face.looks_like("process-60.txt");
    face.press(KeyCode::End);
    let end = face.screen();
    assert!(end.contains("at src/cache.rs:17"), "{end}");
    face.press(KeyCode::Down);
    assert_eq!(face.screen(), end, "there is nothing after the end");
}

#[test]
fn a_process_that_ended_is_drawn() {
    let mut face = Face::new(80, 14);
    face.press(KeyCode::Char('j'));
    face.press(KeyCode::Enter);
    let new = json!({"pid": "0.6.0", "name": "CashMan.Cache", "type": "Cache", "alive": true});
    let error = json!({"code": "not_found", "message": "no process 0.4.0: it has ended"});
    face.answer(
        "processes/0.4.0",
        json!({"error": error, "last": crash(2), "replaced_by": new}),
    );
    face.looks_like("process-ended-80.txt");
}

#[test]
fn the_system_is_drawn() {
    for (width, height, name) in [(60, 24, "system-60.txt"), (120, 30, "system-120.txt")] {
        let mut face = Face::new(width, height);
        face.write("4");
        face.looks_like(name);
    }
}

#[test]
fn the_help_is_drawn() {
    let mut face = Face::new(80, 24);
    face.write("?");
    face.looks_like("help-80.txt");
    face.write("q");
    assert!(
        face.screen().contains("CashMan.Cache"),
        "any key closes it, and does nothing else"
    );
}

/// Every text that a process can give, with an escape sequence and what else is not to be shown as it is.
#[test]
fn hostile_text_is_written_out_everywhere() {
    const EVIL: &str = "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\r\n\t\u{9b}31m\u{202e}";
    fn poison(value: &mut Value) {
        match value {
            Value::String(text) => text.push_str(EVIL),
            Value::Array(values) => values.iter_mut().for_each(poison),
            Value::Object(object) => object.values_mut().for_each(poison),
            _ => {}
        }
    }
    fn poisoned(mut value: Value) -> Value {
        poison(&mut value);
        value
    }
    for width in [60, 100, 200] {
        let mut face = Face::new(width, 60);
        let mut screens = Vec::new();
        face.told("sample", &sample(NOW + 1000));
        face.answer("tree", poisoned(tree()));
        face.told(
            "events",
            &json!({"events": [poisoned(crash(4))], "missed": 0}),
        );
        screens.push(face.screen());
        face.write("K");
        screens.push(face.screen());
        face.write("n2");
        face.answer("processes?", poisoned(processes()));
        screens.push(face.screen());
        face.write("3");
        screens.push(face.screen());
        face.write("4");
        screens.push(face.screen());
        face.write("2");
        face.press(KeyCode::Enter);
        face.answer("processes/", poisoned(process()));
        screens.push(face.screen());
        for screen in screens {
            let shown = screen.replace('\n', "");
            let is_unsafe = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!shown.contains(is_unsafe), "{screen:?}");
        }
    }
    let mut face = Face::new(100, 12);
    let mut evil = tree();
    evil["applications"] = json!([
        node("0.1.0", "\u{1b}[31mEvil\u{7}", "a"),
        node("0.2.0", "日本語", "b")
    ]);
    face.told("sample", &sample(NOW + 1000));
    face.answer("tree", evil);
    face.looks_like("hostile-100.txt");
}

#[test]
fn a_crash_is_red_for_two_seconds_and_then_the_new_pid_is_there() {
    let mut face = Face::new(100, 24);
    let row = |face: &Face| {
        let buffer = face.buffer();
        let rows: Vec<_> = buffer.content().chunks(100).map(<[_]>::to_vec).collect();
        rows.into_iter()
            .find(|row| row_text(row).contains("CashMan.Cache"))
            .unwrap()
    };
    let is_red = |face: &Face| row(face)[4].fg == Color::Red;
    assert!(!is_red(&face));
    let mut now = crash(4);
    now["at"] = NOW.into();
    face.told("events", &json!({"events": [now], "missed": 0}));
    assert!(is_red(&face) && row_text(&row(&face)).contains("crashed"));
    let mut now = restart(5);
    now["at"] = NOW.into();
    face.told("events", &json!({"events": [now], "missed": 0}));
    let mut restarted = tree();
    restarted["applications"][0]["children"][0]["pid"] = "0.6.0".into();
    restarted["applications"][0]["children"][0]["restarts"] = 3.into();
    face.answer("tree", restarted);
    let text = row_text(&row(&face));
    assert!(
        is_red(&face) && text.contains("#PID<0.6.0>") && text.contains("restarted"),
        "{text}"
    );
    assert!(text.contains("3 (12 s ago)"), "{text}");
    face.wait(Duration::from_millis(1999));
    assert!(is_red(&face));
    face.wait(Duration::from_millis(1));
    assert!(!is_red(&face) && row_text(&row(&face)).contains("idle"));
}

#[test]
fn what_is_long_over_is_not_shown_as_if_it_were_now() {
    let mut face = Face::new(100, 24);
    face.told("events", &json!({"events": [crash(4)], "missed": 0}));
    assert!(!face.screen().contains("crashed"));
}

#[test]
fn without_colours_there_are_none() {
    let mut face = Face::new(120, 40);
    face.app.colours = false;
    let mut now = crash(4);
    now["at"] = NOW.into();
    face.told("events", &json!({"events": [now], "missed": 0}));
    for keys in ["1", "2", "3", "4", "?"] {
        face.write(keys);
        let buffer = face.buffer();
        let plain =
            |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
        assert!(buffer.content().iter().all(plain), "{keys}");
    }
    face.write("x1");
    let alarm =
        |cell: &&ratatui::buffer::Cell| cell.modifier.contains(Modifier::BOLD | Modifier::REVERSED);
    assert!(
        face.buffer()
            .content()
            .iter()
            .skip(120)
            .filter(alarm)
            .count()
            > 100,
        "a crash is seen all the same"
    );
}

#[test]
fn no_colour_is_set_behind_text() {
    let mut face = Face::new(120, 40);
    for keys in ["1", "2", "3", "4", "?"] {
        face.write(keys);
        let buffer = face.buffer();
        let unreadable = [
            Color::Black,
            Color::White,
            Color::Gray,
            Color::Yellow,
            Color::Blue,
        ];
        assert!(
            buffer
                .content()
                .iter()
                .all(|cell| cell.bg == Color::Reset && !unreadable.contains(&cell.fg))
        );
    }
}

#[test]
fn any_size_can_be_drawn() {
    for width in [1, 10, 39, 40, 41, 60, 77, 300] {
        for height in [1, 2, 7, 8, 9, 13, 17, 100] {
            let mut face = Face::new(width, height);
            for keys in ["1", "2", "3", "4", "1j", "?"] {
                face.write(keys);
                face.screen();
            }
            face.press(KeyCode::Esc);
            face.press(KeyCode::Enter);
            face.answer("processes/0.4.0", process());
            face.write("jjG");
            face.press(KeyCode::Tab);
            face.screen();
        }
    }
}

#[test]
fn a_lost_connection_is_told() {
    let mut face = Face::new(100, 24);
    let error = RequestError::Refused {
        address: "127.0.0.1:4880".to_owned(),
    };
    face.input(Input::Lost(error));
    assert_eq!(
        face.status(),
        "connection lost, next try in 1 s: connection refused: no observer listens on 127.0.0.1:4880"
    );
    face.wait(Duration::from_secs(1));
    assert!(
        face.status().starts_with("connection lost, trying again"),
        "{}",
        face.status()
    );
    assert!(
        face.screen().contains("CashMan.Cache"),
        "what is known stays to be seen"
    );
}

#[test]
fn silence_is_told() {
    let mut face = Face::new(100, 24);
    face.wait(Duration::from_millis(2999));
    assert!(face.status().contains("up 2 h 5 min"), "{}", face.status());
    face.wait(Duration::from_secs(4));
    assert_eq!(face.status(), "nothing heard from 127.0.0.1:4880 for 6 s");
    face.told("sample", &sample(NOW + 7000));
    assert!(face.status().contains("up 2 h 5 min"), "{}", face.status());
}
