//! What the observer says of itself to people: one `tracing` event each; if nobody listens to `tracing`, what must not be
//! missed goes to stderr, in one line.

use std::net::SocketAddr;

use tracing::subscriber::NoSubscriber;

fn nobody_listens() -> bool {
    tracing::dispatcher::get_default(tracing::Dispatch::is::<NoSubscriber>)
}

#[expect(
    clippy::print_stderr,
    reason = "without its address and token the observer is of no use"
)]
fn to_stderr(line: &str) {
    eprintln!("[beamish] {line}");
}

/// It listens. `token`: the random one that was made.
pub(crate) fn listens(address: SocketAddr, token: Option<&str>) {
    let url = match token {
        Some(token) => format!("http://{address}/?token={token}"),
        None => format!("http://{address}"),
    };
    if nobody_listens() || !tracing::enabled!(target: "beamish::observer", tracing::Level::INFO) {
        return to_stderr(&format!("observer: {url}"));
    }
    tracing::info!(target: "beamish::observer", %address, url, "observer listens");
}

/// A client acted on a process.
pub(crate) fn acted(what: &str) {
    if nobody_listens() {
        // Names and reasons may hold what a terminal would obey.
        return to_stderr(&format!("observer control: {}", what.escape_debug()));
    }
    tracing::warn!(target: "beamish::observer", what, "control");
}

/// A request's handler panicked.
pub(crate) fn handler_panicked() {
    if nobody_listens() {
        return to_stderr("a request to the observer panicked");
    }
    tracing::error!(target: "beamish::observer", "a request panicked");
}
