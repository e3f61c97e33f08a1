//! `spawn`, `spawn_link`, `trap_exit` and `monitor`: each prints what its head comment says.

use std::path::Path;

use crate::program::{Ended, run};
use crate::transcript::{announced, assert_prints, name_pids};

const SPAWN: &str = include_str!("../../examples/spawn.rs");
const SPAWN_LINK: &str = include_str!("../../examples/spawn_link.rs");
const TRAP_EXIT: &str = include_str!("../../examples/trap_exit.rs");
const MONITOR: &str = include_str!("../../examples/monitor.rs");

/// What the library says of the panic in an example: message, file and line.
fn panic_in(name: &str, source: &str) -> String {
    let is_panic = |line: &str| line.contains("panic!(\"I have failed you.\")");
    let line = source.lines().position(is_panic).unwrap() + 1;
    let file = Path::new("examples").join(name).with_extension("rs");
    format!(
        "panicked with 'I have failed you.' at {}:{line}:",
        file.display()
    )
}

/// Runs an example that ends well, and whose crash is reported in one line.
#[track_caller]
fn prints_what_it_announces(name: &str, source: &str) -> Ended {
    let program = run(name, &[], b"");
    assert_eq!(program.code, Some(0));
    assert_prints(&program.stdout, &name_pids(&announced(source)));
    assert_eq!(program.stderr.lines().count(), 1, "{}", program.stderr);
    assert!(
        program.stderr.contains(&panic_in(name, source)),
        "{}",
        program.stderr
    );
    program
}

#[test]
fn spawn_lives_on_and_the_crash_is_reported_once() {
    prints_what_it_announces("spawn", SPAWN);
}

#[test]
fn spawn_link_ends_with_the_process_that_it_is_linked_to() {
    let program = run("spawn_link", &[], b"");
    assert_eq!((program.code, &*program.stdout), (Some(1), ""));
    let panic = panic_in("spawn_link", SPAWN_LINK);
    assert_eq!(program.stderr.lines().count(), 2, "{}", program.stderr);
    assert!(
        program.stderr.lines().all(|line| line.contains(&panic)),
        "{}",
        program.stderr
    );
}

#[test]
fn trap_exit_is_told_of_both_ends() {
    let program = prints_what_it_announces("trap_exit", TRAP_EXIT);
    assert!(
        program.stdout.contains(&panic_in("trap_exit", TRAP_EXIT)),
        "{}",
        program.stdout
    );
}

#[test]
fn monitor_is_told_of_the_end() {
    let program = prints_what_it_announces("monitor", MONITOR);
    assert!(
        program.stdout.contains(&panic_in("monitor", MONITOR)),
        "{}",
        program.stdout
    );
}
