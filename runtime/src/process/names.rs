//! Names of the running code's node.

use crate::process::{context, resolve};
use crate::{Address, Name, Pid, RegisterError};

/// Gives a name to a living process of this node (`NAM-1`).
///
/// # Errors
/// [`RegisterError`]: the name is held or reserved, or the process is dead or has a name already. Nothing has changed then.
///
/// # OTP
/// `register/2`, which raises `badarg` in these cases.
pub fn register(name: impl Into<Name>, pid: Pid) -> Result<(), RegisterError> {
    let process = resolve(&Address::Pid(pid)).map_err(|_| RegisterError::NoProc(pid))?;
    context::node().register(name.into(), &process)
}

/// Takes a name away from its holder. Returns whether anybody held it.
///
/// # OTP
/// `unregister/1`, which raises `badarg` if nobody holds the name.
pub fn unregister(name: &str) -> bool {
    context::node().unregister(name)
}

/// Who holds a name, `None` if no living process does (`NAM-3`).
///
/// A process that is to end but has not ended still holds its name; wait for its [`Down`](crate::Down).
///
/// # OTP
/// `whereis/1`.
#[must_use]
pub fn whereis(name: &str) -> Option<Pid> {
    context::node()
        .names()
        .holder(name)
        .map(|process| process.head().pid)
}

/// The names that are held in this node, in no particular order.
///
/// # OTP
/// `registered/0`.
#[must_use]
pub fn registered() -> Vec<Name> {
    context::node().names().all()
}
