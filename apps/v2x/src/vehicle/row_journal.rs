//! The file that keeps rows and fixes until their group is committed: a kill then loses none.
//!
//! A row is offered to the network while it waits for its group, so it must not be forgotten by
//! the process: each is written here first, and the next start takes up what a kill left. The file
//! is written over and over within its first pages, so it costs the disk little; it is synced
//! every five seconds while something in it waits, and so a power cut takes no more than that.
//!
//! One line per row or fix: the CRC-32 of what follows it, then as JSON the number of the group
//! and the row. A line that is cut, or of another group than the first, is none.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Advice, fadvise};
use serde::{Deserialize, Serialize};
use v2x_units::Instant;

/// The file's name.
const NAME: &str = "v2x.rows";
/// Its size from the beginning on, so that a full disk still takes rows: three minutes of them.
const SIZE: u64 = 256 * 1024;
/// Its room is taken page by page: what is written as one piece stays one in the system's memory,
/// and each row would then count as 256 kB for the disk.
const PAGE: usize = 4096;
/// What it holds reaches the disk so often; a power cut loses no more.
pub(super) const SYNC_EVERY: Duration = Duration::from_secs(5);
/// Hexadecimal digits of a checksum, and the blank behind it.
const CHECKSUM: usize = 9;

/// A row that waits for its commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JournalRow {
    /// The boot of the computer, in the kernel's words.
    pub(super) boot: String,
    /// Microseconds since that boot.
    pub(super) since_us: u64,
    /// What the files call the moment, in microseconds since 1970.
    pub(super) provisional_us: i64,
    /// The boot of the board, and microseconds since it.
    pub(super) board: Option<(u32, u64)>,
    /// How many data points the values are.
    pub(super) points: u32,
    /// The values as a JSON object.
    pub(super) values: String,
    /// What a clock said that nobody trusts, where there is no date; in microseconds since 1970.
    #[serde(default)]
    pub(super) unsure_us: Option<i64>,
    /// The date under which it may have been offered already.
    pub(super) date: Option<JournalDate>,
}

/// A fix that waits for its commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct JournalFix {
    /// The boot of the computer, in the kernel's words.
    pub(super) boot: String,
    /// Microseconds since that boot.
    pub(super) since_us: u64,
    /// What the files call the moment, in microseconds since 1970.
    pub(super) provisional_us: i64,
    /// The boot of the board, and microseconds since it.
    pub(super) board: Option<(u32, u64)>,
    /// Degrees north and east.
    pub(super) position: (f64, f64),
    /// Metres above the sea.
    pub(super) altitude: Option<f64>,
    /// Kilometres per hour.
    pub(super) speed: Option<f64>,
    /// Satellites used.
    pub(super) satellites: Option<u8>,
    /// Dilution of precision.
    pub(super) hdop: Option<f64>,
    /// The receiver's time, in microseconds since 1970.
    pub(super) receiver_us: Option<i64>,
    /// The receiver's word.
    pub(super) valid: bool,
    /// What the vehicle role thinks of it, in its word.
    pub(super) quality: String,
    /// Its date, if there was one.
    pub(super) date: Option<JournalDate>,
}

/// The date of a row or a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JournalDate {
    /// Microseconds since 1970.
    pub(super) utc_us: i64,
    /// Who says it.
    pub(super) source: String,
    /// By how much it may be wrong, in microseconds.
    pub(super) error_us: Option<u64>,
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    /// A row of measurements.
    Row(JournalRow),
    /// A fix.
    Fix(JournalFix),
}

/// A line: which group the row belongs to, and the row.
#[derive(Serialize, Deserialize)]
struct Line<Kept> {
    group: u64,
    #[serde(flatten)]
    kept: Kept,
}

/// The open file.
#[derive(Debug)]
pub(super) struct RowJournal {
    file: File,
    group: u64,
    /// Where the next line goes.
    end: u64,
    /// Since when something in it has not been synced.
    unsynced: Option<Instant>,
}

impl RowJournal {
    /// Opens it, and gives what the last run left in it, oldest first.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<Kept>)> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(folder.join(NAME))?;
        // Read page by page as well. It is advice: whoever does not follow it counts more.
        fadvise(&file, 0, None, Advice::Random).unwrap_or_default();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (group, kept, end) = read(&bytes);
        let end = end as u64;
        // What stands behind the rows is of groups that are long committed. A disk without that
        // room takes what it can: rows beyond it are not offered before their commit.
        empty(&file, end).unwrap_or_default();
        let journal = Self {
            file,
            group,
            end,
            unsynced: None,
        };
        Ok((journal, kept))
    }

    /// Adds a row or a fix.
    ///
    /// # Errors
    /// When the file is full or the disk refuses; it is then not in the file.
    pub(super) fn add(&mut self, now: Instant, kept: &Kept) -> io::Result<()> {
        let group = self.group;
        let json = serde_json::to_string(&Line { group, kept }).map_err(io::Error::other)?;
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        let end = self.end + line.len() as u64;
        if end > SIZE {
            return Err(ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(line.as_bytes(), self.end)?;
        self.end = end;
        self.unsynced.get_or_insert(now);
        Ok(())
    }

    /// Brings to the disk what has waited for it long enough.
    ///
    /// # Errors
    /// The disk's; it is tried again after the same time.
    pub(super) fn sync_overdue(&mut self, now: Instant) -> io::Result<()> {
        if self.unsynced.is_none_or(|since| now < since + SYNC_EVERY) {
            return Ok(());
        }
        let outcome = self.file.sync_data();
        self.unsynced = outcome.is_err().then_some(now);
        outcome
    }

    /// All its rows are committed: the next one begins the next group.
    pub(super) fn clear(&mut self) {
        if self.end == 0 {
            return;
        }
        self.group += 1;
        self.end = 0;
        self.unsynced = None;
        // A line that stays there is found in the store by the next start, and left alone.
        self.file.write_all_at(b"\n", 0).unwrap_or_default();
    }
}

/// Takes the room from here to the end of the file, and brings it to the disk.
fn empty(file: &File, from: u64) -> io::Result<()> {
    let mut at = from;
    while at < SIZE {
        let next = (at / PAGE as u64 + 1) * PAGE as u64;
        let zeros = usize::try_from(next - at).unwrap_or(PAGE).min(PAGE);
        file.write_all_at(&[0; PAGE][..zeros], at)?;
        at = next;
    }
    file.sync_data()
}

/// The group, what it holds and the end of what is whole.
fn read(bytes: &[u8]) -> (u64, Vec<Kept>, usize) {
    let (mut group, mut kept, mut end) = (None, Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(found) = parse(line) else {
            break;
        };
        if *group.get_or_insert(found.group) != found.group {
            break;
        }
        kept.push(found.kept);
        end += line.len();
    }
    // Without a whole row the next group is any: it begins at the first byte.
    (group.unwrap_or(0), kept, end)
}

fn parse(line: &[u8]) -> Option<Line<Kept>> {
    let line = str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (checksum, json) = line.split_at_checked(CHECKSUM)?;
    let checksum = u32::from_str_radix(checksum.strip_suffix(' ')?, 16).ok()?;
    (crc32fast::hash(json.as_bytes()) == checksum).then_some(())?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NOW: Instant = Instant::BOOT;

    fn row(second: u64) -> Kept {
        Kept::Row(JournalRow {
            boot: "a-boot".to_owned(),
            since_us: second * 1_000_000,
            provisional_us: 5,
            board: Some((7, 8)),
            points: 1,
            values: r#"{"soc":64.4,"name":"a\"b"}"#.to_owned(),
            unsure_us: None,
            date: Some(JournalDate {
                utc_us: 9,
                source: "gnss".to_owned(),
                error_us: None,
            }),
        })
    }

    fn fix() -> Kept {
        Kept::Fix(JournalFix {
            boot: "a-boot".to_owned(),
            since_us: 1,
            provisional_us: 5,
            board: None,
            position: (0.1 + 0.2, -6.5),
            altitude: Some(12.5),
            speed: None,
            satellites: Some(7),
            hdop: Some(0.9),
            receiver_us: Some(3),
            valid: true,
            quality: "good".to_owned(),
            date: None,
        })
    }

    fn left(folder: &Path) -> Vec<Kept> {
        RowJournal::open(folder).unwrap().1
    }

    #[test]
    fn rows_of_the_open_group_are_found_again_and_those_of_a_committed_one_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, before) = RowJournal::open(folder.path()).unwrap();
        assert_eq!(before, []);
        for second in 1..=3 {
            journal.add(NOW, &row(second)).unwrap();
        }
        assert_eq!(left(folder.path()), [row(1), row(2), row(3)]);
        journal.clear();
        // Lines of the same length: the second and third of the old group stand behind this one.
        journal.add(NOW, &row(4)).unwrap();
        assert_eq!(left(folder.path()), [row(4)]);
        journal.clear();
        assert_eq!(left(folder.path()), []);
    }

    #[test]
    fn next_start_adds_behind_what_it_found() {
        let folder = tempfile::tempdir().unwrap();
        RowJournal::open(folder.path())
            .unwrap()
            .0
            .add(NOW, &row(1))
            .unwrap();
        let (mut journal, found) = RowJournal::open(folder.path()).unwrap();
        assert_eq!(found, [row(1)]);
        journal.add(NOW, &row(2)).unwrap();
        assert_eq!(left(folder.path()), [row(1), row(2)]);
    }

    #[test]
    fn line_that_is_cut_or_spoilt_ends_what_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = RowJournal::open(folder.path()).unwrap();
        journal.add(NOW, &row(1)).unwrap();
        journal.add(NOW, &row(2)).unwrap();
        let path = folder.path().join(NAME);
        let mut bytes = fs::read(&path).unwrap();
        let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 20;
        bytes[second] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(left(folder.path()), [row(1)]);
        fs::write(&path, &bytes[..second]).unwrap();
        assert_eq!(left(folder.path()), [row(1)]);
    }

    #[test]
    fn row_is_refused_when_the_file_is_full_and_taken_again_after_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = RowJournal::open(folder.path()).unwrap();
        while journal.add(NOW, &row(1)).is_ok() {}
        assert!(fs::metadata(folder.path().join(NAME)).unwrap().len() <= SIZE);
        journal.clear();
        assert!(journal.add(NOW, &row(2)).is_ok());
    }

    #[test]
    fn fix_is_found_again_between_rows_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = RowJournal::open(folder.path()).unwrap();
        for kept in [row(1), fix(), row(2)] {
            journal.add(NOW, &kept).unwrap();
        }
        assert_eq!(left(folder.path()), [row(1), fix(), row(2)]);
    }

    #[test]
    fn row_of_the_version_before_is_read() {
        let row = r#"{"boot":"a-boot","since_us":1,"provisional_us":5,"board":null,"points":1,"#;
        let json = format!(r#"{{"group":4,"row":{row}"values":"{{}}","date":null}}}}"#);
        let folder = tempfile::tempdir().unwrap();
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        fs::write(folder.path().join(NAME), line).unwrap();
        let left = left(folder.path());
        assert!(
            matches!(&left[..], [Kept::Row(row)] if row.since_us == 1),
            "{left:?}"
        );
    }

    #[test]
    fn what_waits_is_synced_once_after_five_seconds() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = RowJournal::open(folder.path()).unwrap();
        let at = |seconds| NOW + Duration::from_secs(seconds);
        journal.add(at(10), &row(1)).unwrap();
        journal.add(at(13), &row(2)).unwrap();
        journal.sync_overdue(at(14)).unwrap();
        assert_eq!(journal.unsynced, Some(at(10)));
        journal.sync_overdue(at(15)).unwrap();
        assert_eq!(journal.unsynced, None);
        journal.add(at(16), &row(3)).unwrap();
        journal.clear();
        assert_eq!(journal.unsynced, None, "the group is committed");
    }
}
