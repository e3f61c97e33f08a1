//! Global names: a second table of names, of all connected nodes. Until nodes can be connected, it is the calling code's
//! node alone. A process may have several.
//!
//! # OTP
//! The module `global`. Differs: there is no conflict to resolve and nothing to wait for.

use crate::process::{context, control, resolve};
use crate::{Address, Info, Name, NoProc, Pid, RegisterError};

/// Gives a global name to a living process of this node; it is freed when that ends.
///
/// # Errors
/// [`RegisterError`]: a living process holds the name, the name is reserved, or the process is dead. Nothing has changed then.
///
/// # OTP
/// `global:register_name/2`, which answers `no` in these cases.
pub fn register_name(name: impl Into<Name>, pid: Pid) -> Result<(), RegisterError> {
    let process = resolve(&Address::Pid(pid)).map_err(|_| RegisterError::NoProc(pid))?;
    context::node().register_global(name.into(), &process)
}

/// Takes a global name away from its holder. Returns whether anybody held it.
///
/// # OTP
/// `global:unregister_name/1`.
pub fn unregister_name(name: &str) -> bool {
    context::node().unregister_global(name)
}

/// Who holds a global name; `None` if no living process does.
///
/// # OTP
/// `global:whereis_name/1`.
#[must_use]
pub fn whereis_name(name: &str) -> Option<Pid> {
    let holder = context::node().globals().holder(name);
    holder.map(|process| process.head().pid)
}

/// The global names that are held, in no particular order.
///
/// # OTP
/// `global:registered_names/0`.
#[must_use]
pub fn registered_names() -> Vec<Name> {
    context::node().globals().all()
}

/// Sends `message` to whoever holds a global name.
///
/// # Errors
/// [`NoProc`] if nobody does; the message is dropped.
///
/// # OTP
/// `global:send/2`, which exits with `{badarg, …}` then.
pub fn send<M: Send + 'static>(name: &str, message: M) -> Result<(), NoProc> {
    let Some(process) = context::node().globals().holder(name) else {
        return Err(NoProc::new(Address::global(name)));
    };
    if !context::has_ended() {
        control::deliver(&*process, Info::new(message));
    }
    Ok(())
}
