//! `CashMan`: an application, a supervisor, and a cache that is started again whenever it ends.
//!
//! `cash_man.ex` is the same program in Elixir; each of its functions has its twin here, in the same order.
//!
//! `cargo run --example cash_man` replays the article's session and prints
//!
//! ```text
//! fetch total => 20
//! whereis CashMan.Cache => #PID<0.4.0>
//! kill #PID<0.4.0>
//! whereis CashMan.Cache => #PID<0.6.0>
//! fetch total => 20
//! async_fetch total => 20
//! calculated 2 times
//!
//! CashMan.Supervisor  #PID<0.3.0>  supervisor
//! └─ CashMan.Cache  #PID<0.6.0>  worker  restarts: 1
//! ```
//!
//! `cargo run --example cash_man -- shell` reads commands from standard input; `help` lists them.
#![expect(unreachable_pub, reason = "its modules read as a library's")]

mod cache;
mod shell;
mod supervisor;

use beamish::prelude::*;
use supervisor::CashManSupervisor;

/// The application.
struct CashMan;

#[application]
impl CashMan {
    async fn start() -> Result<SupervisorRef, StartError> {
        CashManSupervisor::start_link().await
    }
}

#[beamish::main]
async fn main() -> Result<(), ExitReason> {
    let app = CashMan::start(()).await?;
    shell::open(&app).await?;
    app.stop().await;
    Ok(())
}
