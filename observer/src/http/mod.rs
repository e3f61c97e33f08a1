//! The HTTP server: connections, who may ask, and what is answered where.

mod connection;
mod error;
mod extract;
mod handlers;
mod page;
mod router;
mod security;
mod timed;

pub(crate) use connection::serve;
pub(crate) use error::ApiError;
pub(crate) use security::Policy;

/// The version of the API.
pub(crate) const API: u32 = 1;
