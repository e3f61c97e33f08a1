//! The options of `#[genserver]` in its two places.

use proc_macro2::{Span, TokenStream};
use syn::LitStr;

use super::derives::Derives;
use super::mailbox::{self, Bound};
use super::{IMPL_OPTIONS, STRUCT_OPTIONS};
use crate::attr::Settings;
use crate::diagnostic::{Diagnostics, near_miss};
use crate::krate::Krate;
use crate::vocabulary::{RESTARTS, Restart, Shutdown};

/// What only the `impl` block takes.
const OF_BLOCK: [&str; 4] = ["message", "reply", "mailbox", "client"];

/// What `#[genserver(…)]` on the struct says.
#[derive(Debug, Default)]
pub(crate) struct StructOptions {
    pub(crate) krate: Krate,
    pub(crate) name: Option<LitStr>,
    pub(crate) restart: Option<Restart>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) significant: Option<bool>,
    pub(crate) trap_exit: Option<bool>,
    /// Where `debug` stands, if it does.
    pub(crate) debug: Option<Span>,
}

/// Reads the options of the struct; a wrong one is reported and left out.
pub(crate) fn of_struct(arguments: TokenStream, diagnostics: &mut Diagnostics) -> StructOptions {
    let mut settings = Settings::read_with_lists(arguments, &OF_BLOCK, diagnostics);
    let mut take = |key: &str| settings.take(key);
    let options = StructOptions {
        name: take("name").and_then(|name| name.string(diagnostics)),
        restart: take("restart").and_then(|restart| restart.word(&RESTARTS, diagnostics)),
        shutdown: take("shutdown")
            .and_then(|shutdown| shutdown.parse_with("5s", Shutdown::parse, diagnostics)),
        significant: take("significant").and_then(|significant| significant.flag(diagnostics)),
        trap_exit: take("trap_exit").and_then(|trap_exit| trap_exit.flag(diagnostics)),
        debug: debug(&mut settings, diagnostics),
        krate: settings.krate(diagnostics),
    };
    settings.rest(
        "an option of `#[genserver]` on a struct",
        &STRUCT_OPTIONS,
        |key| {
            elsewhere(key, &STRUCT_OPTIONS, &OF_BLOCK).map(|(begin, key)| {
                format!("{begin} belongs on the `impl` block: `#[genserver({key} …)] impl …`")
            })
        },
        diagnostics,
    );
    options
}

/// What `#[genserver(…)]` on the `impl` block says.
#[derive(Debug, Default)]
pub(crate) struct BlockOptions {
    pub(crate) krate: Krate,
    pub(crate) message: Derives,
    pub(crate) reply: Derives,
    pub(crate) mailbox: Option<Bound>,
    /// `client = trait`.
    pub(crate) client_is_trait: bool,
    /// Where `debug` stands, if it does.
    pub(crate) debug: Option<Span>,
}

/// Reads the options of the `impl` block; a wrong one is reported and left out.
pub(crate) fn of_block(arguments: TokenStream, diagnostics: &mut Diagnostics) -> BlockOptions {
    let mut settings =
        Settings::read_with_lists(arguments, &["message", "reply", "derive"], diagnostics);
    let options = BlockOptions {
        message: Derives::take(&mut settings, "message", diagnostics),
        reply: Derives::take(&mut settings, "reply", diagnostics),
        mailbox: settings
            .take("mailbox")
            .and_then(|mailbox| mailbox.parse_with(mailbox::EXAMPLE, Bound::parse, diagnostics))
            .flatten(),
        client_is_trait: settings
            .take("client")
            .and_then(|client| client.word(&[("trait", true)], diagnostics))
            .unwrap_or(false),
        debug: debug(&mut settings, diagnostics),
        krate: settings.krate(diagnostics),
    };
    let elsewhere = |key: &str| match key {
        "derive" => Some(
            "`derive` is not expected here; write `message(derive(…))`, or `reply(derive(…))`"
                .to_owned(),
        ),
        key => elsewhere(key, &IMPL_OPTIONS, &STRUCT_OPTIONS).map(|(begin, key)| {
            format!("{begin} belongs on the struct: `#[genserver({key} …)] struct …`")
        }),
    };
    settings.rest(
        "an option of `#[genserver]` on an `impl` block",
        &IMPL_OPTIONS,
        elsewhere,
        diagnostics,
    );
    options
}

/// `debug`, in either place.
fn debug(settings: &mut Settings, diagnostics: &mut Diagnostics) -> Option<Span> {
    let setting = settings.take("debug")?;
    let is_on = setting.flag(diagnostics)?;
    is_on.then(|| setting.key.span())
}

/// Begins the sentence of a `key` that is an option of the other place, or nearly; and that option.
fn elsewhere<'a>(key: &str, here: &[&str], there: &[&'a str]) -> Option<(String, &'a str)> {
    if near_miss(key, here).is_some() {
        return None;
    }
    let option = near_miss(key, there)?;
    let begin = if option == key {
        format!("`{key}` is not expected here; it")
    } else {
        format!("`{key}` is not an option; write `{option}`, which")
    };
    Some((begin, option))
}
