use beamish::prelude::*;

pub struct Tick;

/// Counts.
#[genserver(name = "counter")]
pub struct /*state*/Counter {
    /*field*/count: u64,
}

#[genserver]
impl Counter {
    #[init]
    fn /*init*/init(start: u64) -> Self {
        Self { count: start }
    }

    /// The present count.
    #[handle_call]
    pub fn /*get*/get(&self) -> u64 {
        self./*count_of_get*/count
    }

    /// Adds `amount`.
    #[handle_cast]
    pub fn /*add*/add(&mut self, /*amount*/amount: u64) {
        self.count += /*use_of_amount*/amount;
    }

    /// Waits for `amount`.
    #[handle_call]
    pub async fn /*wait*/wait(&mut self, amount: Amount) -> /*reply*/Amount {
        std::future::ready(amount).await
    }

    #[handle_info]
    fn /*tick*/tick(&mut self, _tick: Tick) {
        self.count += 1;
    }
}

pub struct Amount(pub u64);

pub async fn uses(counter: /*client*/CounterRef) -> Result<u64, CallError> {
    counter./*use_of_add*/add(2);
    let _waited = counter./*use_of_wait*/wait(Amount(3)).await?;
    drop(/*message*/CounterMessage::/*variant*/Get);
    counter./*use_of_get*/get().await
}

supervisor! {
    pub Tree(start: u64) {
        strategy: one_for_one,
        let first = start + 1;
        children: [
            /*child*/Counter::/*start_link*/start_link(*/*use_of_first*/first) { restart: transient },
        ]
    }
}

pub async fn start() -> bool {
    Tree::/*start_of_tree*/start_link(3).await.is_ok()
}

pub async fn next() -> u64 {
    receive! {
        Exit { /*from*/from, .. } => { drop(/*use_of_from*/from); 0 }
        number: u64 => /*use_of_number*/number + 1,
        after 500ms => 0,
    }
}
