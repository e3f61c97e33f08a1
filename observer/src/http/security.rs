//! Who may ask. A web page that somebody visits can send requests to this machine, too; so each request is judged by the
//! host that it names (DNS rebinding), by the page that it comes from (cross-site requests), and by its token.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::text::same_secret;

/// A page of the observer may load what the observer serves, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a URL may have at most, in bytes.
const MAX_URL: usize = 4 * 1024;

/// Whom the observer answers.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// In lower case, without ports.
    hosts: Vec<String>,
    token: Option<String>,
    /// Its name has the port, since cookies do not tell ports apart.
    cookie: String,
}

/// The address of this machine at which a connection came in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local(pub(super) IpAddr);

/// What a request says of where it comes from.
#[derive(Clone, Copy, Debug, Default)]
struct Asked<'a> {
    /// The header, and the host of a URL that names one.
    hosts: [Option<&'a str>; 2],
    has_more_hosts: bool,
    origin: Option<&'a str>,
    /// What a browser says of the page that asks: `same-origin`, `cross-site` …
    site: Option<&'a str>,
    /// And of what for: `navigate` if a person follows a link.
    mode: Option<&'a str>,
    authorization: Option<&'a str>,
    cookies: Option<&'a str>,
    path: &'a str,
    query: &'a str,
}

/// What is done with a request.
#[derive(Debug)]
enum Verdict {
    Pass,
    /// It showed the token in the URL: the browser is to keep it.
    SignIn,
    Refuse(ApiError),
}

impl Policy {
    pub(crate) fn new(hosts: &[String], address: IpAddr, port: u16, token: Option<String>) -> Self {
        let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let given = hosts.iter().map(|host| host.to_ascii_lowercase());
        let all = own.into_iter().chain([host_of(address)]).chain(given);
        Self {
            hosts: all.collect(),
            token,
            cookie: format!("beamish_observer_{port}"),
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    fn judge(&self, asked: &Asked<'_>, local: Option<IpAddr>) -> Verdict {
        let from = self.judge_host(asked, local);
        if let Err(refused) = from.and_then(|()| judge_origin(asked)) {
            return Verdict::Refuse(refused);
        }
        let Some(token) = &self.token else {
            return Verdict::Pass;
        };
        let is_shown = |shown: &str| same_secret(shown, token);
        let bearer = asked.authorization.and_then(bearer).is_some_and(is_shown);
        let kept = self.cookie_of(asked);
        if bearer || kept.is_some_and(|kept| same_secret(kept, &hex(token))) {
            return Verdict::Pass;
        }
        let mut pairs = asked.query.split('&');
        let in_url = pairs.find_map(|pair| pair.strip_prefix("token="));
        if asked.path == "/" && in_url.map(decoded).is_some_and(|shown| is_shown(&shown)) {
            return Verdict::SignIn;
        }
        let message = "a token is needed: `Authorization: Bearer TOKEN`, or `/?token=TOKEN` in a browser; \
             the observer logged it when it started, unless it was given one";
        let status = StatusCode::UNAUTHORIZED;
        Verdict::Refuse(ApiError::new(status, "no_token", message))
    }

    fn judge_host(&self, asked: &Asked<'_>, local: Option<IpAddr>) -> Result<(), ApiError> {
        let is_own = |authority: &str| {
            let host = without_port(authority).to_ascii_lowercase();
            self.hosts.contains(&host) || local.is_some_and(|local| host == host_of(local))
        };
        let mut named = asked.hosts.iter().flatten().peekable();
        if named.peek().is_some() && !asked.has_more_hosts && named.all(|host| is_own(host)) {
            return Ok(());
        }
        let status = StatusCode::MISDIRECTED_REQUEST;
        let message =
            "this host is not served here; `Observer::new().allow_host(…)` allows one more";
        Err(ApiError::new(status, "wrong_host", message))
    }

    fn cookie_of<'a>(&self, asked: &Asked<'a>) -> Option<&'a str> {
        let mut cookies = asked.cookies?.split(';').map(str::trim);
        cookies.find_map(|cookie| cookie.strip_prefix(self.cookie.as_str())?.strip_prefix('='))
    }

    fn signed_in(&self) -> Response {
        let token = hex(self.token.as_deref().unwrap_or_default());
        let attributes = "HttpOnly; SameSite=Strict; Path=/";
        let cookie = format!("{}={token}; {attributes}", self.cookie);
        let headers = [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// As a cookie holds it, which any token fits into.
fn hex(token: &str) -> String {
    token.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A part of a query without its `%xx`; what is none stays.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A page that sends a request is the observer's own: of the same host and port that it asks.
fn judge_origin(asked: &Asked<'_>) -> Result<(), ApiError> {
    // A page can ask without an origin: by an image, say. Looking costs something too.
    let is_link = asked.path == "/" && asked.mode == Some("navigate");
    let is_own = matches!(asked.site, None | Some("same-origin" | "none"));
    if !is_own && !is_link {
        return Err(of_another_origin());
    }
    let Some(origin) = asked.origin else {
        return Ok(());
    };
    let http = origin.strip_prefix("http://");
    let from = http.or_else(|| origin.strip_prefix("https://"));
    let is_own = |host: &str| from.is_some_and(|from| from.eq_ignore_ascii_case(host));
    if asked.hosts[0].is_some_and(is_own) {
        return Ok(());
    }
    Err(of_another_origin())
}

fn of_another_origin() -> ApiError {
    let message = "a page of another origin may not ask the observer";
    ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", message)
}

/// An address as the host of a URL.
fn host_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // What is no text is nobody's host, origin or token.
    let value = headers.get(name)?;
    Some(value.to_str().unwrap_or("?"))
}

fn asked<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Asked<'a> {
    let in_url = uri.authority().map(axum::http::uri::Authority::as_str);
    Asked {
        hosts: [text(headers, &HOST), in_url],
        has_more_hosts: headers.get_all(HOST).iter().count() > 1,
        origin: text(headers, &ORIGIN),
        site: text(headers, &HeaderName::from_static("sec-fetch-site")),
        mode: text(headers, &HeaderName::from_static("sec-fetch-mode")),
        authorization: text(headers, &AUTHORIZATION),
        cookies: text(headers, &COOKIE),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
    }
}

/// Judges each request, and says to the browser what a page may do.
pub(super) async fn guard(
    State(policy): State<Arc<Policy>>,
    request: Request,
    next: Next,
) -> Response {
    let local = request.extensions().get::<Local>().map(|local| local.0);
    let verdict = policy.judge(&asked(request.headers(), request.uri()), local);
    let mut response = match verdict {
        Verdict::Pass if length(request.uri()) > MAX_URL => {
            let message = format!("a URL has at most {MAX_URL} bytes");
            ApiError::bad("url_too_long", message).into_response()
        }
        Verdict::Pass => next.run(request).await,
        Verdict::SignIn => policy.signed_in(),
        Verdict::Refuse(error) => error.into_response(),
    };
    let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    };
    if is_unauthorized {
        set(WWW_AUTHENTICATE, "Bearer");
    }
    set(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, "no-store");
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    set(resource_policy, "same-origin");
    response
}

fn length(uri: &Uri) -> usize {
    uri.path_and_query().map_or(0, |path| path.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn policy(token: bool) -> Policy {
        let address = "10.1.2.3".parse().unwrap();
        let hosts = ["Box.example".to_owned()];
        Policy::new(&hosts, address, 4880, token.then(|| TOKEN.to_owned()))
    }

    fn status(policy: &Policy, asked: Asked<'_>) -> u16 {
        let local = "192.168.0.9".parse().unwrap();
        match policy.judge(&asked, Some(local)) {
            Verdict::Pass => 200,
            Verdict::SignIn => 303,
            Verdict::Refuse(error) => error.status().as_u16(),
        }
    }

    fn of_host(host: &str) -> Asked<'_> {
        Asked {
            hosts: [Some(host), None],
            path: "/",
            ..Asked::default()
        }
    }

    #[test]
    fn only_its_own_hosts_are_served() {
        let policy = policy(false);
        for host in [
            "localhost",
            "LocalHost:4880",
            "127.0.0.1:8080",
            "[::1]:4880",
            "[::1]",
            "10.1.2.3:4880",
            "box.example",
            "192.168.0.9:4880",
        ] {
            assert_eq!(status(&policy, of_host(host)), 200, "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:4880",
            "::1",
            "[::1",
            "10.1.2.4",
            "localhost:x",
            "localhost:4880:4880",
            "user@localhost",
        ] {
            assert_eq!(status(&policy, of_host(host)), 421, "{host}");
        }
        assert_eq!(status(&policy, Asked::default()), 421);
        let two = Asked {
            hosts: [Some("localhost"), Some("evil.example")],
            ..Asked::default()
        };
        assert_eq!(status(&policy, two), 421);
        let twice = Asked {
            has_more_hosts: true,
            ..of_host("localhost")
        };
        assert_eq!(status(&policy, twice), 421);
    }

    #[test]
    fn queries_are_decoded() {
        for (written, meant) in [
            ("a%20b+c", "a b c"),
            ("%C3%a4", "ä"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
        ] {
            assert_eq!(decoded(written), meant);
        }
    }

    #[test]
    fn only_its_own_pages_may_ask() {
        let policy = policy(false);
        let of_origin = |origin| Asked {
            origin: Some(origin),
            ..of_host("localhost:4880")
        };
        for origin in ["http://localhost:4880", "https://LOCALHOST:4880"] {
            assert_eq!(status(&policy, of_origin(origin)), 200, "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://localhost",
            "http://localhost:4881",
            "http://127.0.0.1:4880",
            "http://evil.example",
            "http://localhost:4880.evil.example",
            "file://localhost:4880",
        ] {
            assert_eq!(status(&policy, of_origin(origin)), 403, "{origin}");
        }
    }

    /// An image of another site's page has no origin.
    #[test]
    fn what_other_sites_load_is_refused_but_a_link_to_the_page_is_followed() {
        let policy = policy(false);
        let of_site = |site, mode, path| Asked {
            site: Some(site),
            mode: Some(mode),
            path,
            ..of_host("localhost:4880")
        };
        let api = "/api/v1/processes/0.7.0";
        for (site, mode, path, expected) in [
            ("same-origin", "cors", api, 200),
            ("none", "navigate", api, 200),
            ("cross-site", "no-cors", api, 403),
            ("same-site", "no-cors", api, 403),
            ("cross-site", "navigate", api, 403),
            ("cross-site", "navigate", "/", 200),
            ("cross-site", "no-cors", "/", 403),
            ("?", "navigate", api, 403),
        ] {
            let asked = of_site(site, mode, path);
            assert_eq!(status(&policy, asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn a_token_is_shown_in_a_header_a_cookie_or_once_in_the_url() {
        let policy = policy(true);
        let bearer = format!("Bearer {TOKEN}");
        let wrong = format!("Bearer {TOKEN}0");
        let cookie = format!("a=b; beamish_observer_4880={}; c=d", hex(TOKEN));
        let other = format!("beamish_observer_4881={TOKEN}; beamish_observer_4880=");
        let query = format!("x=y&token={TOKEN}");
        let with = |authorization, cookies, query, path| Asked {
            authorization,
            cookies,
            query,
            path,
            ..of_host("localhost")
        };
        for passes in [
            with(Some(bearer.as_str()), None, "", "/metrics"),
            with(None, Some(cookie.as_str()), "", "/api/v1/system"),
        ] {
            assert_eq!(status(&policy, passes), 200, "{passes:?}");
        }
        assert_eq!(status(&policy, with(None, None, &query, "/")), 303);
        for refused in [
            with(None, None, "", "/"),
            with(None, None, query.as_str(), "/api/v1/system"),
            with(None, None, "token=", "/"),
            with(Some(TOKEN), None, "", "/"),
            with(Some(wrong.as_str()), None, "", "/"),
            with(None, Some(other.as_str()), "", "/"),
        ] {
            assert_eq!(status(&policy, refused), 401, "{refused:?}");
        }
        // Where it comes from is judged first: a token helps no other page.
        let elsewhere = Asked {
            authorization: Some(&bearer),
            ..of_host("evil.example")
        };
        assert_eq!(status(&policy, elsewhere), 421);
    }
}
