//! A stack of text: the first example in the documentation of Elixir's `GenServer`.

use beamish::prelude::*;

/// Its state is the elements, the top last.
#[genserver]
pub struct Stack(Vec<String>);

#[genserver]
impl Stack {
    /// The elements, separated by commas, the top first.
    #[init]
    fn init(#[into] elements: String) -> Self {
        let elements = elements.split(',').filter(|element| !element.is_empty());
        Self(elements.rev().map(str::to_owned).collect())
    }

    #[handle_call]
    pub fn pop(&mut self) -> Option<String> {
        self.0.pop()
    }

    #[handle_cast]
    pub fn push(&mut self, #[into] element: String) {
        self.0.push(element);
    }
}
