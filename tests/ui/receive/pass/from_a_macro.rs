//! A `receive!` in other macros, with patterns, types, guards, times and bodies from outside.
#![deny(warnings)]
use beamish::prelude::*;

macro_rules! expect {
    ($pattern:pat, $ty:ty) => {
        expect!($pattern, $ty, ())
    };
    ($pattern:pat, $ty:ty, $value:expr) => {
        receive! {
            $pattern: $ty => $value,
            after 5s => panic!(concat!("no ", stringify!($pattern))),
        }
    };
}

macro_rules! select {
    ($time:expr; $($pattern:pat => $ty:ty, $guard:expr, $body:block)*) => {
        receive! {
            $($pattern: $ty if $guard => $body)*
            after ($time) => None,
        }
    };
}

macro_rules! flush {
    ($($ty:ty),*) => {{
        let mut count = 0;
        loop {
            receive! {
                $(_: $ty => count += 1,)*
                after 0 => break count,
            }
        }
    }};
}

#[beamish::main]
async fn main() {
    let me = self_pid();
    send(me, Some(3_u8));
    send(me, "text");
    expect!("text", &'static str);
    let value = 40;
    assert_eq!(expect!(Some(x), Option<u8>, x + value - 1), 42);
    for number in [1_u64, 2] {
        send(me, number);
        send(me, 'c');
    }
    let limit = 1;
    let chosen = select! {
        std::time::Duration::from_secs(5);
        number => u64, number > limit, { Some(number) }
        _ => char, false, { None }
    };
    assert_eq!(chosen, Some(2));
    assert_eq!(flush!(u64, char), 3);
}
