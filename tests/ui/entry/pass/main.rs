//! The body is a process, and its error is the program's.
#![deny(warnings)]

#[beamish::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number: u64 = "1".parse()?;
    if number > 5 {
        Err("too large")?;
    }
    if number > 4 {
        return Ok(());
    }
    Ok(())
}

#[beamish::test(start_paused)]
async fn works() {
    assert!(true);
}
