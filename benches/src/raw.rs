//! The actor that an expert writes by hand: one task, an unbounded channel, a oneshot for each answer. No links, no
//! supervision, no names, no timeout.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};

pub enum Message {
    Empty(oneshot::Sender<u64>),
    Fetch(String, oneshot::Sender<Option<u64>>),
    Add(u64),
    Spin(oneshot::Sender<u64>),
    Crash,
}

#[derive(Clone)]
pub struct Actor(mpsc::UnboundedSender<Message>);

impl Actor {
    pub fn start(map: HashMap<String, u64>) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut count = 0;
            while let Some(message) = receiver.recv().await {
                match message {
                    Message::Empty(reply) => drop(reply.send(count)),
                    Message::Fetch(key, reply) => drop(reply.send(map.get(&key).copied())),
                    Message::Add(by) => count += by,
                    Message::Spin(reply) => {
                        crate::call::spin();
                        let _ = reply.send(count);
                    }
                    Message::Crash => panic!("crash"),
                }
            }
        });
        Self(sender)
    }

    pub async fn empty(&self) -> u64 {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Empty(sender));
        receiver.await.expect("an answer")
    }

    pub async fn fetch(&self, key: String) -> Option<u64> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Fetch(key, sender));
        receiver.await.expect("an answer")
    }

    /// Sends the request; the answer is waited for later.
    pub fn spin(&self) -> oneshot::Receiver<u64> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.0.send(Message::Spin(sender));
        receiver
    }

    pub fn add(&self, by: u64) {
        let _ = self.0.send(Message::Add(by));
    }

    pub fn crash(&self) {
        let _ = self.0.send(Message::Crash);
    }

    pub async fn closed(&self) {
        self.0.closed().await;
    }
}
