//! Who has the state of a server: its task, or the callers that run handlers on it. `gen_server/model.rs` tries the
//! interleavings.
//!
//! 1. The state is in one place: with the task, in the slot, with one caller, or in a callback that a caller has begun and
//!    left in `carried`. `IDLE` is set while the task has given it to the slot; only the task sets it, or before there is one
//!    the starter that ran `init`, and who takes the state away for good clears it: the task, or who ends the process (rule 5,
//!    and `close`).
//! 2. Who takes the state out of the slot looks at the word after: anything but `IDLE` alone, and he puts it back at once and
//!    queues. A caller sees at least what it did itself and what it was told of, so its own earlier messages go first.
//! 3. Who puts the state back does so first, then reads the word by a read-modify-write, and wakes the task if there is
//!    anything to do. Who pushes or signals sets a bit by a read-modify-write first, then wakes. Of the two the later sees
//!    the earlier, so either the task finds the state, or it is woken again when the state is back.
//! 4. Only the server's own task runs control words, `terminate` and the end. A caller whose handler said more than an
//!    answer leaves it in `carried`, sets `CARRY`, and puts the state back; by rule 2 nobody else uses it before the task.
//! 5. If the task was dropped meanwhile (`ENDED`), the state is dropped and the death finished by whoever takes the state
//!    out of the slot or `carried` then: the guard of the task, or the caller that put it there.
//! 6. A callback that awaits is begun by the caller with the waker of the server's task. What it waits for wakes that task,
//!    which may come too early and find nothing; so the caller wakes it too when it has left the callback in `carried`, and
//!    the task polls it at least once more.
//!
//! Nothing here wakes, drops a state or ends a process: [`Due`] says what is to be done.

use std::mem;

use crate::process::word::{Word, bits};
use crate::sync::checked::{Mutex, Slot};

/// `T`: the state. `R`: a callback that has the state and awaits. `C`: what a handler said beside its answer.
pub(crate) struct Turns<T, R, C> {
    slot: Slot<T>,
    /// What handlers leave to do, if anything.
    left: Mutex<Option<Box<Left<R, C>>>>,
}

struct Left<R, C> {
    carried: Option<Carried<R, C>>,
    dropped: Vec<Tell>,
}

/// What tells the caller whose handle a handler dropped.
pub(crate) type Tell = Box<dyn FnOnce() + Send>;

/// What a caller leaves to the task (rule 4).
pub(crate) enum Carried<R, C> {
    /// It goes on with what the caller began (rule 6).
    Running(R),
    Said(C),
}

/// What is to be done by who gave something back.
#[must_use]
pub(crate) enum Due<T> {
    Nothing,
    /// Wake the task.
    Wake,
    /// Drop what comes back, clear `IDLE` and finish the death (rule 5). Of an abandoned server the task is still there, and
    /// waits for the state: wake it.
    Finish(T),
}

/// Where the state of a server is that ends.
pub(crate) enum Last<T, R> {
    /// With the task, or gone.
    Task,
    /// Here, for good.
    State(Box<T>),
    Running(R),
    /// With a caller, who will see what the word says.
    Caller,
}

impl<R, C> Default for Left<R, C> {
    fn default() -> Self {
        Self {
            carried: None,
            dropped: Vec::new(),
        }
    }
}

impl<T, R, C> Turns<T, R, C> {
    pub(crate) fn new() -> Self {
        Self {
            slot: Slot::empty(),
            left: Mutex::new(None),
        }
    }

    /// Takes the state, if the server is idle (rule 2).
    #[inline]
    pub(crate) fn take_idle(&self, word: &Word) -> Result<Box<T>, Due<Box<T>>> {
        let Some(state) = self.slot.take() else {
            return Err(Due::Nothing);
        };
        if word.get() != bits::IDLE {
            return Err(self.hand_back(word, state));
        }
        Ok(state)
    }

    /// Puts the state back after a handler ran (rule 3).
    #[inline]
    pub(crate) fn give_back(&self, word: &Word, state: Box<T>) -> Due<Box<T>> {
        self.slot.put(state);
        let word = word.ran();
        self.gave_back_to(word)
    }

    /// Puts the state back that was taken in vain (rule 3).
    #[cold]
    pub(crate) fn hand_back(&self, word: &Word, state: Box<T>) -> Due<Box<T>> {
        self.slot.put(state);
        let word = word.did_not_run();
        self.gave_back_to(word)
    }

    #[inline]
    fn gave_back_to(&self, word: u64) -> Due<Box<T>> {
        if word == bits::IDLE {
            Due::Nothing
        } else {
            self.gave_more_back_to(word)
        }
    }

    #[cold]
    fn gave_more_back_to(&self, word: u64) -> Due<Box<T>> {
        if word & bits::ENDED == 0 {
            return Due::Wake;
        }
        self.slot.take().map_or(Due::Nothing, Due::Finish)
    }

    /// Leaves to the task what is more than an answer (rule 4).
    pub(crate) fn leave(&self, word: &Word, state: Box<T>, said: C) -> Due<Box<T>> {
        self.carry(Carried::Said(said));
        word.set(bits::CARRY);
        self.give_back(word, state)
    }

    /// Leaves to the task a callback that awaits (rule 6).
    pub(crate) fn leave_running(&self, word: &Word, running: R) -> Due<R> {
        self.carry(Carried::Running(running));
        if word.set(bits::CARRY) & bits::ENDED == 0 {
            return Due::Wake;
        }
        // If it is not there, who ended the process has it; the task of an abandoned one waits for it.
        self.take_running(word).map_or(Due::Wake, Due::Finish)
    }

    fn carry(&self, carried: Carried<R, C>) {
        self.left.lock().get_or_insert_default().carried = Some(carried);
    }

    /// Gives the state to the slot, for callers to use (rule 1).
    #[inline]
    pub(crate) fn offer(&self, word: &Word, state: Box<T>) {
        self.slot.put(state);
        word.set(bits::IDLE);
    }

    /// Takes the state back for the task, if it has something to do and nobody runs a handler.
    ///
    /// With `IDLE` it clears `MAIL`, and says whether that was set: then the inbox is to be looked at.
    #[inline]
    pub(crate) fn take_back(&self, word: &Word) -> Option<(Box<T>, bool)> {
        if !word.has(bits::MAIL | bits::CARRY | bits::DROPPED) {
            return None;
        }
        let state = self.slot.take()?;
        let word = word.clear(bits::IDLE | bits::MAIL);
        Some((state, word & bits::MAIL != 0))
    }

    /// The callback that a caller began, if there is one, for the task to go on with it.
    pub(crate) fn take_running(&self, word: &Word) -> Option<R> {
        if !word.has(bits::CARRY) {
            return None;
        }
        let mut left = self.left.lock();
        let carried = &mut left.as_mut()?.carried;
        match carried.take() {
            Some(Carried::Running(running)) => {
                word.clear(bits::CARRY | bits::IDLE);
                Some(running)
            }
            other => {
                *carried = other;
                None
            }
        }
    }

    /// What a caller left, for the task that has the state.
    #[inline]
    pub(crate) fn take_carried(&self, word: &Word) -> Option<Carried<R, C>> {
        if !word.has(bits::CARRY) {
            return None;
        }
        word.clear(bits::CARRY);
        let mut left = self.left.lock();
        let carried = left.as_mut()?.carried.take();
        // It is seldom needed, and may go.
        left.take_if(|left| left.dropped.is_empty());
        carried
    }

    /// A handler dropped a handle.
    pub(crate) fn drop_handle(&self, word: &Word, tell: Tell) {
        self.left.lock().get_or_insert_default().dropped.push(tell);
        word.set(bits::DROPPED);
    }

    /// Who is to be told, since a handler that dropped handles is through.
    #[cold]
    pub(crate) fn take_dropped(&self, word: &Word) -> Vec<Tell> {
        word.clear(bits::DROPPED);
        let mut left = self.left.lock();
        left.as_mut()
            .map(|left| mem::take(&mut left.dropped))
            .unwrap_or_default()
    }

    /// Takes out what was left by those who said more than an answer, at the end. What a caller is about to leave there is the
    /// caller's (rule 5).
    pub(crate) fn close(&self) -> (Option<Carried<R, C>>, Vec<Tell>) {
        match &mut *self.left.lock() {
            Some(left) => {
                let carried = left
                    .carried
                    .take_if(|carried| matches!(carried, Carried::Said(_)));
                (carried, mem::take(&mut left.dropped))
            }
            None => (None, Vec::new()),
        }
    }

    /// Looks for the state at the end.
    pub(crate) fn take_last(&self, word: &Word) -> Last<T, R> {
        if !word.has(bits::IDLE) {
            return Last::Task;
        }
        if let Some(state) = self.slot.take() {
            word.clear(bits::IDLE);
            return Last::State(state);
        }
        match self.take_running(word) {
            Some(running) => Last::Running(running),
            // Meanwhile who abandoned the server has taken what a caller began, and wakes nobody.
            None if !word.has(bits::IDLE) => Last::Task,
            None => Last::Caller,
        }
    }
}
