use beamish::prelude::*;

struct Secret;
#[genserver]
struct Safe;
#[genserver(debug)]
impl Safe {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast]
    fn keep(&mut self, secret: Secret) {
        drop(secret);
    }
}
fn main() {
    drop(Safe::start());
}
