//! Recordings that a person names: opened and recognised, or refused with a hint.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use v2x_recording::{OpenError, Recording};

use crate::failure::{Blame, Failure};

/// Opens a recording of any kind.
pub(crate) fn open(path: &Path) -> Result<Recording<BufReader<File>>, Failure> {
    File::open(path)
        .map_err(OpenError::from)
        .and_then(|file| Recording::open(BufReader::new(file)))
        .map_err(|error| match error {
            OpenError::Io(error) => Failure::unreadable(Blame::Input, path.display(), &error),
            error => Failure::new(Blame::Input, format_args!("{}: {error}", path.display())),
        })
}
