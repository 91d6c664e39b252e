//! The journal of a slot: what happened, in flash until the computer has it on its disk.
//!
//! Not here: what a step is ([`super::step_bytes`]) and booking it (the station computer, which
//! takes each entry once by its boot and number). Entries go up one after the other; the oldest is
//! said again until the computer names it. When the flash is full the oldest goes, which is said.
//! What is no book (notes, proven cars, battery data) is kept in half of the flash only, so that
//! nothing that comes over the air can displace a step or a receipt.
//!
//! In flash an entry is: kind 1, boot 4, number 4, content.

use v2x_charging::SessionRecord;
use v2x_proto::link::message::{JournalEntry, JournalKept, LogLevel};
use v2x_units::{BootId, Instant};

use super::step_bytes;
use crate::chassis::Chassis;
use crate::limits::{COMPUTER_THERE, JOURNAL_AGAIN};
use crate::memory::{JOURNALED, Memory, MemoryError, VALUE_MAX};

/// A step of a session, as [`super::step_bytes`] has it.
pub const STEP: u8 = 1;
/// A car has proven its credential: as text, its fingerprint, a blank, its name.
pub const CAR_PROVEN: u8 = 2;
/// V2G has ended the power: why, as text.
pub const POWER_OFF: u8 = 3;
/// A receipt with the station's signature: a MeteringReceiptRes.
pub const RECEIPT: u8 = 4;
/// The same with the car's signature of 64 bytes before it.
pub const COUNTERSIGNED: u8 = 5;
/// Something else that happened on the air, as text.
pub const NOTE: u8 = 6;
/// A car's battery while it charges: a ChargingStatusReq. Said once, never kept.
pub const BATTERY: u8 = 7;
/// A car's battery after it has left: the car's name with its length, a BatteryDataReq.
pub const BATTERY_DATA: u8 = 8;

const HEAD: usize = 9;
/// The most bytes of an entry's content.
pub const CONTENT_MAX: usize = VALUE_MAX - HEAD;

/// The journal.
#[derive(Debug)]
pub struct Journal {
    boot: BootId,
    number: u32,
    /// Whether entries wait; `None` until the flash was asked.
    waits: Option<bool>,
    /// The entry that was said last, and when to say it again.
    said: Option<(BootId, u32, Instant)>,
    given_up: u32,
    /// Whether it was said that something was left out, since the journal was empty.
    leaves_out: bool,
}

impl Journal {
    /// The journal at a start; older entries may wait in flash.
    #[must_use]
    pub const fn new(boot: BootId) -> Self {
        Self {
            boot,
            number: 0,
            waits: None,
            said: None,
            given_up: 0,
            leaves_out: false,
        }
    }

    /// Entries since the start that were given up for newer ones.
    #[must_use]
    pub const fn given_up(&self) -> u32 {
        self.given_up
    }

    /// Whether the computer is there and has everything.
    #[must_use]
    pub fn is_told(&self, now: Instant, chassis: &Chassis) -> bool {
        self.waits == Some(false) && is_there(now, chassis)
    }

    /// Keeps an entry; it is safe when this returns.
    ///
    /// # Errors
    /// The flash's; then it is not kept.
    pub fn add(
        &mut self,
        kind: u8,
        content: &[u8],
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        let mut entry = heapless::Vec::<u8, VALUE_MAX>::new();
        let number = self.number.wrapping_add(1);
        let parts: [&[u8]; 4] = [
            &[kind],
            &self.boot.get().to_le_bytes(),
            &number.to_le_bytes(),
            content,
        ];
        for part in parts {
            (entry.extend_from_slice(part)).map_err(|_| MemoryError::Full)?;
        }
        let had_to_go = memory.push(&entry)?;
        self.number = number;
        self.waits = Some(true);
        if had_to_go {
            self.given_up = self.given_up.saturating_add(1);
            self.said = None;
        }
        Ok(())
    }

    /// Keeps an entry; one that is no book only while half of the flash is free, and says it once
    /// beyond that.
    ///
    /// # Errors
    /// The flash's; then it is neither kept nor said.
    pub fn add_or_say(
        &mut self,
        now: Instant,
        kind: u8,
        content: &[u8],
        chassis: &mut Chassis,
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        if is_book(kind) || memory.is_half_free()? {
            return self.add(kind, content, memory);
        }
        if !core::mem::replace(&mut self.leaves_out, true) {
            let text = "journal: half full; what is no step and no receipt is said once only";
            chassis.log(now, LogLevel::Warn, format_args!("{text}"));
        }
        Self::say(now, kind, content, chassis);
        Ok(())
    }

    /// Keeps a step of a session, and notes which one it was.
    ///
    /// # Errors
    /// The flash's; then the step is not in the journal.
    pub fn add_step(
        &mut self,
        record: &SessionRecord,
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        self.add(STEP, &step_bytes::write(record), memory)?;
        // Without its mark the step is added once more at the next start, which does no harm.
        memory.store(JOURNALED, &mark(record)).unwrap_or_default();
        Ok(())
    }

    /// Takes up the newest step of the slot at a start, unless it is in the journal already: the
    /// power may have gone between the step and its copy here. Twice is no harm, the computer
    /// knows each step.
    ///
    /// # Errors
    /// The flash's; then the step is not in the journal.
    pub fn catch_up(
        &mut self,
        record: &SessionRecord,
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(JOURNALED, &mut room).ok().flatten();
        if kept == Some(&mark(record)[..]) {
            return Ok(());
        }
        self.add_step(record, memory)
    }

    /// Says something once that is in no journal.
    pub fn say(now: Instant, kind: u8, content: &[u8], chassis: &mut Chassis) {
        let entry = JournalEntry {
            boot: chassis.identity().boot,
            number: 0,
            kind,
            content,
        };
        chassis.send(now, entry);
    }

    /// The computer has an entry on its disk.
    pub fn kept(
        &mut self,
        now: Instant,
        kept: JournalKept,
        chassis: &mut Chassis,
        memory: &mut dyn Memory,
    ) {
        let mut room = [0; VALUE_MAX];
        let oldest = memory.oldest(&mut room).ok().flatten().and_then(read);
        let is_oldest =
            oldest.is_some_and(|entry| (entry.boot, entry.number) == (kept.boot, kept.number));
        if !is_oldest {
            return;
        }
        if let Err(error) = memory.drop_oldest() {
            // It comes again, and the computer knows it.
            let text = format_args!("journal: entry told and not dropped: {error}");
            chassis.log(now, LogLevel::Warn, text);
            return;
        }
        self.said = None;
        self.waits = None;
    }

    /// Says the oldest entry while the computer is there; gives the time to look again.
    pub fn poll(
        &mut self,
        now: Instant,
        chassis: &mut Chassis,
        memory: &mut dyn Memory,
    ) -> Option<Instant> {
        if self.waits == Some(false) || !is_there(now, chassis) {
            return None;
        }
        if let Some((_, _, again)) = self.said.filter(|(_, _, again)| now < *again) {
            return Some(again);
        }
        let again = now + JOURNAL_AGAIN;
        let mut room = [0; VALUE_MAX];
        match memory.oldest(&mut room) {
            Ok(None) => {
                self.waits = Some(false);
                self.leaves_out = false;
                return None;
            }
            Ok(Some(bytes)) => match read(bytes) {
                Some(entry) if chassis.has_room_for_batch() => {
                    self.waits = Some(true);
                    self.said = Some((entry.boot, entry.number, again));
                    chassis.send(now, entry);
                }
                Some(_) => {}
                // Written by a firmware that had no journal: nobody can read it.
                None => {
                    if memory.drop_oldest().is_ok() {
                        return Some(now);
                    }
                }
            },
            Err(error) => {
                let text = format_args!("journal: not read: {error}");
                chassis.log(now, LogLevel::Error, text);
                self.said = Some((self.boot, 0, again));
            }
        }
        Some(again)
    }
}

/// Whether an entry of this kind is needed to account for energy.
const fn is_book(kind: u8) -> bool {
    matches!(kind, STEP | RECEIPT | COUNTERSIGNED | POWER_OFF)
}

fn is_there(now: Instant, chassis: &Chassis) -> bool {
    let heard = chassis.computer_heard_at();
    heard.is_some_and(|heard| now.since(heard) < COMPUTER_THERE)
}

/// What tells a step from all others.
fn mark(record: &SessionRecord) -> [u8; 20] {
    let mut mark = [0; 20];
    let parts = record.transaction.bytes().into_iter();
    for (room, byte) in mark.iter_mut().zip(parts.chain(record.seq.to_le_bytes())) {
        *room = byte;
    }
    mark
}

/// An entry as flash has it.
fn read(bytes: &[u8]) -> Option<JournalEntry<'_>> {
    let (kind, rest) = bytes.split_first()?;
    let (boot, rest) = rest.split_first_chunk()?;
    let (number, content) = rest.split_first_chunk()?;
    Some(JournalEntry {
        boot: BootId::new(u32::from_le_bytes(*boot)),
        number: u32::from_le_bytes(*number),
        kind: *kind,
        content,
    })
}
