//! Makes a scenario smaller as long as the two sides still differ.

use beamish::{AutoShutdown, Restart, Strategy};

use crate::scenario::{Begin, Ending, Kind, Node, Scenario, Step};

/// `differing`: the first of some scenarios whose traces differ.
pub(crate) fn shrink(
    mut scenario: Scenario,
    differing: impl Fn(&[Scenario]) -> Option<usize>,
) -> Scenario {
    loop {
        let candidates = smaller(&scenario);
        match differing(&candidates) {
            Some(at) => scenario = candidates[at].clone(),
            None => return scenario,
        }
    }
}

/// Scenarios with one thing less.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let fewer_nodes = (1..scenario.nodes.len()).map(|at| without_node(scenario, at));
    let fewer_steps = (0..scenario.steps.len()).filter_map(|at| without_step(scenario, at));
    let plainer = scenario.nodes.iter().enumerate().flat_map(|(at, node)| {
        plainer(node).into_iter().map(move |node| {
            let mut smaller = scenario.clone();
            smaller.nodes[at] = node;
            smaller
        })
    });
    let mut smaller: Vec<_> = fewer_nodes
        .chain(fewer_steps)
        .chain(plainer)
        .filter(Scenario::is_valid)
        .collect();
    for (at, scenario) in smaller.iter_mut().enumerate() {
        scenario.name = format!("shrunk_{at}");
    }
    smaller
}

/// Without a step; a `hold` or `suspend` goes with its opposite, which does not go alone: nobody waits at the end.
fn without_step(scenario: &Scenario, at: usize) -> Option<Scenario> {
    let mut smaller = scenario.clone();
    let step = smaller.steps.remove(at);
    let opposite = match step {
        Step::Release(_) | Step::Resume(_) => return None,
        Step::Hold(name) => Step::Release(name),
        Step::Suspend(name) => Step::Resume(name),
        _ => return Some(smaller),
    };
    let found = smaller.steps[at..]
        .iter()
        .position(|step| *step == opposite);
    smaller.steps.remove(at + found?);
    Some(smaller)
}

/// Without a node, what is under it, and the steps about these.
fn without_node(scenario: &Scenario, at: usize) -> Scenario {
    let mut smaller = scenario.clone();
    let mut gone = vec![smaller.nodes.remove(at).name];
    // Nodes stand after the one that they are under.
    smaller.nodes.retain(|node| {
        let goes = node
            .under
            .as_ref()
            .is_some_and(|under| gone.contains(under));
        if goes {
            gone.push(node.name.clone());
        }
        !goes
    });
    smaller
        .steps
        .retain(|step| !step.names().iter().any(|name| gone.contains(name)));
    smaller
}

/// The node with one option less.
fn plainer(node: &Node) -> Vec<Node> {
    let changes: [fn(&mut Node); 7] = [
        |node| node.restart = Restart::Permanent,
        |node| node.significant = false,
        |node| node.spare = false,
        |node| {
            if let Kind::Worker(worker) = &mut node.kind {
                worker.inits = vec![Begin::Ok];
            }
        },
        |node| {
            if let Kind::Worker(worker) = &mut node.kind {
                worker.ending = Ending::Obey;
            }
        },
        |node| {
            if let Kind::Worker(worker) = &mut node.kind
                && worker.ending == Ending::Obey
            {
                worker.trap = false;
            }
        },
        |node| {
            if let Kind::Supervisor { strategy, auto, .. } = &mut node.kind {
                *strategy = Strategy::OneForOne;
                *auto = AutoShutdown::Never;
            }
        },
    ];
    changes
        .into_iter()
        .map(|change| {
            let mut plainer = node.clone();
            change(&mut plainer);
            plainer
        })
        .filter(|plainer| plainer != node)
        .collect()
}
