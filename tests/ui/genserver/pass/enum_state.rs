//! A state may be an enum.
use beamish::prelude::*;

#[genserver]
enum Door {
    Open,
    Closed,
}

#[genserver]
impl Door {
    #[init]
    fn init() -> Self {
        Self::Closed
    }

    #[handle_call]
    fn toggle(&mut self) -> bool {
        *self = match self {
            Self::Open => Self::Closed,
            Self::Closed => Self::Open,
        };
        matches!(self, Self::Open)
    }
}

fn main() {
    drop(DoorRef::to("a").toggle());
}
