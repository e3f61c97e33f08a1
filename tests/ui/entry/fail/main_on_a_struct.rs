#[beamish::main]
struct Main {}

fn main() {
    drop(Main {});
}
