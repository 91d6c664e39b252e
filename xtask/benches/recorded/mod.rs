//! The frames that benchmarks work on: those of the recordings, or the invented ones.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use v2x_recording::Recording;
use v2x_units::CanFrame;

/// Every frame below `V2X_SHARED`, in the order of the files' names; without recordings, every
/// frame of `interfaces/samples`.
pub(crate) fn frames() -> Vec<CanFrame> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared =
        std::env::var_os("V2X_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let mut frames = Vec::new();
    collect(&shared.join("data/recordings"), &mut frames);
    let mix = if frames.is_empty() {
        "invented"
    } else {
        "recorded"
    };
    if frames.is_empty() {
        collect(&root.join("interfaces/samples"), &mut frames);
    }
    println!("{} {mix} frames", frames.len());
    frames
}

/// The frames of every recording below a folder; other files are passed over.
fn collect(folder: &Path, frames: &mut Vec<CanFrame>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, frames);
            continue;
        }
        let opened = std::fs::File::open(&path).ok().map(BufReader::new);
        let rows = opened.and_then(|file| Recording::open(file).ok()?.into_frames().ok());
        let whole = rows.into_iter().flatten().flatten().flatten();
        frames.extend(whole.map(|row| row.frame));
    }
}
