//! Runs scenarios on the real OTP, in one VM.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::scenario::Scenario;
use crate::trace::Trace;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/oracle.exs");

/// Whether Elixir is installed.
pub(crate) fn is_there() -> bool {
    Command::new("elixir")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The traces of scenarios, in their order.
pub(crate) fn run(scenarios: &[Scenario]) -> Vec<Trace> {
    let mut text = String::new();
    for scenario in scenarios {
        let _ = write!(text, "{scenario}");
    }
    let traces = Trace::parse_all(&elixir(&text));
    let names = |trace: &Trace| trace.name.clone();
    assert!(
        traces
            .iter()
            .map(names)
            .eq(scenarios.iter().map(|scenario| scenario.name.clone())),
        "the oracle gave other traces than it was asked for"
    );
    traces
}

/// One scheduler, so that what one process causes is not overtaken.
fn elixir(input: &str) -> String {
    let mut vm = Command::new("elixir")
        .args(["--erl", "+S 1:1", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Elixir is installed");
    let mut stdin = vm.stdin.take().expect("its input is a pipe");
    // It reads all before it writes.
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = vm.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout).expect("it writes UTF-8")
}
