//! SRV-5: casts.

use super::*;

/// SRV-5: to a dead process, an unheld name, another kind of server: nothing happens.
#[beamish::test]
async fn cast_to_nobody_does_nothing() {
    let (reports, _listening) = Reports::listen();
    let (machine, _seen) = plain_machine().await;
    machine.stop().await.unwrap();
    machine.cast(Act::Panic);
    MachineRef::to("nobody").cast(Act::Panic);
    assert_eq!(reports.at(tracing::Level::WARN), [] as [&str; 0]);
    let bystander = Bystander::start().name("bystander").await.unwrap();
    MachineRef::to("bystander").cast(Act::Panic);
    assert_eq!(
        reports.at(tracing::Level::WARN).len(),
        1,
        "a cast to a server of another type is logged"
    );
    assert_eq!(bystander.hello().await.unwrap(), 1);
    bystander.shout();
    assert_eq!(bystander.hello().await.unwrap(), 1);
}

/// SRV-5: a cast returns while the server is busy, and is handled later.
#[beamish::test]
async fn cast_returns_at_once() {
    let (machine, mut seen) = plain_machine().await;
    let gate = Gate::new();
    machine.block(gate.clone());
    assert_eq!(seen.next().await, "blocked");
    for _ in 0..10_000 {
        machine.cast(Act::Nothing);
    }
    gate.open();
    assert_eq!(machine.count().await.unwrap(), 10_001 - 1);
}

/// SRV-5, design 3.2: a cast is never run by who sends it.
#[beamish::test]
async fn cast_to_an_idle_server_is_not_run_by_the_sender() {
    let (machine, mut seen) = plain_machine().await;
    machine.count().await.unwrap();
    machine.note("cast");
    assert_eq!(seen.rest(), [] as [&str; 0]);
    machine.count().await.unwrap();
    assert_eq!(seen.rest(), ["cast"]);
}
