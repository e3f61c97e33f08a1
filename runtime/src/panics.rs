//! Panics inside processes, and unwinding on purpose.
//!
//! 1. The hook, set when the first process is spawned, records place and backtrace of a panic inside a process and prints
//!    nothing; every other panic goes to the hook that was there before.
//! 2. While `SILENT` is set on a thread, its panics are not told at all.
//! 3. `exit` unwinds with a payload of ours by `resume_unwind`, so no hook runs.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::ExitReason;
use crate::exit::{PanicInfo, PanicPlace, Panicked};
use crate::process::context;

thread_local! {
    static PLACE: RefCell<Option<PanicPlace>> = const { RefCell::new(None) };
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// How Rust's runtime says that a destructor panicked while a panic unwinds, before it aborts.
const SECOND_PANIC: &str = "panic in a destructor during cleanup";

/// What `exit(reason)` unwinds with.
struct Raised(ExitReason);

/// What `process::exit(self_pid(), reason)` unwinds with: the reason stands in the process already.
struct Ended;

pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if SILENT.try_with(Cell::get).unwrap_or(false) {
                return;
            }
            if !context::in_process() {
                return before(info);
            }
            if info.payload().downcast_ref::<&str>() == Some(&SECOND_PANIC) {
                let second = PLACE.try_with(RefCell::take).ok().flatten();
                crate::report::aborts(second.as_ref());
                return before(info);
            }
            let place = info.location().map(|at| PanicPlace {
                file: at.file().to_owned(),
                line: at.line(),
                column: at.column(),
                backtrace: Backtrace::capture(),
            });
            // `try_with`: a panic while the thread's locals are being dropped has no place to record.
            let _ = PLACE.try_with(|slot| slot.replace(place));
        }));
    });
}

/// Why user code did not return.
pub(crate) enum Unwound {
    /// A panic, or `exit(reason)`: terminate runs.
    Raised(ExitReason),
    /// An exit signal to oneself: nothing more runs (`EXI-5`).
    Ended,
}

/// Runs user code; a panic is caught.
#[inline]
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Unwound> {
    panic::catch_unwind(AssertUnwindSafe(code)).map_err(unwound)
}

/// The same where the code is compiled for every server and need not be the fastest: the unwinding is compiled once.
pub(crate) fn catch_any(code: &mut dyn FnMut()) -> Result<(), Unwound> {
    catch(code)
}

/// Drops a value of the user's; a panic in its destructor is reported and goes no further.
pub(crate) fn drop_quietly<T>(value: T) {
    if !std::mem::needs_drop::<T>() {
        return;
    }
    let mut value = Some(value);
    if let Err(Unwound::Raised(reason)) = catch_any(&mut || drop(value.take())) {
        crate::report::destructor(&reason);
    }
}

/// Runs code of ours whose panic is an answer, and prints nothing of it, unless it ends the program.
pub(crate) fn silently<R>(code: impl FnOnce() -> R) -> std::thread::Result<R> {
    install_hook();
    let before = SILENT.replace(cfg!(panic = "unwind"));
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    SILENT.set(before);
    result
}

pub(crate) fn raise(reason: ExitReason) -> ! {
    panic::resume_unwind(Box::new(Raised(reason)))
}

pub(crate) fn end() -> ! {
    panic::resume_unwind(Box::new(Ended))
}

#[cold]
fn unwound(payload: Box<dyn Any + Send>) -> Unwound {
    let payload = match payload.downcast::<Raised>() {
        Ok(raised) => return Unwound::Raised(raised.0),
        Err(payload) => payload,
    };
    if payload.is::<Ended>() {
        return Unwound::Ended;
    }
    let message = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => match payload.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(payload) => {
                forget(payload);
                "a value that is not text".to_owned()
            }
        },
    };
    let place = PLACE.with(RefCell::take);
    Unwound::Raised(ExitReason::Panic(PanicInfo::new(Panicked {
        message,
        place,
    })))
}

/// Drops what a panic carried. Its destructor may panic too, and so may what that carries: then it is leaked.
#[expect(clippy::mem_forget, reason = "dropping it could panic for ever")]
fn forget(payload: Box<dyn Any + Send>) {
    if let Err(again) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}
