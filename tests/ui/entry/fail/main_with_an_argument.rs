#[beamish::main]
async fn main(_name: String) {}
