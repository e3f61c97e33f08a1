use beamish::prelude::*;

struct CashMan;

#[application]
impl CashMan {
    async fn start(_one: (), _two: u64) -> Result<SupervisorRef, StartError> {
        todo!()
    }
}

fn main() {
    drop(CashMan::start(()));
}
