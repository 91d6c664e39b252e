//! The files of a folder and what each holds, told from its content.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use v2x_recording::{Fixes, Frames, MergedRows, OpenError, RadioRows, Recording, v2g_sessions};

use crate::failure::{Blame, Context as _, Failure};

/// Folders inside folders that are searched; deeper ones are no recordings of ours.
const DEPTH_MAX: usize = 16;

/// One file.
pub(super) struct Source {
    /// Its path from the folder that is imported.
    pub(super) name: String,
    /// What it holds.
    pub(super) content: Content,
}

/// What a file holds.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each open file, never copied"
)]
pub(super) enum Content {
    /// Rows of the whole car.
    Merged(MergedRows<BufReader<File>>),
    /// Frames of the bus.
    Frames(Frames<BufReader<File>>),
    /// GNSS fixes.
    Fixes(Fixes<BufReader<File>>),
    /// Messages of the radio bridge.
    Radio(RadioRows<BufReader<File>>),
    /// Nothing that is imported, and why.
    Other(String),
}

impl Content {
    /// The word for it in the report.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Merged(_) => "merged rows",
            Self::Frames(_) => "frames",
            Self::Fixes(_) => "fixes",
            Self::Radio(_) => "radio messages",
            Self::Other(_) => "other",
        }
    }
}

/// Finds and recognises every file below a folder, in the order of their paths.
pub(super) fn find(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut paths = Vec::new();
    collect(folder, 0, &mut paths)?;
    paths.sort();
    let recognise = |path: PathBuf| {
        let name = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        let content = recognise(&path)?;
        Ok(Source { name, content })
    };
    paths.into_iter().map(recognise).collect()
}

fn collect(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let reading = || folder.display().to_string();
    for entry in fs::read_dir(folder).blame(Blame::Input, reading())? {
        let entry = entry.blame(Blame::Input, reading())?;
        // Links are not followed: they may lead out of the folder, or back into it.
        let kind = entry.file_type().blame(Blame::Input, reading())?;
        if kind.is_dir() && depth < DEPTH_MAX {
            collect(&entry.path(), depth + 1, paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn recognise(path: &Path) -> Result<Content, Failure> {
    let file = File::open(path).blame(Blame::Input, path.display())?;
    Ok(match Recording::open(BufReader::new(file)) {
        Ok(Recording::Merged(rows)) => Content::Merged(rows),
        Ok(Recording::Frames(rows)) => Content::Frames(rows),
        Ok(Recording::Fixes(rows)) => Content::Fixes(rows),
        Ok(Recording::Radio(rows)) => Content::Radio(rows),
        Ok(other) => Content::Other(format!("it is {}", other.format())),
        Err(OpenError::Io(error)) => {
            return Err(error).blame(Blame::Input, path.display());
        }
        Err(OpenError::UnknownHeader { seen }) if v2g_sessions::HEADER.starts_with(&seen) => {
            Content::Other("a log of charging sessions; charges are found anew".to_owned())
        }
        Err(OpenError::UnknownHeader { seen }) => {
            Content::Other(format!("no recording: it begins with \"{seen}\""))
        }
        Err(error) => Content::Other(error.to_string()),
    })
}
