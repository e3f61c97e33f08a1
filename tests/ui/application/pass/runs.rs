//! Applications that are started with an argument and without, and stopped; other items stay in the block.
#![deny(warnings, missing_docs)]
use beamish::prelude::*;

#[genserver(name = "greeter")]
struct Greeter(String);

#[genserver]
impl Greeter {
    #[init]
    fn init(greeting: String) -> Self {
        Self(greeting)
    }

    #[handle_call]
    fn greet(&self, #[into] name: String) -> String {
        format!("{}, {name}!", self.0)
    }
}

supervisor! {
    Tree(greeting: String) { strategy: one_for_one, children: [Greeter::start_link(greeting.clone())] }
}

/// Greets.
pub struct Greeting;

#[application]
impl Greeting {
    const DEFAULT: &'static str = "Hello";

    async fn start(greeting: Option<String>) -> Result<SupervisorRef, StartError> {
        let greeting = greeting.unwrap_or_else(|| Self::DEFAULT.to_owned());
        Tree::start_link(greeting).await
    }
}

/// A generic one.
pub struct Of<T>(T);

#[application]
impl<T: Default + ToString + Send + 'static> Of<T> {
    async fn start() -> Result<SupervisorRef, StartError> {
        Tree::start_link(T::default().to_string()).await
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let greeter = GreeterRef::named();
    for (greeting, expected) in [(None, "Hello, you!"), (Some("Hi".to_owned()), "Hi, you!")] {
        let app = Greeting::start(greeting).await?;
        assert_eq!(greeter.greet("you").await?, expected);
        app.stop().await;
        assert!(!greeter.is_alive());
    }
    let app = Of::<u64>::start(()).await?;
    assert_eq!(greeter.greet("you").await?, "0, you!");
    app.stop().await;
    Ok(())
}
