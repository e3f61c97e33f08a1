//! Trees that another macro writes, with what it is given in every place.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver]
struct Worker(u64);

#[genserver]
impl Worker {
    #[init]
    fn init(number: u64) -> Self {
        Self(number)
    }

    #[handle_call]
    fn number(&self) -> u64 {
        self.0
    }
}

macro_rules! pool {
    (
        $(#[$attr:meta])* $vis:vis $name:ident($arg:ident: $ty:ty) as $text:literal, $strategy:ident, $grace:expr,
        [$($id:literal => $start:expr),*]
    ) => {
        supervisor! {
            $(#[$attr])*
            $vis $name($arg: $ty, offset: u64) {
                name: $text,
                strategy: $strategy,
                let base = offset * 10;
                children: [
                    $($start { id: $id, shutdown: ($grace) },)*
                    Worker::start_link($arg + *base).name(concat!($text, "/own")),
                ],
            }
        }
    };
}

pool!(
    /// One.
    pub One(first: u64) as "one", one_for_one, std::time::Duration::from_secs(1),
    ["a" => Worker::start_link(*first).name("one/a"), "b" => Worker::start_link(first + 1)]
);
pool!(Two(number: u64) as "two", rest_for_one, std::time::Duration::ZERO, []);

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let one = One::start_link(1, 2).await?;
    let two = Two::start_link(2, 3).await?;
    assert_eq!(one.count_children().await?.active, 3);
    assert_eq!(WorkerRef::to("one/own").number().await?, 21);
    assert_eq!(WorkerRef::to("two/own").number().await?, 32);
    assert_eq!(WorkerRef::to("one/a").number().await?, 1);
    assert_eq!(Two::named().count_children().await?.active, 1);
    two.stop().await?;
    Ok(())
}
