//! Erlang's references, typed: [`MonitorRef`], [`Alias`] and [`TimerRef`].

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::few::Number;

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

macro_rules! reference {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u64);

        impl $name {
            pub(crate) fn next() -> Self {
                Self(next())
            }
        }

        impl Number for $name {
            fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "#Reference<0.{}.{}>", self.0 >> 32, self.0 & u64::from(u32::MAX))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

reference! {
    /// Names one monitor (`MON-1`). Dropping it does nothing: the monitor goes on until it fires or is
    /// [demonitored](crate::process::demonitor).
    ///
    /// # OTP
    /// The reference that `erlang:monitor/2` returns.
    MonitorRef
}

reference! {
    /// Names one timer (`TIM-1`). Dropping it does nothing: the timer goes on until it fires or is
    /// [cancelled](crate::process::cancel_timer).
    ///
    /// # OTP
    /// The reference that `erlang:send_after/3` returns.
    TimerRef
}

reference! {
    /// An address of a process that can be switched off: to an inactive one nothing is delivered (`MON-6`).
    ///
    /// Made by [`process::alias`](crate::process::alias), or by a monitor with an
    /// [alias mode](crate::process::MonitorOptions::alias), whose reference is the alias: `Alias::from(mref)`. Send to it
    /// with [`send`](crate::send). Dropping it does nothing.
    ///
    /// # OTP
    /// The reference that `erlang:alias/1` returns.
    Alias
}

/// The alias that a monitor was made with; one that is never active if it was made without.
impl From<MonitorRef> for Alias {
    fn from(mref: MonitorRef) -> Self {
        Self(mref.0)
    }
}

impl Alias {
    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    /// The monitor that it may belong to.
    pub(crate) const fn monitor(self) -> MonitorRef {
        MonitorRef(self.0)
    }
}
