//! Many children cost in proportion to their number.

use std::time::Duration;

use beamish::prelude::*;
use beamish::{Restart, Strategy, Supervisor};

use crate::kit::{child, counts, counts_of, pool, processor_time, soon, started};

#[genserver]
struct Idle;

#[genserver]
impl Idle {
    #[init]
    fn init() -> Self {
        Self
    }
}

const FEW: usize = 1_000;
const TIMES: usize = 32;

/// What `cost` says of many children is in proportion to what it says of few. Three times the proportion is let pass; a
/// square would be 32 times as much.
async fn is_linear(mut cost: impl AsyncFnMut(usize) -> Option<Duration>) {
    let mut least = async |count| {
        let mut least = Duration::MAX;
        for _ in 0..3 {
            least = least.min(cost(count).await?);
        }
        Some(least)
    };
    let (Some(few), Some(many)) = (least(FEW).await, least(TIMES * FEW).await) else {
        return;
    };
    let most = few * TIMES as u32 * 3;
    assert!(many < most, "{few:?}, {TIMES} times as many: {many:?}");
}

/// What the running thread has used since `began`.
fn used_since(began: Option<Duration>) -> Option<Duration> {
    Some(processor_time()?.saturating_sub(began?))
}

/// The end of many dynamic children costs in proportion to their number, whether each is killed, or ended by request, or
/// all with the supervisor.
#[beamish::test]
async fn os78_the_end_of_many_temporary_dynamic_children_costs_in_proportion() {
    is_linear(async |count| {
        let pool = pool().await;
        let spec = Idle::child_spec().restart(Restart::Temporary);
        let mut children = Vec::new();
        for _ in 0..count {
            children.push(child(&pool, spec.clone()).await);
        }
        assert_eq!(counts_of(&pool).await, (count, count, 0, count));
        let began = processor_time();
        for pid in &children[..count / 4] {
            let end = process::monitored(*pid);
            process::kill(*pid);
            assert_eq!(end.await, ExitReason::Killed);
        }
        let left = count - count / 4;
        assert_eq!(counts_of(&pool).await, (left, left, 0, left));
        for pid in &children[count / 4..count / 2] {
            soon(pool.terminate_child(*pid)).await.unwrap();
        }
        soon(pool.stop()).await.unwrap();
        assert!(children.iter().all(|pid| !process::alive(*pid)));
        used_since(began)
    })
    .await;
}

/// The start and the end of a supervisor with very many children costs in proportion to their number.
#[beamish::test]
async fn os88_the_start_and_end_of_many_children_costs_in_proportion() {
    is_linear(async |count| {
        let children = (0..count as u32).map(|id| Idle::child_spec().id(id));
        let supervisor = Supervisor::new(Strategy::OneForOne).children(children);
        let began = processor_time();
        let supervisor = started(supervisor).await;
        assert_eq!(counts(&supervisor).await, (count, count, 0, count));
        soon(supervisor.stop()).await.unwrap();
        used_since(began)
    })
    .await;
}

/// So do the start of many children one by one, and their end with the supervisor.
#[beamish::test]
async fn os88_adding_many_children_costs_in_proportion() {
    is_linear(async |count| {
        let supervisor = started(Supervisor::new(Strategy::OneForOne)).await;
        let began = processor_time();
        for id in 0..count as u32 {
            soon(supervisor.start_child(Idle::child_spec().id(id)))
                .await
                .unwrap()
                .unwrap();
        }
        assert_eq!(counts(&supervisor).await, (count, count, 0, count));
        soon(supervisor.stop()).await.unwrap();
        used_since(began)
    })
    .await;
}
