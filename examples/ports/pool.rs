//! A pool of connections: lends them out, takes them back when the borrower ends, replaces those that end.

use std::collections::HashMap;

use beamish::prelude::*;
use beamish::process::MonitorOptions;
use beamish::{StartChildError, TaggedDown};

/// What is lent out.
#[genserver]
pub struct Connection;

#[genserver]
impl Connection {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    pub fn close(&self) -> Reply<()> {
        Reply::stop(ExitReason::Normal, ())
    }
}

/// Keeps the connections that nobody has, and the monitors of who has the others.
#[genserver(name = "Pool", trap_exit)]
pub struct Pool {
    idle: Vec<ConnectionRef>,
    lent: HashMap<ConnectionRef, MonitorRef>,
}

#[genserver]
impl Pool {
    #[init]
    async fn init(size: usize) -> Result<Self, StartChildError> {
        let (mut idle, lent) = (Vec::new(), HashMap::new());
        for _ in 0..size {
            idle.push(connect().await?);
        }
        Ok(Self { idle, lent })
    }

    /// A connection, until it is checked in or the caller ends.
    ///
    /// `None` if all are lent, and to a caller that is no process.
    #[handle_call]
    pub fn checkout(&mut self) -> Option<ConnectionRef> {
        let (borrower, connection) = (process::caller()?, self.idle.pop()?);
        let options = MonitorOptions::new().tag(connection.clone());
        let monitor = process::monitor_with(borrower, options);
        self.lent.insert(connection.clone(), monitor);
        Some(connection)
    }

    #[handle_cast]
    pub fn checkin(&mut self, connection: ConnectionRef) {
        if let Some(monitor) = self.lent.remove(&connection) {
            process::demonitor_flush(monitor);
            self.idle.push(connection);
        }
    }

    /// How many are idle, and how many lent.
    #[handle_call]
    pub fn status(&self) -> (usize, usize) {
        (self.idle.len(), self.lent.len())
    }

    #[handle_info]
    fn borrower_ended(&mut self, TaggedDown { tag, .. }: TaggedDown<ConnectionRef>) {
        self.checkin(tag);
    }

    #[handle_info]
    async fn connection_ended(&mut self, Exit { from, .. }: Exit) {
        let it = |connection: &ConnectionRef| connection.pid() == Some(from);
        let before = self.status();
        self.idle.retain(|connection| !it(connection));
        for (_, monitor) in self.lent.extract_if(|connection, _| it(connection)) {
            process::demonitor_flush(monitor);
        }
        if self.status() != before {
            self.idle.push(connect().await.expect("nothing refuses it"));
        }
    }
}

async fn connect() -> Result<ConnectionRef, StartChildError> {
    let connection = Connections::start_child(Connection::start_link().once()).await?;
    process::link(connection.pid().expect("it is bound"));
    Ok(connection)
}

supervisor! {
    /// The connections, and the pool that lends them.
    pub PoolSupervisor(size: usize) {
        strategy: one_for_all,
        children: [
            dynamic Connections { max_restarts: 5, max_seconds: 5 },
            Pool::start_link(*size),
        ],
    }
}
