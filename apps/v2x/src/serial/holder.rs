//! Who else has a serial port open, for a person who is told that it is in use.

use std::fs;
use std::path::{Path, PathBuf};

/// Who has a port open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) id: u32,
    pub(crate) name: String,
}

/// Who has a device open, as far as this user may look.
pub(crate) fn holders(path: &Path) -> Vec<Holder> {
    let Ok(device) = fs::canonicalize(path) else {
        return Vec::new();
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| *id != std::process::id() && has_open(*id, &device))
        .map(|id| Holder {
            id,
            name: fs::read_to_string(format!("/proc/{id}/comm"))
                .unwrap_or_default()
                .trim()
                .to_owned(),
        })
        .collect()
}

fn has_open(process: u32, device: &PathBuf) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd"));
    let files = files.into_iter().flatten().flatten();
    files
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|open| open == *device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_file_open_is_found_unless_it_is_this_process() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(holders(file.path()), []);
        assert!(has_open(
            std::process::id(),
            &file.path().canonicalize().unwrap()
        ));
    }
}
