use beamish::process;

fn main() {
    process::cancel_timer(7);
}
