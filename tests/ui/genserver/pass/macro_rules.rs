//! A server whose state, handlers, types and bodies all come from outside of the macro that writes it.
#![deny(warnings, missing_docs)]
use beamish::prelude::*;

macro_rules! register {
    (
        $(#[$attr:meta])*
        $vis:vis $server:ident: $state:ty = $start:expr, named $text:literal;
        $($(#[$doc:meta])* $kind:ident $handler:ident($this:ident $(, $arg:pat => $of:ty)*) -> $ret:ty $body:block)*
    ) => {
        $(#[$attr])*
        #[genserver(name = $text)]
        $vis struct $server($state);

        register!(@block $server, $start; $($(#[$doc])* $kind $handler($this $(, $arg => $of)*) -> $ret $body)*);
    };
    (
        @block $server:ty, $start:expr;
        $($(#[$doc:meta])* $kind:ident $handler:ident($this:ident $(, $arg:pat => $of:ty)*) -> $ret:ty $body:block)*
    ) => {
        #[genserver]
        impl $server {
            #[init]
            fn init() -> Self {
                Self($start)
            }

            $($(#[$doc])* #[$kind] fn $handler(&mut $this $(, $arg: $of)*) -> $ret $body)*
        }
    };
}

register! {
    /// A register of one number.
    #[derive(Debug)]
    pub(crate) Register: (u64, bool) = (40, false), named "register";

    /// The number.
    handle_call get(self) -> u64 { self.0.0 }
    /// Adds two numbers.
    handle_cast add(self, (one, two) => (u64, u64), is_last => bool) -> () {
        self.0.0 += one + two;
        self.0.1 = is_last;
    }
    /// The number, after which the server ends.
    handle_call last(self) -> Reply<Option<u64>> {
        Reply::stop(ExitReason::Normal, self.0.1.then_some(self.0.0))
    }
    handle_info text(self, text => String) -> Result<(), std::num::ParseIntError> {
        self.0.0 = text.parse()?;
        Ok(())
    }
    handle_call wait(self, reply => ReplyTo<u64>) -> NoReply {
        reply.reply(self.0.0);
        NoReply::ok()
    }
    handle_cast fail(self) -> ! { panic!("on purpose") }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let register = Register::start().await?;
    register.add((1, 1), true);
    assert_eq!(RegisterRef::named().get().await?, 42);
    send_named("register", "41".to_owned())?;
    assert_eq!(register.wait().await?, 41);
    assert_eq!(register.last().await?, Some(41));
    let register = Register::start().await?;
    register.fail();
    assert!(register.get().await.is_err());
    Ok(())
}
