//! The command line.

use crate::address::{Address, AddressError};

/// The variable that holds a token, where it should not be seen among the arguments.
pub const TOKEN_VARIABLE: &str = "BEAMISH_OBSERVER_TOKEN";

/// What `--help` says.
pub const HELP: &str = "\
Looks at a running Beamish system, in the terminal.

Usage: beamish-observer attach ADDRESS [--token TOKEN]

  ADDRESS          where the observer listens: 127.0.0.1:4880, [::1]:4880,
                   localhost, or the URL that it logged
  --token TOKEN    the observer's token, where it wants one; the variable
                   BEAMISH_OBSERVER_TOKEN will do too
  -h, --help       this text
  -V, --version    the version

`?` shows the keys. NO_COLOR=1 does without colours.
";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Show [`HELP`].
    Help,
    /// Show the version.
    Version,
    /// Attach to an observer.
    Attach {
        /// Where it is.
        address: Address,
        /// Its token, unless the address holds it.
        token: Option<String>,
    },
}

/// Reads the arguments, without the program's name; `token` is that of the environment.
///
/// # Errors
/// A sentence that says what to write instead.
pub fn parse(
    arguments: impl IntoIterator<Item = String>,
    mut token: Option<String>,
) -> Result<Command, String> {
    let mut arguments = arguments.into_iter();
    let mut words = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" | "help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--token" => {
                token = Some(arguments.next().ok_or("--token wants a token after it")?);
            }
            option if option.starts_with("--token=") => token = Some(option[8..].to_owned()),
            option if option.starts_with('-') => {
                return Err(format!(
                    "the option {option} is not known; --help shows those that are"
                ));
            }
            _ => words.push(argument),
        }
    }
    if token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err("the token is empty or has characters that no token has".to_owned());
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(Command::Help),
        ["attach", address] => {
            let address: Address = address
                .parse()
                .map_err(|error: AddressError| error.to_string())?;
            Ok(Command::Attach { address, token })
        }
        ["attach"] => Err(
            "attach wants an address, as in `beamish-observer attach 127.0.0.1:4880`".to_owned(),
        ),
        ["attach", ..] => Err("attach wants one address".to_owned()),
        [word, ..] => Err(format!(
            "{word:?} is not known; write `beamish-observer attach 127.0.0.1:4880`"
        )),
    }
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        super::parse(line.split_whitespace().map(str::to_owned), None)
    }

    fn attach(address: &str, token: Option<&str>) -> Result<Command, String> {
        Ok(Command::Attach {
            address: address.parse().unwrap(),
            token: token.map(str::to_owned),
        })
    }

    #[test]
    fn commands_are_read() {
        assert_eq!(parse(""), Ok(Command::Help));
        assert_eq!(parse("attach --help"), Ok(Command::Help));
        assert_eq!(parse("-V"), Ok(Command::Version));
        assert_eq!(parse("attach 127.0.0.1:1"), attach("127.0.0.1:1", None));
        assert_eq!(parse("attach --token ab h:1"), attach("h:1", Some("ab")));
        assert_eq!(parse("attach h:1 --token=ab"), attach("h:1", Some("ab")));
    }

    #[test]
    fn the_token_may_come_from_the_environment() {
        let arguments = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let environment = || Some("cd".to_owned());
        assert_eq!(
            super::parse(arguments("attach h:1"), environment()),
            attach("h:1", Some("cd"))
        );
        assert_eq!(
            super::parse(arguments("attach h:1 --token ab"), environment()),
            attach("h:1", Some("ab"))
        );
    }

    #[test]
    fn mistakes_are_told_in_a_sentence() {
        for (line, sentence) in [
            (
                "attach",
                "attach wants an address, as in `beamish-observer attach 127.0.0.1:4880`",
            ),
            ("attach a b", "attach wants one address"),
            (
                "atach h",
                "\"atach\" is not known; write `beamish-observer attach 127.0.0.1:4880`",
            ),
            ("attach h --token", "--token wants a token after it"),
            (
                "attach h --token=",
                "the token is empty or has characters that no token has",
            ),
            (
                "attach h --tokn x",
                "the option --tokn is not known; --help shows those that are",
            ),
        ] {
            assert_eq!(parse(line), Err(sentence.to_owned()));
        }
    }
}
