//! The terminal face of Beamish's observer: what `beamish-observer attach` shows, and how.
//!
//! ```text
//!  keys ──► run ──► session ──► app ─────► view ──► terminal
//!                    │    ▲     (decides)  (draws)
//!             effects▼    │inputs
//!                    client ◄──► observer (HTTP, and a stream of events)
//! ```
//!
//! [`app`] decides purely, with the time passed in; [`view`] draws purely; [`session`] acts on the network and [`run`]
//! on the terminal. All text from processes is hostile: it is drawn through [`text::clean`] only.
//!
//! Made for the program `beamish-observer`; what is public here is so for its tests and may change with each release.

pub mod address;
pub mod api;
pub mod app;
pub mod args;
pub mod client;
pub mod error;
mod format;
pub mod request;
pub mod run;
pub mod session;
pub mod sse;
pub mod text;
pub mod view;
