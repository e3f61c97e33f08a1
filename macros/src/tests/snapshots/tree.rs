/// Keeps the cache alive.
#[derive(::core::fmt::Debug)]
#[allow(unreachable_pub)]
pub struct CashManSupervisor;
#[allow(
    dead_code,
    deprecated,
    private_interfaces,
    unreachable_pub,
    clippy::too_many_arguments
)]
impl CashManSupervisor {
    /// The tree as a builder, to be changed before it is started.
    #[must_use]
    pub fn supervisor(config: Config) -> ::beamish::__private::Supervisor {
        let __supervisor = ::beamish::__private::Supervisor::new(
                ::beamish::__private::Strategy::OneForOne,
            )
            .name("CashMan.Supervisor")
            .max_restarts(3)
            .max_seconds(5)
            .tree(::core::concat!(::core::module_path!(), "::CashManSupervisor"));
        let port = next_port(&config);
        let __env = ::std::sync::Arc::new((config, port));
        let __supervisor = __supervisor
            .child(
                ::beamish::__private::ChildSpec::new({
                        let __env = ::core::clone::Clone::clone(&__env);
                        move || {
                            #[allow(unused_variables)]
                            let (config, port) = &*__env;
                            Cache::start_link()
                        }
                    })
                    .id("Cache"),
            );
        let __supervisor = __supervisor
            .child(
                ::beamish::__private::ChildSpec::new({
                        let __env = ::core::clone::Clone::clone(&__env);
                        move || {
                            #[allow(unused_variables)]
                            let (config, port) = &*__env;
                            Stats::start_link(config.window, *port)
                        }
                    })
                    .id("stats")
                    .restart(::beamish::__private::Restart::Transient)
                    .shutdown(
                        ::beamish::__private::Shutdown::Timeout(
                            ::core::time::Duration::from_secs(10u64),
                        ),
                    ),
            );
        let __supervisor = __supervisor
            .child(
                ::beamish::__private::ChildSpec::new({
                        let __env = ::core::clone::Clone::clone(&__env);
                        move || {
                            #[allow(unused_variables)]
                            let (config, port) = &*__env;
                            {
                                let __supervisor = ::beamish::__private::Supervisor::new(
                                    ::beamish::__private::Strategy::OneForAll,
                                );
                                let __supervisor = __supervisor
                                    .child(
                                        ::beamish::__private::ChildSpec::new({
                                                let __env = ::core::clone::Clone::clone(&__env);
                                                move || {
                                                    #[allow(unused_variables)]
                                                    let (config, port) = &*__env;
                                                    Worker::start_link(1)
                                                }
                                            })
                                            .id(1),
                                    );
                                let __supervisor = __supervisor
                                    .child(
                                        ::beamish::__private::ChildSpec::new({
                                                let __env = ::core::clone::Clone::clone(&__env);
                                                move || {
                                                    #[allow(unused_variables)]
                                                    let (config, port) = &*__env;
                                                    Worker::start_link(2)
                                                }
                                            })
                                            .id(2),
                                    );
                                ::beamish::__private::Supervisor::start_link(__supervisor)
                            }
                        }
                    })
                    .id("Workers"),
            );
        let __supervisor = __supervisor
            .child({
                #[allow(unused_variables)]
                let (config, port) = &*__env;
                ::beamish::__private::ChildSpec::from(Pool::child_spec())
            });
        let __supervisor = __supervisor
            .child(
                ::beamish::__private::ChildSpec::new({
                        let __env = ::core::clone::Clone::clone(&__env);
                        move || {
                            #[allow(unused_variables)]
                            let (config, port) = &*__env;
                            ::beamish::__private::DynamicSupervisor::new()
                                .name(
                                    ::core::concat!(::core::module_path!(), "::Connections"),
                                )
                                .max_children(1_000)
                                .start_link()
                        }
                    })
                    .id("Connections"),
            );
        let __supervisor = __supervisor
            .children({
                #[allow(unused_variables)]
                let (config, port) = &*__env;
                config.more()
            });
        __supervisor
    }
    /// Starts the tree, linked to the calling process: awaited, it gives the supervisor when all children run.
    #[track_caller]
    pub fn start_link(
        config: Config,
    ) -> ::beamish::__private::Start<::beamish::__private::SupervisorServer> {
        ::beamish::__private::Supervisor::start_link(Self::supervisor(config))
    }
    /// Starts the tree, linked to nobody.
    #[track_caller]
    pub fn start(
        config: Config,
    ) -> ::beamish::__private::Start<::beamish::__private::SupervisorServer> {
        ::beamish::__private::Supervisor::start(Self::supervisor(config))
    }
    /// The tree as a child of another; the arguments are cloned at each start.
    pub fn child_spec(config: Config) -> ::beamish::__private::ChildSpec
    where
        for<'__a> Config: ::beamish::__private::Again,
    {
        let __spec = ::beamish::__private::ChildSpec::new(move || {
            ::beamish::__private::Supervisor::start_link(
                Self::supervisor(::core::clone::Clone::clone(&config)),
            )
        });
        __spec.id("CashManSupervisor")
    }
    /// The supervisor under its name, whichever process holds it when it is used.
    #[must_use]
    pub fn named() -> ::beamish::__private::SupervisorRef {
        ::beamish::__private::SupervisorRef::to("CashMan.Supervisor")
    }
}
///The dynamic supervisor `Connections` of [`CashManSupervisor`].
#[derive(::core::fmt::Debug)]
#[allow(dead_code, unreachable_pub)]
pub struct Connections;
#[allow(dead_code, unreachable_pub)]
impl Connections {
    /// The supervisor under its name, whichever process holds it when it is used.
    #[must_use]
    pub fn named() -> ::beamish::__private::DynamicSupervisorRef {
        ::beamish::__private::DynamicSupervisorRef::to(
            ::core::concat!(::core::module_path!(), "::Connections"),
        )
    }
    /// Starts `child` under this supervisor, and gives its client.
    ///
    /// # Errors
    /// The child did not start, the supervisor is full, or it does not run.
    pub fn start_child<__C: ::beamish::__private::DynamicChild>(
        child: __C,
    ) -> ::beamish::__private::StartChild<
        <__C as ::beamish::__private::StartedChild>::Ref,
    > {
        ::beamish::__private::DynamicSupervisorRef::start_child(&Self::named(), child)
    }
}
