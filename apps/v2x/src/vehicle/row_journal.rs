//! The file that keeps rows until their group is committed: a kill then loses none of them.
//!
//! A row is offered to the network while it waits for its group, so it must not be forgotten by
//! the process: each is written here first, and the next start takes up what a kill left. The file
//! is written over and over within its first pages and never synced, so it costs the disk almost
//! nothing; what a power cut takes of it is at most the group ([`v2x_outbox::group_commit`]).
//!
//! One line per row: the CRC-32 of what follows it, the number of the group, the row as JSON. A
//! line that is cut, or of another group than the first, is none.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file's name.
const NAME: &str = "v2x.rows";
/// Its size from the beginning on, so that a full disk still takes rows: three minutes of them.
const SIZE: u64 = 128 * 1024;
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
    /// The date under which it may have been offered already.
    pub(super) date: Option<JournalDate>,
}

/// The date of such a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JournalDate {
    /// Microseconds since 1970.
    pub(super) utc_us: i64,
    /// Who says it.
    pub(super) source: String,
    /// By how much it may be wrong, in microseconds.
    pub(super) error_us: Option<u64>,
}

/// A line: which group the row belongs to, and the row.
#[derive(Serialize, Deserialize)]
struct Line<Row> {
    group: u64,
    row: Row,
}

/// The open file.
#[derive(Debug)]
pub(super) struct RowJournal {
    file: File,
    group: u64,
    /// Where the next line goes.
    end: u64,
}

impl RowJournal {
    /// Opens it, and gives the rows that the last run left in it, oldest first.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<JournalRow>)> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(folder.join(NAME))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (group, rows, end) = read(&bytes);
        // What stands behind the rows is of groups that are long committed. A disk without that
        // room takes what it can: rows beyond it are not offered before their commit.
        let behind = usize::try_from(SIZE).unwrap_or(0).saturating_sub(end);
        let end = end as u64;
        file.write_all_at(&vec![0; behind], end).unwrap_or_default();
        Ok((Self { file, group, end }, rows))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the file is full or the disk refuses; the row is then not in it.
    pub(super) fn add(&mut self, row: &JournalRow) -> io::Result<()> {
        let group = self.group;
        let json = serde_json::to_string(&Line { group, row }).map_err(io::Error::other)?;
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        let end = self.end + line.len() as u64;
        if end > SIZE {
            return Err(ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(line.as_bytes(), self.end)?;
        self.end = end;
        Ok(())
    }

    /// All its rows are committed: the next one begins the next group.
    pub(super) fn clear(&mut self) {
        if self.end == 0 {
            return;
        }
        self.group += 1;
        self.end = 0;
        // A line that stays there is found in the store by the next start, and left alone.
        self.file.write_all_at(b"\n", 0).unwrap_or_default();
    }
}

/// The group, the rows and the end of what is whole.
fn read(bytes: &[u8]) -> (u64, Vec<JournalRow>, usize) {
    let (mut group, mut rows, mut end) = (None, Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(found) = parse(line) else {
            break;
        };
        if *group.get_or_insert(found.group) != found.group {
            break;
        }
        rows.push(found.row);
        end += line.len();
    }
    // Without a whole row the next group is any: it begins at the first byte.
    (group.unwrap_or(0), rows, end)
}

fn parse(line: &[u8]) -> Option<Line<JournalRow>> {
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

    fn row(second: u64) -> JournalRow {
        JournalRow {
            boot: "a-boot".to_owned(),
            since_us: second * 1_000_000,
            provisional_us: 5,
            board: Some((7, 8)),
            points: 1,
            values: r#"{"soc":64.4,"name":"a\"b"}"#.to_owned(),
            date: Some(JournalDate {
                utc_us: 9,
                source: "gnss".to_owned(),
                error_us: None,
            }),
        }
    }

    fn left(folder: &Path) -> Vec<JournalRow> {
        RowJournal::open(folder).unwrap().1
    }

    #[test]
    fn rows_of_the_open_group_are_found_again_and_those_of_a_committed_one_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, before) = RowJournal::open(folder.path()).unwrap();
        assert_eq!(before, []);
        for second in 1..=3 {
            journal.add(&row(second)).unwrap();
        }
        assert_eq!(left(folder.path()), [row(1), row(2), row(3)]);
        journal.clear();
        // Lines of the same length: the second and third of the old group stand behind this one.
        journal.add(&row(4)).unwrap();
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
            .add(&row(1))
            .unwrap();
        let (mut journal, found) = RowJournal::open(folder.path()).unwrap();
        assert_eq!(found, [row(1)]);
        journal.add(&row(2)).unwrap();
        assert_eq!(left(folder.path()), [row(1), row(2)]);
    }

    #[test]
    fn line_that_is_cut_or_spoilt_ends_what_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = RowJournal::open(folder.path()).unwrap();
        journal.add(&row(1)).unwrap();
        journal.add(&row(2)).unwrap();
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
        while journal.add(&row(1)).is_ok() {}
        assert!(fs::metadata(folder.path().join(NAME)).unwrap().len() <= SIZE);
        journal.clear();
        assert!(journal.add(&row(2)).is_ok());
    }
}
