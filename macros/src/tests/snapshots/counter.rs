/// Counts. The struct is the state of the server.
pub struct Counter {
    count: u64,
}
/**The client of [`Counter`]: one method a call or cast.

It is bound to one process, or to a name that is looked up at each use, and then outlives that process. Dropping it does nothing to the server.*/
#[allow(unreachable_pub, unnameable_types)]
pub struct CounterRef {
    server: ::beamish::__private::ServerRef<Counter>,
}
#[allow(dead_code, unreachable_pub)]
impl CounterRef {
    ///The client of whichever [`Counter`] holds `name` when it is used.
    #[must_use]
    pub fn to(name: impl ::core::convert::Into<::beamish::__private::Name>) -> Self {
        Self {
            server: ::beamish::__private::ServerRef::to(name),
        }
    }
    ///The client of the [`Counter`] under the name of its `#[genserver]`, `"counter"`.
    #[must_use]
    pub fn named() -> Self {
        Self::to("counter")
    }
}
#[automatically_derived]
impl ::core::clone::Clone for CounterRef {
    fn clone(&self) -> Self {
        Self {
            server: ::core::clone::Clone::clone(&self.server),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterRef {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter.debug_tuple("CounterRef").field(&self.server).finish()
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for CounterRef {
    fn eq(&self, __other: &Self) -> bool {
        self.server == __other.server
    }
}
#[automatically_derived]
impl ::core::cmp::Eq for CounterRef {}
#[automatically_derived]
impl ::core::hash::Hash for CounterRef {
    fn hash<__H: ::core::hash::Hasher>(&self, __hasher: &mut __H) {
        ::core::hash::Hash::hash(&self.server, __hasher)
    }
}
#[automatically_derived]
impl ::core::convert::From<::beamish::__private::ServerRef<Counter>> for CounterRef {
    #[inline]
    fn from(server: ::beamish::__private::ServerRef<Counter>) -> Self {
        Self { server }
    }
}
#[automatically_derived]
impl ::core::convert::TryFrom<::beamish::__private::Pid> for CounterRef
where
    for<'__a> Counter: ::beamish::__private::GenServer,
{
    type Error = ::beamish::__private::WrongServer;
    fn try_from(
        pid: ::beamish::__private::Pid,
    ) -> ::core::result::Result<Self, ::beamish::__private::WrongServer> {
        ::core::convert::TryFrom::try_from(pid).map(|server| Self { server })
    }
}
#[automatically_derived]
impl ::beamish::__private::Server for CounterRef
where
    for<'__a> Counter: ::beamish::__private::GenServer,
{
    type Of = Counter;
    #[inline]
    fn server_ref(&self) -> &::beamish::__private::ServerRef<Counter> {
        &self.server
    }
}
#[automatically_derived]
impl ::beamish::__private::ServerOptions for Counter {
    const NAME: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "counter",
    );
    const RESTART: ::beamish::__private::Restart = ::beamish::__private::Restart::Transient;
    const SHUTDOWN: ::beamish::__private::Shutdown = ::beamish::__private::Shutdown::Timeout(
        ::core::time::Duration::from_millis(250u64),
    );
    const TRAP_EXIT: bool = true;
}
impl Counter {
    #[allow(clippy::needless_pass_by_value)]
    fn init(start: u64) -> Self {
        Self { count: start }
    }
    /// The present count.
    #[allow(clippy::needless_pass_by_value)]
    pub fn get(&self) -> u64 {
        self.count
    }
    /// Adds `by`.
    #[allow(clippy::needless_pass_by_value)]
    pub fn add(&mut self, by: u64) {
        self.count += by;
    }
    #[allow(clippy::needless_pass_by_value)]
    fn tick(&mut self, _tick: Tick) {
        self.count += 1;
    }
}
///A message of `Counter`: its calls and casts, as data.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
pub enum CounterMessage {
    /// The present count.
    Get,
    /// Adds `by`.
    Add {
        ///The handler's `by`.
        by: u64,
    },
}
///A reply of `Counter`: one variant a call.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
pub enum CounterReply {
    ///The reply to `get`.
    Get(u64),
}
const _: () = {
    #[allow(dead_code)]
    fn __travels<T: ::core::marker::Send + 'static>() {}
    #[allow(dead_code, deprecated, private_bounds, private_interfaces)]
    fn __check() {
        __travels::<u64>();
        __travels::<u64>();
    }
};
#[allow(
    dead_code,
    private_bounds,
    private_interfaces,
    unreachable_pub,
    clippy::must_use_candidate,
    clippy::too_many_arguments
)]
impl Counter {
    /**Starts a [`Counter`](Self) that is linked to the calling process: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# Panics
When awaited by code that is no process; there, use `start`.

# OTP
`GenServer.start_link/3`.*/
    #[track_caller]
    pub fn start_link(start: u64) -> ::beamish::__private::Start<Self> {
        ::beamish::__private::Start::<Self>::link((start,))
    }
    /**Starts a [`Counter`](Self) that is linked to nobody: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# OTP
`GenServer.start/3`.*/
    #[track_caller]
    pub fn start(start: u64) -> ::beamish::__private::Start<Self> {
        ::beamish::__private::Start::<Self>::unlinked((start,))
    }
    /**A [`Counter`](Self) as a child of a supervisor, with the options of its `#[genserver]`.

The arguments are cloned at each start. For arguments that cannot be cloned, write `Counter::start_link(…).once()`.*/
    pub fn child_spec(start: u64) -> ::beamish::__private::ChildSpec
    where
        for<'__a> u64: ::beamish::__private::Again,
    {
        ::beamish::__private::ChildSpec::new(move || ::beamish::__private::Start::<
            Self,
        >::link((::core::clone::Clone::clone(&start),)))
    }
}
#[allow(
    dead_code,
    deprecated,
    private_interfaces,
    unreachable_patterns,
    unreachable_pub,
    clippy::too_many_arguments
)]
impl CounterRef {
    /// The present count.
    #[inline]
    pub fn get(&self) -> ::beamish::__private::Call<'_, Counter, u64> {
        static __HANDLER: ::beamish::__private::Handler = ::beamish::__private::Handler::new(
            "get",
        );
        ::beamish::__private::Call::new(
            ::beamish::__private::Server::server_ref(self),
            &__HANDLER,
            CounterMessage::Get,
            |__reply| match __reply {
                CounterReply::Get(__value) => ::core::option::Option::Some(__value),
                _ => ::core::option::Option::None,
            },
        )
    }
    /// Adds `by`.
    #[inline]
    pub fn add(&self, by: u64) {
        ::beamish::__private::ServerRef::cast(
            ::beamish::__private::Server::server_ref(self),
            CounterMessage::Add { by },
        );
    }
}
#[automatically_derived]
#[allow(
    deprecated,
    unreachable_code,
    unreachable_patterns,
    unused_variables,
    clippy::diverging_sub_expression,
    clippy::unit_arg
)]
impl ::beamish::__private::GenServer for Counter {
    type Args = (u64,);
    type Message = CounterMessage;
    type Reply = CounterReply;
    type Ref = CounterRef;
    const TERMINATES: bool = false;
    fn message_name(__message: &CounterMessage) -> &'static str {
        match __message {
            CounterMessage::Get { .. } => "get",
            CounterMessage::Add { .. } => "add",
        }
    }
    fn init_handler() -> ::core::option::Option<&'static ::beamish::__private::Handler> {
        static __INIT: ::beamish::__private::Handler = ::beamish::__private::Handler::new(
            "init",
        );
        ::core::option::Option::Some(&__INIT)
    }
    async fn init((start,): (u64,)) -> ::beamish::__private::Init<Self> {
        ::beamish::__private::IntoInit::into_init(Self::init(start))
    }
    #[inline]
    fn handle_now(
        &mut self,
        __message: CounterMessage,
    ) -> ::core::result::Result<::beamish::__private::Next<Self>, CounterMessage> {
        match __message {
            CounterMessage::Get => {
                ::core::result::Result::Ok(
                    ::beamish::__private::Next::reply(CounterReply::Get(Self::get(self))),
                )
            }
            CounterMessage::Add { by } => {
                ::core::result::Result::Ok(
                    ::beamish::__private::IntoNext::into_next(Self::add(self, by)),
                )
            }
        }
    }
    async fn handle_info(
        &mut self,
        __info: ::beamish::__private::Info,
    ) -> ::beamish::__private::Next<Self> {
        let __info = match ::beamish::__private::Info::downcast::<Tick>(__info) {
            ::core::result::Result::Ok(__value) => {
                return ::beamish::__private::IntoNext::into_next(
                    Self::tick(self, __value),
                );
            }
            ::core::result::Result::Err(__info) => __info,
        };
        ::beamish::__private::unexpected_info::<Self>(&__info);
        ::beamish::__private::Next::no_reply()
    }
}
