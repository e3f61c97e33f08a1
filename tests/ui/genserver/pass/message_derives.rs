//! The message enum derives what it is told to, whatever its variants are.
#![deny(warnings)]
use beamish::prelude::*;
use serde::{Deserialize, Serialize};

#[genserver]
struct Store<K: Send + 'static, V: Send + 'static> {
    values: Vec<(K, V)>,
}

#[genserver(
    message(derive(Clone, Debug, PartialEq, serde::Serialize, Deserialize)),
    reply(derive(Debug, Serialize))
)]
impl<K, V> Store<K, V>
where
    K: Send + PartialEq + 'static,
    V: Send + 'static,
{
    #[init]
    fn init() -> Self {
        Self { values: Vec::new() }
    }

    #[handle_cast]
    fn put(
        &mut self,
        #[serde(rename = "k")] key: K,
        #[allow(clippy::ptr_arg)]
        #[serde(default, rename = "v")]
        mut value: Vec<V>,
    ) {
        self.values.push((key, value.remove(0)));
    }

    #[cfg(not(any()))]
    #[handle_call]
    fn len(&self) -> usize {
        self.values.len()
    }

    #[cfg(any())]
    #[handle_call]
    fn never(&self, it: NoSuchType) -> NoSuchType {
        it
    }
}

/// No variant uses the parameters of this one.
#[genserver]
struct Counter<T: Send + 'static, const N: usize>(std::marker::PhantomData<fn() -> T>);

#[genserver(message(derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)))]
impl<T: Send + 'static, const N: usize> Counter<T, N> {
    #[init]
    fn init() -> Self {
        Self(std::marker::PhantomData)
    }

    #[handle_call]
    fn get(&self, #[into] by: u64) -> u64 {
        by
    }
}

fn main() {
    let put = StoreMessage::<String, u8>::Put {
        key: "a".to_owned(),
        value: vec![1],
    };
    assert_eq!(put.clone(), put);
    let text = serde_json::to_string(&put).unwrap_or_default();
    assert_eq!(text, r#"{"Put":{"k":"a","v":[1]}}"#);
    let read = serde_json::from_str::<StoreMessage<String, u8>>(&text);
    assert_eq!(read.ok(), Some(put));
    assert_eq!(format!("{:?}", StoreMessage::<u8, u8>::Len), "Len");
    assert_eq!(format!("{:?}", StoreReply::<u8, u8>::Len(3)), "Len(3)");
    let get = CounterMessage::<u8, 3>::Get { by: 3 };
    assert_eq!((get, format!("{get:?}")), (get, "Get { by: 3 }".to_owned()));
}
