//! Calls from plain threads.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use beamish::prelude::*;
use beamish::{CallFailed, StopError};
use tokio::sync::oneshot;

#[genserver]
struct Desk {
    waiting: Vec<ReplyTo<u64>>,
}

#[genserver]
impl Desk {
    #[init]
    fn init() -> Self {
        Self {
            waiting: Vec::new(),
        }
    }

    #[handle_call]
    fn caller(&self) -> Option<Pid> {
        process::caller()
    }

    #[handle_call]
    fn halve(&self, number: u64) -> Result<u64, String> {
        if number.is_multiple_of(2) {
            Ok(number / 2)
        } else {
            Err(format!("{number} is odd"))
        }
    }

    #[handle_call]
    fn wait(&mut self, reply: ReplyTo<u64>) {
        self.waiting.push(reply);
    }

    #[handle_call]
    fn answer(&mut self, value: u64) -> usize {
        let waited = self.waiting.len();
        for reply in self.waiting.drain(..) {
            reply.reply(value);
        }
        waited
    }

    #[handle_call]
    fn crash(&self) {
        panic!("as asked");
    }

    #[handle_call]
    fn block(&self, other: DeskRef) -> bool {
        other.caller().blocking().is_ok()
    }
}

/// Runs code on a thread that knows no runtime.
async fn on_a_thread<T: Send + 'static>(code: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::spawn(move || drop(sender.send(code())));
    let value = receiver.await;
    thread.join().unwrap();
    value.unwrap()
}

fn text(payload: &(dyn Any + Send)) -> &str {
    payload.downcast_ref::<String>().unwrap()
}

#[beamish::test]
async fn a_plain_thread_gets_the_answer() {
    let desk = Desk::start().await.unwrap();
    let client = desk.clone();
    let (caller, halves) = on_a_thread(move || {
        let halves = [2, 3].map(|number| client.halve(number).flat().blocking());
        (client.caller().blocking(), halves)
    })
    .await;
    assert_eq!(caller, Ok(None));
    let error = CallFailed::Server("3 is odd".to_owned());
    assert_eq!(halves, [Ok(1), Err(error)]);
}

#[beamish::test]
async fn the_timeout_holds_without_a_runtime() {
    let desk = Desk::start().await.unwrap();
    let client = desk.clone();
    let limit = Duration::from_millis(20);
    let (result, took) = on_a_thread(move || {
        let began = Instant::now();
        let result = client.wait().timeout(limit).blocking();
        (result, began.elapsed())
    })
    .await;
    assert!(matches!(result, Err(CallError::Timeout(_))), "{result:?}");
    assert!(took >= limit, "{took:?}");
    // The request was delivered, and its late answer vanishes.
    assert_eq!(desk.answer(7).await, Ok(1));
}

#[beamish::test]
async fn a_thread_that_waits_is_told_by_the_answer_and_by_the_end() {
    let desk = Desk::start().await.unwrap();
    let client = desk.clone();
    let waiter = tokio::spawn(on_a_thread(move || client.wait().infinity().blocking()));
    while desk.answer(7).await == Ok(0) {
        process::yield_now().await;
    }
    assert_eq!(waiter.await.unwrap(), Ok(7));

    let client = desk.clone();
    let result = on_a_thread(move || [client.crash().blocking(), client.crash().blocking()]).await;
    let [Err(CallError::Exit(crash)), Err(CallError::NoProc(_))] = result else {
        panic!("{result:?}");
    };
    assert!(crash.reason().to_string().contains("as asked"), "{crash}");
}

#[beamish::test]
async fn requests_and_stops_block_too() {
    let desk = Desk::start().await.unwrap();
    let client = desk.clone();
    let results = on_a_thread(move || {
        let requests = [4, 6].map(|number| client.halve(number).send_request());
        let halves = requests.map(|request| request.blocking().unwrap());
        let none = Duration::ZERO;
        let stops = [
            client.stop().blocking(),
            client.stop().timeout(none).blocking(),
        ];
        (halves, stops)
    })
    .await;
    let (halves, [stopped, again]) = results;
    assert_eq!(halves, [Ok(2), Ok(3)]);
    assert_eq!(stopped, Ok(()));
    assert!(matches!(again, Err(StopError::NoProc(_))), "{again:?}");
}

#[beamish::test]
async fn a_process_is_refused_at_its_line() {
    let desk = Desk::start().await.unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| desk.caller().blocking())).unwrap_err();
    let expected = "a call cannot block a thread that runs async code, where whoever it waits for may need it; await it instead, or use `spawn_blocking`";
    assert_eq!(text(&*payload), expected);

    let other = Desk::start().await.unwrap();
    let error = desk.block(other.clone()).await.unwrap_err();
    let ExitReason::Panic(panic) = error.info().reason() else {
        panic!("{error}");
    };
    assert_eq!(panic.message(), expected);
    assert!(panic.file().unwrap().ends_with("blocking.rs"), "{panic:?}");
    assert!(other.is_alive());
}

#[test]
fn a_task_is_refused_and_a_blocking_task_is_not() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let desk = runtime.block_on(async { Desk::start().await.unwrap() });
    let client = desk.clone();
    let refused = runtime.block_on(async move {
        let call = client.caller();
        let under_block_on = catch_unwind(AssertUnwindSafe(|| call.blocking())).is_err();
        let task = tokio::spawn(async move { client.stop().blocking() }).await;
        (under_block_on, task.unwrap_err().is_panic())
    });
    assert_eq!(refused, (true, true));

    let client = desk.clone();
    let allowed = runtime.block_on(async move {
        let in_place = client.clone();
        let in_place =
            tokio::spawn(
                async move { tokio::task::block_in_place(|| in_place.caller().blocking()) },
            );
        let pool = tokio::task::spawn_blocking(move || client.caller().blocking());
        (in_place.await.unwrap(), pool.await.unwrap())
    });
    assert_eq!(allowed, (Ok(None), Ok(None)));
    // Outside of `block_on`, with the runtime entered.
    let _entered = runtime.enter();
    assert_eq!(desk.stop().blocking(), Ok(()));
}
