use beamish::prelude::*;

struct CashMan;

#[application(name = "a")]
impl CashMan {
    async fn start() -> Result<SupervisorRef, StartError> {
        todo!()
    }
}

fn main() {
    drop(CashMan::start(()));
}
