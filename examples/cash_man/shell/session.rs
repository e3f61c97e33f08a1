//! The session of the article.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use beamish::App;
use beamish::prelude::*;

use super::tree;
use crate::cache::{self, CacheRef};

static CALCULATED: AtomicU32 = AtomicU32::new(0);

/// A value that is worth keeping.
fn total() -> i64 {
    CALCULATED.fetch_add(1, Ordering::Relaxed);
    20
}

/// Fetches a value, kills the cache, and fetches it again: it is calculated again, since the state died with the process,
/// and from then on it is there.
pub async fn session(app: &App) -> Result<(), ExitReason> {
    println!("fetch total => {}", cache::fetch("total", total).await?);

    let pid = process::whereis("CashMan.Cache").ok_or(ExitReason::NoProc)?;
    println!("whereis CashMan.Cache => {pid}");

    process::kill(pid);
    println!("kill {pid}");

    let cache = CacheRef::<i64>::named();
    let successor = cache.when_up(Duration::from_secs(5)).await?;
    println!("whereis CashMan.Cache => {successor}");

    println!("fetch total => {}", cache::fetch("total", total).await?);

    let task = cache::async_fetch("total", total);
    println!("async_fetch total => {}", task.await??);

    println!("calculated {} times", CALCULATED.load(Ordering::Relaxed));
    println!("\n{}", tree(app.supervisor()).await?);
    Ok(())
}
