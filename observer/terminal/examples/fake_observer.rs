//! An observer of a system that does not exist, to try the face: it prints its address, and its cache crashes each ten
//! seconds. `cargo run -p beamish-observer-terminal --example fake_observer [PORT]`

#[path = "../tests/attach/fake.rs"]
mod fake;

use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let fake = fake::Fake::start(port).await?;
    announce(&fake);
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        fake.change(|world| world.crash_cache("Panic: no more cash"));
    }
}

#[expect(clippy::print_stdout, reason = "who starts it wants to know")]
fn announce(fake: &fake::Fake) {
    println!("observer: http://{}", fake.address);
}
