//! A body that returns a code or a boxed error, neither of which another thread could take.
#![deny(warnings)]
use std::error::Error;
use std::process::ExitCode;

use beamish::prelude::*;

/// Its process may end as it will: it is not linked.
async fn child() -> Option<()> {
    let pid = spawn(async { panic!("on purpose") });
    let reason = process::monitored(pid).await;
    matches!(reason, ExitReason::Panic(_)).then_some(())
}

#[beamish::main]
pub async fn main() -> Result<ExitCode, Box<dyn Error>> {
    child().await.ok_or("it has not panicked")?;
    let number: u8 = "0".parse()?;
    let error: Box<dyn Error> = "not zero".into();
    if number > 0 {
        return Err(error);
    }
    Ok(number.into())
}

#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn works() -> Result<(), Box<dyn Error>> {
    child().await.ok_or("it has not panicked")?;
    Ok(())
}
