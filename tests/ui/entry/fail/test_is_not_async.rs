#[beamish::test]
fn works() {}

fn main() {
    works();
}
