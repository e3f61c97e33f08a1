use beamish::prelude::*;

struct CashMan;

#[application]
impl CashMan {
    async fn start(&self) -> Result<SupervisorRef, StartError> {
        todo!()
    }
}

fn main() {
    drop(CashMan::start(()));
}
