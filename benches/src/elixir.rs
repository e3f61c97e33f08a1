//! The column of Elixir's GenServer: `benches/elixir/bench.exs` prints a line a row, `name TAB minimum TAB median`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::Flavor;

pub const NAME: &str = "elixir";

/// The rows on as many schedulers as the runtime has threads; none if there is no Elixir.
pub fn rows(flavor: Flavor, repetitions: usize, scale: u64) -> Vec<(String, f64, f64)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("elixir/bench.exs");
    let output = Command::new("elixir")
        .arg("--erl")
        .arg(format!("+S {} +P 2000000", flavor.threads()))
        .arg(script)
        .args([repetitions.to_string(), scale.to_string()])
        .stderr(Stdio::inherit())
        .output();
    let output = match output {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => {
            eprintln!("elixir failed: {}", output.status);
            return Vec::new();
        }
        Err(error) => {
            eprintln!("no elixir: {error}");
            return Vec::new();
        }
    };
    String::from_utf8_lossy(&output)
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some((
                fields.next()?.to_owned(),
                fields.next()?.parse().ok()?,
                fields.next()?.parse().ok()?,
            ))
        })
        .collect()
}
