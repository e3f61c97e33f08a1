//! A server that another macro writes.
use beamish::prelude::*;

macro_rules! server {
    ($name:ident, $ty:ty, $get:ident) => {
        #[genserver]
        struct $name {
            value: $ty,
        }

        #[genserver]
        impl $name {
            #[init]
            fn init(value: $ty) -> Self {
                Self { value }
            }

            #[handle_call]
            fn $get(&self, by: $ty) -> $ty {
                self.value + by
            }

            #[handle_call]
            async fn slow(&self, reply: ReplyTo<$ty>) {
                drop(reply);
            }

            #[handle_info]
            fn info(&mut self, value: $ty) {
                self.value = value;
            }
        }

        supervisor! {
            Tree(start: $ty) {
                strategy: one_for_one,
                children: [$name::start_link(*start), supervisor Inner { strategy: one_for_one, children: [$name::start_link(*start)] }],
            }
        }
    };
}

server!(Counter, u64, get);

fn main() {
    drop(CounterRef::to("a").get(1));
    drop(Tree::start(1));
}
