#[beamish::test(worker_threads = 2)]
async fn works() {}

fn main() {
    works();
}
