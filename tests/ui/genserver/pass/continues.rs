//! Continuations, one impl a type.
use beamish::prelude::*;

struct Load;

enum Step {
    First,
}

#[genserver]
struct Loader(u64);

#[genserver]
impl Loader {
    #[init]
    fn init() -> Init<Self> {
        Init::ok(Self(0)).continue_with(Load)
    }

    #[handle_continue]
    async fn load(&mut self, _load: Load) -> NoReply<Step> {
        NoReply::ok().continue_with(Step::First)
    }

    #[handle_continue]
    fn step(&mut self, step: Step) {
        let Step::First = step;
        self.0 += 1;
    }

    #[handle_call]
    fn get(&self) -> Reply<u64, Step> {
        Reply::ok(self.0).continue_with(Step::First)
    }

    #[handle_cast]
    fn again(&mut self) -> NoReply<Load> {
        NoReply::ok().continue_with(Load)
    }
}

fn main() {
    drop(LoaderRef::to("a").get());
    drop(Loader::start());
}
