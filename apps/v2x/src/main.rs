//! The command `v2x`.
fn main() {}
