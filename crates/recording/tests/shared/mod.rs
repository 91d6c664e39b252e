//! The shared recordings: where they are, and what to do where they are not.
//!
//! They are private and not in the repository; tests that need them say so and pass without.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use v2x_recording::Recording;

/// Whether a test must fail where what it needs is missing.
pub(crate) fn is_required() -> bool {
    std::env::var_os("V2X_REQUIRE_SHARED").is_some_and(|value| value == "1")
}

/// Says that a test cannot run here.
pub(crate) fn skipped(missing: &str) {
    assert!(!is_required(), "{missing}, and V2X_REQUIRE_SHARED is 1");
    println!("skipped: {missing}");
}

/// The folder of shared data; `None`, said aloud, where there is none.
pub(crate) fn data() -> Option<PathBuf> {
    let shared = std::env::var_os("V2X_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let data = shared.join("data");
    if data.join("recordings/README.md").is_file() {
        return Some(data);
    }
    skipped("no recordings");
    None
}

/// Opens a recording, which must be one of the known formats.
pub(crate) fn open(path: &Path) -> Recording<BufReader<File>> {
    Recording::open(BufReader::new(File::open(path).unwrap()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
