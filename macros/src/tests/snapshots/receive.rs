async fn wait() {
    {
        #[allow(clippy::items_after_statements)]
        enum __Selected<__A0, __A1, __A2> {
            Arm0(__A0),
            Arm1(__A1),
            Arm2(__A2),
        }
        let __selected = ::beamish::__private::receive(
                ::core::option::Option::Some(
                    ::core::time::Duration::from_millis(500u64),
                ),
                |__info: ::beamish::__private::Info| {
                    let __info = match ::beamish::__private::Info::downcast::<
                        Exit,
                    >(__info) {
                        #[allow(unreachable_patterns)]
                        ::core::result::Result::Ok(__value) => {
                            match __value {
                                Exit { from, reason: ExitReason::Normal } => {
                                    return ::core::result::Result::Ok(__Selected::Arm0((from,)));
                                }
                                Exit { from, reason } if from == pid => {
                                    return ::core::result::Result::Ok(
                                        __Selected::Arm1((from, reason)),
                                    );
                                }
                                __value => ::beamish::__private::Info::new(__value),
                            }
                        }
                        ::core::result::Result::Err(__info) => __info,
                    };
                    let __info = match ::beamish::__private::Info::downcast::<
                        String,
                    >(__info) {
                        #[allow(unreachable_patterns)]
                        ::core::result::Result::Ok(__value) => {
                            match __value {
                                text => {
                                    return ::core::result::Result::Ok(__Selected::Arm2((text,)));
                                }
                                __value => ::beamish::__private::Info::new(__value),
                            }
                        }
                        ::core::result::Result::Err(__info) => __info,
                    };
                    ::core::result::Result::Err(__info)
                },
            )
            .await;
        match __selected {
            ::core::option::Option::Some(__Selected::Arm0((from,))) => println!("{from}"),
            ::core::option::Option::Some(__Selected::Arm1((from, mut reason))) => {
                let _ = &from;
                break reason.take();
            }
            ::core::option::Option::Some(__Selected::Arm2((text,))) => {
                return Ok(text.len());
            }
            ::core::option::Option::None => 0,
        }
    }
}
