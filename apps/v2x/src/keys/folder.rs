//! A folder of keys: nobody else may look into it, and files in it are replaced as a whole.
//!
//! Modes are checked whenever something is read, because a copy or a backup loses them: a private
//! key that others can read is refused, not used with a warning.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::failure::{Blame, Failure};

/// Nobody but the owner.
const FOLDER_MODE: u32 = 0o700;
/// Nobody but the owner, and nothing to run.
const SECRET_MODE: u32 = 0o600;
/// Everybody may read.
const PUBLIC_MODE: u32 = 0o644;
/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;
/// No file of keys is longer: a list of revocations has 2 kB, a batch of pseudonyms 300 B each.
const FILE_MAX: u64 = 1024 * 1024;

/// Whom a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// The owner alone.
    Secret,
    /// Everybody.
    Public,
}

/// A folder that nobody else may look into.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder if it is not there, and refuses one that others may look into.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            fs::create_dir_all(parent).map_err(|error| failed("folder", parent, &error))?;
        }
        match DirBuilder::new().mode(FOLDER_MODE).create(path) {
            Ok(()) => Ok(Self(path.to_owned())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::open(path),
            Err(error) => Err(failed("folder", path, &error)),
        }
    }

    /// Opens a folder that is there.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let seen = fs::metadata(path).map_err(|error| failed("folder", path, &error))?;
        if !seen.is_dir() {
            let what = format_args!("{} is no folder", path.display());
            return Err(Failure::new(Blame::Input, what).hint("name the folder that holds keys"));
        }
        check_mode(path, seen.mode(), FOLDER_MODE)?;
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether a file is in it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// Reads a file; `None` when it is not there.
    pub(super) fn read(
        &self,
        name: &str,
        secrecy: Secrecy,
    ) -> Result<Option<Zeroizing<String>>, Failure> {
        let path = self.0.join(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("file", &path, &error)),
        };
        let seen = (file.metadata()).map_err(|error| failed("file", &path, &error))?;
        if secrecy == Secrecy::Secret {
            check_mode(&path, seen.mode(), SECRET_MODE)?;
        }
        if seen.len() > FILE_MAX {
            let what = format_args!(
                "{}: {} bytes are no file of keys",
                path.display(),
                seen.len()
            );
            return Err(Failure::new(Blame::Input, what).hint("look at what was copied there"));
        }
        let mut text = Zeroizing::new(String::with_capacity(
            usize::try_from(seen.len()).unwrap_or(0) + 1,
        ));
        file.read_to_string(&mut text)
            .map_err(|error| failed("file", &path, &error))?;
        Ok(Some(text))
    }

    /// Puts a content in the place of a file: a power cut leaves the old or the new one.
    pub(super) fn replace(
        &self,
        name: &str,
        secrecy: Secrecy,
        content: &str,
    ) -> Result<(), Failure> {
        let path = self.0.join(name);
        self.write(name, secrecy, content)
            .map_err(|error| failed("file", &path, &error))
    }

    fn write(&self, name: &str, secrecy: Secrecy, content: &str) -> io::Result<()> {
        let unfinished = self.0.join(format!(".{name}.new"));
        // What an interrupted run left behind may have another mode.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mode = match secrecy {
            Secrecy::Secret => SECRET_MODE,
            Secrecy::Public => PUBLIC_MODE,
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&unfinished)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, self.0.join(name))?;
        File::open(&self.0)?.sync_all()
    }
}

/// Refuses what gives anybody more than `allowed`.
fn check_mode(path: &Path, mode: u32, allowed: u32) -> Result<(), Failure> {
    let seen = mode & PERMISSIONS;
    if seen & !allowed == 0 {
        return Ok(());
    }
    let path = path.display();
    let what = format_args!("{path} has mode {seen:04o}; others could read the keys in it");
    Err(Failure::new(Blame::Configuration, what).hint(format_args!(
        "run chmod {allowed:04o} '{path}', and issue new keys if somebody may have read them"
    )))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::unreadable(
        Blame::Input,
        format_args!("{what} {}", path.display()),
        error,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn secret_is_written_for_its_owner_alone_and_replaced_as_a_whole() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a \"quoted\" folder");
        let folder = Folder::make(&path).unwrap();
        folder
            .replace("unit.key", Secrecy::Secret, "first")
            .unwrap();
        folder
            .replace("unit.key", Secrecy::Secret, "second")
            .unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & PERMISSIONS;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("unit.key")), 0o600);
        let read = folder.read("unit.key", Secrecy::Secret).unwrap().unwrap();
        assert_eq!(&**read, "second");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }

    #[test]
    fn folder_and_secret_that_others_may_read_are_refused_with_what_to_do() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("keys");
        let folder = Folder::make(&path).unwrap();
        folder
            .replace("unit.key", Secrecy::Secret, "s3cret")
            .unwrap();
        folder.replace("list", Secrecy::Public, "open").unwrap();
        set_mode(&path.join("unit.key"), 0o640);
        let error = folder.read("unit.key", Secrecy::Secret).unwrap_err();
        let said = format!("{error:?}");
        assert!(
            said.contains("0640") && said.contains("chmod 0600"),
            "{said}"
        );
        assert!(!said.contains("s3cret"), "{said}");
        assert!(folder.read("list", Secrecy::Public).unwrap().is_some());
        set_mode(&path, 0o750);
        let said = format!("{:?}", Folder::open(&path).unwrap_err());
        assert!(
            said.contains("0750") && said.contains("chmod 0700"),
            "{said}"
        );
    }

    #[test]
    fn leftover_of_an_interrupted_run_is_replaced_with_the_strict_mode() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("keys");
        let folder = Folder::make(&path).unwrap();
        let leftover = path.join(".unit.key.new");
        fs::write(&leftover, "half").unwrap();
        set_mode(&leftover, 0o666);
        folder
            .replace("unit.key", Secrecy::Secret, "whole")
            .unwrap();
        let mode = fs::metadata(path.join("unit.key")).unwrap().mode() & PERMISSIONS;
        assert_eq!(mode, 0o600);
        assert!(!leftover.exists());
    }
}
