//! What a store says to files that are not one, and to disks that refuse.

use tempfile::TempDir;
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage};
use v2x_units::UtcTime;

use super::*;
use crate::TelemetryRow;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn refusal(path: &Path) -> String {
    Store::open(path).unwrap_err().to_string()
}

fn row(ms: i64) -> TelemetryRow {
    let at = UtcTime::from_millis(ms);
    let values = format!(r#"{{"soc":64.4,"text":"{}"}}"#, "x".repeat(300));
    let upload = NewEntry::new(
        Class::Telemetry,
        PayloadKind::Telemetry,
        at,
        2,
        values.clone(),
    );
    TelemetryRow {
        source: "vehicle".to_owned(),
        at,
        values,
        upload: Some(upload.unwrap()),
    }
}

#[test]
fn new_store_syncs_fully_and_writes_ahead() {
    let folder = folder();
    let store = Store::open(&folder.path().join("v2x.db")).unwrap();
    let setting = |name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        let rows: Vec<String> = store.rows(&sql, (), |row| row.get(0)).unwrap();
        rows.concat()
    };
    assert_eq!(setting("journal_mode"), "wal");
    assert_eq!(setting("synchronous"), "2");
    assert_eq!(setting("foreign_keys"), "1");
    assert_eq!(setting("user_version"), FORMAT.version().to_string());
}

#[test]
fn file_that_is_no_database_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("can_data.csv");
    let text = "timestamp,id\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    assert!(refusal(&path).contains("can_data.csv is not a database"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn database_of_another_program_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert!(refusal(&path).contains("belongs to another program"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn newer_schema_is_refused_with_both_versions() {
    let folder = folder();
    let path = folder.path().join("v2x.db");
    let store = Store::open(&path).unwrap();
    let newer = FORMAT.version() + 1;
    store
        .database
        .connection
        .pragma_update(None, "user_version", newer)
        .unwrap();
    drop(store);
    let said = refusal(&path);
    let (seen, known) = (
        format!("schema version {newer}"),
        format!("up to {}", FORMAT.version()),
    );
    assert!(said.contains(&seen) && said.contains(&known), "{said}");
}

#[test]
fn store_of_the_first_version_is_brought_up_to_date_with_its_rows() {
    let folder = folder();
    let path = folder.path().join("v2x.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(FORMAT.migrations[0].1).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.pragma_update(None, "application_id", FORMAT.application_id)
        .unwrap();
    old.execute_batch(
        "INSERT INTO telemetry (source, ts_ms, row_values) VALUES ('vehicle', 1, '{}')",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.telemetry_count().unwrap(), 1);
    assert_eq!(store.unfinished_trip().unwrap(), None);
    assert_eq!(store.unfinished_charge().unwrap(), None);
}

#[test]
fn store_of_the_sixth_version_without_tables_of_v2g_gets_them() {
    let folder = folder();
    let path = folder.path().join("v2x.db");
    let store = Store::open(&path).unwrap();
    let undo = "DROP INDEX v2g_battery_entry; DROP TABLE v2g_battery; DROP TABLE v2g_receipt;
                DROP TABLE v2g_session; DROP TABLE slot_standing;";
    store.database.connection.execute_batch(undo).unwrap();
    store
        .database
        .connection
        .pragma_update(None, "user_version", 6)
        .unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.v2g_session("slot 1").unwrap(), None);
    assert!(store.battery_data(1).unwrap().is_empty());
}

#[test]
fn missing_folder_is_named_with_what_to_check() {
    let folder = folder();
    let said = refusal(&folder.path().join("absent").join("v2x.db"));
    assert!(
        said.contains("cannot be opened; check that its folder exists"),
        "{said}"
    );
}

#[test]
fn store_that_another_process_holds_is_named_as_locked() {
    let folder = folder();
    let path = folder.path().join("v2x.db");
    let mut store = Store::open(&path).unwrap();
    store
        .database
        .connection
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = store.record_telemetry(&[row(1)]).unwrap_err().to_string();
    assert!(said.contains("locked by another process"), "{said}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.record_telemetry(&[row(1)]).unwrap().written, 1);
}

#[test]
fn full_disk_is_named_and_leaves_the_queue_as_it_was() {
    let folder = folder();
    let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
    store.record_telemetry(&[row(1)]).unwrap();
    // SQLite answers this limit exactly as it answers a disk without room.
    store
        .database
        .connection
        .pragma_update_and_check(None, "max_page_count", 12, |_| Ok(()))
        .unwrap();
    let rows: Vec<_> = (2..200).map(row).collect();
    let said = store.record_telemetry(&rows).unwrap_err().to_string();
    assert!(said.contains("is full; free some space"), "{said}");
    assert_eq!(store.telemetry_count().unwrap(), 1);
    assert_eq!(store.usage().entries, 1);
    assert_eq!(store.newest(Class::Telemetry), 1);
}

#[test]
fn store_that_may_only_be_read_is_named_as_such() {
    let folder = folder();
    let path = folder.path().join("v2x.db");
    let mut store = Store::open(&path).unwrap();
    store
        .database
        .connection
        .pragma_update(None, "query_only", true)
        .unwrap();
    let said = store.record_telemetry(&[row(1)]).unwrap_err().to_string();
    assert!(
        said.contains("cannot be written; check its permissions"),
        "{said}"
    );
}
