//! Where an observer is.

use std::fmt;
use std::str::FromStr;

/// The port an observer listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 4880;

/// A host and a port; read from `127.0.0.1:4880`, `[::1]:4880`, `localhost` or `http://127.0.0.1:4880/?token=T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port; [`DEFAULT_PORT`] unless given.
    pub port: u16,
    /// The token that came with a URL.
    pub token: Option<String>,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    text: String,
    problem: &'static str,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not an observer's address: {}; write it as 127.0.0.1:4880",
            self.text, self.problem
        )
    }
}

impl std::error::Error for AddressError {}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |problem| AddressError {
            text: text.to_owned(),
            problem,
        };
        if text.starts_with("https://") {
            return Err(error(
                "an observer speaks plain HTTP, bring it here through a tunnel",
            ));
        }
        let url = text.strip_prefix("http://").unwrap_or(text);
        let (authority, rest) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
        let token = token_of(rest);
        let (host, port) = split(authority).map_err(error)?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) => match digits.parse() {
                Ok(port) if port != 0 && !digits.starts_with('+') => port,
                _ => return Err(error("its port is not a number from 1 to 65535")),
            },
        };
        let is_host_character = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
        if host.is_empty() || !host.chars().all(is_host_character) {
            return Err(error("it has no host"));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            token,
        })
    }
}

/// The host and the digits of the port.
fn split(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("its `[` is not closed")?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("after `]` comes `:` and a port"),
        };
    }
    if authority.matches(':').count() > 1 {
        return Err("an IPv6 address is written in brackets");
    }
    Ok(authority
        .split_once(':')
        .map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn token_of(rest: &str) -> Option<String> {
    let query = rest.split_once('?')?.1.split('#').next()?;
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))?;
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16, token: Option<&str>) -> Address {
        Address {
            host: host.to_owned(),
            port,
            token: token.map(str::to_owned),
        }
    }

    #[test]
    fn addresses_are_read() {
        for (text, expected, shown) in [
            (
                "127.0.0.1:4880",
                address("127.0.0.1", 4880, None),
                "127.0.0.1:4880",
            ),
            (
                "localhost",
                address("localhost", 4880, None),
                "localhost:4880",
            ),
            ("[::1]:80", address("::1", 80, None), "[::1]:80"),
            ("[::1]", address("::1", 4880, None), "[::1]:4880"),
            (
                "http://db-1.example:99/",
                address("db-1.example", 99, None),
                "db-1.example:99",
            ),
            (
                "http://h:99/?token=ab12",
                address("h", 99, Some("ab12")),
                "h:99",
            ),
            (
                "h:99/?x=1&token=ab12#t",
                address("h", 99, Some("ab12")),
                "h:99",
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_told_why() {
        for (text, problem) in [
            ("", "it has no host"),
            (":4880", "it has no host"),
            ("a b:1", "it has no host"),
            ("h\r\nX: y:1", "an IPv6 address is written in brackets"),
            ("h\r\n:1", "it has no host"),
            ("h:0", "its port is not a number from 1 to 65535"),
            ("h:99999", "its port is not a number from 1 to 65535"),
            ("h:", "its port is not a number from 1 to 65535"),
            ("h:+1", "its port is not a number from 1 to 65535"),
            ("::1", "an IPv6 address is written in brackets"),
            ("[::1", "its `[` is not closed"),
            ("[::1]80", "after `]` comes `:` and a port"),
            (
                "https://h",
                "an observer speaks plain HTTP, bring it here through a tunnel",
            ),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error.problem, problem, "{text:?}");
        }
        assert_eq!(
            "h:0".parse::<Address>().unwrap_err().to_string(),
            "\"h:0\" is not an observer's address: its port is not a number from 1 to 65535; write it as 127.0.0.1:4880"
        );
    }
}
