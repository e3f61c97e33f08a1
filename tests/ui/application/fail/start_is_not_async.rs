use beamish::prelude::*;

struct CashMan;

#[application]
impl CashMan {
    fn start(_args: ()) -> Result<SupervisorRef, StartError> {
        todo!()
    }
}

fn main() {
    drop(CashMan::start(()));
}
