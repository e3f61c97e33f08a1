//! `ports`: prints what its head comment says, and has the lines that `docs/porting.md` says.

use std::fs;
use std::path::Path;

use crate::program::run;
use crate::transcript::{announced, assert_prints};

#[test]
fn ports_print_what_is_announced() {
    let source = include_str!("../../examples/ports/main.rs");
    let program = run("ports", &[], b"");
    assert_eq!((program.code, &*program.stderr), (Some(0), ""));
    assert_prints(&program.stdout, &announced(source));
}

/// A row of the table: the server, and its lines of Elixir and of Rust, and their ratio.
fn row(line: &str) -> Option<(&str, usize, usize, f64)> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, server, elixir, rust, ratio, ..] = cells[..] else {
        return None;
    };
    Some((
        server,
        elixir.parse().ok()?,
        rust.parse().ok()?,
        ratio.parse().ok()?,
    ))
}

#[test]
fn ports_have_at_most_1_5_times_the_lines_of_elixir() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ports");
    let table = include_str!("../../docs/porting.md");
    let rows: Vec<_> = table.lines().filter_map(row).collect();
    for &(server, elixir, rust, ratio) in &rows {
        let source = fs::read_to_string(folder.join(server).with_extension("rs")).unwrap();
        let code = source
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count();
        assert_eq!(code, rust, "{server}");
        assert!(rust * 2 <= elixir * 3, "{server}: {rust} for {elixir}");
        let exact =
            f64::from(u32::try_from(rust).unwrap()) / f64::from(u32::try_from(elixir).unwrap());
        assert!((exact - ratio).abs() <= 0.005_001, "{server}: {exact}");
    }
    assert_eq!(rows.len(), 12);
}
