//! Reading beside the program that writes: a connection that cannot change anything.
//!
//! Whoever reads this way never holds up the writer (write-ahead log), and sees a whole state.

use std::path::Path;

use crate::error::StoreError;
use crate::open::Store;

impl Store {
    /// Opens a store that is there, to read only; its schema must be this program's own. Whatever
    /// would write is refused by SQLite.
    ///
    /// # Errors
    /// When there is none, when it is not ours or has another schema, or the disk's.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Self::reading(path)
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::UtcTime;

    use crate::{Event, Store, StoreError};

    #[test]
    fn reader_sees_what_is_written_meanwhile_and_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v2x.db");
        assert!(matches!(
            Store::open_to_read(&path),
            Err(StoreError::CannotOpen(_))
        ));
        assert!(!path.exists());
        let mut writer = Store::open(&path).unwrap();
        let mut reader = Store::open_to_read(&path).unwrap();
        let event = Event {
            at: Some(UtcTime::from_millis(5)),
            kind: "a".to_owned(),
            detail: "{}".to_owned(),
            upload: None,
        };
        writer.record_event(&event).unwrap();
        assert_eq!(reader.events(0, 9).unwrap().len(), 1);
        assert!(matches!(
            reader.record_event(&event),
            Err(StoreError::ReadOnly(_))
        ));
        writer.record_event(&event).unwrap();
        assert_eq!(reader.events(0, 9).unwrap().len(), 2);
    }

    #[test]
    fn empty_file_is_no_store_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v2x.db");
        std::fs::write(&path, "").unwrap();
        assert!(Store::open_to_read(&path).is_err());
    }
}
