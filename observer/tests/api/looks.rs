//! What is only looked at.

use beamish::prelude::*;
use beamish::{Strategy, Supervisor, global};
use beamish_observer::Observer;
use serde_json::{Value, json};

use crate::client::Client;
use crate::kit::{
    Cache, CacheRef, Stubborn, Terminating, Worker, fill, find, named, observer, tree, written,
};
use crate::schema::check;

/// Whose text is hostile.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&\u{202e}";

#[beamish::test]
async fn the_system_tells_its_numbers_and_those_of_the_last_minutes() {
    let client = observer(
        Observer::new()
            .port(0)
            .interval(std::time::Duration::from_millis(100)),
    )
    .await;
    let mut stream = client.stream().await;
    check("Hello", &stream.message("hello").await);
    // From the second sweep on there is a rate.
    let mut last = Value::Null;
    while last["messages_per_s"].is_null() {
        last = stream.message("sample").await;
        check("Sample", &last);
    }
    let system = client.json("/api/v1/system").await;
    check("System", &system);
    assert_eq!(
        (&system["api"], &system["control"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(system["interval_ms"], 100);
    assert_eq!(system["os_pid"], std::process::id());
    assert!(system["watched_since"].is_u64());
    assert!(system["history"].as_array().unwrap().len() >= 2);
    assert!(
        system["sample"]["processes"].as_u64() >= Some(4),
        "{system:#}"
    );
    assert!(system["sample"]["mailbox_total"].is_u64());
}

#[beamish::test]
async fn the_tree_shows_supervisors_with_their_children_in_order() {
    let client = tree().await;
    let shown = client.json("/api/v1/tree").await;
    check("Tree", &shown);
    let top = named(&shown, "Tree");
    assert_eq!(
        (&top["kind"], &top["strategy"]),
        (&json!("supervisor"), &json!("one_for_one"))
    );
    assert_eq!(
        (&top["max_restarts"], &top["answers"]),
        (&json!(1_000), &json!(true))
    );
    let ids: Vec<&str> = top["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| child["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["Cache", "worker", "Many", "Observer"]);
    let cache = named(&top, "Cache");
    assert_eq!(
        (&cache["type"], &cache["type_full"]),
        (&json!("Cache"), &json!("api::kit::Cache"))
    );
    assert_eq!(
        (&cache["kind"], &cache["status"]),
        (&json!("worker"), &json!("idle"))
    );
    assert_eq!(named(&top, "Many")["kind"], "dynamic_supervisor");
    // What the observer runs stands below it.
    assert_eq!(named(&top, "Beamish.Observer")["children_total"], 3);
}

#[beamish::test]
async fn many_children_are_folded_until_they_are_opened_or_searched() {
    let client = tree().await;
    fill(300).await;
    let many = named(&client.json("/api/v1/tree?limit=10").await, "Many");
    assert_eq!(many["children"].as_array().unwrap().len(), 10);
    assert_eq!(
        (&many["children_total"], &many["folded"]),
        (&json!(300), &json!(true))
    );
    let opened = client
        .json(&format!(
            "/api/v1/tree?limit=10&open={}",
            many["pid"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        named(&opened, "Many")["children"].as_array().unwrap().len(),
        300
    );
    let found = client.json("/api/v1/tree?search=CACH").await;
    check("Tree", &found);
    assert_eq!(found["matches"], 1);
    assert_eq!(named(&found, "Cache")["name"], "Cache");
    assert!(find(&found, &|node| node["name"] == "Many").is_none());
    // By an id that only the supervisor knows.
    let found = client.json("/api/v1/tree?search=worker").await;
    assert!(find(&found, &|node| node["id"] == "worker").is_some());
}

#[beamish::test]
async fn a_supervisor_that_is_busy_is_shown_as_far_as_it_is_known() {
    let client = observer(Observer::new().port(0)).await;
    let stubborn = Stubborn::child_spec(self_pid());
    let busy = Supervisor::new(Strategy::OneForOne)
        .name("Busy")
        .child(stubborn);
    let busy = busy.start_link().await.unwrap();
    let shown = named(&client.json("/api/v1/tree").await, "Busy");
    assert_eq!(shown["answers"], true);
    let pid: Pid = shown["children"][0]["pid"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();

    let supervisor = SupervisorRef::to("Busy");
    spawn(async move { drop(supervisor.terminate_child("Stubborn").await) });
    receive! { Terminating: Terminating => {} }
    let shown = named(&client.json("/api/v1/tree").await, "Busy");
    assert_eq!(
        (&shown["answers"], &shown["strategy"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(shown["children"][0]["pid"], written(pid));

    process::kill(pid);
    process::monitored(pid).await;
    assert_eq!(busy.count_children().await.unwrap().active, 0);
    let shown = named(&client.json("/api/v1/tree").await, "Busy");
    assert_eq!(shown["answers"], true);
    assert_eq!(shown["children"][0]["status"], "stopped");
}

#[beamish::test]
async fn hostile_text_stays_text() {
    let client = observer(Observer::new().port(0).control(true)).await;
    let named_so = Worker::start_link().name(HOSTILE).await.unwrap();
    let pid = written(named_so.pid().unwrap());
    spawn(async {
        process::set_label(HOSTILE);
        std::future::pending::<()>().await;
    });
    let process = client.json(&format!("/api/v1/processes/{pid}")).await;
    assert_eq!(process["name"], HOSTILE);
    let shown = client.json("/api/v1/tree").await;
    assert_eq!(named(&shown, HOSTILE)["pid"], *pid);
    assert!(find(&shown, &|node| node["label"] == HOSTILE).is_some());
    let rows = client.json("/api/v1/processes?filter=%3Cimg").await;
    assert_eq!(rows["matched"], 2);
    let registry = client.json("/api/v1/registry?filter=%3Cimg").await;
    assert_eq!(registry["names"][0]["name"], HOSTILE);
    let exit = json!({ "reason": HOSTILE }).to_string();
    let mut stream = client.stream().await;
    process::trap_exit(true);
    let done = client
        .post(&format!("/api/v1/processes/{pid}/exit"), &exit)
        .await;
    assert!(done.json()["done"].as_str().unwrap().contains(HOSTILE));
    let ended = stream
        .event(|event| event["pid"] == *pid && event["kind"] == "exit")
        .await;
    assert!(
        ended["reason"]
            .as_str()
            .unwrap()
            .contains("<img src=x onerror=alert(1)>"),
        "{ended}"
    );
    assert_eq!(ended["name"], HOSTILE);
    for path in [
        "/api/v1/tree",
        "/api/v1/processes",
        "/api/v1/events",
        "/api/v1/registry",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[beamish::test]
async fn a_hundred_thousand_processes_are_sorted() {
    let client = observer(Observer::new().port(0)).await;
    // In each hundredth of them one more message waits than in the last, below 50, and so on again.
    for number in 0..100_000 {
        let pid = spawn(std::future::pending::<()>());
        let waiting = if number % 100 == 0 {
            number / 100 % 50
        } else {
            0
        };
        for _ in 0..waiting {
            send(pid, "a message");
        }
    }
    let rows = client
        .json("/api/v1/processes?sort=mailbox&limit=500")
        .await;
    check("Processes", &rows);
    assert!(rows["total"].as_u64() >= Some(100_000));
    let mailboxes = |rows: &Value| -> Vec<u64> {
        let rows = rows["rows"].as_array().unwrap().iter();
        rows.map(|row| row["mailbox"].as_u64().unwrap()).collect()
    };
    let longest = mailboxes(&rows);
    assert_eq!(
        (longest.len(), &longest[..20], longest[20]),
        (500, &[49; 20][..], 48)
    );
    assert!(longest.is_sorted_by(|a, b| a >= b), "{longest:?}");
    let deep = client
        .json("/api/v1/processes?sort=mailbox&offset=970&limit=100")
        .await;
    let deep = mailboxes(&deep);
    assert_eq!((&deep[..10], deep[99]), (&[1; 10][..], 0));
    assert!(deep.is_sorted_by(|a, b| a >= b), "{deep:?}");
    let path = "/api/v1/processes?sort=pid&order=desc&limit=2&filter=a_hundred_thousand";
    let newest = client.json(path).await;
    assert!(newest["matched"].as_u64() >= Some(1), "{newest}");
    let shown = client.json("/api/v1/tree").await;
    assert!(shown["total"].as_u64() >= Some(100_000));
    let this = crate::kit::find(&shown, &|node| node["folded"] == true).unwrap();
    assert!(this["children_total"].as_u64() >= Some(100_000));
}

#[beamish::test]
async fn a_process_is_seen_from_close_by() {
    let client = tree().await;
    let cache = CacheRef::named();
    let pid = cache.pid().unwrap();
    let path = format!("/api/v1/processes/{}?watch=true", written(pid));
    cache.store("one", 1);
    assert_eq!(cache.fetch("one").await.unwrap(), Some(1));
    let first = client.json(&path).await;
    check("Process", &first);
    assert!(first["timed_since"].is_u64());
    assert_eq!(first["handlers"], json!([]));
    assert_eq!(first["state"], "Cache { values: {\"one\": 1} }");
    assert_eq!(
        (&first["state_shown"], &first["answers"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(first["supervisor"]["name"], "Tree");
    assert_eq!(
        (&first["child_id"], &first["restarts"]),
        (&json!("Cache"), &json!(0))
    );
    assert_eq!(first["ancestors"][0]["name"], "Tree");

    for _ in 0..3 {
        cache.fetch("one").await.unwrap();
    }
    cache.store("two", 2);
    cache.fetch("two").await.unwrap();
    let timed = client.json(&path).await;
    check("Process", &timed);
    let handlers = timed["handlers"].as_array().unwrap();
    let of = |name: &str| {
        handlers
            .iter()
            .find(|handler| handler["message"] == name)
            .unwrap()
    };
    assert_eq!(
        (&of("fetch")["count"], &of("fetch")["kind"]),
        (&json!(4), &json!("call"))
    );
    assert_eq!(
        (&of("store")["count"], &of("store")["kind"]),
        (&json!(1), &json!("cast"))
    );
    let counts = of("fetch")["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), 4);
    assert_eq!(timed["recent"].as_array().unwrap().len(), 5);
    assert_eq!(timed["recent"][0]["message"], "fetch");
    assert_eq!(
        timed["recent"][1]["contents"],
        "Store { key: \"two\", value: 2 }"
    );
    let rows = client.json("/api/v1/processes?sort=time&limit=1").await;
    assert_eq!(rows["rows"][0]["name"], "Cache");
    assert!(rows["rows"][0]["time_us"].is_u64());
}

#[beamish::test]
async fn what_waits_and_what_runs_is_told_without_the_server() {
    let client = observer(Observer::new().port(0)).await;
    let worker = Worker::start_link().await.unwrap();
    let path = format!(
        "/api/v1/processes/{}?watch=true",
        written(worker.pid().unwrap())
    );
    assert_eq!(client.json(&path).await["answers"], true);
    worker.hang();
    for _ in 0..3 {
        worker.nudge();
    }
    worker.hang();
    let mut shown = client.json(&path).await;
    while shown["current"].is_null() {
        shown = client.json(&path).await;
    }
    check("Process", &shown);
    assert_eq!(
        (&shown["status"], &shown["answers"]),
        (&json!("busy"), &json!(false))
    );
    assert_eq!(shown["current"]["message"], "hang");
    let waiting = shown["waiting"].as_array().unwrap();
    assert_eq!(waiting[0], json!({ "message": "nudge", "count": 3 }));
    assert_eq!(waiting[1], json!({ "message": "hang", "count": 1 }));
    // It is not asked once more each time that somebody looks.
    let mailbox = client.json(&path).await["mailbox"].clone();
    for _ in 0..3 {
        assert_eq!(client.json(&path).await["mailbox"], mailbox);
    }
}

#[beamish::test]
async fn names_are_listed_with_their_holders() {
    let client = observer(Observer::new().port(0)).await;
    let cache = Cache::start_link().await.unwrap();
    let worker = Worker::start_link().await.unwrap();
    global::register_name("everywhere", worker.pid().unwrap()).unwrap();
    let registry = client.json("/api/v1/registry").await;
    check("Registry", &registry);
    let rows: Vec<(&str, &str, &str)> = registry["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| {
            (
                held["name"].as_str().unwrap(),
                held["kind"].as_str().unwrap(),
                held["type"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("Beamish.Observer", "local", "Observer"),
        ("Cache", "local", "Cache"),
        ("everywhere", "global", "Worker"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(registry["names"][1]["pid"], written(cache.pid().unwrap()));
}

#[beamish::test]
async fn numbers_for_prometheus_are_in_its_format() {
    let client = tree().await;
    let answer = client.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for name in [
        "beamish_processes",
        "beamish_mailbox_messages",
        "beamish_processes_crashed_total",
        "tokio_workers",
    ] {
        let sample = answer
            .text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        sample
            .unwrap_or_else(|| panic!("no {name}"))
            .parse::<f64>()
            .unwrap();
    }
}

#[beamish::test]
async fn the_page_and_the_description_are_served() {
    let client = observer(Observer::new().port(0)).await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
        ("/openapi.json", "application/json"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, kind),
            "{path}"
        );
    }
    assert!(client.get("/openapi.json").await.json()["paths"].is_object());
}

#[beamish::test]
async fn what_is_wrong_with_a_request_is_told() {
    let client = observer(Observer::new().port(0)).await;
    for (path, status, code) in [
        ("/nothing", 404, "not_found"),
        ("/api/v1/processes/0.999999.0", 404, "not_found"),
        ("/api/v1/processes/nonsense", 400, "bad_pid"),
        ("/api/v1/processes/%3Cscript%3E", 400, "bad_pid"),
        ("/api/v1/processes/%ff", 400, "bad_pid"),
        ("/api/v1/processes?sort=nonsense", 400, "bad_query"),
        ("/api/v1/processes?limit=-1", 400, "bad_query"),
        ("/api/v1/tree?open=nonsense", 400, "bad_pid"),
        ("/api/v1/events?kinds=nonsense", 400, "bad_query"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (status, code),
            "{path}: {}",
            answer.text
        );
        check(
            if status == 404 && path.contains("processes") {
                "Gone"
            } else {
                "Error"
            },
            &answer.json(),
        );
    }
    let answer = client.ask("DELETE", "/api/v1/system", "").await;
    assert_eq!(
        (answer.status, &*answer.code()),
        (405, "method_not_allowed")
    );
    let long = format!("/api/v1/events?filter={}", "x".repeat(5_000));
    assert_eq!(client.get(&long).await.code(), "url_too_long");
    // A limit that is too high is the highest.
    assert_eq!(
        client.get("/api/v1/processes?limit=100000").await.status,
        200
    );
    let elsewhere = Client::of(client.address);
    assert_eq!(
        elsewhere.get("/api/v1/processes/0.999999.0").await.json()["last"],
        Value::Null
    );
}
