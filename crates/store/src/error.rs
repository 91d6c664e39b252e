//! Why the store could not do it, in words that name the file and the way out.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the store could not open, read or write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is no SQLite database.
    #[error(
        "{} is not a database; give the path of a v2x store or of a file that does not exist yet",
        .0.display()
    )]
    NotADatabase(PathBuf),
    /// The file is an SQLite database of another program.
    #[error(
        "{} belongs to another program (application id {seen:#x}, a v2x store has {ours:#x}); \
         give another path",
        path.display()
    )]
    ForeignDatabase {
        /// The file.
        path: PathBuf,
        /// The application id found in it.
        seen: i32,
        /// The application id of a store.
        ours: i32,
    },
    /// A later version of this program wrote the file.
    #[error(
        "{} has schema version {seen}, this program knows up to {known}; run the newer program \
         or give another path",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The version found in it.
        seen: i64,
        /// The highest version that this program knows.
        known: i64,
    },
    /// An earlier version of this program wrote the file, which is only to be read.
    #[error(
        "{} has schema version {seen}, this program reads {known}; start what writes it once \
         with this program, which brings it up to date",
        path.display()
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// The version found in it.
        seen: i64,
        /// The version of this program.
        known: i64,
    },
    /// Another process is writing and does not let go.
    #[error(
        "{} is locked by another process; stop the other v2x that uses it",
        .0.display()
    )]
    Locked(PathBuf),
    /// No room for the data.
    #[error("the disk under {} is full; free some space", .0.display())]
    DiskFull(PathBuf),
    /// The file or its folder cannot be written.
    #[error(
        "{} cannot be written; check its permissions and whether the disk is mounted read-only",
        .0.display()
    )]
    ReadOnly(PathBuf),
    /// The file or its folder cannot be opened.
    #[error("{} cannot be opened; check that its folder exists and may be read", .0.display())]
    CannotOpen(PathBuf),
    /// The file is damaged.
    #[error("{} is damaged: {reason}; move it away and start with a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was seen.
        reason: String,
    },
    /// A copy cannot be written.
    #[error("{} cannot be written: {reason}; give a path that does not exist yet", path.display())]
    Copy {
        /// Where it was to go.
        path: PathBuf,
        /// What was seen.
        reason: String,
    },
    /// What was given can never be kept: the store's own rules refuse it.
    #[error("{} does not take it: {reason}; a fault of the program, tell us", path.display())]
    NotTaken {
        /// The file.
        path: PathBuf,
        /// What was seen.
        reason: String,
    },
    /// Anything else that SQLite says.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's own error.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether it is the disk that refuses, which may pass without anybody touching the file.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        match self {
            Self::DiskFull(_) => true,
            Self::Sqlite { source, .. } => {
                source.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
            }
            _ => false,
        }
    }

    /// Whether the same would be refused again for ever, whatever the disk does.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::NotTaken { .. })
    }

    /// Sorts what SQLite says by what a person can do about it.
    pub(crate) fn of(path: &std::path::Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            Some(ErrorCode::DiskFull) => Self::DiskFull(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(path),
            Some(ErrorCode::CannotOpen) => Self::CannotOpen(path),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                reason: source.to_string(),
            },
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
                Self::NotTaken {
                    path,
                    reason: source.to_string(),
                }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_of_the_store_refuses_is_refused_for_good_and_a_full_disk_is_not() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE a (b TEXT NOT NULL) STRICT")
            .unwrap();
        let refused = db.execute("INSERT INTO a (b) VALUES (NULL)", ());
        let error = StoreError::of("a.db".as_ref(), refused.unwrap_err());
        assert!(error.is_for_good(), "{error:?}");
        assert!(error.to_string().contains("NOT NULL"), "{error}");
        assert!(!StoreError::DiskFull("a.db".into()).is_for_good());
    }
}
