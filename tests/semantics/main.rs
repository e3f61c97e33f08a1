//! What the rules of `docs/semantics.md` promise, one test a guarantee.

mod smoke;
