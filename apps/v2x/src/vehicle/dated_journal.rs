//! The journal behind the clock: it hears of the car once what happened has a date.
//!
//! A trip that began before the time was known would begin in 1970, and the step to the truth
//! would end it. So observations wait in memory for their date, as rows do in the store
//! ([`super::dating`]), and a trip or charge of the last run is gone on with only then. A kill
//! before the time is known takes what waits; the rows themselves are in the store.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use tracing::warn;
use v2x_roles::timekeeping::Dated;
use v2x_roles::vehicle::{AlarmLimits, Observation};
use v2x_store::{HostBoot, Store, When};
use v2x_units::{Instant, Stamp};

use super::dating::mark;
use super::journal::{Journal, KeptAlarm};

/// Observations that may wait: an hour at one per second. When full, the oldest is given up and
/// told once.
const WAITING_MAX: usize = 3600;

/// The journal and what waits for it.
pub(super) struct DatedJournal {
    folder: PathBuf,
    drawn: u64,
    journal: Option<Journal>,
    waiting: VecDeque<Observation>,
    has_given_up: bool,
    limits: AlarmLimits,
}

impl DatedJournal {
    /// A journal in a folder that nobody has opened yet; `drawn` is a random number of this start.
    pub(super) fn new(folder: &Path, drawn: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            drawn,
            journal: None,
            waiting: VecDeque::new(),
            has_given_up: false,
            limits: AlarmLimits::default(),
        }
    }

    /// Alarms are raised at these limits from now on.
    pub(super) fn set_limits(&mut self, limits: AlarmLimits) {
        self.limits = limits;
        if let Some(journal) = &mut self.journal {
            journal.set_limits(limits);
        }
    }

    /// Takes one observation, and tells the journal all that have a date by now.
    pub(super) fn observe(
        &mut self,
        seen: Observation,
        host: Option<HostBoot>,
        date: impl Fn(Instant) -> Option<Dated>,
        store: &mut Store,
    ) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
            if !std::mem::replace(&mut self.has_given_up, true) {
                warn!("no time is known for an hour: trips and charges of it are given up");
            }
        }
        self.waiting.push_back(seen);
        while let Some(seen) = self.waiting.front() {
            let instant = seen.at.instant;
            let Some(dated) = date(instant) else {
                return;
            };
            let at = Stamp {
                instant,
                utc: dated.utc,
            };
            let limits = self.limits;
            let Some(journal) = resumed(&mut self.journal, &self.folder, self.drawn, at, store)
            else {
                return;
            };
            journal.set_limits(limits);
            journal.set_when(When {
                mark: Some(mark(dated)),
                host: host.map(|boot| (boot, instant)),
                board: None,
            });
            journal.observe(&Observation { at, ..*seen }, store);
            self.waiting.pop_front();
        }
    }

    /// Alarms that began or ended on disk since this was asked last.
    pub(super) fn take_alarms(&mut self) -> Vec<KeptAlarm> {
        let journal = self.journal.as_mut();
        journal.map(Journal::take_alarms).unwrap_or_default()
    }

    /// Writes the last step of what goes on, for the next start to go on with.
    pub(super) fn close(&mut self, store: &mut Store) {
        if let Some(journal) = &mut self.journal {
            journal.close(store);
        }
        if !self.waiting.is_empty() {
            let seconds = self.waiting.len();
            warn!(
                seconds,
                "the time was never known: this is in no trip and no charge"
            );
        }
    }
}

/// The journal, opened at this moment if it was not; `None` while the disk refuses.
fn resumed<'a>(
    journal: &'a mut Option<Journal>,
    folder: &Path,
    drawn: u64,
    at: Stamp,
    store: &Store,
) -> Option<&'a mut Journal> {
    if journal.is_none() {
        match Journal::resume(store, folder, at, drawn) {
            Ok(opened) => *journal = Some(opened),
            Err(error) => warn!(%error, "trips and charges of the last run are not readable"),
        }
    }
    journal.as_mut()
}
