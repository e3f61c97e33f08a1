//! How a program ends whose `main` is a process: each body runs in a program of its own, which is this one again.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::process::Command;

use beamish::prelude::*;

/// Says to the program which body to run.
const BODY: &str = "BEAMISH_TEST_BODY";

#[derive(Clone, Copy, Debug)]
enum Body {
    Returns,
    ReturnsAnError,
    Exits(fn() -> ExitReason),
    IsEndedByALink(fn() -> ExitReason),
    IsKilled,
    Panics,
}

const BODIES: &[(&str, Body, i32, Option<&str>)] = &[
    ("returns", Body::Returns, 0, None),
    ("returns_an_error", Body::ReturnsAnError, 1, None),
    ("exits_normal", Body::Exits(|| ExitReason::Normal), 0, None),
    (
        "exits_shutdown",
        Body::Exits(|| ExitReason::Shutdown),
        0,
        None,
    ),
    (
        "exits_timeout",
        Body::Exits(|| ExitReason::Timeout),
        1,
        Some("ended: timeout"),
    ),
    (
        "link_shutdown",
        Body::IsEndedByALink(|| ExitReason::Shutdown),
        1,
        Some("ended: shutdown"),
    ),
    (
        "link_shutdown_with",
        Body::IsEndedByALink(|| ExitReason::shutdown_with(3)),
        1,
        Some("ended: shutdown: 3"),
    ),
    (
        "link_timeout",
        Body::IsEndedByALink(|| ExitReason::Timeout),
        1,
        Some("ended: timeout"),
    ),
    ("killed", Body::IsKilled, 1, Some("ended: killed")),
    ("panics", Body::Panics, 1, Some("told to panic")),
];

/// What a `main` that is a process does, in the program that is run again.
#[beamish::main(flavor = "current_thread")]
async fn run() -> Result<(), &'static str> {
    let name = std::env::var(BODY).unwrap();
    let (_, body, ..) = BODIES.iter().find(|(known, ..)| *known == name).unwrap();
    match *body {
        Body::Returns => return Ok(()),
        Body::ReturnsAnError => return Err("an error"),
        Body::Exits(reason) => exit(reason()),
        Body::IsEndedByALink(reason) => drop(spawn_link(async move { exit(reason()) })),
        Body::IsKilled => process::kill(self_pid()),
        Body::Panics => panic!("told to panic"),
    }
    std::future::pending().await
}

/// The code of `elixir -e` in the same cases.
#[test]
fn the_exit_code_says_whether_main_came_to_its_end() {
    if std::env::var_os(BODY).is_some() {
        let code = run();
        let code = i32::from(code != std::process::ExitCode::SUCCESS);
        std::process::exit(code);
    }
    let test = "entry::the_exit_code_says_whether_main_came_to_its_end";
    for (name, body, code, said) in BODIES {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(BODY, name)
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(*code), "{body:?}: {stderr}");
        let main_ended = stderr.lines().find(|line| line.contains("main process"));
        match said {
            Some(said) => assert!(
                main_ended.is_some_and(|line| line.contains(said)),
                "{body:?}: {stderr}"
            ),
            None => assert_eq!(main_ended, None, "{body:?}"),
        }
    }
}
