//! Alarms of the slots: those that go on, those of the past, and who has seen them; in memory for
//! those who look, and in a file of the station's folder over a restart.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use tracing::warn;
use v2x_units::UtcTime;
use v2x_web::types::{Alarm, Severity};
use v2x_web::{Answer, Refusal, Said};

use super::slot_id;
use crate::site::{LinesFile, ms};

/// Alarms that are remembered.
const ALARMS: usize = 1000;
const NAMES: (&str, &str) = ("alarms.jsonl", "alarms.1.jsonl");
/// Twice ten thousand beginnings and ends.
const BYTES_MAX: u64 = 5_000_000;

/// The alarms, the newest first.
pub(super) struct Alarms {
    list: VecDeque<Alarm>,
    last: i64,
    file: Arc<LinesFile>,
    is_refused: bool,
}

/// That somebody has seen an alarm, before it is on disk.
pub(super) struct Seen {
    alarm: Alarm,
    /// All that are remembered, oldest first, for a new file.
    others: Vec<Alarm>,
    file: Arc<LinesFile>,
}

impl Seen {
    /// Writes it; nobody waits for the disk but who asks.
    pub(super) fn write(&self) -> Answer<()> {
        let written = self.file.carry(&self.alarm, || self.others.clone());
        written.and_then(|file| file.sync_data()).map_err(|error| {
            Refusal::Unavailable(format!("{}: {error}; try again", self.file.name()))
        })
    }
}

impl Alarms {
    /// Those that the file in a folder has; what went on at the end of the last run goes on until
    /// its slot says otherwise. `now` is the time in ms since 1970.
    pub(super) fn open(folder: PathBuf, now: i64) -> Self {
        Self::read(LinesFile::new(folder, NAMES, BYTES_MAX), now)
    }

    fn read(file: LinesFile, now: i64) -> Self {
        let (lines, is_read) = match file.lines::<Alarm>() {
            Ok(lines) => (lines, true),
            Err(error) => {
                warn!(%error, "{} cannot be read: alarms of the past are not shown", file.name());
                (Vec::new(), false)
            }
        };
        let mut alarms = Self {
            list: VecDeque::new(),
            // Beyond any number that was counted to.
            last: if is_read { 0 } else { now },
            file: Arc::new(file),
            is_refused: false,
        };
        for line in lines {
            alarms.last = alarms.last.max(line.id.parse().unwrap_or(0));
            alarms.keep(line);
        }
        alarms
    }

    /// The newest first.
    pub(super) fn all(&self) -> Vec<Alarm> {
        self.list.iter().cloned().collect()
    }

    /// Takes the alarm of a slot; gives what began or ended.
    pub(super) fn take(&mut self, slot: u8, text: Option<String>, utc: UtcTime) -> Vec<Alarm> {
        let device = slot_id(slot);
        let open = self.list.iter();
        let open = open.filter(|alarm| alarm.device == device && alarm.ended.is_none());
        let open: Vec<_> = open.cloned().collect();
        if open.len() == 1 && open.iter().any(|alarm| Some(&alarm.text) == text.as_ref()) {
            return Vec::new();
        }
        let mut changed = Vec::new();
        for alarm in open {
            changed.push(Alarm {
                ended: Some(ms(utc)),
                ..alarm
            });
        }
        changed.extend(text.map(|text| self.begun(device, text, utc)));
        for alarm in &changed {
            self.write(alarm);
            self.keep(alarm.clone());
        }
        changed
    }

    /// Ends the alarms of slots that the station has no more; gives what ended.
    pub(super) fn end_others(&mut self, slots: &[u8], utc: UtcTime) -> Vec<Alarm> {
        let known: Vec<_> = slots.iter().map(|slot| slot_id(*slot)).collect();
        let open = self.list.iter().filter(|alarm| alarm.ended.is_none());
        let of_others = open.filter(|alarm| !known.contains(&alarm.device));
        let ended = of_others.cloned().map(|alarm| Alarm {
            ended: Some(ms(utc)),
            ..alarm
        });
        let ended: Vec<_> = ended.collect();
        for alarm in &ended {
            self.write(alarm);
            self.keep(alarm.clone());
        }
        ended
    }

    /// That somebody has seen an alarm, to be written; or the alarm, whom somebody has seen before.
    pub(super) fn see(&self, id: &str, user: &str, now: i64) -> Answer<Result<Seen, Alarm>> {
        let found = self.list.iter().find(|alarm| alarm.id == id);
        let Some(alarm) = found else {
            let id: String = id.chars().take(60).collect();
            let what = format!("there is no alarm {id:?}; /api/v1/alarms lists them");
            return Err(Refusal::NotFound(what));
        };
        if alarm.acknowledged_by.is_some() {
            return Ok(Err(alarm.clone()));
        }
        let alarm = Alarm {
            acknowledged_by: Some(user.to_owned()),
            acknowledged_at: Some(now),
            ..alarm.clone()
        };
        Ok(Ok(Seen {
            alarm,
            others: self.list.iter().rev().cloned().collect(),
            file: Arc::clone(&self.file),
        }))
    }

    /// It is on disk that somebody has seen an alarm.
    pub(super) fn seen(&mut self, seen: Seen) -> Alarm {
        let written = seen.alarm;
        let Some(known) = self.list.iter().find(|alarm| alarm.id == written.id) else {
            return written;
        };
        let alarm = Alarm {
            acknowledged_by: written.acknowledged_by.clone(),
            acknowledged_at: written.acknowledged_at,
            ..known.clone()
        };
        if alarm != written {
            // It has ended meanwhile.
            self.write(&alarm);
        }
        self.keep(alarm.clone());
        alarm
    }

    fn begun(&mut self, device: String, text: String, utc: UtcTime) -> Alarm {
        self.last = self.last.saturating_add(1);
        let is_fault = text.starts_with("Faulted");
        let (kind, severity) = match is_fault {
            true => ("fault", Severity::Critical),
            false => ("unavailable", Severity::Warning),
        };
        Alarm {
            said: Said::of(&text),
            id: self.last.to_string(),
            device,
            kind: kind.to_owned(),
            text,
            severity,
            began: ms(utc),
            ended: None,
            acknowledged_by: None,
            acknowledged_at: None,
        }
    }

    /// Puts an alarm in the place of itself, or first.
    fn keep(&mut self, alarm: Alarm) {
        match self.list.iter_mut().find(|known| known.id == alarm.id) {
            Some(known) => *known = alarm,
            None => self.list.push_front(alarm),
        }
        if self.list.len() > ALARMS {
            // One that goes on is not forgotten for others that are over.
            let over = self.list.iter().rposition(|alarm| alarm.ended.is_some());
            self.list.remove(over.unwrap_or(self.list.len() - 1));
        }
    }

    /// The keeper does not wait for the disk here: a power cut may take the last lines.
    fn write(&mut self, alarm: &Alarm) {
        let list = &self.list;
        let written = self
            .file
            .carry(alarm, || list.iter().rev().cloned().collect());
        if let Err(error) = &written
            && !self.is_refused
        {
            warn!(%error, "alarms are not kept in {}; they are shown all the same", NAMES.0);
        }
        self.is_refused = written.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> UtcTime {
        UtcTime::from_millis(ms)
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn acknowledge(alarms: &mut Alarms, id: &str, user: &str) -> Answer<Alarm> {
        let seen = match alarms.see(id, user, 12)? {
            Ok(seen) => seen,
            Err(known) => return Ok(known),
        };
        seen.write()?;
        Ok(alarms.seen(seen))
    }

    #[test]
    fn alarm_that_goes_on_outlives_new_files_and_a_thousand_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = || LinesFile::new(folder.path().to_owned(), NAMES, 400_000);
        let mut first = Alarms::read(file(), 0);
        let id = first.take(1, text("Faulted: relay"), at(1))[0].id.clone();
        acknowledge(&mut first, &id, "amal").unwrap();
        for n in 0..5000 {
            first.take(2, text("Unavailable: no meter"), at(n));
            first.take(2, None, at(n));
        }
        let second = Alarms::read(file(), 0);
        assert_eq!((first.list.len(), second.list.len()), (ALARMS, ALARMS));
        for alarms in [first, second] {
            let open = alarms.all().into_iter().find(|alarm| alarm.id == id);
            let open = open.expect("it goes on");
            assert_eq!(
                (open.ended, open.acknowledged_by.as_deref()),
                (None, Some("amal"))
            );
        }
    }

    #[test]
    fn alarm_that_ends_while_it_is_acknowledged_is_over_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut alarms = Alarms::open(folder.path().to_owned(), 0);
        let id = alarms.take(1, text("Faulted: relay"), at(1))[0].id.clone();
        let Ok(seen) = alarms.see(&id, "amal", 5).unwrap() else {
            panic!("nobody has seen it");
        };
        alarms.take(1, None, at(9));
        seen.write().unwrap();
        alarms.seen(seen);
        for alarms in [alarms, Alarms::open(folder.path().to_owned(), 0)] {
            let alarm = &alarms.all()[0];
            assert_eq!(
                (alarm.ended, alarm.acknowledged_by.as_deref()),
                (Some(9), Some("amal"))
            );
        }
    }

    #[test]
    fn alarm_of_a_slot_begins_once_ends_once_and_another_follows() {
        let folder = tempfile::tempdir().unwrap();
        let mut alarms = Alarms::open(folder.path().to_owned(), 0);
        let began = alarms.take(1, text("Faulted: relay"), at(10));
        assert_eq!(began.len(), 1);
        assert_eq!(
            (began[0].began, began[0].ended, began[0].severity),
            (10, None, Severity::Critical)
        );
        assert!(alarms.take(1, text("Faulted: relay"), at(20)).is_empty());
        assert!(alarms.take(2, None, at(20)).is_empty());
        let changed = alarms.take(1, text("Unavailable: no meter"), at(30));
        assert_eq!((&changed[0].id, changed[0].ended), (&began[0].id, Some(30)));
        assert_eq!((changed[1].began, changed[1].ended), (30, None));
        for n in 0..2000 {
            alarms.take(3, text(&format!("Unavailable: {n}")), at(n));
        }
        assert_eq!(alarms.list.len(), ALARMS, "the list is full");
    }

    #[test]
    fn alarm_goes_on_over_a_restart_and_stays_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Alarms::open(folder.path().to_owned(), 0);
        let mut first = open();
        first.take(2, text("Unavailable: no meter"), at(5));
        first.take(2, None, at(6));
        let id = first.take(1, text("Faulted: relay"), at(10))[0].id.clone();
        acknowledge(&mut first, &id, "amal").unwrap();
        acknowledge(&mut first, &id, "olga").unwrap();
        let mut second = open();
        assert_eq!(second.all(), first.all());
        assert_eq!(second.all()[0].acknowledged_by.as_deref(), Some("amal"));
        assert!(second.take(1, text("Faulted: relay"), at(90)).is_empty());
        let ended = second.take(1, None, at(99));
        assert_eq!((&ended[0].id, ended[0].ended), (&id, Some(99)));
        let next = second.take(1, text("Faulted: relay"), at(100));
        assert_ne!(next[0].id, id);
        assert!(matches!(
            acknowledge(&mut second, "99", "amal"),
            Err(Refusal::NotFound(_))
        ));
    }

    #[test]
    fn alarm_of_a_slot_that_was_taken_out_of_the_settings_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Alarms::open(folder.path().to_owned(), 0);
        first.take(1, text("Faulted: relay"), at(10));
        let gone = first.take(2, text("Unavailable: no meter"), at(11));
        let mut second = Alarms::open(folder.path().to_owned(), 0);
        let ended = second.end_others(&[1], at(50));
        assert_eq!(ended.len(), 1);
        assert_eq!((&ended[0].id, ended[0].ended), (&gone[0].id, Some(50)));
        assert!(second.end_others(&[1], at(60)).is_empty());
        let third = Alarms::open(folder.path().to_owned(), 0);
        assert_eq!(third.all(), second.all());
    }

    #[test]
    fn alarms_are_shown_when_the_disk_does_not_keep_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut alarms = Alarms::open(folder.path().join("gone"), 0);
        let began = alarms.take(1, text("Faulted: relay"), at(10));
        assert_eq!(alarms.all(), began);
        assert!(acknowledge(&mut alarms, &began[0].id, "amal").is_err());
        assert_eq!(alarms.all(), began, "nobody is told that it was seen");
    }
}
