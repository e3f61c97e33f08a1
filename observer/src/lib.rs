//! The observer of [beamish](https://docs.rs/beamish): a page that shows what runs, lives, crashes and restarts in a
//! program, as it happens; and the API that the page is made of.
//!
//! It is a child for any supervision tree:
//!
//! ```
//! use beamish::prelude::*;
//! use beamish_observer::{Observer, ObserverRef};
//!
//! supervisor! {
//!     /// What the program is made of, and the look at it.
//!     pub Tree {
//!         strategy: one_for_one,
//!         children: [
//!             // … the program's own children, and then `Observer::start_link()`, or with options:
//!             Observer::new().port(0).start_link(),
//!         ],
//!     }
//! }
//!
//! #[beamish::main]
//! async fn main() -> Result<(), ExitReason> {
//!     let tree = Tree::start_link().await?;
//!     let address = ObserverRef::named().address().await?;
//!     println!("observer: http://{address}");
//!     tree.stop().await?;
//!     Ok(())
//! }
//! ```
//!
//! ```text
//!   a browser, curl, Prometheus …
//!        │ HTTP, from this machine unless told otherwise
//!   ┌────▼────┐  asks   ┌──────────────┐  reads  ┌────────────────────┐
//!   │  http   ├────────►│ sweep, tree, ├────────►│ beamish::observe,  │
//!   │         │         │ process …    │         │ sys, process       │
//!   └────▲────┘         └──────────────┘         └─────────┬──────────┘
//!        │ stream: samples, events                          │ what happens
//!   ┌────┴────┐                                        ┌────▼────┐
//!   │ sampler │                                        │ intake  │
//!   └─────────┘                                        └─────────┘
//! ```
//!
//! Three processes, linked to the server [`Observer`]: if one crashes, all do, and the supervisor starts them again, on the
//! same port. What is shown, the API, security, and what it costs is in `docs/observer.md` of the repository.
//!
//! - It listens to this machine alone unless told otherwise, and any other address asks for a token.
//! - It changes nothing unless [`control`](Options::control) is on.
//! - Who looks never slows down what is looked at: clients that do not read are told how much they missed.
//!
//! When not to use it: for measurements over days, which are the business of what reads `/metrics`.

mod asking;
mod control;
mod door;
mod error;
mod events;
mod http;
mod intake;
mod kin;
mod metrics;
mod options;
mod os;
mod process;
mod processes;
mod registry;
mod report;
mod sample;
mod server;
mod shared;
mod slow;
mod snapshot;
mod source;
mod stream;
mod sweep;
mod text;
mod timings;
mod tree;
mod watch;

pub use error::ObserverError;
pub use options::{DEFAULT_EVENT_RATE, DEFAULT_INTERVAL, DEFAULT_PORT, Options};
pub use server::{Observer, ObserverMessage, ObserverRef, ObserverReply};
