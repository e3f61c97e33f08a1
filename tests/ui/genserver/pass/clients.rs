//! A client is a value like any other, whatever its server is made of; it goes wherever a server is asked for.
#![deny(warnings)]
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use beamish::prelude::*;
use beamish::{Via, sys};

/// Neither `Clone` nor `Sync` nor `Debug`.
struct Odd(Cell<u8>);

#[genserver(name = "boxed")]
struct Boxed<T: Send + 'static>(T);

#[genserver]
impl<T: Send + 'static> Boxed<T> {
    #[init]
    fn init(value: T) -> Self {
        Self(value)
    }

    #[handle_call]
    fn caller(&self) -> Option<Pid> {
        process::caller()
    }

    #[handle_call]
    fn replace(&mut self, #[into] value: T) -> T {
        std::mem::replace(&mut self.0, value)
    }
}

/// Another server, with a client in its state.
#[genserver]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Holder {
    boxed: BoxedRef<String>,
}

#[genserver]
impl Holder {
    #[init]
    fn init(boxed: BoxedRef<String>) -> Self {
        Self { boxed }
    }

    #[handle_call]
    async fn swap(&self, #[into] value: String) -> Result<String, CallError> {
        self.boxed.replace(value).await
    }
}

/// A registry with keys of a type of its own.
#[derive(Clone)]
struct Desks(Arc<Mutex<Vec<((u8, char), Pid)>>>);

impl PartialEq for Desks {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Desks {}

impl Via for Desks {
    type Key = (u8, char);

    fn register_name(&self, key: &Self::Key, pid: Pid) -> Result<(), Pid> {
        self.0.lock().map(|mut desks| desks.push((*key, pid))).ok();
        Ok(())
    }

    fn unregister_name(&self, key: &Self::Key, pid: Pid) {
        self.0.lock().map(|mut desks| desks.retain(|desk| *desk != (*key, pid))).ok();
    }

    fn whereis_name(&self, key: &Self::Key) -> Option<Pid> {
        let desks = self.0.lock().ok()?;
        desks.iter().find(|(other, _)| other == key).map(|(_, pid)| *pid)
    }
}

fn is_a_value<T: Clone + Send + Sync + Debug + Eq + Hash + Unpin + 'static>(_: &T) {}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    is_a_value(&BoxedRef::<Odd>::to("odd"));
    drop(Odd(Cell::new(0)).0);

    let boxed = Boxed::start_link("a".to_owned()).await?;
    assert_eq!(boxed.caller().await?, Some(self_pid()));
    assert_eq!(boxed.replace("b").await?, "a");
    let holder = Holder::start_link(boxed.clone()).await?;
    assert_eq!(holder.swap("c").await??, "b");
    let all = HashSet::from([boxed.clone(), BoxedRef::named(), BoxedRef::to("boxed"), boxed.clone()]);
    assert_eq!(all.len(), 2);

    let desks = Desks(Arc::default());
    let at_desk = Boxed::start_link("d".to_owned()).via(&desks, (1, 'x')).await?;
    assert_eq!(BoxedRef::<String>::via(&desks, (1, 'x')).replace("e").await?, "d");
    assert_eq!(BoxedRef::<String>::via(&desks, (2, 'x')).pid(), None);

    // Wherever an address is asked for.
    sys::suspend(&holder).await?;
    sys::resume(&holder).await?;
    let monitor = process::monitor(&holder);
    process::exit(&holder, ExitReason::Normal);
    holder.stop().await?;
    receive! {
        Down { mref, .. } if mref == monitor => {}
    }
    process::trap_exit(true);
    process::kill(&at_desk);
    receive! {
        Exit { from, reason: ExitReason::Killed } if Some(from) == at_desk.pid() => {}
    }
    Ok(())
}
