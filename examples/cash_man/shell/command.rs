//! From a line to a command, or to what is wrong with it.

use std::str::SplitWhitespace;

use crate::cache::DEFAULT_EXPIRY;

/// What a line asks for.
pub enum Command {
    /// Key, value, expiry.
    Fetch(String, i64, i64),
    /// Key, value, expiry.
    Store(String, i64, i64),
    Prune,
    Current,
    Whereis,
    Kill,
    Crash,
    Tree,
    Help,
    Quit,
}

/// How each is written, and what it does.
const COMMANDS: [(&str, &str); 10] = [
    (
        "fetch KEY INTEGER [SECONDS]",
        "the value of KEY; if it is missing INTEGER, kept for SECONDS (60)",
    ),
    (
        "store KEY INTEGER SECONDS",
        "keeps INTEGER under KEY for SECONDS; for -1 it is expired at once",
    ),
    ("prune", "drops what is expired"),
    ("current", "all entries, expired ones too"),
    ("whereis", "the pid of the cache"),
    ("kill", "kills the cache, and waits for its successor"),
    (
        "crash",
        "makes the cache panic in a handler, and waits for its successor",
    ),
    (
        "tree",
        "the supervision tree: name or id, pid, type, restarts",
    ),
    ("help", "this list"),
    ("quit", "ends the program, as the end of the input does"),
];

/// All commands, a line each.
pub fn help() -> String {
    let lines = COMMANDS.map(|(usage, what)| format!("{usage:<29}{what}"));
    lines.join("\n")
}

impl Command {
    /// Reads a line; a blank one asks for nothing.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let line = str::from_utf8(line).map_err(|_| "the line is not text; write UTF-8")?;
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else {
            return Ok(None);
        };
        let mut words = Words {
            command: name,
            words,
        };
        let command = match name {
            "fetch" => Self::Fetch(words.key()?, words.value()?, words.optional_seconds()?),
            "store" => Self::Store(words.key()?, words.value()?, words.seconds()?),
            "prune" => Self::Prune,
            "current" => Self::Current,
            "whereis" => Self::Whereis,
            "kill" => Self::Kill,
            "crash" => Self::Crash,
            "tree" => Self::Tree,
            "help" => Self::Help,
            "quit" => Self::Quit,
            _ => {
                return Err(format!(
                    "there is no command `{name}`; `help` lists those there are"
                ));
            }
        };
        words.end()?;
        Ok(Some(command))
    }
}

/// The words that follow the name of a command.
struct Words<'a> {
    command: &'a str,
    words: SplitWhitespace<'a>,
}

impl Words<'_> {
    fn key(&mut self) -> Result<String, String> {
        let key = self
            .words
            .next()
            .ok_or_else(|| self.wrong("KEY is missing"))?;
        Ok(key.to_owned())
    }

    fn value(&mut self) -> Result<i64, String> {
        self.integer()?
            .ok_or_else(|| self.wrong("INTEGER is missing"))
    }

    fn seconds(&mut self) -> Result<i64, String> {
        self.integer()?
            .ok_or_else(|| self.wrong("SECONDS is missing"))
    }

    fn optional_seconds(&mut self) -> Result<i64, String> {
        Ok(self.integer()?.unwrap_or(DEFAULT_EXPIRY))
    }

    fn integer(&mut self) -> Result<Option<i64>, String> {
        let Some(word) = self.words.next() else {
            return Ok(None);
        };
        let integer = word.parse();
        integer
            .map(Some)
            .map_err(|_| self.wrong(&format!("`{word}` is not an integer of 64 bits")))
    }

    fn end(&mut self) -> Result<(), String> {
        match self.words.next() {
            None => Ok(()),
            Some(word) => Err(self.wrong(&format!("`{word}` is too much"))),
        }
    }

    /// What is wrong, and what is right.
    fn wrong(&self, what: &str) -> String {
        let is_meant = |usage: &&str| usage.split(' ').next() == Some(self.command);
        let usage = COMMANDS
            .iter()
            .map(|(usage, _)| *usage)
            .find(is_meant)
            .unwrap_or_default();
        format!("{what}; write `{usage}`")
    }
}
