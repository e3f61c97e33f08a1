#[beamish::main]
async fn main() -> u64 {
    1
}
