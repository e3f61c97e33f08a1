//! Or-patterns, guards, bindings with `@`, slices, references to constants, and types of every form.
#![deny(warnings)]
use std::collections::HashMap;

use beamish::Info;
use beamish::prelude::*;

const LIMIT: u64 = 100;

#[derive(Debug)]
enum Shape {
    Circle(u64),
    Square { side: u64 },
    Point,
}

async fn next() -> String {
    receive! {
        Shape::Circle(size) | Shape::Square { side: size }: Shape if size > 1 => format!("size {size}"),
        shape @ (Shape::Point | Shape::Circle(_)): Shape => format!("{shape:?}"),
        LIMIT: u64 => "limit".to_owned(),
        small @ 0..=9: u64 => format!("small {small}"),
        number @ (10 | 20): u64 if number != 20 => format!("ten {number}"),
        | 'a'..='f' | '0': char => "hex".to_owned(),
        [first, rest @ ..]: [u8; 3] => format!("{first} {rest:?}"),
        (Some(x), _) | (None, x): (Option<i32>, i32) => x.to_string(),
        map: HashMap<String, Vec<(u8, u8)>> if !map.is_empty() => format!("{}", map.len()),
        run: Box<dyn FnOnce() -> &'static str + Send> => run().to_owned(),
        add: fn(u8, u8) -> u8 => add(1, 2).to_string(),
        std::ops::Range { start, end: mut stop }: std::ops::Range<i32> => { stop -= start; stop.to_string() }
        Down { reason: ExitReason::Normal | ExitReason::NoProc, .. } => "down".to_owned(),
        info: Info => format!("other {}", info.type_name()),
        after 0 => "nothing".to_owned(),
    }
}

#[beamish::main]
async fn main() {
    let me = self_pid();
    send(me, Shape::Square { side: 2 });
    send(me, Shape::Circle(1));
    send(me, Shape::Point);
    for number in [100_u64, 9, 10] {
        send(me, number);
    }
    send(me, 'e');
    send(me, [1_u8, 2, 3]);
    send(me, (None::<i32>, 4));
    send(me, HashMap::from([(String::new(), vec![(1_u8, 2_u8)])]));
    let run: Box<dyn FnOnce() -> &'static str + Send> = Box::new(|| "ran");
    send(me, run);
    send(me, u8::wrapping_add as fn(u8, u8) -> u8);
    send(me, 1..4);
    send(me, 1_i8);
    let expected = [
        "size 2", "Circle(1)", "Point", "limit", "small 9", "ten 10", "hex", "1 [2, 3]", "4", "1", "ran", "3", "3",
        "other i8", "nothing",
    ];
    for expected in expected {
        assert_eq!(next().await, expected);
    }
}
