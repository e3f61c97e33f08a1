//! `ports`: prints what its head comment says.

use crate::program::run;
use crate::transcript::{announced, assert_prints};

#[test]
fn ports_print_what_is_announced() {
    let source = include_str!("../../examples/ports/main.rs");
    let program = run("ports", &[], b"");
    assert_eq!((program.code, &*program.stderr), (Some(0), ""));
    assert_prints(&program.stdout, &announced(source));
}
