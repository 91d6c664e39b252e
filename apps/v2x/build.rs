//! Tells the program when it was built, as the earliest time that a clock can be right about.
//!
//! `SOURCE_DATE_EPOCH` (reproducible-builds.org) wins over the builder's clock, whose day may end
//! earlier elsewhere: a day is taken off.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_S: u64 = 86_400;

#[expect(
    clippy::disallowed_methods,
    reason = "a build script runs on the builder's clock"
)]
fn main() {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=build.rs");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let built = given
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map_or(0, |now| now.as_secs().saturating_sub(DAY_S))
        });
    println!("cargo::rustc-env=V2X_BUILT={built}");
}
