//! The client of a generic server may be kept by any type and used in any future.
//!
//! Where rustc asks whether a future can be sent it has forgotten its lifetimes; so with `&'static str` as an argument nothing
//! that the future holds may depend on what kind of server it is.

use super::*;

#[genserver]
struct Cell<K> {
    value: K,
}

#[genserver]
impl<K: Clone + Send + 'static> Cell<K> {
    #[init]
    fn init(value: K) -> Self {
        Self { value }
    }

    #[handle_call]
    fn get(&self) -> K {
        self.value.clone()
    }

    #[handle_call]
    async fn set(&mut self, value: K) -> K {
        std::mem::replace(&mut self.value, value)
    }

    #[handle_call]
    fn checked(&self, ok: bool) -> Result<K, K> {
        ok.then(|| self.value.clone())
            .ok_or_else(|| self.value.clone())
    }

    #[handle_call]
    fn later(&self, reply: ReplyTo<K>) {
        reply.reply(self.value.clone());
    }

    #[handle_cast]
    fn put(&mut self, value: K) {
        self.value = value;
    }
}

/// Says nothing of `K`.
struct Holder<K> {
    cell: CellRef<K>,
}

impl<K: Clone + Send + 'static> Holder<K> {
    async fn exchange(&self, value: K) -> Result<K, CallError> {
        let old = self.cell.get().await?;
        self.cell.put(value);
        process::yield_now().await;
        Ok(old)
    }
}

struct Fixed(CellRef<&'static str>);

#[genserver]
struct Keeper<K> {
    cell: CellRef<K>,
    fixed: Fixed,
}

#[genserver]
impl<K: Clone + Send + 'static> Keeper<K> {
    #[init]
    async fn init(value: K) -> Result<Self, StartError> {
        let cell = Cell::start_link(value).await?;
        let fixed = Fixed(Cell::<&'static str>::start_link("fixed").await?);
        Ok(Self { cell, fixed })
    }

    #[handle_call]
    async fn both(&self) -> Result<(K, &'static str), CallError> {
        Ok((self.cell.get().await?, self.fixed.0.set("changed").await?))
    }
}

#[beamish::test]
async fn a_client_of_a_server_of_static_text_is_used_in_a_spawned_future() {
    let (_, mref) = spawn_monitor(async {
        let cell = Cell::<&'static str>::start_link("a").await.unwrap();
        process::yield_now().await;
        assert_eq!(cell.set("b").await.unwrap(), "a");
        assert_eq!(cell.later().await.unwrap(), "b");
        assert_eq!(
            cell.checked(false).flat().await.unwrap_err().to_string(),
            "b"
        );
        assert_eq!(
            cell.get().timeout(Duration::from_secs(1)).await.unwrap(),
            "b"
        );
        assert_eq!(cell.get().send_request().await.unwrap(), "b");
        let held = Fixed(cell);
        held.0.when_up(Duration::from_secs(1)).await.unwrap();
        held.0.stop().await.unwrap();
        let (cell, mref) = Cell::<&'static str>::start("c").monitor().await.unwrap();
        cell.stop().await.unwrap();
        assert_eq!(
            receive!(down: Down if down.mref == mref => down.reason),
            ExitReason::Normal
        );
        let supervisor = beamish::DynamicSupervisor::new()
            .start_link()
            .await
            .unwrap();
        let child = Cell::<&'static str>::start_link("d").once();
        let cell = supervisor.start_child(child).await.unwrap();
        assert_eq!(cell.get().await.unwrap(), "d");
    });
    receive! { Down { mref: m, reason, .. } if m == mref => assert_eq!(reason, ExitReason::Normal) }
}

async fn generic<K: Clone + PartialEq + std::fmt::Debug + Send + 'static>(first: K, second: K) {
    let (from, to) = (first.clone(), second.clone());
    let (_, mref) = spawn_monitor(async move {
        let cell = Cell::start_link(from.clone()).await.unwrap();
        let holder = Holder { cell };
        assert_eq!(holder.exchange(to.clone()).await.unwrap(), from);
        assert_eq!(holder.cell.get().await.unwrap(), to);
    });
    receive! { Down { mref: m, reason, .. } if m == mref => assert_eq!(reason, ExitReason::Normal) }
    let keeper = Keeper::start_link(first.clone()).await.unwrap();
    assert_eq!(
        keeper.both().await.unwrap().unwrap(),
        (first.clone(), "fixed")
    );
    assert_eq!(keeper.both().await.unwrap().unwrap(), (first, "changed"));
}

#[beamish::test]
async fn a_client_is_kept_without_the_bounds_of_its_server() {
    generic("a", "b").await;
    generic(String::from("a"), String::from("b")).await;
    generic(1, 2).await;
}

#[beamish::test]
async fn a_client_can_be_shared_whatever_its_server() {
    fn shared<T: Send + Sync>() {}
    shared::<CellRef<*const ()>>();
}
