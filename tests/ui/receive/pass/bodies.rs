//! Bodies may await, break, continue, return and use `?`.
use beamish::Info;
use beamish::prelude::*;

struct Tick;

enum Message {
    Ping(u64),
    Text { text: String },
}

async fn wait(limit: u64) -> Result<String, CallError> {
    let mut count = 0;
    let other = 'outer: loop {
        let one: u64 = receive! {
            Message::Ping(0): Message => continue,
            Message::Ping(x): Message if x > limit => x,
            Message::Text { mut text }: Message => {
                text.push('!');
                return Ok(text)
            }
            Exit { reason: ExitReason::Normal, .. } => break 'outer 1,
            Exit { from, mut reason } if count > 3 => {
                let _ = (from, &mut reason);
                break 2
            }
            (a, b) | (b, a): (u64, u64) if a > b => a - b,
            "stop": &'static str => 0,
            [first, .., last]: [u64; 3] => first + last,
            number @ 1..=5: u8 => number.into(),
            Some(x): Option<u64> => Ok::<_, CallError>(x)?,
            Tick {} => {
                receive! {
                    x: u64 => count += x,
                    after 10ms => process::sleep(std::time::Duration::from_millis(1)).await,
                };
                3
            }
            #[cfg(any())]
            x: Absent => x,
            _: Info => 4,
            after (std::time::Duration::from_secs(limit)) => 5,
        };
        count += one;
    };
    Ok((count + other).to_string())
}

fn main() {
    drop(wait(1));
}
