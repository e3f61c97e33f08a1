use beamish::*;
use std::time::Duration;

struct Counter { count: u64 }
enum Msg { Get, Add(u64), Slow, Crash }
impl ServerOptions for Counter {}
impl GenServer for Counter {
    type Args = u64; type Message = Msg; type Reply = u64; type Ref = ServerRef<Self>;
    async fn init(start: u64) -> Init<Self> { Init::ok(Counter { count: start }) }
    fn handle_now(&mut self, m: Msg) -> Result<Next<Self>, Msg> {
        match m {
            Msg::Get => Ok(Next::reply(self.count)),
            Msg::Add(n) => { self.count += n; Ok(Next::no_reply()) }
            Msg::Crash => panic!("boom"),
            m => Err(m),
        }
    }
    async fn handle(&mut self, _m: Msg, _c: &mut Caller<Self>) -> Next<Self> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Next::reply(self.count)
    }
}
static GET: Handler = Handler::new("get");
fn get(s: &ServerRef<Counter>) -> Call<'_, Counter, u64> { Call::new(s, &GET, Msg::Get, Some) }
fn msg(s: &ServerRef<Counter>, m: Msg) -> Call<'_, Counter, u64> { Call::new(s, &GET, m, Some) }

#[beamish::test]
async fn smoke() {
        let c = Start::<Counter>::link(40).await.unwrap();
        assert_eq!(get(&c).await.unwrap(), 40);
        c.cast(Msg::Add(2));
        assert_eq!(get(&c).await.unwrap(), 42);
        assert_eq!(get(&c).await.unwrap(), 42);
        assert_eq!(msg(&c, Msg::Slow).await.unwrap(), 42);
        assert!(matches!(msg(&c, Msg::Slow).timeout(Duration::from_millis(1)).await, Err(CallError::Timeout(_))));
        process::trap_exit(true);
        let e = msg(&c, Msg::Crash).await.unwrap_err();
        println!("{e}");
        let x = process::receive::<Exit>().await;
        println!("{x:?}");
        let c2 = c.clone();
        assert!(matches!(get(&c2).await, Err(CallError::NoProc(_))));
        let s = Supervisor::new(Strategy::OneForAll).child(ChildSpec::new(|| Start::<Counter>::link(1).name("a")).id(1)).child(ChildSpec::new(|| Start::<Counter>::link(2).name("b")).id(2)).start_link().await.unwrap();
        println!("{:?}", s.which_children().await.unwrap());
        let a = ServerRef::<Counter>::to("a");
        let pid = a.pid().unwrap();
        process::kill(pid);
        process::monitored(pid).await;
        a.when_up(Duration::from_secs(1)).await.unwrap();
        assert_eq!(get(&a).await.unwrap(), 1);
        println!("{:?}", s.which_children().await.unwrap());
        s.stop().await.unwrap();
        assert_eq!(Task::spawn(async { 5 }).await.unwrap(), 5);
}
