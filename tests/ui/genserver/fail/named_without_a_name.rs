use beamish::prelude::*;

#[genserver]
struct Room;
#[genserver]
impl Room {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call]
    fn guests(&self) -> u64 {
        0
    }
}
fn main() {
    drop(RoomRef::named().guests());
}
