//! Erlang's references, typed: [`MonitorRef`] and [`TimerRef`].

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

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
