impl<K: Eq + Hash, V> Cache<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    #[allow(clippy::needless_pass_by_value)]
    async fn init(name: String, (a, b): (u64, u64)) -> Result<Self, Error> {
        Self::open(name, a + b).await
    }
    #[allow(clippy::needless_pass_by_value)]
    async fn fetch(&self, key: K) -> Reply<Option<u64>, Load> {
        self.find(key).await
    }
    #[cfg(feature = "wait")]
    #[deprecated]
    #[allow(clippy::needless_pass_by_value)]
    fn wait(&mut self, key: K, reply: ReplyTo<u64>) {
        self.waiting.push((key, reply));
    }
    #[allow(clippy::needless_pass_by_value)]
    fn crash(&self) -> ! {
        panic!()
    }
    #[allow(clippy::needless_pass_by_value)]
    fn load(&mut self, _: Load) -> NoReply {
        NoReply::ok()
    }
    #[allow(clippy::needless_pass_by_value)]
    async fn terminate(&mut self, reason: &ExitReason) {
        self.close(reason).await;
    }
}
///A message of `Cache`: its calls and casts, as data.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
pub enum CacheMessage<K: Eq + Hash, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    ///Calls `fetch` and waits for its reply.
    Fetch {
        ///The handler's `key`.
        key: K,
    },
    #[cfg(feature = "wait")]
    ///Calls `wait` and waits for its reply.
    #[deprecated]
    Wait {
        ///The handler's `key`.
        key: K,
    },
    ///Calls `crash` and waits for its reply.
    Crash,
    #[doc(hidden)]
    __Phantom(::core::marker::PhantomData<fn() -> (V,)>, ::core::convert::Infallible),
}
///A reply of `Cache`: one variant a call.
#[allow(
    dead_code,
    missing_debug_implementations,
    private_bounds,
    private_interfaces,
    unnameable_types,
    unreachable_pub,
    clippy::large_enum_variant,
)]
pub enum CacheReply<K: Eq + Hash, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    ///The reply to `fetch`.
    Fetch(Option<u64>),
    #[cfg(feature = "wait")]
    ///The reply to `wait`.
    Wait(u64),
    ///The reply to `crash`.
    Crash(::core::convert::Infallible),
    #[doc(hidden)]
    __Phantom(::core::marker::PhantomData<fn() -> (K, V)>, ::core::convert::Infallible),
}
const _: () = {
    #[allow(dead_code)]
    fn __travels<T: ::core::marker::Send + 'static>() {}
    #[allow(dead_code, deprecated, private_bounds, private_interfaces)]
    fn __check<K: Eq + Hash, V>()
    where
        K: Send + 'static,
        V: Send + 'static,
    {
        __travels::<K>();
        __travels::<Option<u64>>();
        #[cfg(feature = "wait")] __travels::<K>();
        #[cfg(feature = "wait")] __travels::<u64>();
        __travels::<::core::convert::Infallible>();
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
impl<K: Eq + Hash, V> Cache<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    /**Starts a [`Cache`](Self) that is linked to the calling process: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# Panics
When awaited by code that is no process; there, use `start`.

# OTP
`GenServer.start_link/3`.*/
    #[track_caller]
    pub fn start_link(
        name: impl ::core::convert::Into<String>,
        arg1: (u64, u64),
    ) -> crate::facade::__private::Start<Self> {
        crate::facade::__private::Start::<
            Self,
        >::link((::core::convert::Into::<String>::into(name), arg1))
    }
    /**Starts a [`Cache`](Self) that is linked to nobody: awaited, it gives the client when `#[init]` has run. The parameters are those of `#[init]`.

# OTP
`GenServer.start/3`.*/
    #[track_caller]
    pub fn start(
        name: impl ::core::convert::Into<String>,
        arg1: (u64, u64),
    ) -> crate::facade::__private::Start<Self> {
        crate::facade::__private::Start::<
            Self,
        >::unlinked((::core::convert::Into::<String>::into(name), arg1))
    }
    /**A [`Cache`](Self) as a child of a supervisor, with the options of its `#[genserver]`.

The arguments are cloned at each start. For arguments that cannot be cloned, write `Cache::start_link(…).once()`.*/
    pub fn child_spec(
        name: impl ::core::convert::Into<String>,
        arg1: (u64, u64),
    ) -> crate::facade::__private::ChildSpec
    where
        for<'__a> String: crate::facade::__private::Again,
        for<'__a> (u64, u64): crate::facade::__private::Again,
    {
        let name: String = ::core::convert::Into::into(name);
        crate::facade::__private::ChildSpec::new(move || crate::facade::__private::Start::<
            Self,
        >::link((
            ::core::clone::Clone::clone(&name),
            ::core::clone::Clone::clone(&arg1),
        )))
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
impl<K: Eq + Hash, V> CacheRef<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    ///Calls `fetch` and waits for its reply.
    #[inline]
    fn fetch(
        &self,
        key: K,
    ) -> crate::facade::__private::Call<'_, Cache<K, V>, Option<u64>> {
        static __HANDLER: crate::facade::__private::Handler = crate::facade::__private::Handler::awaits(
            "fetch",
        );
        crate::facade::__private::Call::new(
            crate::facade::__private::Server::server_ref(self),
            &__HANDLER,
            CacheMessage::Fetch { key },
            |__reply| match __reply {
                CacheReply::Fetch(__value) => ::core::option::Option::Some(__value),
                _ => ::core::option::Option::None,
            },
        )
    }
    #[cfg(feature = "wait")]
    ///Calls `wait` and waits for its reply.
    #[deprecated]
    #[inline]
    fn wait(&self, key: K) -> crate::facade::__private::Call<'_, Cache<K, V>, u64> {
        static __HANDLER: crate::facade::__private::Handler = crate::facade::__private::Handler::awaits(
            "wait",
        );
        crate::facade::__private::Call::new(
            crate::facade::__private::Server::server_ref(self),
            &__HANDLER,
            CacheMessage::Wait { key },
            |__reply| match __reply {
                CacheReply::Wait(__value) => ::core::option::Option::Some(__value),
                _ => ::core::option::Option::None,
            },
        )
    }
    ///Calls `crash` and waits for its reply.
    #[inline]
    fn crash(
        &self,
    ) -> crate::facade::__private::Call<'_, Cache<K, V>, ::core::convert::Infallible> {
        static __HANDLER: crate::facade::__private::Handler = crate::facade::__private::Handler::queued(
            "crash",
        );
        crate::facade::__private::Call::new(
            crate::facade::__private::Server::server_ref(self),
            &__HANDLER,
            CacheMessage::Crash,
            |__reply| match __reply {
                CacheReply::Crash(__value) => ::core::option::Option::Some(__value),
                _ => ::core::option::Option::None,
            },
        )
    }
}
const _: () = {
    struct __Probe<T>(::core::marker::PhantomData<fn() -> T>);
    impl<T: ::core::marker::Sync> __Probe<T> {
        #[inline]
        fn pass<F: ::core::future::Future>(&self, future: F) -> F {
            future
        }
    }
    #[allow(dead_code)]
    trait __Otherwise<T> {
        fn pass<F: ::core::future::Future>(
            &self,
            future: F,
        ) -> ::core::future::Pending<F::Output>
        where
            T: __Shared;
    }
    impl<T> __Otherwise<T> for &__Probe<T> {
        fn pass<F: ::core::future::Future>(
            &self,
            _: F,
        ) -> ::core::future::Pending<F::Output>
        where
            T: __Shared,
        {
            ::core::future::pending()
        }
    }
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not `Sync`, so an `async fn` handler cannot take `&self`; write `&mut self`",
        label = "write `&mut self`"
    )]
    trait __Shared {}
    #[diagnostic::do_not_recommend]
    impl<T: ::core::marker::Sync> __Shared for T {}
    #[doc(hidden)]
    #[allow(deprecated, private_interfaces, clippy::too_many_arguments)]
    impl<K: Eq + Hash, V> Cache<K, V>
    where
        K: Send + 'static,
        V: Send + 'static,
    {
        #[inline]
        fn __init(
            name: String,
            arg1: (u64, u64),
        ) -> impl ::core::future::Future<
            Output = Result<Self, Error>,
        > + ::core::marker::Send {
            Self::init(name, arg1)
        }
        #[inline]
        fn __fetch<'__a>(
            &'__a mut self,
            key: K,
        ) -> impl ::core::future::Future<
            Output = Reply<Option<u64>, Load>,
        > + '__a + ::core::marker::Send {
            (&__Probe::<Self>(::core::marker::PhantomData)).pass(Self::fetch(self, key))
        }
        #[inline]
        fn __terminate<'__a>(
            &'__a mut self,
            __reason: &'__a crate::facade::__private::ExitReason,
        ) -> impl ::core::future::Future<Output = ()> + '__a + ::core::marker::Send {
            Self::terminate(self, __reason)
        }
    }
};
#[automatically_derived]
#[allow(
    deprecated,
    unreachable_code,
    unreachable_patterns,
    unused_variables,
    clippy::diverging_sub_expression,
    clippy::unit_arg
)]
impl<K: Eq + Hash, V> crate::facade::__private::GenServer for Cache<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    type Args = (String, (u64, u64));
    type Message = CacheMessage<K, V>;
    type Reply = CacheReply<K, V>;
    type Ref = CacheRef<K, V>;
    fn message_name(__message: &CacheMessage<K, V>) -> &'static str {
        match __message {
            CacheMessage::Fetch { .. } => "fetch",
            #[cfg(feature = "wait")]
            CacheMessage::Wait { .. } => "wait",
            CacheMessage::Crash { .. } => "crash",
            CacheMessage::__Phantom(_, __never) => match *__never {}
        }
    }
    fn init_handler() -> ::core::option::Option<
        &'static crate::facade::__private::Handler,
    > {
        static __INIT: crate::facade::__private::Handler = crate::facade::__private::Handler::new(
            "init",
        );
        ::core::option::Option::Some(&__INIT)
    }
    async fn init(
        (name, arg1): (String, (u64, u64)),
    ) -> crate::facade::__private::Init<Self> {
        crate::facade::__private::IntoInit::into_init(Self::__init(name, arg1).await)
    }
    #[inline]
    fn handle_now(
        &mut self,
        __message: CacheMessage<K, V>,
    ) -> ::core::result::Result<
        crate::facade::__private::Next<Self>,
        CacheMessage<K, V>,
    > {
        match __message {
            CacheMessage::Crash => {
                ::core::result::Result::Ok(
                    crate::facade::__private::Next::reply(
                        CacheReply::Crash(Self::crash(self)),
                    ),
                )
            }
            CacheMessage::__Phantom(_, __never) => match __never {}
            __message => ::core::result::Result::Err(__message),
        }
    }
    async fn handle(
        &mut self,
        __message: CacheMessage<K, V>,
        __caller: &mut crate::facade::__private::Caller<Self>,
    ) -> crate::facade::__private::Next<Self> {
        match __message {
            CacheMessage::Fetch { key } => {
                crate::facade::__private::Reply::into_next(
                    Self::__fetch(self, key).await,
                    CacheReply::Fetch,
                )
            }
            #[cfg(feature = "wait")]
            CacheMessage::Wait { key } => {
                let __reply_to = crate::facade::__private::Caller::later(
                    __caller,
                    CacheReply::Wait,
                );
                crate::facade::__private::IntoNext::into_next(
                    Self::wait(self, key, __reply_to),
                )
            }
            __message => crate::facade::__private::handled_now(self, __message),
        }
    }
    async fn terminate(&mut self, __reason: &crate::facade::__private::ExitReason) {
        Self::__terminate(self, __reason).await;
    }
}
#[automatically_derived]
#[allow(clippy::unit_arg)]
impl<K: Eq + Hash, V> crate::facade::__private::Continue<Load> for Cache<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
    for<'__a> Cache<K, V>: crate::facade::__private::GenServer,
{
    async fn handle_continue(
        &mut self,
        __value: Load,
    ) -> crate::facade::__private::Next<Self> {
        crate::facade::__private::IntoNext::into_next(Self::load(self, __value))
    }
}
