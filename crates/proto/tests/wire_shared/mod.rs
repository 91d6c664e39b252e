//! Where the golden vectors of ETSI messages are, for every test that needs them.

use std::path::PathBuf;

use serde_json::Value;

/// The vectors; `None`, said on the output, when the shared folder is not there.
pub(crate) fn vectors() -> Option<Value> {
    let shared = std::env::var_os("V2X_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let file = shared.join("reference/etsi-vectors.json");
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) if required() => panic!("{}: {error}", file.display()),
        Err(_) => {
            println!("skipped: no recordings");
            None
        }
    }
}

/// Whether a missing folder or program is an error.
pub(crate) fn required() -> bool {
    std::env::var_os("V2X_REQUIRE_SHARED").is_some_and(|value| value == "1")
}

/// The bytes that a vector writes in hex.
pub(crate) fn bytes_of(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}
