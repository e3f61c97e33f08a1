//! The observer as a child: its start, its end, and its crash.

use beamish::prelude::*;
use beamish_observer::{Observer, ObserverError, ObserverRef};
use tokio::net::TcpListener;

use crate::client::Client;
use crate::kit::{CacheRef, Tree, named, observer, tree};

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[beamish::test]
async fn a_taken_port_is_an_error_that_says_what_to_do() {
    let first = observer(Observer::new().port(0)).await;
    let port = first.address.port();
    let error = Observer::new()
        .port(port)
        .start_link()
        .name("another")
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("127.0.0.1:{port}")) && text.contains("Observer::new().port("),
        "{text}"
    );
    let StartError::Init(reason) = &error else {
        panic!("{error:?}");
    };
    assert!(
        matches!(reason.downcast_ref(), Some(ObserverError::Listen { .. })),
        "{reason:?}"
    );
}

#[beamish::test(flavor = "multi_thread")]
async fn a_killed_observer_is_back_on_the_same_port_and_nobody_else_is_touched() {
    let port = free_port().await;
    Tree::start_link(Observer::new().port(port)).await.unwrap();
    let client = Client::of(([127, 0, 0, 1], port).into());
    let cache = CacheRef::named().pid().unwrap();
    for round in 1..=20 {
        let observer = ObserverRef::named();
        let old = observer.pid().unwrap();
        let mut stream = client.stream().await;
        stream.message("hello").await;
        process::kill(old);
        process::monitored(old).await;
        observer.when_up(crate::client::PATIENCE).await.unwrap();
        assert_eq!(observer.address().await.unwrap(), client.address);
        // Its connections have ended with it.
        while stream.next().await.is_some() {}
        let shown = client.json("/api/v1/tree").await;
        assert_eq!(named(&shown, "Beamish.Observer")["restarts"], round);
    }
    assert_eq!(CacheRef::named().pid(), Some(cache));
}

#[beamish::test]
async fn what_it_runs_ends_with_it_and_it_ends_with_what_it_runs() {
    let client = tree().await;
    let observer = ObserverRef::named();
    let pid = observer.pid().unwrap();
    let shown = named(&client.json("/api/v1/tree").await, "Beamish.Observer");
    let parts: Vec<Pid> = shown["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["pid"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(parts.len(), 3);
    process::kill(parts[0]);
    process::monitored(pid).await;
    for part in parts {
        process::monitored(part).await;
    }
    observer.when_up(crate::client::PATIENCE).await.unwrap();
    assert_ne!(observer.pid(), Some(pid));
}

#[beamish::test]
async fn a_stopped_observer_frees_its_port() {
    let observer = Observer::new().port(0).start_link().await.unwrap();
    let address = observer.address().await.unwrap();
    observer.stop().await.unwrap();
    TcpListener::bind(address).await.unwrap();
}

#[beamish::test]
async fn the_defaults_are_those_of_the_docs() {
    // Another program may have the port; then the error names it.
    match Observer::start_link().await {
        Ok(observer) => {
            let address = observer.address().await.unwrap();
            assert_eq!(address.to_string(), "127.0.0.1:4880");
        }
        Err(error) => assert!(error.to_string().contains("127.0.0.1:4880"), "{error}"),
    }
}
