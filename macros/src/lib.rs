//! The macros of Beamish.

mod application;
mod attr;
mod bindings;
mod diagnostic;
mod duration;
mod entry;
mod krate;
mod names;
mod receive;
mod server;
mod spelling;
mod supervisor;
mod vocabulary;

use proc_macro::TokenStream;

/// Genserver.
#[proc_macro_attribute]
pub fn genserver(arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::genserver(arguments.into(), item.into()).into()
}

/// main.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Main, arguments.into(), &item.into()).into()
}

/// test.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Test, arguments.into(), &item.into()).into()
}

/// init.
#[proc_macro_attribute]
pub fn init(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("init", &item.into()).into()
}

/// receive.
#[proc_macro]
pub fn receive(input: TokenStream) -> TokenStream {
    receive::receive(input.into()).into()
}

/// handle_call.
#[proc_macro_attribute]
pub fn handle_call(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_call", &item.into()).into()
}

/// handle_cast.
#[proc_macro_attribute]
pub fn handle_cast(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_cast", &item.into()).into()
}

/// handle_info.
#[proc_macro_attribute]
pub fn handle_info(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_info", &item.into()).into()
}

/// handle_continue.
#[proc_macro_attribute]
pub fn handle_continue(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("handle_continue", &item.into()).into()
}

/// terminate.
#[proc_macro_attribute]
pub fn terminate(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    server::misplaced("terminate", &item.into()).into()
}

/// supervisor.
#[proc_macro]
pub fn supervisor(input: TokenStream) -> TokenStream {
    supervisor::supervisor(input.into()).into()
}

/// application.
#[proc_macro_attribute]
pub fn application(arguments: TokenStream, item: TokenStream) -> TokenStream {
    application::expand(arguments.into(), &item.into()).into()
}
