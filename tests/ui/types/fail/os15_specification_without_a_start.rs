use beamish::ChildSpec;

fn main() {
    let _ = ChildSpec { id: "counter".into() };
}
