//! Who is answered.

use beamish::prelude::*;
use beamish_observer::Observer;

use crate::client::Client;
use crate::kit::{Worker, observer, written};

const TOKEN: &str = "correct horse battery staple";

#[beamish::test]
async fn requests_for_other_hosts_are_refused() {
    let client = observer(Observer::new().port(0).allow_host("box.example")).await;
    let port = client.address.port();
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.2".to_owned(),
    ] {
        for path in ["/", "/api/v1/system", "/metrics", "/nothing"] {
            let answer = client.with("host", host.as_str()).get(path).await;
            assert_eq!(
                (answer.status, &*answer.code()),
                (421, "wrong_host"),
                "{host} {path}"
            );
        }
    }
    for host in [
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        "BOX.example".to_owned(),
    ] {
        let answer = client
            .with("host", host.as_str())
            .get("/api/v1/system")
            .await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[beamish::test]
async fn pages_of_other_origins_are_refused() {
    let client = observer(Observer::new().port(0).control(true)).await;
    let worker = Worker::start().await.unwrap();
    let path = format!("/api/v1/processes/{}/kill", written(worker.pid().unwrap()));
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        let client = client.with("origin", origin);
        assert_eq!(
            client.get("/api/v1/system").await.code(),
            "wrong_origin",
            "{origin}"
        );
        assert_eq!(
            client.post(&path, "").await.code(),
            "wrong_origin",
            "{origin}"
        );
        let asked = client.ask("OPTIONS", &path, "").await;
        assert_eq!(
            (asked.status, asked.header("access-control-allow-origin")),
            (403, "")
        );
    }
    assert_eq!(worker.ping().await.unwrap(), 1);
    let own = client.with("origin", format!("http://{}", client.address));
    assert_eq!(own.post(&path, "").await.status, 200);
}

#[beamish::test]
async fn a_token_opens_the_door() {
    let client = observer(Observer::new().port(0).token(TOKEN)).await;
    let with = |value: &str| client.with("authorization", value);
    for path in [
        "/",
        "/app.js",
        "/api/v1/system",
        "/api/v1/stream",
        "/metrics",
        "/nothing",
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (401, "no_token"),
            "{path}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(!answer.text.contains(TOKEN));
    }
    assert_eq!(with("Bearer wrong").get("/api/v1/system").await.status, 401);
    assert_eq!(
        with(&format!("Bearer {TOKEN}"))
            .get("/api/v1/system")
            .await
            .status,
        200
    );
    assert_eq!(client.get("/?token=wrong").await.status, 401);
    let in_url = TOKEN.replace(" ", "%20");
    assert_eq!(client.get(&format!("/?token={in_url}")).await.status, 303);
}

#[beamish::test]
async fn a_browser_keeps_the_token_in_a_cookie() {
    let token = "0123456789abcdef";
    let client = observer(Observer::new().port(0).token(token)).await;
    let answer = client.get(&format!("/?token={token}")).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let (kept, _) = cookie.split_once(';').unwrap();
    assert_eq!(client.with("cookie", kept).get("/").await.status, 200);
    assert_eq!(
        client
            .with("cookie", kept)
            .get("/api/v1/system")
            .await
            .status,
        200
    );
}

#[beamish::test]
async fn an_address_that_others_reach_needs_a_token() {
    let everywhere = Observer::new().port(0).address([0, 0, 0, 0]);
    // A random one, which is known only to who reads the log.
    let client = observer(everywhere.clone()).await;
    let local = Client::of(([127, 0, 0, 1], client.address.port()).into());
    assert_eq!(local.get("/api/v1/system").await.code(), "no_token");

    let error = everywhere
        .token("short")
        .start()
        .name("another")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("at least 16 characters"),
        "{error}"
    );
}

#[beamish::test]
async fn answers_tell_browsers_what_they_may_do() {
    let client = observer(Observer::new().port(0)).await;
    for path in ["/", "/api/v1/system", "/nothing"] {
        let answer = client.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    assert_eq!(
        client.get("/api/v1/system").await.header("cache-control"),
        "no-store"
    );
}
