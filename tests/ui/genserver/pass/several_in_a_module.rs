//! Several servers side by side, with handlers of the same names; private modules and functions have their own. One has
//! its block in another module than its struct.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver(name = "inlet")]
struct Inlet(u64);

#[genserver]
impl Inlet {
    #[init]
    fn init() -> Self {
        Self(0)
    }

    #[handle_cast]
    async fn put(&mut self, amount: u64) {
        self.0 += amount;
    }

    #[handle_call]
    async fn get(&mut self) -> u64 {
        self.0
    }
}

#[genserver]
struct Outlet(String);

#[genserver]
impl Outlet {
    #[init]
    fn init() -> Self {
        Self(String::new())
    }

    #[handle_cast]
    async fn put(&mut self, #[into] text: String) {
        self.0 += &text;
    }

    #[handle_call]
    async fn get(&mut self) -> String {
        self.0.clone()
    }
}

mod outer {
    mod inner {
        use beamish::prelude::*;

        #[genserver]
        pub struct Inlet(u8);

        #[genserver]
        impl Inlet {
            #[init]
            fn init() -> Self {
                Self(7)
            }

            #[handle_call]
            pub fn get(&self) -> u8 {
                self.0
            }
        }
    }

    pub use inner::{Inlet, InletRef};
}

#[genserver]
struct Split(u64);

mod block {
    use super::*;

    #[genserver]
    impl Split {
        #[init]
        fn init() -> Self {
            Self(1)
        }

        #[handle_call]
        pub(super) fn get(&self) -> Reply<u64, u64> {
            Reply::ok(self.0).continue_with(4)
        }

        #[handle_call]
        pub(super) fn late(&self, reply: ReplyTo<u64>) {
            reply.reply(self.0);
        }

        #[handle_continue]
        fn grow(&mut self, by: u64) {
            self.0 += by;
        }
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[genserver]
    struct Local;

    #[genserver]
    impl Local {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        async fn get(&mut self) -> char {
            'l'
        }
    }

    let (inlet, outlet) = (Inlet::start_link().await?, Outlet::start_link().await?);
    inlet.put(2);
    outlet.put("two");
    assert_eq!(InletRef::named().get().await?, 2);
    assert_eq!(outlet.get().await?, "two");
    let other: outer::InletRef = outer::Inlet::start_link().await?;
    assert_eq!(other.get().await?, 7);
    let split: SplitRef = Split::start_link().await?;
    assert_eq!((split.get().await?, split.late().await?), (1, 5));
    assert_eq!(Local::start_link().await?.get().await?, 'l');
    Ok(())
}
