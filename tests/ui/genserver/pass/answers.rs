//! Results and types of one's own as replies; several callers that are answered at once, and later.
#![deny(warnings)]
use std::collections::BTreeMap;
use std::fmt;

use beamish::prelude::*;

#[derive(Debug, PartialEq)]
enum Refused {
    NoMoney { has: u64 },
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("refused")
    }
}

impl std::error::Error for Refused {}

type Answer<T> = Result<T, Refused>;

#[derive(Debug, Clone, PartialEq)]
struct Receipt {
    left: u64,
}

#[genserver]
struct Bank {
    money: u64,
    waiting: BTreeMap<u64, Vec<ReplyTo<Answer<Receipt>>>>,
}

#[genserver]
impl Bank {
    #[init]
    fn init() -> Self {
        Self { money: 10, waiting: BTreeMap::new() }
    }

    #[handle_call]
    fn take(&mut self, amount: u64) -> Answer<Receipt> {
        let has = self.money;
        self.money = has.checked_sub(amount).ok_or(Refused::NoMoney { has })?;
        Ok(Receipt { left: self.money })
    }

    #[handle_call]
    fn take_when_there(&mut self, amount: u64, reply: ReplyTo<Answer<Receipt>>) {
        if self.money >= amount {
            return reply.reply(self.take(amount));
        }
        self.waiting.entry(amount).or_default().push(reply);
    }

    #[handle_call]
    fn pay_in(&mut self, amount: u64) -> usize {
        self.money += amount;
        let mut count = 0;
        for (amount, replies) in std::mem::take(&mut self.waiting) {
            count += replies.len();
            replies.into_iter().for_each(|reply| reply.reply(self.take(amount)));
        }
        count
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bank = Bank::start_link().await?;
    assert_eq!(bank.take(4).await?, Ok(Receipt { left: 6 }));
    assert_eq!(bank.take(7).await?, Err(Refused::NoMoney { has: 6 }));
    assert_eq!(bank.take(6).flat().await?, Receipt { left: 0 });
    let requests = [3, 5, 9].map(|amount| bank.take_when_there(amount).send_request());
    assert_eq!(bank.pay_in(8).await?, 3);
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.receive_response(std::time::Duration::from_secs(5)).await?);
    }
    assert_eq!(answers[0], Ok(Receipt { left: 5 }));
    assert_eq!(answers[1], Ok(Receipt { left: 0 }));
    assert_eq!(answers[2], Err(Refused::NoMoney { has: 0 }));
    Ok(())
}
