//! What a client may do, if it may.

use beamish::prelude::*;
use beamish::{DynamicSupervisorRef, sys};
use beamish_observer::Observer;
use serde_json::{Value, json};

use crate::client::{Client, Stream};
use crate::kit::{CacheRef, Worker, WorkerRef, named, observer, tree, written};
use crate::schema::check;

/// Each action on a process, with what it is told.
const ACTIONS: [(&str, &str); 6] = [
    ("suspend", ""),
    ("resume", "{}"),
    ("trace", r#"{"seconds": 5}"#),
    ("exit", r#"{"reason": "tired"}"#),
    ("stop", r#"{"reason": "shutdown"}"#),
    ("kill", "{}"),
];

async fn done(client: &Client, stream: &mut Stream, path: &str, body: &str) -> String {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    check("Done", &answer.json());
    let done = answer.json()["done"].as_str().unwrap().to_owned();
    // What was done is an event, in the same words.
    let event = stream.event(|event| event["kind"] == "control").await;
    check("Event", &event);
    assert_eq!(event["message"], done);
    done
}

#[beamish::test]
async fn nothing_is_done_unless_control_is_on() {
    let client = observer(Observer::new().port(0)).await;
    let worker = Worker::start_link().await.unwrap();
    let pid = written(worker.pid().unwrap());
    for (action, body) in ACTIONS {
        let answer = client
            .post(&format!("/api/v1/processes/{pid}/{action}"), body)
            .await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (403, "control_off"),
            "{action}"
        );
        assert!(answer.text.contains("control(true)"));
    }
    for action in ["terminate", "restart"] {
        let path = format!("/api/v1/supervisors/{pid}/children/{action}");
        assert_eq!(
            client.post(&path, r#"{"id": "x"}"#).await.code(),
            "control_off"
        );
    }
    assert_eq!(worker.ping().await.unwrap(), 1);
}

#[beamish::test]
async fn each_action_is_done_and_told() {
    let client = tree().await;
    let mut stream = client.stream().await;
    let worker = |client: &Client| {
        let client = client.clone();
        async move {
            let shown = client.json("/api/v1/tree").await;
            let of_id = |node: &Value| node["id"] == "worker";
            let node = crate::kit::find(&shown, &of_id).unwrap();
            node["pid"].as_str().unwrap().to_owned()
        }
    };
    let pid = worker(&client).await;
    let server = WorkerRef::try_from(pid.parse::<Pid>().unwrap()).unwrap();
    let path = |pid: &str, action: &str| format!("/api/v1/processes/{pid}/{action}");

    let told = done(&client, &mut stream, &path(&pid, "suspend"), "").await;
    assert_eq!(told, format!("suspended #PID<{pid}>"));
    assert!(sys::get_status(&server).await.unwrap().is_suspended);
    assert_eq!(
        client.json(&format!("/api/v1/processes/{pid}")).await["status"],
        "suspended"
    );
    done(&client, &mut stream, &path(&pid, "resume"), "").await;
    assert_eq!(server.ping().await.unwrap(), 1);

    for (action, body, reason) in [
        ("kill", "", "killed"),
        ("stop", r#"{"reason": "tired"}"#, "\"tired\""),
        ("exit", r#"{"reason": "shutdown"}"#, "shutdown"),
    ] {
        let pid = worker(&client).await;
        let end = process::monitored(pid.parse::<Pid>().unwrap());
        let answer = client.post(&path(&pid, action), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(end.await.to_string(), reason, "{action}");
        stream
            .event(|event| event["kind"] == "restart" && event["pid"] == *pid)
            .await;
    }
}

#[beamish::test]
async fn children_are_ended_and_started_again() {
    let client = tree().await;
    let mut stream = client.stream().await;
    let shown = client.json("/api/v1/tree").await;
    let top = named(&shown, "Tree")["pid"].as_str().unwrap().to_owned();
    let path = |pid: &str, action: &str| format!("/api/v1/supervisors/{pid}/children/{action}");
    let cache = CacheRef::named().pid().unwrap();

    done(
        &client,
        &mut stream,
        &path(&top, "terminate"),
        r#"{"id": "Cache"}"#,
    )
    .await;
    assert!(!process::alive(cache));
    let stopped = crate::kit::find(&client.json("/api/v1/tree").await, &|node| {
        node["id"] == "Cache"
    })
    .unwrap();
    assert_eq!(
        (&stopped["pid"], &stopped["status"]),
        (&Value::Null, &json!("stopped"))
    );
    done(
        &client,
        &mut stream,
        &path(&top, "restart"),
        r#"{"id": "Cache"}"#,
    )
    .await;
    assert_ne!(CacheRef::named().pid().unwrap(), cache);

    let running = client
        .post(&path(&top, "restart"), r#"{"id": "Cache"}"#)
        .await;
    assert_eq!((running.status, &*running.code()), (409, "running"));
    let unknown = client
        .post(&path(&top, "terminate"), r#"{"id": "nobody"}"#)
        .await;
    assert_eq!((unknown.status, &*unknown.code()), (404, "not_found"));
    assert_eq!(
        client.post(&path(&top, "terminate"), "{}").await.code(),
        "no_child"
    );

    let many = DynamicSupervisorRef::to("Many");
    let child = many.start_child(Worker::start_link().once()).await.unwrap();
    let pid = written(child.pid().unwrap());
    let many = named(&shown, "Many")["pid"].as_str().unwrap().to_owned();
    done(
        &client,
        &mut stream,
        &path(&many, "terminate"),
        &format!(r#"{{"pid": "{pid}"}}"#),
    )
    .await;
    assert!(!child.is_alive());
    let worker = written(CacheRef::named().pid().unwrap());
    let answer = client
        .post(&path(&worker, "terminate"), r#"{"id": "x"}"#)
        .await;
    assert_eq!((answer.status, &*answer.code()), (409, "no_supervisor"));
}

#[beamish::test]
async fn the_messages_of_a_traced_server_are_events() {
    let client = tree().await;
    let mut stream = client.stream().await;
    let cache = CacheRef::named();
    let pid = written(cache.pid().unwrap());
    let path = format!("/api/v1/processes/{pid}");
    done(
        &client,
        &mut stream,
        &format!("{path}/trace"),
        r#"{"seconds": 60}"#,
    )
    .await;
    cache.store("key", 7);
    let traced = stream.event(|event| event["kind"] == "trace").await;
    check("Event", &traced);
    assert_eq!(traced["pid"], *pid);
    let message = traced["message"].as_str().unwrap();
    assert!(
        message.starts_with("cast Store { key: \"key\", value: 7 }"),
        "{message}"
    );
    assert!(client.json(&path).await["tracing_until"].is_u64());
}

#[beamish::test]
async fn an_action_is_asked_for_in_json() {
    let client = observer(Observer::new().port(0).control(true)).await;
    let worker = Worker::start_link().await.unwrap();
    let path = format!("/api/v1/processes/{}/kill", written(worker.pid().unwrap()));
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
    ] {
        let answer = client
            .with("content-type", kind)
            .ask("POST", &path, "{}")
            .await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (400, "bad_content_type"),
            "{kind}"
        );
    }
    assert_eq!(
        client.ask("POST", &path, "{}").await.code(),
        "bad_content_type"
    );
    assert_eq!(client.post(&path, "{").await.code(), "bad_body");
    assert_eq!(client.get(&path).await.status, 405);
    let large = format!(r#"{{"reason": "{}"}}"#, "x".repeat(70_000));
    let answer = client.post(&path.replace("kill", "exit"), &large).await;
    assert_eq!((answer.status, &*answer.code()), (413, "body_too_large"));
    assert_eq!(
        client
            .post(&path.replace("kill", "exit"), "{}")
            .await
            .code(),
        "no_reason"
    );
    let plain = written(spawn(std::future::pending::<()>()));
    let answer = client
        .post(&format!("/api/v1/processes/{plain}/suspend"), "")
        .await;
    assert_eq!((answer.status, &*answer.code()), (409, "no_server"));
    assert_eq!(worker.ping().await.unwrap(), 1);
    let gone = client.post("/api/v1/processes/0.999999.0/kill", "").await;
    assert_eq!((gone.status, &*gone.code()), (404, "not_found"));
}
