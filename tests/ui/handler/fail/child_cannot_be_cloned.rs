use beamish::ChildSpec;
use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init(_socket: std::net::TcpStream) -> Self {
        Self
    }

    fn child(socket: std::net::TcpStream) -> ChildSpec {
        Self::child_spec(socket)
    }
}
fn main() {
    drop(Counter::child);
}
