use beamish::prelude::*;

supervisor! {
    Tree(names: impl IntoIterator<Item = String> + Clone) {
        strategy: one_for_one,
        let count = names.into_iter().count();
        children: [],
    }
}

#[beamish::main]
async fn main() {
    Tree::start_link(vec!["a".to_owned()]).await.unwrap();
}
