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

/// A message of any type: what [`send`](crate::send) sent, or an [`Exit`], a [`Down`], a [`Timeout`].
///
/// As the type of a `receive!` arm or of a `#[handle_info]` parameter it is the catch-all.
pub struct Info {
    value: Box<dyn Any + Send>,
    type_name: &'static str,
}

impl Info {
    /// Wraps a message; an `Info` is not wrapped twice.
    pub fn new<T: Send + 'static>(value: T) -> Self {
        let value: Box<dyn Any + Send> = Box::new(value);
        if TypeId::of::<T>() == TypeId::of::<Self>() {
            return match value.downcast::<Self>() {
                Ok(info) => *info,
                Err(value) => Self {
                    value,
                    type_name: type_name::<T>(),
                },
            };
        }
        Self {
            value,
            type_name: type_name::<T>(),
        }
    }

    /// Takes the message out if it is a `T`.
    ///
    /// # Errors
    /// Gives the message back if it is of another type. `downcast::<Info>()` always succeeds.
    pub fn downcast<T: Send + 'static>(self) -> Result<T, Self> {
        if TypeId::of::<T>() == TypeId::of::<Self>() {
            let any: Box<dyn Any> = Box::new(self);
            return match any.downcast::<T>() {
                Ok(info) => Ok(*info),
                Err(_) => unreachable!("T is Info"),
            };
        }
        let type_name = self.type_name;
        match self.value.downcast::<T>() {
            Ok(value) => Ok(*value),
            Err(value) => Err(Self { value, type_name }),
        }
    }

    /// Looks at the message if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }

    /// The type of the message, for logs.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
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
        write!(f, "Info({})", self.type_name)
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
