use beamish::prelude::*;

struct CashMan;

#[application]
impl CashMan {
    fn other() {}
}

fn main() {
    drop(CashMan::start(()));
}
