//! A step of a session into the flash, with what it costs and its copy in the journal.
//!
//! Not here: when a step is due (`v2x_charging`) and telling the computer ([`super::journal`]).

use v2x_charging::SessionRecord;
use v2x_proto::link::message::LogLevel;
use v2x_units::Instant;

use super::journal::{self, Journal};
use super::{RETRY_AFTER, SlotController, step_bytes};
use crate::limits::JOURNAL_COPY_EVERY;
use crate::memory::{COST, Memory, MemoryError, SESSION};

impl SlotController {
    pub(super) fn say(&mut self, now: Instant, what: &str, record: &SessionRecord) {
        let (id, energy) = (record.transaction, record.energy.plausible);
        self.chassis.log(
            now,
            LogLevel::Info,
            format_args!("session {id} {what}: {energy}"),
        );
    }

    /// Tells what became of an entry for the journal.
    pub(super) fn tell_journal(
        &mut self,
        now: Instant,
        given_up: u32,
        added: Result<(), MemoryError>,
    ) {
        if let Err(error) = added {
            let text = format_args!("journal: entry not kept: {error}");
            self.chassis.log(now, LogLevel::Error, text);
        }
        if self.journal.given_up() != given_up {
            let text = format_args!("journal: full, the oldest entry was given up");
            self.chassis.log(now, LogLevel::Error, text);
        }
    }

    /// Tries again what the journal has refused at the start, when it is time.
    pub(super) fn try_missed(&mut self, now: Instant, memory: &mut dyn Memory) {
        if self.missed.is_some_and(|(at, _)| now >= at) {
            let given_up = self.journal.given_up();
            let added = self.catch_up(memory);
            if let (Err(_), Some((again, _))) = (&added, &mut self.missed) {
                *again = now + RETRY_AFTER;
            }
            self.tell_journal(now, given_up, added);
        }
    }

    /// Adds the step from before the start that is not in the journal yet, if there is one.
    fn catch_up(&mut self, memory: &mut dyn Memory) -> Result<(), MemoryError> {
        if let Some((_, record)) = self.missed {
            self.journal.catch_up(&record, memory)?;
            self.missed = None;
        }
        Ok(())
    }

    /// Keeps a step in flash, with what the session costs; one that begins, ends or changes
    /// something also in the journal.
    pub(super) fn keep(&mut self, now: Instant, record: SessionRecord, memory: &mut dyn Memory) {
        let bytes = step_bytes::write(&record);
        if let Err(error) = memory.store(SESSION, &bytes) {
            self.chassis.log(
                now,
                LogLevel::Error,
                format_args!("session not kept: {error}"),
            );
            self.refused = Some((now + RETRY_AFTER, record));
            return;
        }
        let utc = self.utc(now);
        if let Some(end) = &mut self.station_end
            && let cost = end.cost_of(&record, self.kept.as_ref(), utc)
            && let Err(error) = memory.store(COST, cost.as_ref())
        {
            // A restart prices what has flowed since the last one that was kept.
            let text = format_args!("cost not kept: {error}");
            self.chassis.log(now, LogLevel::Warn, text);
        }
        let is_checkpoint = self.kept.is_some_and(|before| {
            before.transaction == record.transaction
                && before.state == record.state
                && before.ended == record.ended
        });
        let is_copy_due = now.since(self.copied_at) >= JOURNAL_COPY_EVERY;
        if is_checkpoint && self.journal.is_told(now, &self.chassis) {
            Journal::say(now, journal::STEP, &bytes, &mut self.chassis);
        } else if !is_checkpoint || is_copy_due {
            let given_up = self.journal.given_up();
            // The computer takes steps in their order: one from before the start comes first.
            let missed = self.catch_up(memory);
            let added = missed.and_then(|()| self.journal.add_step(&record, memory));
            self.tell_journal(now, given_up, added);
            if added.is_err() {
                // Without its copy the computer would never hear of it.
                self.refused = Some((now + RETRY_AFTER, record));
                return;
            }
            self.copied_at = now;
        }
        self.kept = Some(record);
        self.refused = None;
        self.slot.persisted(record.transaction, record.seq);
    }
}
