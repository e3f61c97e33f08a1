//! The same actors in other libraries, as their documentation writes them. Mailboxes are unbounded everywhere.

mod actix;
mod kameo;
mod ractor;
mod spawned;
mod xtra;

pub use self::actix::Actix;
pub use self::kameo::Kameo;
pub use self::ractor::Ractor;
pub use self::spawned::Spawned;
pub use self::xtra::Xtra;

/// What a node of skynet has heard from the ten below it.
#[derive(Default)]
pub struct Sum {
    heard: u8,
    sum: u64,
}

impl Sum {
    /// The sum, once all ten have told theirs.
    pub fn hear(&mut self, sum: u64) -> Option<u64> {
        self.sum += sum;
        self.heard += 1;
        (self.heard == 10).then_some(self.sum)
    }
}
