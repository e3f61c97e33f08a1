#[allow(
    dead_code,
    deprecated,
    private_interfaces,
    unreachable_patterns,
    unreachable_pub,
    clippy::too_many_arguments
)]
impl StoreRef {
    ///Casts `put`: sends it, and expects no reply.
    #[inline]
    fn put(&self, key: String) -> ::beamish::__private::Cast<'_, Store> {
        ::beamish::__private::Cast::new(
            ::beamish::__private::Server::server_ref(self),
            StoreMessage::Put { key },
        )
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
impl ::beamish::__private::GenServer for Store {
    type Args = ();
    type Message = StoreMessage;
    type Reply = StoreReply;
    type Ref = StoreRef;
    const MAILBOX: ::core::option::Option<::beamish::__private::Bound> = ::core::option::Option::Some(
        ::beamish::__private::Bound::new(8, ::beamish::__private::OnFull::Wait),
    );
    const TERMINATES: bool = false;
    fn message_name(__message: &StoreMessage) -> &'static str {
        match __message {
            StoreMessage::Put { .. } => "put",
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
        __message: StoreMessage,
    ) -> ::core::result::Result<::beamish::__private::Next<Self>, StoreMessage> {
        match __message {
            StoreMessage::Put { key } => {
                ::core::result::Result::Ok(
                    ::beamish::__private::IntoNext::into_next(Self::put(self, key)),
                )
            }
        }
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
impl StoreRef {
    ///Casts `put`: sends it, and expects no reply.
    #[inline]
    fn put(
        &self,
        key: String,
    ) -> ::core::result::Result<(), ::beamish::__private::Full<StoreMessage>> {
        ::beamish::__private::ServerRef::try_cast(
            ::beamish::__private::Server::server_ref(self),
            StoreMessage::Put { key },
        )
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
impl ::beamish::__private::GenServer for Store {
    type Args = ();
    type Message = StoreMessage;
    type Reply = StoreReply;
    type Ref = StoreRef;
    const MAILBOX: ::core::option::Option<::beamish::__private::Bound> = ::core::option::Option::Some(
        ::beamish::__private::Bound::new(8, ::beamish::__private::OnFull::Refuse),
    );
    const TERMINATES: bool = false;
    fn message_name(__message: &StoreMessage) -> &'static str {
        match __message {
            StoreMessage::Put { .. } => "put",
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
        __message: StoreMessage,
    ) -> ::core::result::Result<::beamish::__private::Next<Self>, StoreMessage> {
        match __message {
            StoreMessage::Put { key } => {
                ::core::result::Result::Ok(
                    ::beamish::__private::IntoNext::into_next(Self::put(self, key)),
                )
            }
        }
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
impl StoreRef {
    ///Casts `put`: sends it, and expects no reply.
    #[inline]
    fn put(&self, key: String) {
        ::beamish::__private::ServerRef::cast(
            ::beamish::__private::Server::server_ref(self),
            StoreMessage::Put { key },
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
impl ::beamish::__private::GenServer for Store {
    type Args = ();
    type Message = StoreMessage;
    type Reply = StoreReply;
    type Ref = StoreRef;
    const MAILBOX: ::core::option::Option<::beamish::__private::Bound> = ::core::option::Option::Some(
        ::beamish::__private::Bound::new(8, ::beamish::__private::OnFull::DropOldest),
    );
    const TERMINATES: bool = false;
    fn message_name(__message: &StoreMessage) -> &'static str {
        match __message {
            StoreMessage::Put { .. } => "put",
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
        __message: StoreMessage,
    ) -> ::core::result::Result<::beamish::__private::Next<Self>, StoreMessage> {
        match __message {
            StoreMessage::Put { key } => {
                ::core::result::Result::Ok(
                    ::beamish::__private::IntoNext::into_next(Self::put(self, key)),
                )
            }
        }
    }
}
