impl Counter {
    #[allow(clippy::needless_pass_by_value)]
    fn init(start: u64) -> Self {
        Self { count: start }
    }
    #[allow(clippy::needless_pass_by_value)]
    pub fn name(&self, prefix: &str) -> &str {
        self.name
    }
}
#[allow(dead_code, unused_variables)]
impl CounterRef {
    ///Calls `name` and waits for its reply.
    pub fn name(
        &self,
        prefix: impl ::core::marker::Sized,
    ) -> ::beamish::__private::Call<'_, Counter, String>
    where
        for<'__a> Counter: ::beamish::__private::ServerOptions,
    {
        loop {}
    }
}
#[allow(dead_code, unused_variables)]
impl Counter {
    pub fn start_link(
        start: u64,
    ) -> ::beamish::__private::Start<<CounterRef as ::beamish::__private::Server>::Of> {
        loop {}
    }
    pub fn start(
        start: u64,
    ) -> ::beamish::__private::Start<<CounterRef as ::beamish::__private::Server>::Of> {
        loop {}
    }
    pub fn child_spec(start: u64) -> ::beamish::__private::ChildSpec {
        loop {}
    }
    pub fn server(
        start: u64,
    ) -> ::beamish::__private::Start<<CounterRef as ::beamish::__private::Server>::Of> {
        loop {}
    }
}
#[allow(unused_variables)]
impl ::beamish::__private::GenServer for Counter
where
    for<'__a> Counter: ::beamish::__private::ServerOptions,
{
    type Args = ();
    type Message = CounterMessage;
    type Reply = CounterReply;
    type Ref = CounterRef;
    async fn init(args: ()) -> ::beamish::__private::Init<Self> {
        loop {}
    }
}
#[allow(dead_code)]
pub enum CounterMessage {}
#[allow(dead_code)]
pub enum CounterReply {}
::core::compile_error! {
    "a reply moves to another process and cannot borrow; write `String`"
}
::core::compile_error! {
    "a message moves to another process and cannot borrow; write `String`"
}
