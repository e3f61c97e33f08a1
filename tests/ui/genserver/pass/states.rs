//! A state is an enum, a tuple struct or a unit struct, with whatever derives it has.
#![deny(warnings)]
use beamish::prelude::*;

/// A turnstile that jams when it is pushed while it is locked.
#[genserver]
#[derive(Debug, Clone, PartialEq, Default)]
enum Turnstile {
    #[default]
    Locked,
    Open {
        passed: u64,
    },
    Jammed(String),
}

#[genserver]
impl Turnstile {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    #[handle_cast]
    fn coin(&mut self) {
        *self = match std::mem::take(self) {
            Self::Locked => Self::Open { passed: 0 },
            other => other,
        };
    }

    #[handle_call]
    fn push(&mut self) -> Self {
        match self {
            Self::Locked => *self = Self::Jammed("locked".to_owned()),
            Self::Open { passed } => *passed += 1,
            Self::Jammed(_) => {}
        }
        self.clone()
    }
}

#[genserver]
struct Pair(u64, u64);

#[genserver]
impl Pair {
    #[init]
    fn init(both: (u64, u64)) -> Self {
        Self(both.0, both.1)
    }

    #[handle_call]
    fn swap(&mut self) -> (u64, u64) {
        *self = Self(self.1, self.0);
        (self.0, self.1)
    }
}

#[genserver]
struct Echo;

#[genserver]
impl Echo {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn echo(&self, #[into] text: String) -> String {
        text
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let turnstile = Turnstile::start_link().await?;
    turnstile.coin();
    assert_eq!(turnstile.push().await?, Turnstile::Open { passed: 1 });
    let jammed = Turnstile::start_link().await?.push().await?;
    assert_eq!(jammed, Turnstile::Jammed("locked".to_owned()));
    assert_eq!(Pair::start_link((1, 2)).await?.swap().await?, (2, 1));
    assert_eq!(Echo::start_link().await?.echo("a").await?, "a");
    Ok(())
}
