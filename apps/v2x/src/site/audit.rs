//! Who did what over the dashboard: a line of JSON for each deed, in the daemon's folder.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use v2x_web::types::Audit;
use v2x_web::{Answer, Deed, Refusal};

use super::{LinesFile, now_ms};
use crate::clock::Clock;

/// Where deeds are.
const FILE: &str = "audit.jsonl";
/// Where those before are.
const OLD: &str = "audit.1.jsonl";
/// Forty thousand deeds.
const BYTES_MAX: u64 = 8_000_000;
/// The longest detail of a deed, in characters.
const DETAIL_MAX: usize = 500;

/// The file of deeds.
pub(crate) struct AuditFile {
    file: LinesFile,
    clock: Clock,
    /// The number of the last deed, once it is known.
    last: Mutex<Option<i64>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    id: i64,
    ts: i64,
    user: String,
    action: String,
    subject: String,
    detail: String,
    from: String,
}

impl AuditFile {
    /// The file in a folder; made with the first deed.
    pub(crate) fn new(folder: PathBuf, clock: Clock) -> Self {
        Self {
            file: LinesFile::new(folder, (FILE, OLD), BYTES_MAX),
            clock,
            last: Mutex::new(None),
        }
    }

    /// Keeps a deed; one that the disk refuses stands in the log.
    pub(crate) fn note(&self, deed: &Deed) {
        let Deed {
            user,
            action,
            subject,
            detail,
            from,
        } = deed;
        info!(user, action, subject, detail, from, "dashboard");
        // Numbers only rise: what a thread that died left behind is right.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let ts = now_ms(&self.clock);
        let id = self.next(&mut last, ts);
        let cut = |text: &str| text.chars().take(DETAIL_MAX).collect();
        let line = Line {
            id,
            ts,
            user: user.clone(),
            action: (*action).to_owned(),
            subject: cut(subject),
            detail: cut(detail),
            from: from.clone(),
        };
        if let Err(error) = self.file.add_for_good(&line) {
            warn!(%error, id, "a deed is not kept in {FILE}");
        }
    }

    /// The newest deeds before a number, newest first.
    pub(crate) fn deeds(&self, before: Option<i64>, limit: usize) -> Answer<Vec<Audit>> {
        let lines = self.file.lines::<Line>();
        let lines = lines
            .map_err(|error| Refusal::Unavailable(format!("{FILE} cannot be read: {error}")))?;
        let lines = lines.into_iter().rev();
        let chosen = lines.filter(|line| before.is_none_or(|before| line.id < before));
        let shown = chosen.take(limit).map(|line| Audit {
            id: line.id,
            ts: Some(line.ts),
            user: line.user,
            action: line.action,
            subject: line.subject,
            detail: line.detail,
            from: line.from,
        });
        Ok(shown.collect())
    }

    /// The number after the last one. While the file cannot be read it is the time, which is beyond
    /// any number that was ever counted to, so that the order stays; it is read again next time.
    fn next(&self, last: &mut Option<i64>, ts: i64) -> i64 {
        if last.is_none() {
            match self.file.lines::<Line>() {
                Ok(lines) => *last = Some(lines.iter().map(|line| line.id).max().unwrap_or(0)),
                Err(error) => {
                    warn!(%error, "{FILE} cannot be read: its numbers make a leap");
                    return ts.max(1);
                }
            }
        }
        let id = last.map_or(1, |last| last.saturating_add(1));
        *last = Some(id);
        id
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn deed(subject: &str) -> Deed {
        Deed {
            user: "amal".to_owned(),
            action: "set_tariff",
            subject: subject.to_owned(),
            detail: "a \"quote\"\nand a line".to_owned(),
            from: "192.0.2.1".to_owned(),
        }
    }

    #[test]
    fn deeds_are_numbered_over_a_restart_and_come_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = || AuditFile::new(folder.path().to_owned(), Clock::start());
        let first = file();
        assert_eq!(first.deeds(None, 10).unwrap(), []);
        first.note(&deed("one"));
        first.note(&deed("two"));
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{{\"id\":")).unwrap();
        let second = file();
        second.note(&deed("three"));
        second.note(&deed("four"));
        let seen = second.deeds(None, 10).unwrap();
        let seen: Vec<_> = seen.iter().map(|it| (it.id, it.subject.as_str())).collect();
        assert_eq!(seen, [(4, "four"), (3, "three"), (2, "two"), (1, "one")]);
        assert_eq!(second.deeds(Some(2), 10).unwrap().len(), 1);
        assert_eq!(second.deeds(None, 1).unwrap()[0].id, 4);
    }

    #[test]
    fn numbers_rise_past_a_time_in_which_the_file_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = || AuditFile::new(folder.path().to_owned(), Clock::start());
        file().note(&deed("one"));
        let unreadable = folder.path().join(OLD);
        fs::create_dir(&unreadable).unwrap();
        let second = file();
        second.note(&deed("two"));
        assert!(second.deeds(None, 10).is_err());
        fs::remove_dir(&unreadable).unwrap();
        second.note(&deed("three"));
        let seen = second.deeds(None, 10).unwrap();
        let subjects: Vec<_> = seen.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!(subjects, ["three", "two", "one"]);
        assert!(seen.is_sorted_by(|a, b| a.id > b.id), "{seen:?}");
    }

    #[test]
    fn full_file_is_put_aside_and_deeds_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = AuditFile::new(folder.path().to_owned(), Clock::start());
        file.note(&deed("one"));
        let path = folder.path().join(FILE);
        let filler = vec![b'\n'; usize::try_from(BYTES_MAX).unwrap()];
        let text = fs::read(&path).unwrap();
        fs::write(&path, [text, filler].concat()).unwrap();
        file.note(&deed("two"));
        let seen = file.deeds(None, 10).unwrap();
        assert_eq!(seen.iter().map(|it| it.id).collect::<Vec<_>>(), [2, 1]);
        assert!(folder.path().join(OLD).exists());
    }
}
