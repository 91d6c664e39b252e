//! The recordings to play: those beside the repository, or the invented drive inside it.
//!
//! The former are private data of the project: their places and serials never reach a message.

use std::path::{Path, PathBuf};

use v2x_testbench::parts_are_required;

/// The folder of the private recordings, where it is.
fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("V2X_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("data/recordings");
    let is_there = folder.is_dir();
    let required = parts_are_required();
    assert!(is_there || !required, "{} is missing", folder.display());
    is_there.then_some(folder)
}

/// The folder of the private recordings; `None` after saying that the test is skipped.
pub(crate) fn private() -> Option<PathBuf> {
    let folder = folder();
    if folder.is_none() {
        println!("skipped: no recordings");
    }
    folder
}

/// The invented minute of the repository.
pub(crate) fn invented() -> Vec<PathBuf> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interfaces/samples");
    ["drive.log", "drive_gnss.csv"]
        .map(|name| samples.join(name))
        .to_vec()
}

/// The frames of that drive alone, so that bytes on the line tell how many they are.
pub(crate) fn drive_without_fixes() -> Vec<PathBuf> {
    let mut files = drive();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default();
        name == "can_data.csv" || name == "drive.log"
    });
    files
}

/// Frames and fixes of three real days, or the invented minute where those are absent.
pub(crate) fn drive() -> Vec<PathBuf> {
    let Some(folder) = folder() else {
        return invented();
    };
    ["data_060825", "data_18082025", "data_28082025"]
        .iter()
        .flat_map(|day| ["can_data.csv", "gps_data.csv"].map(|name| folder.join(day).join(name)))
        .collect()
}
