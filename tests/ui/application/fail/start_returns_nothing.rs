use beamish::prelude::*;

struct CashMan;

#[application]
impl CashMan {
    async fn start() {}
}

fn main() {
    drop(CashMan::start(()));
}
