//! The cases of the conformance catalogue, one test a case: the name of a test begins with the id of its case, in lower
//! case.

mod process_kit;

mod ep;
mod oi;
mod ok;
mod om;
mod op;
mod ot;
