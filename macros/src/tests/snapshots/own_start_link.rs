impl Counter {
    #[allow(clippy::needless_pass_by_value)]
    fn init(start: u64) -> Self {
        Self { count: start }
    }
    pub fn start_link() -> Start<Self> {
        Self::server(40).name("counter")
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
pub enum CounterMessage {}
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
pub enum CounterReply {}
#[allow(
    dead_code,
    private_bounds,
    private_interfaces,
    unreachable_pub,
    clippy::must_use_candidate,
    clippy::too_many_arguments
)]
impl Counter {
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
    ///The start of a [`Counter`](Self), linked: what a `start_link` of one's own builds on.
    #[track_caller]
    pub fn server(start: u64) -> ::beamish::__private::Start<Self> {
        ::beamish::__private::Start::<Self>::link((start,))
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
impl CounterRef {}
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
            __message => match *__message {}
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
        match __message {}
    }
}
