//! The macros of [beamish](https://docs.rs/beamish), which re-exports them. Expansions name only its hidden module
//! `__private`; what they write is what a person would write by hand against `beamish-runtime`.
//!
//! | macro | Elixir |
//! |---|---|
//! | [`#[genserver]`](macro@genserver) | `use GenServer` and its callbacks |
//! | [`supervisor!`] | `use Supervisor` with `init/1` |
//! | [`receive!`] | `receive do … after … end` |
//! | [`#[application]`](macro@application) | `use Application` |
//! | [`#[main]`](macro@main), [`#[test]`](macro@test) | `mix run`, `use ExUnit.Case` |
//!
//! # Durations
//!
//! All macros read durations alike: an integer or a float with one of the units `ns`, `us`, `ms`, `s`, `min`, `h`
//! (`5s`, `250ms`, `1.5min`), `0` alone, or an expression of type [`Duration`](std::time::Duration) in parentheses
//! (`(config.timeout)`). Where a wait may be endless, `infinity` stands for that.
//!
//! # Another path to the crate
//!
//! Programs that reach `beamish` under another path say so: attributes take `crate = "path"`, as in
//! `#[genserver(crate = "my_framework::beamish")]`, and [`supervisor!`] and [`receive!`] begin with the line
//! `crate = "my_framework::beamish";`.

mod any_message;
mod application;
mod attr;
mod bindings;
mod conditional;
mod diagnostic;
mod duration;
mod entry;
mod fragment;
mod krate;
mod names;
mod place;
mod receive;
mod server;
mod spelling;
mod supervisor;
#[cfg(test)]
mod tests;
mod vocabulary;

use proc_macro::TokenStream;

/// Makes a struct a server: written on the struct, and on its `impl` block.
///
/// ```
/// use beamish::prelude::*;
///
/// struct Tick;
///
/// /// Counts. The struct is the state of the server.
/// #[genserver(name = "counter", restart = transient)]
/// pub struct Counter {
///     count: u64,
/// }
///
/// #[genserver]
/// impl Counter {
///     #[init]
///     fn init(start: u64) -> Self {
///         Self { count: start }
///     }
///
///     /// The present count.
///     #[handle_call]
///     pub fn get(&self) -> u64 {
///         self.count
///     }
///
///     /// Adds `by`.
///     #[handle_cast]
///     pub fn add(&mut self, by: u64) {
///         self.count += by;
///     }
///
///     #[handle_info]
///     fn tick(&mut self, _tick: Tick) {
///         self.count += 1;
///     }
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), ExitReason> {
/// let counter = Counter::start_link(39).await?;
/// counter.add(2);
/// send(counter.pid().expect("it is bound"), Tick);
/// assert_eq!(counter.get().await?, 42);
/// # Ok(())
/// # }
/// ```
///
/// # On the struct
///
/// The state may be a struct or an enum, with type and const parameters. It owns its data: a lifetime is refused.
///
/// | option | what it says | default |
/// |---|---|---|
/// | `name = "…"` | the name it is started under; gives `CounterRef::named()` | no name |
/// | `restart = …` | `permanent`, `transient` or `temporary`, as a child of a supervisor | `permanent` |
/// | `shutdown = …` | a [duration](crate#durations), `infinity` or `brutal_kill`, as a child | `5s` |
/// | `significant` | whether its end may end its supervisor; also `significant = false` | `false` |
/// | `trap_exit` | whether exits of linked processes come as messages, and `#[terminate]` runs at a shutdown | `false` |
/// | `debug` | whether [`sys::get_status`](#what-a-server-shows) shows the state, by its `Debug`; also `debug = false` | `false` |
/// | `crate = "…"` | [the path to beamish](crate#another-path-to-the-crate) | `"::beamish"` |
///
/// Written: `CounterRef`, the client, with the visibility and the parameters of the struct, its constructors
/// `CounterRef::to(name)` and `CounterRef::named()`, and its `Clone`, `Debug`, `Eq`, `Hash`, `From<ServerRef<Counter>>`,
/// `TryFrom<Pid>` and `Server`; and `impl ServerOptions for Counter`.
///
/// # On the `impl` block
///
/// | callback | parameters after `self` | returns |
/// |---|---|---|
/// | `#[init]`, without `self` | the start arguments | `Self`, `Result<Self, E>`, `Init<Self>` |
/// | `#[handle_call]` | the fields of the message | `T`, or `Reply<T>` |
/// | `#[handle_call]` | …, and a last `reply: ReplyTo<T>`, which answers now or later | nothing, `NoReply`, or a `Result` of these |
/// | `#[handle_cast]` | the fields of the message | nothing, `NoReply`, or a `Result` of these |
/// | `#[handle_info]` | one value, of the type that it handles | nothing, `NoReply`, or a `Result` of these |
/// | `#[handle_continue]` | one value, of the type that it handles | nothing, `NoReply`, or a `Result` of these |
/// | `#[terminate]` | `reason: &ExitReason` | nothing |
///
/// - `#[init]` is required, once (or more often, if each has its `#[cfg]`). All others may be left out.
/// - Each may be `fn` or `async fn`. The handler of a call may run on the caller when the server is idle, an `async fn` until
///   it has to wait; `#[handle_call(queued)]` says that it should not. An `async fn` with `&self` needs a state that is `Sync`; with `&mut self` it does not.
/// - A message is moved: a parameter owns its data, and has one type. `Self` and the server's type parameters are fine.
/// - Parameters may be patterns. The field of the message is named after the identifier, else `arg0`, `arg1` ….
/// - `#[into] key: String` makes the parameter of the client `impl Into<String>`.
/// - `Reply<T>` is known by its name; an alias of it is taken for the type of the reply.
/// - The handler of `beamish::Info` takes what no other takes, and is written last. Without it, that is logged. A type
///   of your own that is called `Info` is a message as any other.
/// - `#[cfg]`, docs, `#[deprecated]`, `#[must_use]` and the visibility of a handler are those of its client method; the
///   variant of its message has the first three. They may stand in a `#[cfg_attr]`.
/// - The error of a `Result` is an error, a `Box<dyn Error + Send + Sync>` or what becomes one (an `anyhow::Error`, a
///   `String`), or an `ExitReason`. `#[init]` gives it to its starter, an `ExitReason` ends it as `Init::stop` does;
///   any other handler ends the server with the reason that `ExitReason::error` makes of it.
/// - The names `to` and `named` are taken by the constructors of the client.
///
/// | option | what it says | default |
/// |---|---|---|
/// | `message(derive(…))` | what `CounterMessage` derives: `message(derive(Clone, serde::Serialize))` | nothing |
/// | `reply(derive(…))` | what `CounterReply` derives | nothing |
/// | `mailbox = bounded(1024, on_full = …)` | [how many calls and casts wait at most](#bounded-mailboxes) | `unbounded` |
/// | `debug` | whether [events](#what-a-server-shows) show calls and casts, by a derived `Debug`; also `debug = false` | `false` |
/// | `client = trait` | [the client's methods also as a trait](#the-client-as-a-trait) | none |
/// | `crate = "…"` | [the path to beamish](crate#another-path-to-the-crate) | `"::beamish"` |
///
/// With `message(derive(…))` the attributes on a parameter of a call or cast that are not rustc's own go to the field of the
/// message: `#[serde(rename = "k")] key: String`.
///
/// Written, beside the block itself without the attributes above:
///
/// - `CounterMessage` and `CounterReply`: enums of the calls and casts and of the replies, as data.
/// - `Counter::start_link(…)`, `Counter::start(…)` and `Counter::child_spec(…)`, with the parameters of `#[init]`. One that
///   the block defines itself is left out, and `Counter::server(…)`, the start that it can build on, is written beside it.
/// - `impl CounterRef`: one method a call or cast.
/// - `impl GenServer for Counter`, and `impl Continue<C> for Counter` for each `#[handle_continue]`.
///
/// # Bounded mailboxes
///
/// `mailbox = bounded(1024, on_full = refuse)` bounds how many calls and casts wait in the mailbox of each such server. The
/// number is any constant expression over zero. What becomes of one more decides what the method of a cast returns:
///
/// | `on_full = …` | a cast | its method returns | a call |
/// |---|---|---|---|
/// | `wait` | waits for room, in the order of coming | `Cast<'_, Counter>`, a future | waits too, within its timeout |
/// | `refuse` | comes back to its sender | `Result<(), Full<CounterMessage>>` | `CallError::Full` |
/// | `drop_oldest` | the oldest call or cast is dropped for it | nothing | as a cast |
/// | `drop_newest` | is dropped | nothing | `CallError::Full` |
///
/// The caller of a call that is dropped as the oldest gets `CallError::Full`. Messages of other types, exit signals, `Down`,
/// stops, system requests and answers do not count, and are never refused. A call that its caller runs itself, since the
/// server is idle, is in no mailbox.
///
/// ```
/// # use beamish::prelude::*;
/// # #[genserver]
/// # pub struct Counter {
/// #     count: u64,
/// # }
/// #[genserver(mailbox = bounded(2, on_full = refuse))]
/// impl Counter {
/// #     #[init]
/// #     fn init(count: u64) -> Self {
/// #         Self { count }
/// #     }
///     // …
///     #[handle_cast]
///     pub fn add(&mut self, by: u64) {
///         self.count += by;
///     }
/// }
///
/// # #[beamish::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ExitReason> {
/// # let counter = Counter::start_link(40).await?;
/// // The server has not run in between.
/// assert!(counter.add(1).is_ok() && counter.add(1).is_ok());
/// let full = counter.add(1).expect_err("two wait already");
/// assert!(matches!(full.into_inner(), CounterMessage::Add { by: 1 }));
/// # Ok(())
/// # }
/// ```
///
/// # What a server shows
///
/// Whoever looks at a server with the functions of `sys` sees names: those of its type, of its handlers, of the types
/// of its messages. What is in them may be secret, and is shown only where the server says so: with `debug` on the
/// struct its state is in `sys::Status` and in the report of its crash, with `debug` on the `impl` block what its calls
/// and casts hold is in `sys::Event`. Nothing is written as long as nobody looks.
///
/// ```
/// use beamish::prelude::*;
/// use beamish::sys;
///
/// #[genserver(debug)]
/// #[derive(Debug)]
/// pub struct Counter {
///     count: u64,
/// }
///
/// #[genserver(debug)]
/// impl Counter {
///     // …
/// #     #[init]
/// #     fn init(count: u64) -> Self {
/// #         Self { count }
/// #     }
///     #[handle_cast]
///     pub fn add(&mut self, by: u64) {
///         self.count += by;
///     }
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let counter = Counter::start_link(40).await?;
/// sys::log(&counter, 2).await?;
/// counter.add(2);
/// let status = sys::get_status(&counter).await?;
/// assert_eq!(status.state.as_deref(), Some("Counter { count: 42 }"));
/// let log = sys::get_log(&counter).await?;
/// assert_eq!(log[0].to_string(), "got cast Add { by: 2 }");
/// # Ok(())
/// # }
/// ```
///
/// # The client as a trait
///
/// With `client = trait` the calls and casts are also methods of a trait, `CounterClient`, which `CounterRef` implements. What
/// is written for any `CounterClient` can be tested with a stand-in, without a server:
///
/// ```
/// # use beamish::prelude::*;
/// use beamish::BoxFuture;
///
/// # #[genserver]
/// # pub struct Counter {
/// #     count: u64,
/// # }
/// #[genserver(client = trait)]
/// impl Counter {
///     // … `get` and `add`, as above
/// #     #[init]
/// #     fn init(count: u64) -> Self {
/// #         Self { count }
/// #     }
/// #     #[handle_call]
/// #     pub fn get(&self) -> u64 {
/// #         self.count
/// #     }
/// #     #[handle_cast]
/// #     pub fn add(&mut self, by: u64) {
/// #         self.count += by;
/// #     }
/// }
///
/// async fn double(counter: &dyn CounterClient) -> Result<u64, CallError> {
///     let count = counter.get().await?;
///     counter.add(count);
///     Ok(2 * count)
/// }
///
/// struct Always(u64);
///
/// impl CounterClient for Always {
///     fn get(&self) -> BoxFuture<'_, Result<u64, CallError>> {
///         Box::pin(async { Ok(self.0) })
///     }
///
///     fn add(&self, by: u64) {
///         assert_eq!(by, self.0);
///     }
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), ExitReason> {
/// assert_eq!(double(&Always(21)).await?, 42);
///
/// let counter = Counter::start_link(21).await?;
/// assert_eq!(double(&counter).await?, 42);
/// assert_eq!(counter.get().await?, 42);
/// # Ok(())
/// # }
/// ```
///
/// A call is a boxed future, with the default timeout; `CounterRef`'s own methods, which take precedence, have all options.
/// `#[into]` parameters keep their plain type, so the trait can be a trait object. It is `pub`, and has all calls and casts,
/// also those that are private on the client. `CallInfo::new` makes the errors that a stand-in may want to give.
///
/// # OTP
///
/// `use GenServer`, `start_link/3`, `child_spec/1`, and the client functions that a module has by convention.
#[proc_macro_attribute]
pub fn genserver(arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::genserver(arguments.into(), &item.into()).into()
}

/// The callback that makes the state, in a [`#[genserver]`](macro@genserver) block: OTP's `init/1`.
///
/// It has no `self`; its parameters are those of `start_link`. It returns `Self`, `Result<Self, E>` where `E` is an error,
/// or `Init<Self>`, and may be `async`.
#[proc_macro_attribute]
pub fn init(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("init", &item.into()).into()
}

/// A callback that replies, in a [`#[genserver]`](macro@genserver) block: OTP's `handle_call/3`.
///
/// It returns the reply `T`, or `Reply<T>` to say what comes next; or it takes a last `reply: ReplyTo<T>` and returns
/// nothing, or `NoReply`. `#[handle_call(queued)]` keeps it from running on the caller.
#[proc_macro_attribute]
pub fn handle_call(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_call", &item.into()).into()
}

/// A callback that does not reply, in a [`#[genserver]`](macro@genserver) block: OTP's `handle_cast/2`.
///
/// It returns nothing, or `NoReply` to say what comes next; or a `Result` of one of them: an `Err(error)`, from `?` say, ends
/// the server with that reason, as `NoReply::stop(error)` does.
#[proc_macro_attribute]
pub fn handle_cast(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_cast", &item.into()).into()
}

/// A callback for other messages of one type, in a [`#[genserver]`](macro@genserver) block: OTP's `handle_info/2`.
///
/// It takes one value: what was sent with `send`, or an `Exit`, a `Down`, a `Timeout`. The type `beamish::Info` takes
/// all that no other callback takes.
#[proc_macro_attribute]
pub fn handle_info(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_info", &item.into()).into()
}

/// A callback for what `continue_with` was given, in a [`#[genserver]`](macro@genserver) block: OTP's
/// `handle_continue/2`.
///
/// It takes one value, and runs before the next message.
#[proc_macro_attribute]
pub fn handle_continue(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_continue", &item.into()).into()
}

/// The callback before the end, in a [`#[genserver]`](macro@genserver) block: OTP's `terminate/2`.
///
/// At a supervisor's shutdown this runs only with `trap_exit`. What must always run belongs in `Drop`.
#[proc_macro_attribute]
pub fn terminate(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("terminate", &item.into()).into()
}

/// Declares a supervision tree as a type.
///
/// ```
/// use beamish::prelude::*;
/// use beamish::Restart;
/// # #[genserver]
/// # pub struct Cache;
/// # #[genserver]
/// # impl Cache {
/// #     #[init]
/// #     fn init() -> Self {
/// #         Self
/// #     }
/// # }
/// # #[genserver]
/// # pub struct Worker;
/// # #[genserver]
/// # impl Worker {
/// #     #[init]
/// #     fn init(_number: u32) -> Self {
/// #         Self
/// #     }
/// # }
/// # supervisor! {
/// #     pub AnotherSupervisor {
/// #         strategy: one_for_one,
/// #         children: [],
/// #     }
/// # }
/// # pub struct Config {
/// #     first: u32,
/// #     more: Vec<u32>,
/// # }
///
/// supervisor! {
///     /// Keeps the cache alive.
///     pub CashManSupervisor(config: Config) {            // arguments of the start, if any
///         name: "CashMan.Supervisor",
///         strategy: one_for_one,
///         max_restarts: 3, max_seconds: 5,
///         let first = config.first;                      // evaluated once
///         children: [
///             Cache::start_link(),
///             Worker::start_link(*first) { id: "first", restart: transient, shutdown: 10s },
///             supervisor Workers {                       // a nested tree
///                 strategy: one_for_all,
///                 children: [Worker::start_link(1) { id: 1 }, Worker::start_link(2) { id: 2 }],
///             },
///             AnotherSupervisor::start_link(),           // one declared elsewhere
///             dynamic Connections { max_children: 1_000 },
///             ..config.more.iter().map(|number| Worker::child_spec(*number).id(*number)),
///         ],
///     }
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let config = Config { first: 0, more: vec![3, 4] };
/// let tree = CashManSupervisor::start_link(config).await?;
/// assert_eq!(tree.count_children().await?.active, 7);
///
/// let connection = Connections::start_child(Worker::child_spec(5).restart(Restart::Temporary)).await?;
/// assert!(process::alive(connection));
/// tree.stop().await?;
/// assert!(!process::alive(connection));
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | of a tree | what it says | default |
/// |---|---|---|
/// | `strategy:` | `one_for_one`, `one_for_all` or `rest_for_one` | required |
/// | `name:` | a string or constant; gives `named()` | no name |
/// | `max_restarts:`, `max_seconds:` | more restarts than that in so many seconds end the tree | 3 in 5 |
/// | `auto_shutdown:` | `never`, `any_significant` or `all_significant` | `never` |
/// | `children:` | `[…]`, in the order of their start | none |
///
/// | of a child, in braces after it | what it says | default |
/// |---|---|---|
/// | `id:` | a string, a number, or an expression of either type | the name of the type before `::start_link` |
/// | `restart:` | `permanent`, `transient` or `temporary` | that of its type |
/// | `shutdown:` | a [duration](crate#durations), `infinity` or `brutal_kill` | that of its type |
/// | `significant:` | `true` or `false`; needs `auto_shutdown` | that of its type |
///
/// | of a `dynamic` child | what it says | default |
/// |---|---|---|
/// | `name:` | the name that its type reaches it by | its name after the path of the module |
/// | `max_children:` | how many it may have | no limit |
/// | `max_restarts:`, `max_seconds:` | as of a tree | 3 in 5 |
///
/// # Children
///
/// A child is an expression that starts a process, and is evaluated at each of its starts. It is lent the arguments and
/// the names of the `let` lines, as references: clone what the child must own. An expression that ends in
/// `child_spec(…)`, `child(…)` or `.once()`, in all its branches, is a specification, and evaluated once; each branch
/// may have another of these forms. `#[cfg]` may stand before a child.
///
/// A tree cannot be its own child, and is refused where it stands there under its own name. By a longer path than
/// `self::` (`crate::app::Tree`) it is taken for the tree of another module: it would start itself without end.
///
/// The first line of all may be `crate = "…";`, [the path to beamish](crate#another-path-to-the-crate).
///
/// # What is written
///
/// A unit struct with the docs and the visibility, and on it, with the arguments as parameters: `supervisor(…)`, the
/// builder; `start_link(…)`, `start(…)`, `child_spec(…)`; and `named()`. For `dynamic Connections` a unit struct
/// `Connections` with `start_child(child)` and `named()`.
///
/// # OTP
///
/// `use Supervisor` and `init/1`; `dynamic` is `DynamicSupervisor`. Differs: an expression with effects has them again at
/// each restart.
#[proc_macro]
pub fn supervisor(input: TokenStream) -> TokenStream {
    supervisor::supervisor(input.into()).into()
}

/// Waits for the oldest message that an arm takes; all others stay in the mailbox, in order.
///
/// ```
/// use beamish::prelude::*;
///
/// #[derive(Debug)]
/// enum Message {
///     Ping(u32),
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), ExitReason> {
/// send(self_pid(), "first");
/// send(self_pid(), Message::Ping(0));
/// send(self_pid(), Message::Ping(1));
/// let mref = process::monitor(spawn(async { exit(ExitReason::Shutdown) }));
///
/// let mut seen = Vec::new();
/// while seen.len() < 5 {
///     receive! {
///         Down { mref: m, reason, .. } if m == mref => seen.push(format!("down: {reason}")),
///         Message::Ping(x): Message if x > 0 => seen.push(format!("ping {x}")),
///         text: String => seen.push(text),
///         text: &str => {
///             assert_eq!(seen, [] as [&str; 0]); // it was there first
///             seen.push(text.to_owned());
///         }
///         after 500ms => seen.push("nothing more".to_owned()),
///     }
/// }
/// assert_eq!(seen[..3], ["first", "ping 1", "down: shutdown"]);
/// assert_eq!(seen[3..], ["nothing more"; 2]);
/// # let rest = receive! { Message::Ping(x): Message => x };
/// assert_eq!(rest, 0); // what no arm took is still there
/// # Ok(())
/// # }
/// ```
///
/// An arm is `pattern: Type if guard => body`. The type may be left out when the pattern is a struct pattern, whose path is
/// then the type: `Exit { .. }`, and `Tick {}` for a unit struct. For a variant of an enum write `Msg::Ping(x): Msg`. The
/// type `beamish::Info` is any message.
///
/// The last arm may be `after` a [duration](crate#durations): `after 0` only looks at what is there, `after infinity` waits
/// as if it were not written.
///
/// The value is moved out, the pattern and the guard are tried, and it is put back in its place if they fail; no lock is
/// held. Bodies run outside of any closure: they may await, use `?`, `break`, `continue` and `return`. A guard may not
/// await, and `ref` is refused.
///
/// It awaits, so it stands in async code, and in a process. Before the arms may stand `crate = "…";`,
/// [the path to beamish](crate#another-path-to-the-crate).
///
/// # OTP
///
/// `receive … after … end`.
#[proc_macro]
pub fn receive(input: TokenStream) -> TokenStream {
    receive::receive(input.into()).into()
}

/// Makes a type an application: something that starts one supervision tree, and stops it in order.
///
/// ```
/// use beamish::prelude::*;
/// # #[genserver(name = "cache")]
/// # pub struct Cache(u64);
/// # #[genserver]
/// # impl Cache {
/// #     #[init]
/// #     fn init(size: u64) -> Self {
/// #         Self(size)
/// #     }
/// #     #[handle_call]
/// #     fn size(&self) -> u64 {
/// #         self.0
/// #     }
/// # }
/// # supervisor! {
/// #     CashManSupervisor(size: u64) {
/// #         strategy: one_for_one,
/// #         children: [Cache::start_link(*size)],
/// #     }
/// # }
///
/// struct CashMan;
///
/// #[application]
/// impl CashMan {
///     async fn start(size: u64) -> Result<SupervisorRef, StartError> {
///         CashManSupervisor::start_link(size).await
///     }
/// }
///
/// # #[beamish::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let app = CashMan::start(42).await?; // `CashMan::run(42)` would wait for a signal, and stop it
/// assert_eq!(CacheRef::named().size().await?, 42);
/// app.stop().await;
/// assert_eq!(CacheRef::named().pid(), None);
/// # Ok(())
/// # }
/// ```
///
/// The function `start` takes one argument or none. Written: `impl Application for CashMan`, whose `start(args)` and
/// `run(args)` start the tree and keep it. Other functions stay in the block.
///
/// The only option is [`crate = "…"`](crate#another-path-to-the-crate).
///
/// # OTP
///
/// `use Application`, `start/2`.
#[proc_macro_attribute]
pub fn application(arguments: TokenStream, item: TokenStream) -> TokenStream {
    application::expand(arguments.into(), &item.into()).into()
}

/// Runs the body of an `async fn main` as a process, on a tokio runtime of its own.
///
/// ```
/// use beamish::prelude::*;
///
/// #[beamish::main(flavor = "current_thread")]
/// async fn main() -> Result<(), ExitReason> {
///     let myself = self_pid();
///     spawn_link(async move { send(myself, "I am a process, and so is `main`") });
///     assert!(process::receive::<&str>().await.starts_with("I am"));
///     Ok(())
/// }
/// ```
///
/// | option | what it says | default |
/// |---|---|---|
/// | `flavor = "…"` | `"multi_thread"` or `"current_thread"` | `"multi_thread"` |
/// | `worker_threads = n` | the threads of the former | one a core |
/// | `crate = "…"` | [the path to beamish](crate#another-path-to-the-crate) | `"::beamish"` |
///
/// The function may return whatever `main` may return; an error is printed as Rust prints it.
///
/// # OTP
///
/// `mix run`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Main, arguments.into(), &item.into()).into()
}

/// Runs the body of an async test as a process of a node of its own, so that tests do not share names.
///
/// ```
/// use std::time::Duration;
///
/// use beamish::prelude::*;
///
/// #[beamish::test(start_paused)]
/// async fn an_hour_is_over_at_once() {
///     process::send_after(self_pid(), "ring", Duration::from_secs(3600));
///     assert_eq!(process::receive::<&str>().await, "ring");
/// }
/// # fn main() {}
/// ```
///
/// | option | what it says | default |
/// |---|---|---|
/// | `flavor = "…"` | `"current_thread"` or `"multi_thread"` | `"current_thread"` |
/// | `worker_threads = n` | the threads of the latter | one a core |
/// | `start_paused` | whether time moves only when nothing else does; also `start_paused = false` | `false` |
/// | `crate = "…"` | [the path to beamish](crate#another-path-to-the-crate) | `"::beamish"` |
///
/// The test fails if the process ends abnormally, by a link too. What still runs in its node is then killed.
///
/// # OTP
///
/// `test` of `ExUnit`.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Test, arguments.into(), &item.into()).into()
}
