impl<T> Store<T> {
    #[allow(clippy::needless_pass_by_value)]
    fn init() -> Self {
        Self::default()
    }
    #[allow(clippy::needless_pass_by_value)]
    fn put(&mut self, #[allow(unused)] key: String) {
        self.key = key;
    }
}
#[doc(hidden)]
#[allow(missing_debug_implementations, unnameable_types, unreachable_pub)]
#[derive(Clone, serde::Serialize)]
pub enum __StoreMessageNever {}
///A message of `Store`: its calls and casts, as data.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
#[derive(Clone, serde::Serialize)]
pub enum StoreMessage<T> {
    ///Casts `put`: sends it, and expects no reply.
    Put {
        ///The handler's `key`.
        #[serde(rename = "k")]
        key: String,
    },
    #[doc(hidden)]
    __Phantom(::core::marker::PhantomData<fn() -> (T,)>, __StoreMessageNever),
}
#[doc(hidden)]
#[allow(missing_debug_implementations, unnameable_types, unreachable_pub)]
#[derive(Debug)]
pub enum __StoreReplyNever {}
///A reply of `Store`: one variant a call.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
#[derive(Debug)]
pub enum StoreReply<T> {
    #[doc(hidden)]
    __Phantom(::core::marker::PhantomData<fn() -> (T,)>, __StoreReplyNever),
}
const _: () = {
    #[allow(dead_code)]
    fn __travels<T: ::core::marker::Send + 'static>() {}
    #[allow(dead_code, deprecated, private_bounds, private_interfaces)]
    fn __check<T>() {
        __travels::<String>();
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
impl<T> Store<T> {
    /**Starts a [`Store`](Self) that is linked to the calling process: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# Panics
When awaited by code that is no process; there, use `start`.

# OTP
`GenServer.start_link/3`.*/
    #[track_caller]
    pub fn start_link() -> ::beamish::__private::Start<Self> {
        ::beamish::__private::Start::<Self>::link(())
    }
    /**Starts a [`Store`](Self) that is linked to nobody: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# OTP
`GenServer.start/3`.*/
    #[track_caller]
    pub fn start() -> ::beamish::__private::Start<Self> {
        ::beamish::__private::Start::<Self>::unlinked(())
    }
    /**A [`Store`](Self) as a child of a supervisor, with the options of its `#[genserver]`.

The arguments are cloned at each start. For arguments that cannot be cloned, write `Store::start_link(…).once()`.*/
    pub fn child_spec() -> ::beamish::__private::ChildSpec {
        ::beamish::__private::ChildSpec::new(move || ::beamish::__private::Start::<
            Self,
        >::link(()))
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
impl<T> StoreRef<T> {
    ///Casts `put`: sends it, and expects no reply.
    #[inline]
    fn put(&self, key: impl ::core::convert::Into<String>) {
        ::beamish::__private::ServerRef::cast(
            ::beamish::__private::Server::server_ref(self),
            StoreMessage::Put {
                key: ::core::convert::Into::<String>::into(key),
            },
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
impl<T> ::beamish::__private::GenServer for Store<T> {
    type Args = ();
    type Message = StoreMessage<T>;
    type Reply = StoreReply<T>;
    type Ref = StoreRef<T>;
    const TERMINATES: bool = false;
    fn message_name(__message: &StoreMessage<T>) -> &'static str {
        match __message {
            StoreMessage::Put { .. } => "put",
            StoreMessage::__Phantom(_, __never) => match *__never {}
        }
    }
    fn init_handler() -> ::core::option::Option<&'static ::beamish::__private::Handler> {
        static __INIT: ::beamish::__private::Handler = ::beamish::__private::Handler::new(
            "init",
        );
        ::core::option::Option::Some(&__INIT)
    }
    async fn init((): ()) -> ::beamish::__private::Init<Self> {
        ::beamish::__private::IntoInit::into_init(Self::init())
    }
    #[inline]
    fn handle_now(
        &mut self,
        __message: StoreMessage<T>,
    ) -> ::core::result::Result<::beamish::__private::Next<Self>, StoreMessage<T>> {
        match __message {
            StoreMessage::Put { key } => {
                ::core::result::Result::Ok(
                    ::beamish::__private::IntoNext::into_next(Self::put(self, key)),
                )
            }
            StoreMessage::__Phantom(_, __never) => match __never {}
        }
    }
}
