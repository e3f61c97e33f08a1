//! `?` in casts, infos, continuations and deferred calls: an error is the reason with which the server ends.
#![deny(warnings)]
use std::num::ParseIntError;

use beamish::prelude::*;

struct Text(&'static str);

#[derive(Debug, PartialEq)]
struct Load(&'static str);

#[genserver]
struct Sum(u64);

#[genserver]
impl Sum {
    #[init]
    fn init(first: &'static str) -> Init<Self> {
        Init::ok(Self(0)).continue_with(Load(first))
    }

    #[handle_continue]
    async fn load(&mut self, load: Load) -> Result<(), ParseIntError> {
        self.0 = load.0.parse()?;
        Ok(())
    }

    #[handle_cast]
    fn add(&mut self, #[into] text: String) -> Result<(), ParseIntError> {
        self.0 += text.parse::<u64>()?;
        Ok(())
    }

    #[handle_info]
    fn text(&mut self, Text(text): Text) -> Result<NoReply<Load>, ParseIntError> {
        let sum = self.0 + text.parse::<u64>()?;
        self.0 = sum;
        Ok(NoReply::ok().continue_with(Load("1")))
    }

    #[handle_call]
    async fn divided(&mut self, by: &'static str, reply: ReplyTo<u64>) -> Result<(), ExitReason> {
        let by: u64 = by.parse()?;
        reply.reply(self.0.checked_div(by).ok_or_else(|| ExitReason::other("division by zero"))?);
        Ok(())
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.0
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sum = Sum::start("40").await?;
    sum.add("2");
    assert_eq!(sum.divided("2").await?, 21);
    send(sum.pid().ok_or("no pid")?, Text("5"));
    assert_eq!(sum.get().await?, 1);
    let error = sum.divided("0").await.map_err(|error| error.to_string());
    assert!(error.is_err_and(|error| error.contains("division by zero")));
    process::trap_exit(true);
    Sum::start_link("1").await?.add("x");
    let reason = receive! { Exit { reason, .. } => reason.to_string() };
    assert_eq!(reason, "invalid digit found in string");
    Sum::start_link("").await?;
    let reason = receive! { Exit { reason, .. } => reason.to_string() };
    assert_eq!(reason, "cannot parse integer from empty string");
    Ok(())
}
