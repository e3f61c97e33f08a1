#[beamish::main]
fn main() {}
