//! Docs, `#[deprecated]`, `#[must_use]` and visibility of a handler are those of its method and of its variant.
#![deny(warnings, missing_docs, unsafe_code)]

/// The server.
pub mod store {
    use beamish::prelude::*;

    /// Stores one text.
    #[genserver]
    pub struct Store {
        text: String,
    }

    #[genserver(client = trait, message(derive(Clone, Debug, PartialEq)))]
    impl Store {
        #[init]
        fn init(#[into] text: String) -> Self {
            Self { text }
        }

        /// The text.
        #[handle_call]
        #[must_use = "a text is to be read"]
        pub fn read(&self) -> String {
            self.text.clone()
        }

        /// Writes the text.
        #[deprecated(since = "1.1.0", note = "write `append`")]
        #[handle_cast]
        pub fn write(&mut self, #[into] text: String) {
            self.text = text;
        }

        #[handle_cast]
        pub(crate) async fn append(&mut self, #[into] text: String) {
            self.text += &text;
        }

        /// Only this module clears.
        #[handle_call]
        #[deprecated]
        async fn clear(&mut self) {
            self.text.clear();
        }
    }

    /// Clears `store`.
    #[expect(deprecated)]
    pub async fn clear(store: &StoreRef) -> Result<(), CallError> {
        store.clear().await
    }
}

use store::{Store, StoreMessage};

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::start_link("a").await?;
    store.append("b");
    assert_eq!(store.read().await?, "ab");
    #[expect(deprecated)]
    store.write("c");
    assert_eq!(store.read().await?, "c");
    #[expect(deprecated)]
    let write = StoreMessage::Write { text: "c".to_owned() };
    assert_eq!(format!("{write:?}"), "Write { text: \"c\" }");
    #[expect(unused_must_use)]
    {
        store.read();
    }
    store::clear(&store).await?;
    assert_eq!(store.read().await?, "");
    Ok(())
}
