//! What the macros say about mistakes, and what they accept: one file a case.

/// The messages depend on the compiler that `rust-toolchain.toml` names.
#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/fail/*.rs");
    cases.pass("tests/ui/*/pass/*.rs");
}
