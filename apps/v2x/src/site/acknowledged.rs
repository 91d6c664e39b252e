//! Which alarms somebody has seen, and who: a line of JSON for each, in the daemon's folder.
//!
//! Not here: the alarms. The vehicle's are events in its store, the station's a file of their own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tracing::warn;
use v2x_web::types::Alarm;
use v2x_web::{Answer, Refusal};

use super::LinesFile;

const NAMES: (&str, &str) = ("acknowledged.jsonl", "acknowledged.1.jsonl");
/// Ten thousand alarms.
const BYTES_MAX: u64 = 1_000_000;
/// Alarms of which it is remembered over a new file who has seen them: more than are shown.
const KEPT: usize = 2000;

/// Who has seen which alarm.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    file: LinesFile,
    seen: Mutex<HashMap<String, Seen>>,
    /// Held by whoever acknowledges, the disk's time included; those who look do not wait for it.
    taking: Mutex<()>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    alarm: String,
    user: String,
    ts: i64,
}

impl Acknowledged {
    /// What the file in a folder says.
    pub(crate) fn open(folder: PathBuf) -> Self {
        let file = LinesFile::new(folder, NAMES, BYTES_MAX);
        let lines = file.lines::<Seen>().unwrap_or_else(|error| {
            let name = file.name();
            warn!(%error, "{name} cannot be read: alarms that were seen look as if nobody had");
            Vec::new()
        });
        let mut seen = HashMap::new();
        for line in lines {
            // Who came first has seen it.
            seen.entry(line.alarm.clone()).or_insert(line);
        }
        Self {
            file,
            seen: Mutex::new(seen),
            taking: Mutex::new(()),
        }
    }

    /// Says in an alarm who has seen it.
    pub(crate) fn mark(&self, alarm: &mut Alarm) {
        let known = self.known();
        if let Some(seen) = known.get(&alarm.id) {
            alarm.acknowledged_by = Some(seen.user.clone());
            alarm.acknowledged_at = Some(seen.ts);
        }
    }

    /// Keeps that somebody has seen an alarm; who came first stays.
    pub(crate) fn take(&self, alarm: &str, user: &str, ts: i64) -> Answer<()> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.known().contains_key(alarm) {
            return Ok(());
        }
        let seen = Seen {
            alarm: alarm.to_owned(),
            user: user.to_owned(),
            ts,
        };
        let written = self.file.carry(&seen, || self.newest());
        written.and_then(|file| file.sync_data()).map_err(|error| {
            Refusal::Unavailable(format!("{}: {error}; try again", self.file.name()))
        })?;
        self.known().insert(alarm.to_owned(), seen);
        Ok(())
    }

    /// Those that were acknowledged last.
    fn newest(&self) -> Vec<Seen> {
        let mut all: Vec<_> = self.known().values().cloned().collect();
        all.sort_by_key(|seen| std::cmp::Reverse(seen.ts));
        all.truncate(KEPT);
        all
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use v2x_web::types::Severity;

    use super::*;

    fn alarm(id: &str) -> Alarm {
        Alarm {
            id: id.to_owned(),
            device: "vehicle".to_owned(),
            kind: "battery_hot".to_owned(),
            text: "a cell is hot".to_owned(),
            said: None,
            severity: Severity::Critical,
            began: 1,
            ended: None,
            acknowledged_by: None,
            acknowledged_at: None,
        }
    }

    #[test]
    fn who_saw_an_alarm_first_is_remembered_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Acknowledged::open(folder.path().to_owned());
        let first = open();
        first.take("7", "amal", 20).unwrap();
        first.take("7", "olga", 30).unwrap();
        for acknowledged in [first, open()] {
            let (mut seen, mut other) = (alarm("7"), alarm("8"));
            acknowledged.mark(&mut seen);
            acknowledged.mark(&mut other);
            assert_eq!(
                (seen.acknowledged_by.as_deref(), seen.acknowledged_at),
                (Some("amal"), Some(20))
            );
            assert_eq!(other, alarm("8"));
        }
    }

    #[test]
    fn who_saw_an_alarm_is_remembered_over_two_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Acknowledged::open(folder.path().to_owned());
        first.file = LinesFile::new(folder.path().to_owned(), NAMES, 200);
        first.take("7", "amal", 20).unwrap();
        for number in 100..130 {
            first.take(&number.to_string(), "olga", 30).unwrap();
        }
        let again = Acknowledged::open(folder.path().to_owned());
        let mut seen = alarm("7");
        again.mark(&mut seen);
        assert_eq!(seen.acknowledged_by.as_deref(), Some("amal"));
    }

    #[test]
    fn alarm_is_not_called_seen_when_the_disk_does_not_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        let acknowledged = Acknowledged::open(folder.path().join("gone"));
        assert!(acknowledged.take("7", "amal", 20).is_err());
        let mut seen = alarm("7");
        acknowledged.mark(&mut seen);
        assert_eq!(seen, alarm("7"));
    }
}
