//! `cash_man`: its session and its shell.

use crate::program::{Ended, run};
use crate::transcript::{announced, assert_prints, dialogue, hide_places, name_pids};

fn shell(input: impl AsRef<[u8]>) -> Ended {
    run("cash_man", &["shell"], input.as_ref())
}

/// Types what is typed in a transcript, and compares the answers.
#[track_caller]
fn follows(transcript: &str) -> Ended {
    let (typed, answered) = dialogue(transcript);
    let program = shell(typed);
    assert_prints(&hide_places(&program.stdout), &answered);
    program
}

#[test]
fn session_prints_the_transcript() {
    let transcript = include_str!("session.txt");
    let program = run("cash_man", &[], b"");
    assert_eq!((program.code, &*program.stderr), (Some(0), ""));
    assert_prints(&program.stdout, transcript);
    let source = include_str!("../../examples/cash_man/main.rs");
    assert_eq!(name_pids(&announced(source)), transcript);
}

#[test]
fn shell_follows_the_transcript() {
    let program = follows(include_str!("shell.txt"));
    assert_eq!(program.code, Some(0));
    let crash = "(CashMan.Cache) crashed: panicked with 'I have failed you.' at ";
    assert_eq!(program.stderr.lines().count(), 1, "{}", program.stderr);
    assert!(program.stderr.contains(crash), "{}", program.stderr);
}

#[test]
fn entries_expire() {
    let program = follows(include_str!("expiry.txt"));
    assert_eq!((program.code, &*program.stderr), (Some(0), ""));
}

#[test]
fn a_mistake_gets_one_line_and_changes_nothing() {
    let program = follows(include_str!("mistakes.txt"));
    assert_eq!((program.code, &*program.stderr), (Some(0), ""));
}

#[test]
fn a_line_that_is_not_text_gets_one_line_too() {
    let program = shell(b"fetch \xff 1\nfetch k 1\n");
    assert_eq!(program.code, Some(0));
    assert_eq!(
        program.stdout,
        "error: the line is not text; write UTF-8\n1\n"
    );
}

#[test]
fn the_end_of_the_input_is_quit() {
    let inputs = [
        ("", ""),
        ("\n \n", ""),
        ("fetch k 1", "1\n"),
        ("fetch k 1\r\nquit\nfetch k 1\n", "1\n"),
    ];
    for (input, answered) in inputs {
        let program = shell(input);
        assert_eq!(
            (program.code, &*program.stdout, &*program.stderr),
            (Some(0), answered, ""),
            "{input:?}"
        );
    }
}

#[test]
fn shell_ends_with_the_application() {
    let program = follows(include_str!("gave_up.txt"));
    assert_eq!(program.code, Some(1));
    assert!(
        program
            .stderr
            .contains("gives up: more than 3 restarts in 5 s"),
        "{}",
        program.stderr
    );
}

#[test]
fn another_argument_is_a_mistake() {
    let program = run("cash_man", &["shel"], b"");
    assert_eq!((program.code, &*program.stdout), (Some(1), ""));
    assert!(
        program
            .stderr
            .contains("`shel` is no argument; write `shell` or nothing"),
        "{}",
        program.stderr
    );
}
