use std::time::Duration;

use beamish::process;

fn main() {
    process::send_after(7, "message", Duration::ZERO);
}
