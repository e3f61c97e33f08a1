//! Messages are taken by type, pattern and guard, and the rest stays in order.
#![deny(warnings)]
use beamish::prelude::*;

#[derive(Debug, PartialEq)]
enum Message {
    Ping(u64),
    Text { text: String },
}

#[beamish::main]
async fn main() {
    let me = self_pid();
    for number in 1..=3u64 {
        send(me, number);
    }
    send(me, Message::Ping(7));
    send(
        me,
        Message::Text {
            text: "a".to_owned(),
        },
    );
    let limit = 1;
    let two = receive! { x: u64 if x > limit => x };
    assert_eq!(two, 2);
    let text = receive! {
        Message::Ping(1): Message => unreachable!(),
        Message::Text { mut text }: Message => {
            text.push('b');
            text
        }
    };
    assert_eq!(text, "ab");
    let mut seen = Vec::new();
    loop {
        receive! {
            x: u64 => seen.push(x),
            Message::Ping(x): Message => {
                seen.push(receive! { x: u64 => x, after 0 => x });
            }
            after 0 => break,
        }
    }
    assert_eq!(seen, [1, 3, 7]);
    let pid = spawn(async { exit(ExitReason::Shutdown) });
    let mref = process::monitor(pid);
    receive! {
        Down { mref: m, reason: ExitReason::Shutdown | ExitReason::NoProc, .. } if m == mref => {}
        after 5s => unreachable!(),
    }
}
