//! What happens, and the stream of it.

use std::time::Duration;

use beamish::prelude::*;
use beamish_observer::Observer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::client::PATIENCE;
use crate::kit::{CacheRef, Worker, named, observer, tree, written};
use crate::schema::check;

#[beamish::test]
async fn a_killed_cache_is_shown_with_another_pid_and_one_restart() {
    let client = tree().await;
    let mut stream = client.stream().await;
    stream.message("hello").await;
    let old = CacheRef::named().pid().unwrap();
    process::kill(old);
    let restarted = stream.event(|event| event["kind"] == "restart").await;
    check("Event", &restarted);
    assert_eq!(restarted["pid"], written(old));
    assert_eq!(
        (&restarted["child"], &restarted["name"]),
        (&json!("Cache"), &json!("Cache"))
    );
    let new = restarted["new_pid"].as_str().unwrap().to_owned();
    check("Changed", &stream.message("changed").await);

    let cache = named(&client.json("/api/v1/tree").await, "Cache");
    assert_eq!(
        (&cache["pid"], &cache["restarts"]),
        (&json!(new), &json!(1))
    );
    assert!(cache["last_restart_at"].is_u64());
    let rows = client.json("/api/v1/processes?sort=restarts&limit=1").await;
    assert_eq!(
        (&rows["rows"][0]["pid"], &rows["rows"][0]["restarts"]),
        (&json!(new), &json!(1))
    );

    let gone = client
        .get(&format!("/api/v1/processes/{}", written(old)))
        .await;
    assert_eq!((gone.status, &*gone.code()), (404, "not_found"));
    check("Gone", &gone.json());
    assert_eq!(gone.json()["last"]["kind"], "exit");
    assert_eq!(gone.json()["last"]["reason"], "killed");
    assert_eq!(gone.json()["replaced_by"]["pid"], new);
    let metrics = client.get("/metrics").await.text;
    let line = "\nbeamish_supervisor_restarts_total{supervisor=\"Tree\",child=\"Cache\"} 1\n";
    assert!(metrics.contains(line), "{metrics}");
}

#[beamish::test]
async fn crashes_are_told_and_kept_with_the_process_that_came_after() {
    let client = tree().await;
    let mut stream = client.stream().await;
    for _ in 0..2 {
        let cache = CacheRef::named();
        let pid = written(cache.pid().unwrap());
        cache.crash();
        stream
            .event(|event| event["kind"] == "restart" && event["pid"] == *pid)
            .await;
    }
    let page = client.json("/api/v1/events?kinds=crash").await;
    check("Events", &page);
    let crashes = page["events"].as_array().unwrap();
    assert_eq!(crashes.len(), 2);
    assert_eq!(
        (&crashes[0]["child"], &crashes[0]["type"]),
        (&json!("Cache"), &json!("Cache"))
    );
    let reason = crashes[0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("panicked with 'I have failed you. Again.' at "),
        "{reason}"
    );

    let pid = written(CacheRef::named().pid().unwrap());
    let process = client.json(&format!("/api/v1/processes/{pid}")).await;
    check("Process", &process);
    let seqs = |events: &serde_json::Value| -> Vec<u64> {
        events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect()
    };
    let mut newest_first = seqs(&page["events"]);
    newest_first.reverse();
    assert_eq!(seqs(&process["crashes"]), newest_first);
    assert_eq!(process["restarts"], 2);
}

/// No clock runs in it; two looks at all processes find it in the same callback.
#[beamish::test]
async fn a_server_that_is_long_in_one_callback_is_told_of_once() {
    let client = observer(Observer::new().port(0).interval(Duration::from_millis(100))).await;
    let mut stream = client.stream().await;
    let (fast, slow) = (
        Worker::start().await.unwrap(),
        Worker::start().await.unwrap(),
    );
    slow.hang();
    let event = stream.event(|event| event["kind"] == "slow").await;
    check("Event", &event);
    assert_eq!(event["pid"], written(slow.pid().unwrap()));
    assert!(
        event["message"]
            .as_str()
            .unwrap()
            .contains("in one callback")
    );
    assert_eq!(fast.ping().await, Ok(1));
    let page = client.json("/api/v1/events?kinds=slow").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
}

#[beamish::test]
async fn events_are_read_page_by_page() {
    let client = tree().await;
    let mut stream = client.stream().await;
    let mut pids = Vec::new();
    for _ in 0..5 {
        pids.push(written(spawn(async {})));
    }
    stream
        .event(|event| event["kind"] == "exit" && event["pid"] == *pids[4])
        .await;
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let path = format!("/api/v1/events?after={after}&kinds=exit&limit=2");
        let page = client.json(&path).await;
        check("Events", &page);
        let events = page["events"].as_array().unwrap();
        seen.extend(
            events
                .iter()
                .map(|event| event["pid"].as_str().unwrap().to_owned()),
        );
        after = page["next"].as_u64().unwrap();
        if events.is_empty() {
            break;
        }
    }
    assert_eq!(seen, pids);
    let one = client
        .json(&format!("/api/v1/events?filter={}", pids[2]))
        .await;
    let kinds: Vec<_> = one["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    assert_eq!(kinds, ["start", "exit"]);
}

#[beamish::test]
async fn a_burst_is_counted_and_hides_no_crash() {
    let client = observer(Observer::new().port(0).event_rate(20)).await;
    let mut stream = client.stream().await;
    for _ in 0..1_000 {
        spawn(async {});
    }
    spawn(async { panic!("in the middle of it") });
    let mut has_crashed = false;
    let missed = stream
        .event(|event| {
            has_crashed |= event["kind"] == "crash";
            event["kind"] == "missed"
        })
        .await;
    assert!(missed["count"].as_u64() >= Some(1_000), "{missed}");
    assert!(has_crashed);
}

#[beamish::test]
async fn a_client_that_comes_back_is_told_what_it_missed() {
    let client = tree().await;
    let mut stream = client.stream().await;
    let hello = stream.next().await.unwrap();
    let last = hello.id.unwrap();
    drop(stream);
    let mut other = client.stream().await;
    let cache = CacheRef::named();
    cache.crash();
    other.event(|event| event["kind"] == "restart").await;
    let mut again = client
        .with("last-event-id", last.to_string())
        .stream()
        .await;
    assert_eq!(again.next().await.unwrap().event, "hello");
    let told = again.next().await.unwrap();
    assert_eq!(told.event, "events");
    check("StreamEvents", &told.data);
    let kinds: Vec<_> = told.data["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    assert!(
        kinds.contains(&json!("crash")) && kinds.contains(&json!("restart")),
        "{kinds:?}"
    );
    assert_eq!(told.data["missed"], 0);
}

/// It does not read until the others were told far more than there is room for.
#[beamish::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_dropped_and_no_server_waits_for_it() {
    let client = observer(Observer::new().port(0).event_rate(20_000)).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut slow = socket.connect(client.address).await.unwrap();
    let request = format!(
        "GET /api/v1/stream?events=true HTTP/1.1\r\nHost: {}\r\n\r\n",
        client.address
    );
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    slow.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    let mut stream = client.stream().await;
    let worker = Worker::start_link().await.unwrap();
    let mut told = 0;
    let mut last = 0;
    while told < 80 {
        for _ in 0..200 {
            spawn(async {});
        }
        assert_eq!(
            worker.ping().timeout(Duration::from_secs(1)).await.unwrap(),
            1
        );
        let message = stream.next().await.unwrap();
        if message.event == "events" {
            told += 1;
            last = message.id.unwrap();
        }
    }
    // Now it reads: what was written for it, and then the end.
    let mut rest = Vec::new();
    let read = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await;
    drop(read.expect("it was dropped"));
    let text = String::from_utf8_lossy(&rest);
    let ids: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_prefix("id: ")?.parse().ok())
        .collect();
    let reached = ids.last().copied().unwrap_or_default();
    assert!(reached < last, "it was told all: {reached} of {last}");

    // It comes back and hears how much it missed.
    let mut again = client
        .with("last-event-id", reached.to_string())
        .stream()
        .await;
    again.message("hello").await;
    let replay = again.message("events").await;
    let replayed = replay["events"].as_array().unwrap().len() as u64;
    let missed = replay["missed"].as_u64().unwrap();
    assert!(
        missed + replayed >= last - reached,
        "{missed} + {replayed} of {}",
        last - reached
    );
    assert!(missed > 0);
}
