//! Runs an example.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A program that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came out of a program.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs an example to its end, with `input` as its standard input.
pub(crate) fn run(name: &str, arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = Command::new(path(name))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends before it has read all closes its side; that is no mistake.
    let _ = child.stdin.take().unwrap().write_all(input);
    let stdout = read(child.stdout.take().unwrap());
    let stderr = read(child.stderr.take().unwrap());
    let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(PATIENCE), stderr.recv_timeout(PATIENCE))
    else {
        child.kill().unwrap();
        panic!("`{name}` has not ended in {PATIENCE:?}");
    };
    Ended {
        code: child.wait().unwrap().code(),
        stdout,
        stderr,
    }
}

/// `target/debug/examples/NAME`; this program is `target/debug/deps/examples-…`.
fn path(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let mut path = this.ancestors().nth(2).unwrap().join("examples").join(name);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{} is not there; `cargo build --examples` makes it",
        path.display()
    );
    path
}

fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        sender.send(text)
    });
    receiver
}
