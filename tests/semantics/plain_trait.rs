//! The counter written with the macros, and its twin written by hand on the plain trait: the same program runs on both.
//! The macros write nothing that could not be written so.

/// With the macros.
mod with_macros {
    use beamish::prelude::*;

    pub struct Tick;

    #[genserver(name = "counter", trap_exit)]
    pub struct Counter {
        count: u64,
        witness: Pid,
    }

    #[genserver]
    impl Counter {
        #[init]
        fn init(start: u64, witness: Pid) -> Self {
            Self {
                count: start,
                witness,
            }
        }

        #[handle_call]
        pub fn get(&self) -> u64 {
            self.count
        }

        #[handle_call]
        pub async fn get_later(&self, reply: ReplyTo<u64>) {
            reply.reply(self.count);
        }

        #[handle_cast]
        pub fn add(&mut self, by: u64) {
            self.count += by;
        }

        #[handle_info]
        fn tick(&mut self, _tick: Tick) {
            self.count += 1;
        }

        #[terminate]
        fn terminate(&mut self, _reason: &ExitReason) {
            send(self.witness, self.count);
        }
    }
}

/// By hand.
mod by_hand {
    use beamish::{
        Call, Caller, ExitReason, GenServer, Handler, Info, Init, IntoNext, Name, Next, Pid,
        Server, ServerOptions, ServerRef, Start, send, unexpected_info,
    };

    pub struct Tick;

    pub struct Counter {
        count: u64,
        witness: Pid,
    }

    pub enum CounterMessage {
        Get,
        GetLater,
        Add { by: u64 },
    }

    pub enum CounterReply {
        Get(u64),
        GetLater(u64),
    }

    impl ServerOptions for Counter {
        const NAME: Option<&'static str> = Some("counter");
        const TRAP_EXIT: bool = true;
    }

    impl GenServer for Counter {
        type Args = (u64, Pid);
        type Message = CounterMessage;
        type Reply = CounterReply;
        type Ref = CounterRef;

        async fn init((start, witness): (u64, Pid)) -> Init<Self> {
            Init::ok(Self {
                count: start,
                witness,
            })
        }

        fn handle_now(&mut self, message: CounterMessage) -> Result<Next<Self>, CounterMessage> {
            match message {
                CounterMessage::Get => Ok(Next::reply(CounterReply::Get(self.count))),
                CounterMessage::Add { by } => {
                    self.count += by;
                    Ok(Next::no_reply())
                }
                other @ CounterMessage::GetLater => Err(other),
            }
        }

        async fn handle(
            &mut self,
            _get_later: CounterMessage,
            caller: &mut Caller<Self>,
        ) -> Next<Self> {
            let reply = caller.later(CounterReply::GetLater);
            reply.reply(self.count);
            Next::no_reply()
        }

        async fn handle_info(&mut self, info: Info) -> Next<Self> {
            match info.downcast::<Tick>() {
                Ok(Tick) => {
                    self.count += 1;
                    ().into_next()
                }
                Err(info) => {
                    unexpected_info::<Self>(&info);
                    Next::no_reply()
                }
            }
        }

        async fn terminate(&mut self, _reason: &ExitReason) {
            send(self.witness, self.count);
        }
    }

    impl Counter {
        pub fn start_link(start: u64, witness: Pid) -> Start<Self> {
            Start::link((start, witness))
        }
    }

    #[derive(Clone)]
    pub struct CounterRef(ServerRef<Counter>);

    impl CounterRef {
        pub fn named() -> Self {
            Self(ServerRef::to(Name::from_static("counter")))
        }

        pub fn get(&self) -> Call<'_, Counter, u64> {
            static GET: Handler = Handler::new("get");
            Call::new(&self.0, &GET, CounterMessage::Get, |reply| match reply {
                CounterReply::Get(count) => Some(count),
                CounterReply::GetLater(_) => None,
            })
        }

        pub fn get_later(&self) -> Call<'_, Counter, u64> {
            static GET_LATER: Handler = Handler::awaits("get_later");
            Call::new(
                &self.0,
                &GET_LATER,
                CounterMessage::GetLater,
                |reply| match reply {
                    CounterReply::GetLater(count) => Some(count),
                    CounterReply::Get(_) => None,
                },
            )
        }

        pub fn add(&self, by: u64) {
            self.0.cast(CounterMessage::Add { by });
        }
    }

    impl From<ServerRef<Counter>> for CounterRef {
        fn from(server: ServerRef<Counter>) -> Self {
            Self(server)
        }
    }

    impl Server for CounterRef {
        type Of = Counter;

        fn server_ref(&self) -> &ServerRef<Counter> {
            &self.0
        }
    }
}

macro_rules! behaves_as_a_counter {
    ($test:ident, $counter:ident) => {
        #[beamish::test]
        async fn $test() {
            use beamish::prelude::*;
            use $counter::{Counter, CounterRef, Tick};

            let counter = Counter::start_link(40, self_pid()).await.unwrap();
            counter.add(1);
            send(counter.pid().unwrap(), Tick);
            assert_eq!(counter.get().await, Ok(42));
            assert_eq!(CounterRef::named().get_later().await, Ok(42));
            counter.stop().await.unwrap();
            receive! {
                count: u64 => assert_eq!(count, 42),
            }
        }
    };
}

behaves_as_a_counter!(the_counter_of_the_macros_counts, with_macros);
behaves_as_a_counter!(its_twin_by_hand_counts_too, by_hand);
