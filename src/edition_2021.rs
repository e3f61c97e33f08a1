//! The macros, and the futures of processes that return nothing, in programs of edition 2021.
//!
//! ```edition2021
//! use beamish::prelude::*;
//!
//! #[genserver(name = "counter")]
//! pub struct Counter {
//!     count: u64,
//! }
//!
//! #[genserver]
//! impl Counter {
//!     #[init]
//!     fn init(start: u64) -> Self {
//!         Self { count: start }
//!     }
//!
//!     #[handle_call]
//!     pub async fn get(&mut self, reply: ReplyTo<u64>) {
//!         reply.reply(self.count);
//!     }
//!
//!     #[handle_cast]
//!     pub fn add(&mut self, #[into] by: u64) {
//!         self.count += by;
//!     }
//!
//!     #[handle_info]
//!     fn tick(&mut self, _tick: ()) -> Result<(), std::num::ParseIntError> {
//!         self.count += "1".parse::<u64>()?;
//!         Ok(())
//!     }
//! }
//!
//! supervisor! {
//!     Tree(start: u64) {
//!         strategy: one_for_one,
//!         children: [Counter::start_link(*start) { shutdown: 1s }, dynamic Pool {}],
//!     }
//! }
//!
//! struct App;
//!
//! #[application]
//! impl App {
//!     async fn start(start: u64) -> Result<SupervisorRef, StartError> {
//!         Tree::start_link(start).await
//!     }
//! }
//!
//! #[beamish::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let app = App::start(39).await?;
//!     CounterRef::named().add(2_u8);
//!     send_named("counter", ())?;
//!     assert_eq!(CounterRef::named().get().await?, 42);
//!     app.stop().await;
//!
//!     process::trap_exit(true);
//!     let panics = spawn_link(async { panic!("I have failed you.") });
//!     receive! {
//!         Exit { from, reason: ExitReason::Panic(_) } if from == panics => {}
//!         after 5s => unreachable!(),
//!     }
//!     let loops = spawn_link(async { loop { process::yield_now().await } });
//!     process::kill(loops);
//!     receive! {
//!         Exit { from, reason } if from == loops => assert!(matches!(reason, ExitReason::Killed)),
//!         after 5s => unreachable!(),
//!     }
//!     for pid in [
//!         spawn(async {}),
//!         spawn(async { todo!() }),
//!         spawn(async { exit(ExitReason::Normal) }),
//!         spawn(async { Ok::<_, ExitReason>(()) }),
//!     ] {
//!         process::monitored(pid).await;
//!     }
//!     Ok(())
//! }
//! ```
