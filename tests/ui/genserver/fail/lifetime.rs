use beamish::prelude::*;

#[genserver]
struct Counter<'a> {
    name: &'a str,
}
#[genserver]
impl<'a> Counter<'a> {
    #[init]
    fn init(name: &'a str) -> Self {
        Self { name }
    }
}
fn main() {
    drop(Counter { name: "a" }.name);
}
