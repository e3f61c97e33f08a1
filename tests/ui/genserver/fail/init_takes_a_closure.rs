use beamish::prelude::*;

#[genserver]
struct Listener {
    told: Box<dyn Fn(u8) + Send>,
}

#[genserver]
impl Listener {
    #[init]
    fn init(told: impl Fn(u8) + Send + 'static) -> Self {
        Self { told: Box::new(told) }
    }

    #[handle_cast]
    fn tell(&mut self, value: u8) {
        (self.told)(value);
    }
}

#[beamish::main]
async fn main() {
    let listener = Listener::start_link(|value| println!("{}", value.count_ones())).await.unwrap();
    listener.tell(1);
}
