//! Private servers, private types in their messages, and blocks in other modules.
#![deny(warnings)]
use beamish::prelude::*;

struct Secret;

#[genserver]
struct Vault(Secret);

mod inner {
    use beamish::prelude::*;

    #[genserver]
    pub(super) struct Shown;

    #[genserver]
    impl Shown {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        pub(super) fn get(&self) -> u64 {
            1
        }
    }

    #[genserver]
    impl super::Vault {
        #[init]
        fn init(secret: super::Secret) -> Self {
            Self(secret)
        }

        #[handle_call]
        pub(super) fn swap(&mut self, with: super::Secret) -> super::Secret {
            std::mem::replace(&mut self.0, with)
        }
    }
}

fn main() {
    drop(VaultRef::to("a").swap(Secret));
    drop(Vault::start(Secret));
    drop(inner::ShownRef::to("a").get());
    drop(inner::Shown::start());
}
