//! What arrives in a mailbox besides the typed messages of a server: [`Exit`], [`Down`], [`Timeout`], and [`Info`] for all of them.

use std::any::{Any, TypeId, type_name};
use std::fmt;

use crate::{Address, ExitReason, MonitorRef, Pid};

/// A trapped exit signal: the process `from` sent it, or was linked and ended.
///
/// Only a process that [traps exits](crate::process::trap_exit) gets these; any other ends with the reason (`EXI-1`).
///
/// # OTP
/// `{'EXIT', From, Reason}`.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Who ended or sent the signal.
    pub from: Pid,
    /// Why.
    pub reason: ExitReason,
}

/// A monitored process has ended, or was not there (`reason` is [`ExitReason::NoProc`] then).
///
/// # OTP
/// `{'DOWN', Ref, process, From, Reason}`.
#[derive(Clone, Debug)]
pub struct Down {
    /// The monitor that fired; it is gone now.
    pub mref: MonitorRef,
    /// The process as it was given to [`monitor`](crate::process::monitor): a pid or a name (`MON-2`).
    pub from: Address,
    /// Why it ended.
    pub reason: ExitReason,
}

/// No message came for as long as the last callback's `timeout_after` said (`SRV-11`).
///
/// # OTP
/// The message `timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout;

/// A process has ended that was monitored with a [tag](crate::process::MonitorOptions::tag).
///
/// # OTP
/// `{Tag, Ref, process, From, Reason}`, of `monitor(process, From, [{tag, Tag}])`.
#[derive(Clone, Debug)]
pub struct TaggedDown<T> {
    /// What the monitor was given.
    pub tag: T,
    /// What would have come without a tag.
    pub down: Down,
}

/// A message of any type: what [`send`](crate::send) sent, or an [`Exit`], a [`Down`], a [`Timeout`].
///
/// As the type of a `receive!` arm or of a `#[handle_info]` parameter it is the catch-all.
pub struct Info(Box<dyn Message>);

/// A value of a type that is known no more.
trait Message: Send {
    fn value(&self) -> &dyn Any;
    /// Moves the value into an `Option` of its type.
    fn take(self: Box<Self>, slot: &mut dyn Any);
    fn type_name(&self) -> &'static str;
    /// The monitor whose end this is.
    fn monitor(&self) -> Option<MonitorRef>;
}

struct Plain<T>(T);

impl<T: Send + 'static> Message for Plain<T> {
    fn value(&self) -> &dyn Any {
        &self.0
    }

    fn take(self: Box<Self>, slot: &mut dyn Any) {
        put(self.0, slot);
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn monitor(&self) -> Option<MonitorRef> {
        self.value().downcast_ref().map(|down: &Down| down.mref)
    }
}

struct Tagged<T>(TaggedDown<T>);

impl<T: Send + 'static> Message for Tagged<T> {
    fn value(&self) -> &dyn Any {
        &self.0
    }

    fn take(self: Box<Self>, slot: &mut dyn Any) {
        put(self.0, slot);
    }

    fn type_name(&self) -> &'static str {
        type_name::<TaggedDown<T>>()
    }

    fn monitor(&self) -> Option<MonitorRef> {
        Some(self.0.down.mref)
    }
}

fn put<T: 'static>(value: T, slot: &mut dyn Any) {
    if let Some(slot) = slot.downcast_mut::<Option<T>>() {
        *slot = Some(value);
    }
}

impl Info {
    /// Wraps a message; an `Info` is not wrapped twice.
    pub fn new<T: Send + 'static>(value: T) -> Self {
        if TypeId::of::<T>() == TypeId::of::<Self>() {
            let mut info = None::<Self>;
            put(value, &mut info);
            return match info {
                Some(info) => info,
                None => unreachable!("T is Info"),
            };
        }
        Self(Box::new(Plain(value)))
    }

    pub(crate) fn tagged<T: Send + 'static>(tag: T, down: Down) -> Self {
        Self(Box::new(Tagged(TaggedDown { tag, down })))
    }

    /// Takes the message out if it is a `T`.
    ///
    /// # Errors
    /// Gives the message back if it is of another type. `downcast::<Info>()` always succeeds.
    pub fn downcast<T: Send + 'static>(self) -> Result<T, Self> {
        let mut slot = None::<T>;
        if TypeId::of::<T>() == TypeId::of::<Self>() {
            put(self, &mut slot);
        } else if self.0.value().is::<T>() {
            self.0.take(&mut slot);
        } else {
            return Err(self);
        }
        match slot {
            Some(value) => Ok(value),
            None => unreachable!("the type was looked at"),
        }
    }

    /// Looks at the message if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.0.value().downcast_ref()
    }

    /// The type of the message, for logs.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    /// Whether it tells the end of what this monitor watched, with or without a tag.
    pub(crate) fn is_down_of(&self, mref: MonitorRef) -> bool {
        self.0.monitor() == Some(mref)
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(exit) = self.downcast_ref::<Exit>() {
            return exit.fmt(f);
        }
        if let Some(down) = self.downcast_ref::<Down>() {
            return down.fmt(f);
        }
        write!(f, "Info({})", self.type_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_gives_back_what_it_is_not() {
        let info = Info::new(7_u8).downcast::<String>().unwrap_err();
        assert_eq!(info.type_name(), "u8");
        assert_eq!(info.downcast::<u8>().unwrap(), 7);
    }

    #[test]
    fn an_info_is_not_wrapped_twice() {
        let twice = Info::new(Info::new(7_u8));
        assert_eq!(
            twice.downcast::<Info>().unwrap().downcast::<u8>().unwrap(),
            7
        );
    }
}
