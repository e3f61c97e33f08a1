//! Bodies that leave: `break` with and without a label and a value, `continue`, `return`, `?`; and those that await.
#![deny(warnings)]
use std::num::ParseIntError;
use std::time::Duration;

use beamish::prelude::*;

struct Stop;
struct Skip;

/// Adds the numbers up to a `Stop`, but for one after each `Skip`.
async fn sum(limit: u64) -> Result<u64, ParseIntError> {
    let mut sum = 0;
    let total = 'sum: loop {
        let number: u64 = receive! {
            Stop {} => break sum,
            Skip {} => {
                for _ in 0..1 {
                    receive! {
                        _: &'static str => continue 'sum,
                        Stop {} => break,
                        after infinity => unreachable!(),
                    }
                }
                break 'sum 0
            }
            text: &'static str => text.parse()?,
            (): () => return Ok(0),
            wait: Duration => {
                process::sleep(wait).await;
                continue;
            }
            after (Duration::from_secs(limit)) => break 'sum sum,
        };
        sum += number;
    };
    Ok(total)
}

async fn drain<T: Send + 'static>() -> Vec<T> {
    let mut all = Vec::new();
    while let Some(one) = receive! { one: T => Some(one), after 0 => None } {
        all.push(one);
    }
    all
}

#[beamish::test]
async fn a_receive_in_a_test() {}

#[beamish::main(flavor = "current_thread")]
async fn main() {
    let me = self_pid();
    for text in ["1", "2"] {
        send(me, text);
    }
    send(me, Duration::from_millis(1));
    send(me, Skip);
    send(me, "30");
    send(me, "4");
    send(me, Stop);
    assert_eq!(sum(5).await, Ok(7));
    send(me, "x");
    assert!(sum(5).await.is_err());
    send(me, ());
    assert_eq!(sum(5).await, Ok(0));
    assert_eq!(sum(0).await, Ok(0));
    send(me, Skip);
    send(me, Stop);
    assert_eq!(sum(5).await, Ok(0));
    send(me, 1_u8);
    send(me, 'x');
    send(me, 2_u8);
    assert_eq!(drain::<u8>().await, [1, 2]);
    assert_eq!(drain::<char>().await, ['x']);
}
