//! The worker of a scenario, as a server on the plain trait: it does what it is asked, and tells the collector what it
//! sees.

use std::sync::Arc;
use std::time::Duration;

use beamish::{
    Call, CallError, Caller, ExitReason, GenServer, Handler, Info, Init, Next, ReplyTo,
    ServerOptions, ServerRef, process, send, unexpected_info,
};

use crate::reason;
use crate::relations::{Numbered, Relations, received};
use crate::scenario::{self, Begin, Ending, Name, Op};
use crate::trace::{Event, Who, incarnation};
use crate::world::World;

/// How long callers wait for an answer that may not come.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long they wait for one that does not.
const SILENT_TIMEOUT: Duration = Duration::from_millis(20);

pub(crate) struct Worker {
    world: World,
    me: Who,
    plan: Arc<scenario::Worker>,
    relations: Relations,
    /// It ends by itself, so a `shutdown` is not its supervisor's.
    ends_by_itself: bool,
    unanswered: Vec<ReplyTo<String>>,
}

impl ServerOptions for Worker {}

impl GenServer for Worker {
    type Args = (World, Name, Arc<scenario::Worker>);
    type Message = Op;
    type Reply = String;
    type Ref = ServerRef<Self>;

    async fn init((world, place, plan): Self::Args) -> Init<Self> {
        let me = world.register(&place).await;
        process::trap_exit(plan.trap);
        match plan.begin(incarnation(&me)) {
            Begin::Ok => {}
            Begin::Ignore => return Init::ignore(),
            Begin::Stop(reason) => return Init::stop(*reason),
            Begin::Exit(reason) => beamish::exit(*reason),
            Begin::Crash => panic!("as told"),
        }
        Init::ok(Self {
            relations: Relations::new(plan.trap),
            ends_by_itself: false,
            unanswered: Vec::new(),
            world,
            me,
            plan,
        })
    }

    fn handle_now(&mut self, op: Op) -> Result<Next<Self>, Op> {
        Ok(match op {
            Op::Relay(..) | Op::Silent => return Err(op),
            Op::Crash => panic!("as told"),
            Op::Exit(reason) => {
                self.ends_by_itself = true;
                beamish::exit(reason)
            }
            Op::Stop(reason) => {
                self.ends_by_itself = true;
                Next::reply("ok".to_owned()).stop(reason)
            }
            Op::Burst(to, count, reason) => {
                self.burst(&to, count);
                self.ends_by_itself = true;
                beamish::exit(reason)
            }
            Op::Signal(reason) => {
                process::exit(process::self_pid(), reason);
                Next::reply("ok".to_owned())
            }
            op => Next::reply(self.relations.perform(&self.world, &op)),
        })
    }

    async fn handle(&mut self, op: Op, caller: &mut Caller<Self>) -> Next<Self> {
        let Op::Relay(to, op) = op else {
            self.unanswered.push(caller.later(|answer| answer));
            return Next::no_reply();
        };
        let Some(worker) = self.world.worker(&to) else {
            return Next::reply("absent".to_owned());
        };
        match ask(&worker, *op).await {
            Ok(answer) => Next::reply(answer),
            Err(error) => beamish::exit(ExitReason::from(error)),
        }
    }

    async fn handle_info(&mut self, info: Info) -> Next<Self> {
        match received(&self.world, &self.me, info) {
            Ok(event) => self.world.note(event),
            Err(info) => unexpected_info::<Self>(&info),
        }
        Next::no_reply()
    }

    async fn terminate(&mut self, reason: &ExitReason) {
        self.world.note(Event::Terminate {
            who: self.me.clone(),
            reason: reason::text(reason),
        });
        if *reason != ExitReason::Shutdown || self.ends_by_itself {
            return;
        }
        match self.plan.ending {
            Ending::Obey => {}
            Ending::Exit(reason) => beamish::exit(reason),
            Ending::Crash => panic!("as told"),
            Ending::Stubborn => std::future::pending().await,
        }
    }
}

impl Worker {
    fn burst(&self, to: &str, count: u32) {
        let Some(pid) = self.world.latest(to) else {
            return;
        };
        let from = process::self_pid();
        for number in 1..=count {
            send(pid, Numbered { from, number });
        }
    }
}

/// Calls a worker.
pub(crate) async fn ask(worker: &ServerRef<Worker>, op: Op) -> Result<String, CallError> {
    static AT_ONCE: Handler = Handler::new("perform");
    static LATER: Handler = Handler::queued("perform_later");
    let (handler, timeout) = match op {
        Op::Silent => (&LATER, SILENT_TIMEOUT),
        Op::Relay(..) => (&LATER, CALL_TIMEOUT),
        _ => (&AT_ONCE, CALL_TIMEOUT),
    };
    Call::new(worker, handler, op, Some).timeout(timeout).await
}
