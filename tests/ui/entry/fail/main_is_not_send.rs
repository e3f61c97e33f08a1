#[beamish::main]
async fn main() {
    let one = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(one);
}
