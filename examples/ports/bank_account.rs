//! A bank account that many processes may use at a time: an exercise of Exercism's Elixir track.

use beamish::prelude::*;

/// Its state is the balance.
#[genserver]
pub struct Account(u64);

/// Why the balance is what it was.
#[derive(Debug, PartialEq)]
pub enum Refused {
    AmountMustBePositive,
    NotEnoughBalance,
}

#[genserver]
impl Account {
    #[init]
    fn open() -> Self {
        Self(0)
    }

    #[handle_call]
    pub fn balance(&self) -> u64 {
        self.0
    }

    #[handle_call]
    pub fn deposit(&mut self, amount: u64) -> Result<(), Refused> {
        if amount == 0 {
            return Err(Refused::AmountMustBePositive);
        }
        self.0 += amount;
        Ok(())
    }

    #[handle_call]
    pub fn withdraw(&mut self, amount: u64) -> Result<(), Refused> {
        if amount == 0 {
            return Err(Refused::AmountMustBePositive);
        }
        let rest = self.0.checked_sub(amount);
        self.0 = rest.ok_or(Refused::NotEnoughBalance)?;
        Ok(())
    }
}
