//! Clients that do not behave.

use std::time::Duration;

use beamish_observer::Observer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::PATIENCE;
use crate::kit::{Worker, observer};

/// What a connection says until its end.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    drop(read.expect("the connection is closed"));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[beamish::test(flavor = "multi_thread")]
async fn a_thousand_clients_that_never_read_hurt_nobody() {
    let client = observer(Observer::new().port(0)).await;
    let worker = Worker::start_link().await.unwrap();
    let mut stream = client.stream().await;
    let request = format!(
        "GET /api/v1/system HTTP/1.1\r\nHost: {}\r\n\r\n",
        client.address
    );
    let mut silent = Vec::new();
    for number in 0..1_000 {
        let mut connection = TcpStream::connect(client.address).await.unwrap();
        if number % 2 == 0 {
            // It may have been refused.
            drop(connection.write_all(request.as_bytes()).await);
        }
        silent.push(connection);
        assert_eq!(
            worker.ping().timeout(Duration::from_secs(1)).await.unwrap(),
            1
        );
    }
    // Those above the limit are refused, and who was there before is served as ever.
    let refused = rest(&mut silent[999]).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    stream.message("sample").await;
    stream.message("sample").await;
    // Those that ask for nothing are left after a while; then there is room again.
    loop {
        match client.try_ask("GET", "/api/v1/system", "").await {
            Ok(answer) if answer.status == 200 => break,
            Ok(answer) => assert_eq!(answer.status, 503),
            // Closed before it was asked.
            Err(_) => {}
        }
        stream.message("sample").await;
    }
    assert_eq!(worker.ping().await.unwrap(), 1);
}

#[beamish::test(flavor = "multi_thread")]
async fn rubbish_is_answered_with_400_or_closed() {
    let client = observer(Observer::new().port(0)).await;
    let host = client.address;
    let many = "x: y\r\n".repeat(500);
    let long = "x".repeat(20_000);
    let requests: Vec<Vec<u8>> = vec![
        b"\0\x01\x02\xff\xfe rubbish\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nx: {long}\r\n\r\n").into_bytes(),
        format!("GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").into_bytes(),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n").into_bytes(),
    ];
    for request in requests {
        let mut connection = TcpStream::connect(host).await.unwrap();
        // It may be closed before all is written.
        drop(connection.write_all(&request).await);
        drop(connection.shutdown().await);
        let answer = rest(&mut connection).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        let status = answer.split(' ').nth(1).unwrap_or("closed");
        let statuses = ["400", "405", "414", "421", "431", "505", "closed"];
        assert!(statuses.contains(&status), "{shown:?}: {answer}");
    }
    // Many bytes of anything.
    let mut seed = 1_u32;
    for _ in 0..200 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(512)
        .collect();
        let mut connection = TcpStream::connect(host).await.unwrap();
        drop(connection.write_all(&bytes).await);
        drop(connection.shutdown().await);
        rest(&mut connection).await;
    }
    assert_eq!(client.get("/api/v1/system").await.status, 200);
}

#[beamish::test]
async fn a_request_that_does_not_come_is_not_waited_for() {
    let client = observer(Observer::new().port(0)).await;
    let mut connection = TcpStream::connect(client.address).await.unwrap();
    connection
        .write_all(b"GET / HTTP/1.1\r\nHos")
        .await
        .unwrap();
    let answer = rest(&mut connection).await;
    assert!(!answer.contains("200"), "{answer}");
}

#[beamish::test]
async fn there_are_fewer_streams_than_connections() {
    let client = observer(Observer::new().port(0)).await;
    let mut streams = Vec::new();
    for _ in 0..128 {
        streams.push(client.stream().await);
    }
    let answer = client.get("/api/v1/stream").await;
    assert_eq!((answer.status, &*answer.code()), (503, "busy"));
    assert_eq!(client.get("/api/v1/system").await.status, 200);
    for stream in &mut streams {
        stream.message("sample").await;
    }
}
