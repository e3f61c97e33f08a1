use beamish::process;

fn main() {
    process::monitor(7);
}
