//! Runs scenarios on Beamish, and compares the traces with those of OTP.

use std::fmt::Write as _;

use tokio::runtime::Builder;

use crate::normal::normal;
use crate::scenario::Scenario;
use crate::shrink::shrink;
use crate::silence::Silence;
use crate::trace::Trace;
use crate::{interpret, otp};

/// So many differences are shown.
const EXPLAINED: usize = 3;

/// Fails if there are differences: with the scenarios, shrunk if Elixir is there to do it, and both traces.
pub(crate) fn assert_same(scenarios: &[Scenario], traces: &[Trace]) {
    let ours = beamish(scenarios);
    let differing: Vec<_> = (0..scenarios.len())
        .filter(|&at| differs(&scenarios[at], &ours[at], &traces[at]))
        .collect();
    if differing.is_empty() {
        return;
    }
    let names: Vec<_> = differing
        .iter()
        .map(|&at| scenarios[at].name.as_str())
        .collect();
    let (of, names) = (scenarios.len(), names.join(" "));
    let text: Vec<_> = differing
        .iter()
        .take(EXPLAINED)
        .map(|&at| explain(&scenarios[at], &ours[at], &traces[at]))
        .collect();
    let text = text.join("\n");
    panic!(
        "{} of {of} scenarios differ: {names}\n{text}",
        differing.len()
    );
}

/// The traces of scenarios on Beamish, on one thread and with time that moves when nothing else can.
pub(crate) fn beamish(scenarios: &[Scenario]) -> Vec<Trace> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be built");
    tracing::subscriber::with_default(Silence, || {
        runtime.block_on(async {
            let mut traces = Vec::new();
            for scenario in scenarios {
                traces.push(interpret::run(scenario).await);
            }
            traces
        })
    })
}

fn differs(scenario: &Scenario, ours: &Trace, otps: &Trace) -> bool {
    normal(scenario, ours) != normal(scenario, otps)
}

/// The first of some scenarios that differ.
fn differing(scenarios: &[Scenario]) -> Option<usize> {
    let (ours, otps) = (beamish(scenarios), otp::run(scenarios));
    (0..scenarios.len()).find(|&at| differs(&scenarios[at], &ours[at], &otps[at]))
}

fn explain(scenario: &Scenario, ours: &Trace, otps: &Trace) -> String {
    if !otp::is_there() || differing(std::slice::from_ref(scenario)).is_none() {
        return side_by_side(scenario, ours, otps);
    }
    let small = shrink(scenario.clone(), differing);
    let ours = beamish(std::slice::from_ref(&small));
    let otps = otp::run(std::slice::from_ref(&small));
    side_by_side(&small, &ours[0], &otps[0])
}

/// Both traces, with a mark at the lines of each that the other has not.
fn side_by_side(scenario: &Scenario, ours: &Trace, otps: &Trace) -> String {
    let mut text = format!("{scenario}");
    let (left, right) = (normal(scenario, ours), normal(scenario, otps));
    for (oracle, trace, other) in [(&otps.oracle, &right, &left), (&ours.oracle, &left, &right)] {
        let _ = writeln!(text, "\n{oracle}");
        for line in trace.lines() {
            let mark = if other.lines().any(|known| known == line) {
                ' '
            } else {
                '*'
            };
            let _ = writeln!(text, "{mark} {line}");
        }
    }
    text
}
