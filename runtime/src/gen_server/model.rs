//! The interleavings of the idle call, tried by loom on the code that servers run: `turns.rs`, `word.rs` and the
//! mailbox. Run by `.ci/model`.
//!
//! The threads of a case are callers, senders, whoever ends the server, and its task. What is written here again is
//! what these do around the protocol, in the same order: the loop (`server.rs`), the runner, and the end of a process
//! (`death.rs`). The task is polled when it was woken and not otherwise, so a wake-up that is lost leaves something
//! undone at the end.
//!
//! Loom sees who may see whose change, also where the hardware of today orders more: the slot and the waker are given
//! the ordering of the real ones and no more (`sync.rs`), and [`State`] panics if two have it, or one without having
//! seen what the other did to it. Each case tries all interleavings with at most so many preemptions as it says.
//!
//! It fails when a rule is broken. These were, one by one, and made cases fail:
//!
//! - the state is put back after the word is read, or the word is read by a plain load: `a_call_beside_a_cast`,
//!   `a_call_beside_an_exit`, `two_calls`
//! - no wake after the state was put back: the same, and all that end or leave something
//! - who finds the server not idle puts the state back and looks no more: `a_call_beside_a_cast`,
//!   `a_panic_beside_an_exit`
//! - no look at the word after the state is taken: `a_cast_and_then_a_call_of_the_same_sender`,
//!   `a_call_by_one_who_was_told_of_a_cast`
//! - that look before the state is taken: `a_call_that_says_more_beside_calls`
//! - no look at `ENDED` after the state was put back, or a callback left: those of a task that is dropped
//! - the state is put back before what was said is left; `CARRY` is not set: `a_call_that_says_more_beside_a_cast`
//! - no wake after a callback was left: `a_call_that_awaits_beside_its_event`, `a_call_that_awaits_beside_an_exit`
//! - `CARRY` is set before the callback is left: `a_call_that_awaits_beside_a_task_that_is_dropped`
//! - `MAIL` is cleared after the inbox was looked at; no wake when mail came: `a_call_beside_a_cast`
//! - `IDLE` stays set when a callback is taken; no look for a callback at the end: `a_call_that_awaits_beside_an_exit`
//! - no second look at `IDLE` at the end; `close` takes a callback that is being left:
//!   `a_call_that_awaits_beside_a_supervisor_that_abandons_the_server`
//! - `DROPPED` is not set: `a_call_that_drops_a_handle_beside_a_call`
//! - no read-modify-write after the waker is set; bits are set with `Relaxed`:
//!   `a_call_and_a_cast_beside_the_first_poll`
//! - a sender sets `MAIL` before it pushes: `a_call_beside_a_cast`; the task is woken before `EXIT` is set:
//!   `a_call_beside_an_exit`
//! - the guard of a task that is dropped sets `ENDED` after it has looked for the state:
//!   `two_calls_beside_a_task_that_is_dropped`
//! - who gives the state of an abandoned server back does not wake its task:
//!   `a_call_beside_a_supervisor_that_abandons_the_server`
//! - what is left of a batch does not go back: `a_batch_beside_an_exit_and_a_cast`
//!
//! It does not show that each read-modify-write of the word needs both its orderings: with one of the two taken away
//! the cases still pass, since locks and the waking of the task order enough beside it.

use std::mem;
use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::thread;

use crate::gen_server::turns::{Carried, Due, Last, Turns};
use crate::mailbox::{Letter, Mailbox, Seen, Taken};
use crate::process::word::{Word, bits};
use crate::sync::checked::{AtomicU64, Mutex, Ordering};
use crate::{Info, sync};

/// What a server does, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    Handled(&'static str),
    /// A callback that a caller had begun came to its end.
    Awaited,
    /// What a handler said beside its answer was carried out.
    Went,
    Stopped,
    Suspended,
    Resumed,
    /// The caller was told whose handle a handler dropped.
    Told,
}

enum Message {
    Named(&'static str),
    Suspend,
    Resume,
}

impl Letter for Message {
    fn from_info(_: Info) -> Self {
        Self::Named("info")
    }

    fn into_info(self) -> Result<Info, Self> {
        Err(self)
    }

    fn as_info(&self) -> Option<&Info> {
        None
    }

    fn name(&self) -> &'static str {
        "message"
    }

    fn is_quiet(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

/// What happened. Loom does not look here, so that it orders nothing.
#[derive(Default)]
struct Book(sync::Mutex<Entries>);

#[derive(Default)]
struct Entries {
    did: Vec<Did>,
    sent: usize,
    /// Messages that came back to their sender, or out of the mailbox at the end.
    unhandled: usize,
    states_dropped: usize,
    /// How many states were dropped when the death was finished, if it was.
    died_after: Option<usize>,
}

struct State {
    seen: UnsafeCell<()>,
    book: Arc<Book>,
}

impl State {
    /// Whoever does this has the state, and has seen what all before did to it.
    fn did(&self, did: Did) {
        self.seen.with_mut(|_| ());
        self.book.0.lock().did.push(did);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.seen.with_mut(|_| ());
        }
        self.book.0.lock().states_dropped += 1;
    }
}

enum Said {
    Then,
    Stop,
}

/// A callback that waits for an event, with the state.
struct Running {
    state: Option<Box<State>>,
    event: Arc<Event>,
}

#[derive(Default)]
struct Event(Mutex<(bool, Option<Waker>)>);

impl Event {
    fn come(&self) {
        let mut event = self.0.lock();
        event.0 = true;
        let waker = event.1.take();
        drop(event);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Running {
    /// Gives the state out when it has come to its end.
    fn poll(&mut self, waker: &Waker) -> Option<Box<State>> {
        let mut event = self.event.0.lock();
        if event.0 {
            let state = self.state.take();
            let state = state.expect("it ends once");
            state.did(Did::Awaited);
            return Some(state);
        }
        event.1 = Some(waker.clone());
        None
    }
}

/// Whether the task is to be polled: a read-modify-write by who wakes and by who polls, as in tokio.
struct Scheduled(AtomicU64);

impl Wake for Scheduled {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.swap(1, Ordering::AcqRel);
    }
}

struct Server {
    word: Word,
    turns: Turns<State, Running, Said>,
    mailbox: Mailbox<Message>,
    scheduled: Arc<Scheduled>,
    book: Arc<Book>,
}

impl Server {
    /// A server that was started and offers its state, and its task, which was not polled yet.
    fn started() -> (Arc<Self>, Task) {
        let book = Arc::<Book>::default();
        let server = Self {
            word: Word::new(),
            turns: Turns::new(),
            mailbox: Mailbox::new(),
            scheduled: Arc::new(Scheduled(AtomicU64::new(1))),
            book: Arc::clone(&book),
        };
        let state = State {
            seen: UnsafeCell::new(()),
            book,
        };
        server.turns.offer(&server.word, Box::new(state));
        let server = Arc::new(server);
        let task = Task {
            server: Arc::clone(&server),
            phase: Phase::New,
            state: None,
            running: None,
            has_mail: false,
            is_suspended: false,
            seen: Seen::default(),
        };
        (server, task)
    }

    /// The same, and its task waits.
    fn idle() -> (Arc<Self>, Task) {
        let (server, mut task) = Self::started();
        task.run();
        (server, task)
    }

    fn call(&self, name: &'static str) {
        match self.turns.take_idle(&self.word) {
            Ok(state) => {
                self.book.0.lock().sent += 1;
                state.did(Did::Handled(name));
                self.settle(self.turns.give_back(&self.word, state));
            }
            Err(due) => {
                self.settle(due);
                self.cast(name);
            }
        }
    }

    fn cast(&self, name: &'static str) {
        self.book.0.lock().sent += 1;
        if self.push(Message::Named(name)).is_err() {
            self.book.0.lock().unhandled += 1;
        }
    }

    fn push(&self, message: Message) -> Result<(), Message> {
        if self.word.has(bits::ENDED) {
            return Err(message);
        }
        let _nobody_receives = self.mailbox.push(message)?;
        self.word.mail_came();
        Ok(())
    }

    /// A call whose handler says more than an answer, or panics.
    fn call_that_says(&self, said: Said) {
        match self.turns.take_idle(&self.word) {
            Ok(state) => {
                self.book.0.lock().sent += 1;
                state.did(Did::Handled("says"));
                self.settle(self.turns.leave(&self.word, state, said));
            }
            Err(due) => self.settle(due),
        }
    }

    /// A call whose handler drops a handle.
    fn call_that_drops(&self) {
        match self.turns.take_idle(&self.word) {
            Ok(state) => {
                self.book.0.lock().sent += 1;
                state.did(Did::Handled("drops"));
                let book = Arc::clone(&self.book);
                let tell = move || book.0.lock().did.push(Did::Told);
                self.turns.drop_handle(&self.word, Box::new(tell));
                self.settle(self.turns.give_back(&self.word, state));
            }
            Err(due) => self.settle(due),
        }
    }

    /// A call whose handler awaits the event.
    fn call_that_awaits(&self, event: &Arc<Event>) {
        let Some(waker) = self.word.waker() else {
            return;
        };
        let state = match self.turns.take_idle(&self.word) {
            Ok(state) => state,
            Err(due) => return self.settle(due),
        };
        self.book.0.lock().sent += 1;
        state.did(Did::Handled("awaits"));
        let mut running = Running {
            state: Some(state),
            event: Arc::clone(event),
        };
        match running.poll(waker) {
            Some(state) => self.settle(self.turns.give_back(&self.word, state)),
            None => self.settle(self.turns.leave_running(&self.word, running)),
        }
    }

    /// As `ServerProcess` does.
    fn settle<T>(&self, due: Due<T>) {
        match due {
            Due::Nothing => {}
            Due::Wake => self.word.wake(),
            Due::Finish(last) => {
                drop(last);
                self.word.clear(bits::IDLE);
                self.finish();
                self.word.wake();
            }
        }
    }

    /// An exit signal.
    fn exit(&self) {
        self.word.set(bits::EXIT);
        self.word.wake();
    }

    /// `death::finish`, and `ServerProcess::close` in it.
    fn finish(&self) {
        let closed = self.mailbox.close();
        drop(self.turns.take_running(&self.word));
        let (said, dropped) = self.turns.close();
        assert!(!matches!(said, Some(Carried::Running(_))));
        drop(dropped);
        let mut book = self.book.0.lock();
        let named = |message: &&Message| matches!(message, Message::Named(_));
        book.unhandled += closed.iter().filter(named).count();
        if book.died_after.is_some() {
            return;
        }
        book.died_after = Some(book.states_dropped);
        drop(book);
        self.word.set(bits::EXIT | bits::ENDED);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    Ending,
    Ended,
}

/// The task of a server: what `runner.rs` and `server.rs` do.
struct Task {
    server: Arc<Server>,
    phase: Phase,
    state: Option<Box<State>>,
    running: Option<Running>,
    has_mail: bool,
    is_suspended: bool,
    seen: Seen,
}

impl Task {
    /// Polls as often as it is woken.
    fn run(&mut self) {
        while self.server.scheduled.0.swap(0, Ordering::AcqRel) != 0 {
            if self.phase != Phase::Ended {
                self.poll();
            }
        }
    }

    fn poll(&mut self) {
        let server = Arc::clone(&self.server);
        let word = &server.word;
        if self.phase == Phase::New {
            word.attach(&Waker::from(Arc::clone(&server.scheduled)));
            self.phase = Phase::Running;
        }
        if self.phase == Phase::Running {
            if !word.has(bits::EXIT) {
                if self.serve(&server) {
                    word.set(bits::EXIT);
                } else if !word.has(bits::EXIT) {
                    return;
                }
            }
            self.clear();
            self.phase = Phase::Ending;
        }
        if self.drop_state() {
            server.finish();
            self.phase = Phase::Ended;
        }
    }

    fn clear(&mut self) {
        self.state = None;
        self.running = None;
    }

    fn drop_state(&self) -> bool {
        match self.server.turns.take_last(&self.server.word) {
            Last::Task => true,
            Last::State(state) => {
                drop(state);
                true
            }
            Last::Running(running) => {
                drop(running);
                true
            }
            Last::Caller => false,
        }
    }

    /// Its runtime drops it.
    fn abandon(mut self) {
        if self.phase == Phase::Ended {
            return;
        }
        self.server.word.set(bits::EXIT);
        self.clear();
        self.server.word.set(bits::ENDED);
        if self.drop_state() {
            self.server.finish();
        }
    }

    /// Serves on until there is nothing to do. Whether the server has ended by itself.
    fn serve(&mut self, server: &Arc<Server>) -> bool {
        let (word, turns) = (&server.word, &server.turns);
        loop {
            if let Some(running) = &mut self.running {
                let Some(waker) = word.waker() else {
                    unreachable!("it runs");
                };
                self.state = running.poll(waker);
                if self.state.is_none() {
                    return false;
                }
                self.running = None;
            }
            if self.state.is_none() {
                let Some((state, has_mail)) = turns.take_back(word) else {
                    self.running = turns.take_running(word);
                    if self.running.is_none() {
                        return false;
                    }
                    continue;
                };
                self.has_mail |= has_mail;
                let carried = turns.take_carried(word);
                if !matches!(carried, Some(Carried::Said(Said::Stop))) && word.has(bits::DROPPED) {
                    for tell in turns.take_dropped(word) {
                        tell();
                    }
                }
                match carried {
                    Some(Carried::Said(Said::Then)) => state.did(Did::Went),
                    Some(Carried::Said(Said::Stop)) => {
                        state.did(Did::Stopped);
                        return true;
                    }
                    Some(Carried::Running(_)) => unreachable!("the state was in the slot"),
                    None => {}
                }
                self.state = Some(state);
            }
            let Some(state) = &self.state else {
                unreachable!("it was taken");
            };
            let next = if self.is_suspended {
                word.look_for_mail();
                let is_system = |message: &Message| !matches!(message, Message::Named(_));
                server.mailbox.pop_wanted(&mut self.seen, &is_system)
            } else {
                let has_mail = &mut self.has_mail;
                let has_mail = || mem::take(has_mail) || word.look_for_mail();
                match server.mailbox.pop(has_mail, true) {
                    None => None,
                    Some(Taken::One(message)) => Some(message),
                    Some(Taken::Batch(mut batch)) => {
                        while let Some(Message::Named(name)) = batch.next() {
                            state.did(Did::Handled(name));
                            if word.has(bits::EXIT) {
                                return false;
                            }
                        }
                        continue;
                    }
                }
            };
            match next {
                Some(Message::Named(name)) => {
                    state.did(Did::Handled(name));
                    if word.has(bits::EXIT) {
                        return false;
                    }
                }
                Some(Message::Suspend) => {
                    state.did(Did::Suspended);
                    self.is_suspended = true;
                }
                Some(Message::Resume) => {
                    state.did(Did::Resumed);
                    self.is_suspended = false;
                    self.seen = Seen::default();
                }
                None if !self.is_suspended => {
                    if let Some(state) = self.state.take() {
                        turns.offer(word, state);
                    }
                }
                None if !word.has(bits::MAIL) => return false,
                None => {}
            }
        }
    }
}

/// Tries all interleavings with at most so many preemptions.
fn check(preemptions: usize, case: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(case);
}

/// Runs the task on a thread, and `other` on another; `here` on this one. Then what is still to be polled is polled.
fn beside(
    mut task: Task,
    other: impl FnOnce(&Server) + 'static,
    here: impl FnOnce(&Server),
) -> Ended {
    let server = Arc::clone(&task.server);
    let others = Arc::clone(&server);
    let other = thread::spawn(move || other(&others));
    let running = thread::spawn(move || {
        task.run();
        task
    });
    here(&server);
    other.join().expect("it ends");
    let mut task = running.join().expect("it ends");
    task.run();
    Ended { server, task }
}

/// The same with a task that is dropped.
fn beside_a_drop(
    mut task: Task,
    other: impl FnOnce(&Server) + 'static,
    here: impl FnOnce(&Server),
) -> Arc<Server> {
    let server = Arc::clone(&task.server);
    let others = Arc::clone(&server);
    let other = thread::spawn(move || other(&others));
    let running = thread::spawn(move || {
        task.run();
        task.abandon();
    });
    here(&server);
    other.join().expect("it ends");
    running.join().expect("it ends");
    server
}

/// When all threads have stopped, and the task was polled as often as it was woken.
struct Ended {
    server: Arc<Server>,
    task: Task,
}

impl Ended {
    /// The server waits: everything was handled, and the state is in the slot.
    fn into_idle(self) -> Vec<Did> {
        let Self { server, task } = self;
        let did = server.accounts(0);
        assert_eq!(server.word.get(), bits::IDLE, "something is left to do");
        assert_eq!(task.phase, Phase::Running);
        assert!(task.state.is_none() && task.running.is_none());
        assert!(
            server.turns.take_idle(&server.word).is_ok(),
            "the state is lost"
        );
        did
    }

    /// The server has ended, once.
    fn has_ended(self) -> Vec<Did> {
        assert_eq!(self.task.phase, Phase::Ended, "the task waits for ever");
        self.server.has_died()
    }
}

impl Server {
    /// Every message was handled, or came back; the state was dropped so often. Gives out what was done.
    fn accounts(&self, states_dropped: usize) -> Vec<Did> {
        let book = self.book.0.lock();
        let is_handled = |did: &&Did| matches!(did, Did::Handled(_));
        let handled = book.did.iter().filter(is_handled).count();
        assert_eq!(book.sent, handled + book.unhandled, "a message is lost");
        assert_eq!(book.states_dropped, states_dropped);
        book.did.clone()
    }

    /// Its state was dropped, once, and then its death finished.
    fn has_died(&self) -> Vec<Did> {
        assert_eq!(
            self.book.0.lock().died_after,
            Some(1),
            "it died without that"
        );
        self.was_abandoned()
    }

    /// The same in any order.
    fn was_abandoned(&self) -> Vec<Did> {
        let did = self.accounts(1);
        assert!(
            self.book.0.lock().died_after.is_some(),
            "the death is not finished"
        );
        let word = self.word.get();
        let is_marked = word & bits::ENDED != 0 && word & bits::EXIT != 0;
        assert!(is_marked && word & bits::IDLE == 0, "{word:b}");
        did
    }
}

fn at(did: &[Did], what: Did) -> Option<usize> {
    let mut places = did.iter().enumerate().filter(|(_, did)| **did == what);
    let place = places.next().map(|(place, _)| place);
    assert!(places.next().is_none(), "{what:?} twice in {did:?}");
    place
}

/// What was said was carried out once, and before anything else was handled.
fn is_next(did: &[Did], said: Did) {
    if let Some(place) = at(did, Did::Handled("says")) {
        assert_eq!(did.get(place + 1), Some(&said), "{did:?}");
        assert_eq!(at(did, said), Some(place + 1));
    }
}

/// The state is never lost and never with two; a cast that comes meanwhile is handled.
#[test]
fn a_call_beside_a_cast() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| server.cast("cast"),
            |server| server.call("call"),
        );
        ended.into_idle();
    });
}

/// The same with a task that was woken for nothing.
#[test]
fn two_calls() {
    check(3, || {
        let (server, task) = Server::idle();
        server.word.wake();
        let ended = beside(
            task,
            |server| server.call("one"),
            |server| server.call("two"),
        );
        ended.into_idle();
    });
}

/// A server whose starter has offered its state before the task was first polled.
#[test]
fn a_call_and_a_cast_beside_the_first_poll() {
    check(3, || {
        let (_, task) = Server::started();
        let ended = beside(
            task,
            |server| server.cast("cast"),
            |server| server.call("call"),
        );
        ended.into_idle();
    });
}

/// A sender's own cast comes before its call, also while others call.
#[test]
fn a_cast_and_then_a_call_of_the_same_sender() {
    check(2, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| server.call("other"),
            |server| {
                server.cast("first");
                server.call("then");
            },
        );
        let did = ended.into_idle();
        assert!(
            at(&did, Did::Handled("first")) < at(&did, Did::Handled("then")),
            "{did:?}"
        );
    });
}

/// Who was told of a cast calls after it.
#[test]
fn a_call_by_one_who_was_told_of_a_cast() {
    check(3, || {
        let (_, task) = Server::idle();
        let told = Arc::new(AtomicU64::new(0));
        let tells = Arc::clone(&told);
        let mut was_told = false;
        let ended = beside(
            task,
            move |server| {
                server.cast("first");
                tells.store(1, Ordering::Release);
            },
            |server| {
                was_told = told.load(Ordering::Acquire) != 0;
                server.call("then");
            },
        );
        let did = ended.into_idle();
        let in_order = at(&did, Did::Handled("first")) < at(&did, Did::Handled("then"));
        assert!(in_order || !was_told, "{did:?}");
    });
}

/// An exit that is set is seen, by the task or by the caller who has the state and wakes it.
#[test]
fn a_call_beside_an_exit() {
    check(3, || {
        let (_, task) = Server::idle();
        beside(task, Server::exit, |server| server.call("call")).has_ended();
    });
}

/// The same with mail, which wakes the task too.
#[test]
fn a_call_beside_a_cast_and_an_exit() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| {
                server.cast("cast");
                server.exit();
            },
            |server| server.call("call"),
        );
        ended.has_ended();
    });
}

/// Rule 5: the death is finished by the task's guard or by the caller that has the state.
#[test]
fn two_calls_beside_a_task_that_is_dropped() {
    check(3, || {
        let (_, task) = Server::idle();
        let server = beside_a_drop(
            task,
            |server| server.call("one"),
            |server| server.call("two"),
        );
        server.has_died();
    });
}

#[test]
fn a_call_and_a_cast_beside_a_task_that_is_dropped() {
    check(3, || {
        let (_, task) = Server::idle();
        let server = beside_a_drop(
            task,
            |server| server.cast("cast"),
            |server| server.call("call"),
        );
        server.has_died();
    });
}

/// Rule 4: what a caller left is taken once, before anything else is handled.
#[test]
fn a_call_that_says_more_beside_calls() {
    check(2, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| server.call("call"),
            |server| {
                server.call_that_says(Said::Then);
                server.call("after");
            },
        );
        is_next(&ended.into_idle(), Did::Went);
    });
}

#[test]
fn a_call_that_says_more_beside_a_cast() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| server.cast("cast"),
            |server| server.call_that_says(Said::Then),
        );
        is_next(&ended.into_idle(), Did::Went);
    });
}

/// A panic in a handler that a caller runs: the server stops, and nothing more is handled.
#[test]
fn a_panic_beside_a_call_and_a_cast() {
    check(2, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| {
                server.cast("cast");
                server.call("call");
            },
            |server| {
                server.call_that_says(Said::Stop);
                // If it could not run.
                server.exit();
            },
        );
        let did = ended.has_ended();
        if let Some(place) = at(&did, Did::Stopped) {
            assert_eq!(place + 1, did.len(), "{did:?}");
        }
    });
}

#[test]
fn a_panic_beside_an_exit() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(task, Server::exit, |server| {
            server.call_that_says(Said::Stop);
        });
        ended.has_ended();
    });
}

#[test]
fn a_panic_beside_a_task_that_is_dropped() {
    check(3, || {
        let (_, task) = Server::idle();
        let server = beside_a_drop(
            task,
            |server| server.call("call"),
            |server| server.call_that_says(Said::Stop),
        );
        server.has_died();
    });
}

/// Rule 6: a callback that a caller has begun and left comes to its end, whenever its event comes.
#[test]
fn a_call_that_awaits_beside_its_event() {
    check(3, || {
        let (_, task) = Server::idle();
        let event = Arc::<Event>::default();
        let comes = Arc::clone(&event);
        let ended = beside(
            task,
            move |_| comes.come(),
            |server| server.call_that_awaits(&event),
        );
        let did = ended.into_idle();
        assert!(at(&did, Did::Awaited).is_some(), "{did:?}");
    });
}

#[test]
fn a_call_that_awaits_beside_its_event_and_a_call() {
    check(2, || {
        let (_, task) = Server::idle();
        let event = Arc::<Event>::default();
        let comes = Arc::clone(&event);
        let ended = beside(
            task,
            move |server| {
                server.call("call");
                comes.come();
                server.cast("cast");
            },
            |server| server.call_that_awaits(&event),
        );
        let did = ended.into_idle();
        let began = at(&did, Did::Handled("awaits"));
        assert_eq!(began.is_some(), at(&did, Did::Awaited).is_some(), "{did:?}");
        // Nothing was handled before it had ended.
        assert_eq!(
            began.map(|began| began + 1),
            at(&did, Did::Awaited),
            "{did:?}"
        );
    });
}

#[test]
fn a_call_that_awaits_beside_an_exit() {
    check(3, || {
        let (_, task) = Server::idle();
        let event = Arc::<Event>::default();
        let ended = beside(task, Server::exit, move |server| {
            server.call_that_awaits(&event);
        });
        ended.has_ended();
    });
}

#[test]
fn a_call_that_awaits_beside_a_task_that_is_dropped() {
    check(3, || {
        let (_, task) = Server::idle();
        let event = Arc::<Event>::default();
        let comes = Arc::clone(&event);
        let server = beside_a_drop(
            task,
            move |_| comes.come(),
            |server| server.call_that_awaits(&event),
        );
        server.has_died();
    });
}

/// Decision A19: its supervisor ends a server whose task does not come to its end. Then there is one death for all
/// others, and the task ends when it can.
#[test]
fn a_call_beside_a_supervisor_that_abandons_the_server() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| {
                server.exit();
                server.finish();
            },
            |server| server.call("call"),
        );
        assert_eq!(ended.task.phase, Phase::Ended, "the task waits for ever");
        ended.server.was_abandoned();
    });
}

#[test]
fn a_call_that_awaits_beside_a_supervisor_that_abandons_the_server() {
    check(3, || {
        let (_, task) = Server::idle();
        let event = Arc::<Event>::default();
        let ended = beside(
            task,
            |server| {
                server.exit();
                server.finish();
            },
            move |server| server.call_that_awaits(&event),
        );
        assert_eq!(ended.task.phase, Phase::Ended, "the task waits for ever");
        ended.server.was_abandoned();
    });
}

/// A server that is suspended handles nothing until it is resumed.
#[test]
fn calls_beside_a_suspension() {
    check(2, || {
        let (_, task) = Server::idle();
        let ended = beside(
            task,
            |server| {
                let _ = server.push(Message::Suspend);
                let _ = server.push(Message::Resume);
            },
            |server| {
                server.call("one");
                server.call("two");
            },
        );
        let did = ended.into_idle();
        let suspended = at(&did, Did::Suspended);
        assert!(suspended.is_some(), "{did:?}");
        assert_eq!(
            suspended.map(|at| at + 1),
            at(&did, Did::Resumed),
            "{did:?}"
        );
        assert!(
            at(&did, Did::Handled("one")) < at(&did, Did::Handled("two")),
            "{did:?}"
        );
    });
}

/// A caller whose handle a handler dropped is told, once.
#[test]
fn a_call_that_drops_a_handle_beside_a_call() {
    check(3, || {
        let (_, task) = Server::idle();
        let ended = beside(task, |server| server.call("call"), Server::call_that_drops);
        let did = ended.into_idle();
        let dropped = at(&did, Did::Handled("drops"));
        let told = at(&did, Did::Told);
        assert_eq!(dropped.is_some(), told.is_some(), "{did:?}");
        assert!(dropped <= told, "{did:?}");
    });
}

/// More casts than are taken one by one. They were made before anything else.
const CASTS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

fn cast_all(server: &Server) {
    CASTS.iter().for_each(|name| server.cast(name));
}

/// Of those casts as many as were handled, in their order.
fn in_order(did: &[Did]) -> usize {
    let casts = did
        .iter()
        .filter(|did| matches!(did, Did::Handled(name) if CASTS.contains(name)));
    let expected = CASTS.iter().map(|name| Did::Handled(name));
    assert!(
        casts
            .clone()
            .copied()
            .zip(expected)
            .all(|(did, name)| did == name),
        "{did:?}"
    );
    casts.count()
}

/// Casts that are taken at once come before what is sent later, and a caller runs no handler meanwhile.
#[test]
fn a_batch_beside_a_call_and_a_cast() {
    check(2, || {
        let (server, task) = Server::idle();
        cast_all(&server);
        let ended = beside(
            task,
            |server| server.cast("cast"),
            |server| server.call("call"),
        );
        let did = ended.into_idle();
        assert_eq!(in_order(&did), CASTS.len(), "{did:?}");
        let last = at(&did, Did::Handled("6"));
        assert!(last < at(&did, Did::Handled("cast")), "{did:?}");
        assert!(last < at(&did, Did::Handled("call")), "{did:?}");
    });
}

/// What was taken and not handled before the end is accounted for.
#[test]
fn a_batch_beside_an_exit_and_a_cast() {
    check(3, || {
        let (server, task) = Server::idle();
        cast_all(&server);
        let ended = beside(task, Server::exit, |server| server.cast("cast"));
        in_order(&ended.has_ended());
    });
}

/// The mailbox is closed while the task has casts in hand.
#[test]
fn a_batch_beside_a_supervisor_that_abandons_the_server() {
    check(2, || {
        let (server, task) = Server::idle();
        cast_all(&server);
        let ended = beside(
            task,
            |server| {
                server.exit();
                server.finish();
            },
            |server| server.cast("cast"),
        );
        assert_eq!(ended.task.phase, Phase::Ended, "the task waits for ever");
        in_order(&ended.server.was_abandoned());
    });
}

/// How many messages wait is never more than were sent, nor less than are left.
#[test]
fn a_batch_beside_one_who_looks() {
    check(3, || {
        let (server, task) = Server::idle();
        cast_all(&server);
        let ended = beside(
            task,
            |server| {
                let before = server.mailbox.len();
                let after = server.mailbox.len();
                assert!(before <= CASTS.len() && after <= before);
            },
            |_| {},
        );
        assert_eq!(ended.server.mailbox.len(), 0);
        assert_eq!(in_order(&ended.into_idle()), CASTS.len());
    });
}
