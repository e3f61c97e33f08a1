//! The face against an observer, without a terminal: keys go in, a screen comes out.

mod fake;

use std::ops::ControlFlow;
use std::time::Duration;

use beamish_observer_terminal::app::Input;
use beamish_observer_terminal::client::Client;
use beamish_observer_terminal::request::Request;
use beamish_observer_terminal::session::Session;
use beamish_observer_terminal::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fake::Fake;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

/// A safety net: nothing that is waited for takes long.
const LIMIT: Duration = Duration::from_secs(20);

struct Face {
    session: Session,
    terminal: Terminal<TestBackend>,
}

impl Face {
    fn attach(fake: &Fake, (width, height): (u16, u16)) -> Self {
        let client = client(&fake.address.to_string(), None);
        let session = Session::new(client, true, (width, height));
        Self {
            session,
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
        }
    }

    fn screen(&mut self) -> String {
        let session = &self.session;
        self.terminal
            .draw(|frame| view::draw(session.app(), frame))
            .unwrap();
        let buffer = self.terminal.backend().buffer();
        let rows = buffer.content().chunks(buffer.area.width.into());
        rows.map(|row| text(row) + "\n").collect()
    }

    fn press(&mut self, code: KeyCode) -> ControlFlow<()> {
        self.session
            .take(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn write(&mut self, text: &str) {
        for character in text.chars() {
            assert!(self.press(KeyCode::Char(character)).is_continue());
        }
    }

    /// Waits until the screen is as it should be.
    async fn until(&mut self, what: impl Fn(&str) -> bool) -> String {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let screen = self.screen();
            if what(&screen) {
                return screen;
            }
            match tokio::time::timeout_at(deadline, self.session.next()).await {
                Ok(input) => assert!(self.session.take(input).is_continue()),
                Err(_) => panic!("it did not come to be:\n{screen}"),
            }
        }
    }

    async fn shows(&mut self, text: &str) -> String {
        self.until(|screen| screen.contains(text)).await
    }
}

/// The text of a row, without the cells that a wide character covers.
fn text(row: &[Cell]) -> String {
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

fn client(address: &str, token: Option<&str>) -> Client {
    Client::new(
        address.parse().expect("an address"),
        token.map(str::to_owned),
    )
}

fn line<'a>(screen: &'a str, text: &str) -> &'a str {
    screen
        .lines()
        .find(|line| line.contains(text))
        .unwrap_or_else(|| panic!("no {text} in\n{screen}"))
}

#[tokio::test]
async fn a_crash_and_its_restart_are_seen_in_the_tree() {
    let fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (100, 30));
    let screen = face.shows("CashMan.Cache").await;
    assert!(
        line(&screen, "CashMan.Cache").contains("#PID<0.4.0>"),
        "{screen}"
    );
    fake.change(|world| world.crash_cache("Panic: no"));
    let screen = face
        .until(|screen| line(screen, "CashMan.Cache").contains("#PID<0.100001.0>"))
        .await;
    let cache = line(&screen, "CashMan.Cache");
    assert!(
        cache.contains("restarted") && cache.contains("1 (0 s ago)"),
        "{screen}"
    );
    face.until(|screen| line(screen, "CashMan.Cache").contains("idle"))
        .await;
    face.write("3");
    let screen = face.shows("crashed: Panic: no").await;
    assert!(screen.contains("restart"), "{screen}");
}

#[tokio::test]
async fn a_process_is_killed_after_a_yes() {
    let fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (100, 30));
    face.shows("CashMan.Cache").await;
    face.write("jKn");
    face.shows("did not kill it").await;
    face.write("K");
    face.shows("Kill CashMan.Cache #PID<0.4.0>? (y/n)").await;
    face.write("y");
    face.shows("killed #PID<0.4.0>").await;
    face.until(|screen| line(screen, "CashMan.Cache ").contains("#PID<0.100001.0>"))
        .await;
    let posts: Vec<_> = fake
        .requests()
        .into_iter()
        .filter(|line| line.starts_with("POST"))
        .collect();
    assert_eq!(posts, ["POST /api/v1/processes/0.4.0/kill HTTP/1.1"]);
    face.write("Sy");
    face.until(|screen| line(screen, "CashMan.Cache ").contains("suspended"))
        .await;
    face.write("Ry");
    face.until(|screen| line(screen, "CashMan.Cache ").contains("idle"))
        .await;
}

#[tokio::test]
async fn without_control_nothing_is_sent() {
    let fake = Fake::start(0).await.unwrap();
    fake.change(|world| world.control = false);
    let mut face = Face::attach(&fake, (100, 30));
    face.shows("CashMan.Cache").await;
    face.write("jKy");
    face.shows("control is off: it is turned on with .control(true)")
        .await;
    assert!(!fake.requests().iter().any(|line| line.starts_with("POST")));
}

#[tokio::test]
async fn the_table_fetches_what_is_seen() {
    let fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (100, 13));
    face.write("2");
    let screen = face.shows("> \\u{1b}[31mEvil").await;
    assert!(
        screen.contains("Mailbox↓"),
        "the longest mailbox is first:\n{screen}"
    );
    let _ = face.press(KeyCode::End);
    face.until(|screen| line(screen, "> ").contains("Worker"))
        .await;
    let widest = fake.requests().iter().filter_map(|line| limit(line)).max();
    assert_eq!(widest, Some(30), "three pages of ten rows");
    face.write("/cache");
    face.until(|screen| screen.contains("CashMan.Cache") && !screen.contains("Worker"))
        .await;
    let _ = face.press(KeyCode::Enter);
    let _ = face.press(KeyCode::Enter);
    face.shows("cash_man::cache::Cache<i64>").await;
}

fn limit(line: &str) -> Option<u64> {
    let rest = line
        .strip_prefix("GET /api/v1/processes?")?
        .split("limit=")
        .nth(1)?;
    rest.split('&').next()?.parse().ok()
}

#[tokio::test]
async fn a_process_that_ended_leads_to_the_next_one() {
    let fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (100, 40));
    face.shows("CashMan.Cache").await;
    face.write("j");
    let _ = face.press(KeyCode::Enter);
    let screen = face.shows("entries: {").await;
    for text in [
        "store",
        "In a handler  fetch for 1.2 ms",
        "by total",
        "CashMan.Supervisor #PID<0.3.0>",
    ] {
        assert!(screen.contains(text), "no {text} in\n{screen}");
    }
    fake.change(|world| world.crash_cache("Panic: no"));
    face.shows("no process 0.4.0: it has ended").await;
    face.shows("Replaced by").await;
    let _ = face.press(KeyCode::Enter);
    face.until(|screen| {
        screen.contains("CashMan.Cache #PID<0.100001.0>") && screen.contains("Crashes")
    })
    .await;
    let _ = face.press(KeyCode::Esc);
    face.shows("Mailbox").await;
}

#[tokio::test]
async fn it_reconnects_and_says_what_came_late_and_what_was_missed() {
    let mut fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (120, 30));
    face.write("3");
    face.shows("CashMan.Cache #PID<0.4.0> started").await;
    fake.stop().await;
    face.shows("connection lost, next try in 1 s").await;
    fake.change(|world| {
        world.crash_cache("Panic: alone");
        world.event(json!({"kind": "start", "pid": "0.9.9", "message": "another"}));
        // The first of them is over the limit of what is kept.
        world.events.drain(..3);
        world.dropped = 3;
    });
    face.shows("connection refused: no observer listens on")
        .await;
    fake.resume().await.unwrap();
    let screen = face.shows("reconnected after").await;
    assert!(screen.contains("2 events came late, 1 missed"), "{screen}");
    assert!(
        screen.contains("was restarted as") && screen.contains("1 missed"),
        "{screen}"
    );
}

#[tokio::test]
async fn another_start_of_the_program_begins_anew() {
    let mut fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (120, 30));
    face.write("3");
    fake.change(|world| world.crash_cache("Panic: before"));
    face.shows("Panic: before").await;
    fake.stop().await;
    fake.change(|world| {
        world.os_pid += 1;
        world.events.clear();
        world.event(
            json!({"kind": "start", "pid": "0.1.0", "message": "the first of the new ones"}),
        );
    });
    fake.resume().await.unwrap();
    let screen = face.shows("the program was started anew").await;
    assert!(
        screen.contains("the first of the new ones") && !screen.contains("before"),
        "{screen}"
    );
}

#[tokio::test]
async fn nothing_that_processes_say_reaches_the_terminal_as_it_is() {
    let fake = Fake::start(0).await.unwrap();
    fake.change(|world| world.crash_cache("\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{202e}"));
    let mut face = Face::attach(&fake, (180, 50));
    let mut screens = vec![face.shows("\\u{1b}[31mEvil\\u{1b}]0;owned\\u{7}").await];
    screens.push(face.shows("<img onerror=alert(1)>").await);
    for keys in ["3", "2", "4", "1"] {
        face.write(keys);
        screens.push(face.screen());
    }
    face.write("3");
    screens.push(face.shows("\\u{1b}]52;c;aGk=").await);
    let unsafe_character = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for screen in screens {
        assert!(!screen.contains(unsafe_character), "{screen}");
    }
}

#[tokio::test]
async fn q_ends_it() {
    let fake = Fake::start(0).await.unwrap();
    let mut face = Face::attach(&fake, (60, 20));
    face.shows("CashMan").await;
    assert!(face.press(KeyCode::Char('q')).is_break());
}

#[tokio::test]
async fn what_is_wrong_is_said_in_a_sentence() {
    let mut fake = Fake::start(0).await.unwrap();
    fake.change(|world| world.token = Some("secret"));
    let address = fake.address.to_string();
    let ask = async |token| client(&address, token).ask(&Request::System).await;
    let sentence = async |token| ask(token).await.unwrap_err().to_string();
    assert!(ask(Some("secret")).await.is_ok());
    assert!(
        sentence(None)
            .await
            .starts_with("the observer wants a token: give it with --token")
    );
    assert!(
        sentence(Some("wrong"))
            .await
            .starts_with("the observer does not take this token")
    );
    fake.change(|world| (world.token, world.api) = (None, 2));
    assert!(
        sentence(None)
            .await
            .starts_with("the observer speaks version 2 of the API, this program version 1")
    );
    fake.stop().await;
    assert_eq!(
        sentence(None).await,
        format!("connection refused: no observer listens on {address}")
    );
}

#[tokio::test]
async fn a_token_may_come_with_the_url() {
    let fake = Fake::start(0).await.unwrap();
    fake.change(|world| world.token = Some("secret"));
    let url = format!("http://{}/?token=secret", fake.address);
    assert!(client(&url, None).ask(&Request::System).await.is_ok());
}
