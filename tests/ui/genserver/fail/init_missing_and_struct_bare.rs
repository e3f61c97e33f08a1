use beamish::prelude::*;

struct Counter;
#[genserver]
impl Counter {
    #[handle_call]
    fn get(&self) -> u64 {
        1
    }
    #[handle_continue]
    fn go_on(&mut self, _by: u64) {}
}
fn main() {
    drop(Counter);
}
