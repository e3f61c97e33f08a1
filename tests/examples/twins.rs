//! `cash_man` beside its twin in Elixir.

const ELIXIR: &str = include_str!("../../examples/cash_man/cash_man.ex");
const MAIN: &str = include_str!("../../examples/cash_man/main.rs");
const SUPERVISOR: &str = include_str!("../../examples/cash_man/supervisor.rs");
const CACHE: &str = include_str!("../../examples/cash_man/cache.rs");

/// Lines that are neither blank nor comments.
fn code_lines(source: &str, comment: &str) -> usize {
    let lines = source.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(comment))
        .count()
}

#[test]
fn rust_has_at_most_1_6_times_the_lines_of_elixir() {
    let elixir = code_lines(ELIXIR, "#");
    let rust = code_lines(MAIN, "//") + code_lines(SUPERVISOR, "//") + code_lines(CACHE, "//");
    assert_eq!(elixir, 75);
    assert!(
        rust * 10 <= elixir * 16,
        "{rust} lines of Rust, {elixir} of Elixir"
    );
}

#[test]
fn the_functions_of_the_cache_stand_in_the_same_order() {
    let (_, cache) = ELIXIR.split_once("defmodule CashMan.Cache").unwrap();
    let elixir: Vec<&str> = cache.lines().filter_map(elixir_function).collect();
    let rust: Vec<&str> = CACHE.lines().filter_map(rust_function).collect();
    let mut rest = rust.iter();
    // `#[genserver]` writes the start.
    for name in elixir.iter().filter(|name| **name != "start_link") {
        assert!(
            rest.any(|other| other == name),
            "`{name}`, of {elixir:?} and {rust:?}"
        );
    }
}

/// The function that a line begins; of a handler, the name of its message.
fn elixir_function(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line
        .strip_prefix("def ")
        .or_else(|| line.strip_prefix("defp "))?;
    let name = if line.starts_with("handle_") {
        line.split_once(':')?.1
    } else {
        line
    };
    match first_word(name) {
        "expired" => Some("is_expired"),
        name => Some(name),
    }
}

fn rust_function(line: &str) -> Option<&str> {
    let (before, name) = line.split_once("fn ")?;
    matches!(before.trim(), "" | "pub" | "pub async").then(|| first_word(name))
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
