//! Accounts of a vehicle's or a station's dashboard: a small file that `v2x user` writes.
//!
//! It holds hashes, and is still for its owner alone: a file that others can read or write is
//! refused, not used with a warning. It is read again when it has changed, so that an account that
//! is taken away is out at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use v2x_web::accounts::check_name;
use v2x_web::{Account, Accounts, Answer, Refusal, Role, password};

/// Its name in a daemon's folder, where the settings name no other.
pub(crate) const USERS_FILE: &str = "users.toml";
/// Nobody but the owner.
const MODE: u32 = 0o600;
/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;
/// A thousand accounts have 200 kB.
const BYTES_MAX: u64 = 1024 * 1024;

const HEAD: &str = "# Accounts of the dashboard. `v2x user` writes this file; it is for its owner \
                    alone (mode 600).\n\n";

/// The file.
#[derive(Debug)]
pub(crate) struct AccountsFile {
    path: PathBuf,
    read: Mutex<Option<(Version, Vec<Account>)>>,
}

/// Which file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    inode: u64,
    size: u64,
    changed: (i64, i64),
    mode: u32,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    user: Vec<Row>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    role: Role,
    hash: String,
}

impl AccountsFile {
    /// A file, which need not be there: then nobody can log in.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            read: Mutex::new(None),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All accounts, by name; none without a file.
    pub(crate) fn accounts(&self) -> Result<Vec<Account>, String> {
        let place = self.path.display();
        let meta = match fs::metadata(&self.path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(format!("{place}: {error}")),
        };
        let version = Version {
            inode: meta.ino(),
            size: meta.size(),
            changed: (meta.ctime(), meta.ctime_nsec()),
            mode: meta.mode() & PERMISSIONS,
        };
        // A thread that died left what it had read whole.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, accounts)) = read.as_ref().filter(|(known, _)| *known == version) {
            return Ok(accounts.clone());
        }
        if version.mode & !MODE != 0 {
            return Err(format!(
                "{place} has mode {:o}: others than its owner may use it; set it with chmod 600",
                version.mode
            ));
        }
        if version.size > BYTES_MAX {
            return Err(format!(
                "{place} has {} bytes; that is no list of accounts",
                version.size
            ));
        }
        let mut text = String::new();
        let opened = File::open(&self.path).map(|file| file.take(BYTES_MAX));
        let got = opened.and_then(|mut file| file.read_to_string(&mut text));
        got.map_err(|error| format!("{place}: {error}"))?;
        let accounts = parse(&text).map_err(|problem| format!("{place}: {problem}"))?;
        *read = Some((version, accounts.clone()));
        Ok(accounts)
    }

    /// Writes all accounts in place of those before, whole or not at all.
    pub(crate) fn write(&self, accounts: &[Account]) -> io::Result<()> {
        let rows = accounts.iter().map(|account| Row {
            name: account.user.clone(),
            role: account.role,
            hash: account.hash.clone(),
        });
        let document = Document {
            user: rows.collect(),
        };
        let text = toml::to_string(&document).map_err(io::Error::other)?;
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let new = folder.join(format!(".{name}.new"));
        if let Err(error) = fs::remove_file(&new)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&new)?;
        give_to_owner(&file, &self.path, folder)?;
        file.write_all(HEAD.as_bytes())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        File::open(folder)?.sync_all()
    }
}

/// Leaves a new file to whom the one before belonged, or else the folder: what root writes, the
/// service has to read. Who is not root cannot give anything away, and keeps it.
fn give_to_owner(file: &File, before: &Path, folder: &Path) -> io::Result<()> {
    let meta = fs::metadata(before).or_else(|_| fs::metadata(folder))?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (meta.uid(), meta.gid()) {
        return Ok(());
    }
    match fchown(file, Some(meta.uid()), Some(meta.gid())) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

fn parse(text: &str) -> Result<Vec<Account>, String> {
    // The error's own text would quote a hash.
    let document: Document = toml::from_str(text).map_err(|error| {
        let before = error.span().map_or(0, |span| span.start);
        let line = text.get(..before).unwrap_or_default().matches('\n').count() + 1;
        format!("line {line}: {}", error.message())
    })?;
    let mut accounts: Vec<Account> = Vec::new();
    for row in document.user {
        check_name(&row.name)?;
        if !password::is_hash(&row.hash) {
            return Err(format!("the hash of {} is none of Argon2id", row.name));
        }
        if accounts.iter().any(|known| known.user == row.name) {
            return Err(format!("{} is named twice", row.name));
        }
        accounts.push(Account {
            user: row.name,
            role: row.role,
            hash: row.hash,
        });
    }
    accounts.sort_by(|a, b| a.user.cmp(&b.user));
    Ok(accounts)
}

impl Accounts for AccountsFile {
    fn find(&self, user: &str) -> Answer<Option<Account>> {
        let accounts = self.accounts().map_err(|problem| {
            tracing::warn!(problem, "nobody can log in");
            Refusal::Unavailable(
                "the accounts cannot be read; the daemon's log says why".to_owned(),
            )
        })?;
        Ok(accounts.into_iter().find(|account| account.user == user))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn account(user: &str, role: Role) -> Account {
        Account {
            user: user.to_owned(),
            role,
            hash: password::hash("a long password", &[3; 16]).unwrap(),
        }
    }

    #[test]
    fn accounts_come_back_as_they_were_written_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = AccountsFile::new(folder.path().join(USERS_FILE));
        assert_eq!(file.find("amal").unwrap(), None);
        let all = [
            account("amal", Role::Admin),
            account("z-1@home", Role::Viewer),
        ];
        file.write(&all).unwrap();
        assert_eq!(
            fs::metadata(file.path()).unwrap().mode() & PERMISSIONS,
            0o600
        );
        assert_eq!(file.find("amal").unwrap(), Some(all[0].clone()));
        file.write(&[]).unwrap();
        assert_eq!(
            file.find("amal").unwrap(),
            None,
            "it is read again when it has changed"
        );
    }

    #[test]
    fn what_root_writes_belongs_to_whom_the_folder_belongs() {
        use std::os::unix::fs::chown;
        let folder = tempfile::tempdir().unwrap();
        let service = Some(4321);
        if chown(folder.path(), service, service).is_err() {
            println!("skipped: only root gives files away");
            return;
        }
        let file = AccountsFile::new(folder.path().join(USERS_FILE));
        file.write(&[account("amal", Role::Admin)]).unwrap();
        let owner = || fs::metadata(file.path()).map(|meta| (meta.uid(), meta.gid()));
        assert_eq!(owner().unwrap(), (4321, 4321));
        chown(file.path(), Some(1234), service).unwrap();
        file.write(&[]).unwrap();
        assert_eq!(
            owner().unwrap(),
            (1234, 4321),
            "a file that is there keeps its own"
        );
    }

    #[test]
    fn file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = AccountsFile::new(folder.path().join(USERS_FILE));
        file.write(&[account("amal", Role::Admin)]).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            let problem = file.accounts().unwrap_err();
            assert!(problem.contains("chmod 600"), "{problem}");
            assert!(file.find("amal").is_err());
        }
    }

    #[test]
    fn damaged_file_is_refused_and_quotes_no_hash() {
        let folder = tempfile::tempdir().unwrap();
        let file = AccountsFile::new(folder.path().join(USERS_FILE));
        file.write(&[account("amal", Role::Admin)]).unwrap();
        let good = fs::read_to_string(file.path()).unwrap();
        for text in [
            good.replace("admin", "root"),
            good.replace("$argon2id$", "$plain$"),
            good.replace("name = ", "nam = "),
            format!("{good}{}", good.replace(HEAD, "")),
        ] {
            fs::write(file.path(), text).unwrap();
            let problem = file.accounts().unwrap_err();
            assert!(!problem.contains("$v="), "{problem}");
        }
    }
}
