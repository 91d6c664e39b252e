//! The driver's wishes on disk, so that a restart does not forget them.
//!
//! Not here: what they mean ([`v2x_roles::vehicle::radio::wishes`]).

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tracing::warn;
use v2x_roles::vehicle::radio::Wishes;

const FILE: &str = "charge_wishes.json";
const MODE: u32 = 0o600;

/// Those that were kept; a file that makes no sense is told and left alone.
pub(in crate::vehicle) fn read(folder: &Path) -> Wishes {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Wishes::default(),
        Err(error) => {
            warn!(%error, path = %path.display(), "the driver's wishes cannot be read");
            return Wishes::default();
        }
    };
    let kept: Result<Json, _> = serde_json::from_str(&text);
    let kept = kept.map_err(|error| error.to_string());
    let wishes = kept.and_then(|kept| Wishes::default().with(&kept));
    wishes.unwrap_or_else(|problem| {
        warn!(problem, path = %path.display(), "the driver's wishes make no sense");
        Wishes::default()
    })
}

/// Keeps them: a power cut leaves the old ones or the new ones.
pub(in crate::vehicle) fn keep(wishes: &Wishes, folder: &Path) -> std::io::Result<()> {
    let (path, fresh) = (folder.join(FILE), fresh(folder));
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(MODE);
    let mut file = open.open(&fresh)?;
    file.write_all(format!("{:#}\n", wishes.json()).as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}

fn fresh(folder: &Path) -> PathBuf {
    folder.join(format!("{FILE}.new"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wishes_outlive_the_daemon_and_a_file_that_makes_no_sense_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), Wishes::default());
        let asked = json!({ "desired_soc": 80, "cost_limit": null, "departure": 1_800_000_000 });
        let wishes = Wishes::default().with(&asked).unwrap();
        keep(&wishes, folder.path()).unwrap();
        assert_eq!(read(folder.path()), wishes);
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(read(folder.path()), Wishes::default());
    }
}
