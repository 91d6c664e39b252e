//! Type 2, CAN batch: CAN frames one after the other, each with the time since the one before.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | first number | 4 | number of the first frame; a board numbers its CAN frames from 0 at boot |
//! | record | 3 to 16 | repeated to the end of the body |
//!
//! One record:
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | delta | 1 to 3 | microseconds since the frame before, LEB128; at first since the header |
//! | head | 2 | bit 15: remote; bits 14 to 11: length, or 15 for an extended id; bits 10 to 0: id |
//! | extended id | 0 or 3 | low 24 bits; head bits 8 to 4 hold the high 5, bits 3 to 0 the length |
//! | data | 0 to 8 | as many as the length says, none in a remote frame |
//!
//! Encoded: standard and extended ids, data and remote frames, lengths 0 to 8. Refused by name:
//! lengths above 8, set bits without a meaning, deltas in more bytes than they need.

use core::time::Duration;

use v2x_units::{CanFrame, CanId, Instant};

use crate::link::body::{BodyError, Problem, Reader, Writer};
use crate::link::limits::BATCH_BODY_MAX;

const NAME: &str = "CAN batch";

/// Bytes of the number before the records.
const FIRST_NUMBER_LENGTH: usize = 4;
/// The longest record: delta 3, head 2, extended id 3, data 8.
const RECORD_MAX: usize = 16;

/// Seven bits of a delta, and the bit that says another byte follows.
const DELTA_BITS: u8 = 0x7F;
const DELTA_MORE: u8 = 0x80;
/// The longest delta that three bytes hold: 2.1 s.
const DELTA_MAX: u64 = 0x1F_FFFF;

const HEAD_REMOTE: u16 = 0x8000;
const HEAD_ID: u16 = 0x07FF;
const HEAD_LENGTH_SHIFT: u32 = 11;
/// In place of a length: the id is an extended one.
const HEAD_EXTENDED: u16 = 15;
/// Bits of an extended head that have no meaning.
const HEAD_EXTENDED_UNUSED: u16 = 0x0600;

/// CAN frames in the order of their capture; every record in it has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CanBatch<'a> {
    first_number: u32,
    count: u32,
    records: &'a [u8],
}

impl<'a> CanBatch<'a> {
    /// The type number.
    pub const TYPE: u8 = 2;

    /// The number of the first frame among all CAN frames of the board since its boot.
    #[must_use]
    pub const fn first_number(&self) -> u32 {
        self.first_number
    }

    /// How many frames there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The frames with their capture times; `at` is the time in the header of the link frame.
    pub fn frames(&self, at: Instant) -> impl Iterator<Item = (Instant, CanFrame)> + use<'a> {
        let mut records = self.records;
        let mut captured = at;
        core::iter::from_fn(move || {
            let (record, rest) = take_record(records).ok().flatten()?;
            records = rest;
            captured = captured + Duration::from_micros(record.delta);
            Some((captured, record.frame))
        })
    }

    /// Reads a body and checks every record in it.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let first_number = from.u32("first number")?;
        let records = from.remaining();
        let mut rest = records;
        let mut count = 0;
        while let Some((_, after)) = take_record(rest)? {
            rest = after;
            count += 1;
        }
        Ok(Self {
            first_number,
            count,
            records,
        })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When `out` is too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u32("first number", self.first_number)?;
        to.bytes("record", self.records)?;
        Ok(to.used())
    }
}

/// One frame and the microseconds since the one before.
#[derive(Debug)]
struct Record {
    delta: u64,
    frame: CanFrame,
}

/// Takes one record off the front; `None` at the end.
fn take_record(records: &[u8]) -> Result<Option<(Record, &[u8])>, BodyError> {
    if records.is_empty() {
        return Ok(None);
    }
    let mut from = Reader::new(NAME, records);
    let delta = read_delta(&mut from)?;
    let head = from.u16("head")?;
    let mut length = head >> HEAD_LENGTH_SHIFT & 0xF;
    let id = if length == HEAD_EXTENDED {
        if head & HEAD_EXTENDED_UNUSED != 0 {
            let right = "bits 10 and 9 of an extended head must be 0";
            return Err(wrong(&from, "head", head, right));
        }
        length = head & 0xF;
        let [low, middle, high] = from.array("extended id")?;
        let top = u8::try_from(head >> 4 & 0x1F).unwrap_or_default();
        CanId::extended(u32::from_le_bytes([low, middle, high, top]))
    } else {
        CanId::standard(u32::from(head & HEAD_ID))
    };
    let remote = head & HEAD_REMOTE != 0;
    let dlc = u8::try_from(length).unwrap_or(u8::MAX);
    let rest = from.remaining();
    let carried = if remote { 0 } else { usize::from(dlc) };
    let frame = match (id, rest.get(..carried)) {
        (Ok(id), _) if remote => CanFrame::remote(id, dlc),
        (Ok(id), Some(data)) => CanFrame::new(id, data),
        (_, None) if carried <= CanFrame::MAX_DLC => {
            let (need, have) = (carried, rest.len());
            return Err(from.error("data", Problem::Cut { need, have }));
        }
        _ => None,
    };
    let frame = frame.ok_or_else(|| wrong(&from, "head", length, "a length must be 0 to 8"))?;
    let record = Record { delta, frame };
    Ok(Some((record, rest.get(carried..).unwrap_or_default())))
}

fn wrong(from: &Reader<'_>, field: &'static str, seen: u16, right: &'static str) -> BodyError {
    let seen = i64::from(seen);
    from.error(field, Problem::Value { seen, right })
}

fn read_delta(from: &mut Reader<'_>) -> Result<u64, BodyError> {
    let mut delta = 0;
    for shift in [0, 7, 14] {
        let byte = from.u8("delta")?;
        delta |= u64::from(byte & DELTA_BITS) << shift;
        if byte & DELTA_MORE == 0 {
            if byte == 0 && shift > 0 {
                let right = "its last byte must not be 0";
                return Err(wrong(from, "delta", 0, right));
            }
            return Ok(delta);
        }
    }
    Err(wrong(
        from,
        "delta",
        4,
        "it must not be longer than 3 bytes",
    ))
}

/// A batch that is being filled.
#[derive(Debug, Clone)]
pub(in crate::link) struct OpenBatch {
    body: [u8; BATCH_BODY_MAX],
    used: usize,
    count: u32,
    first: Instant,
    last: Instant,
}

impl OpenBatch {
    pub(in crate::link) const fn new() -> Self {
        Self {
            body: [0; BATCH_BODY_MAX],
            used: FIRST_NUMBER_LENGTH,
            count: 0,
            first: Instant::BOOT,
            last: Instant::BOOT,
        }
    }

    /// When its first frame was captured; `None` while it is empty.
    pub(in crate::link) fn first(&self) -> Option<Instant> {
        (self.count > 0).then_some(self.first)
    }

    /// Whether a frame captured at that time still has its place in this batch.
    pub(in crate::link) fn takes(&self, captured: Instant) -> bool {
        let after_the_last = captured
            .as_micros()
            .checked_sub(self.last.as_micros())
            .is_some_and(|delta| delta <= DELTA_MAX);
        self.count == 0 || (after_the_last && self.used + RECORD_MAX <= BATCH_BODY_MAX)
    }

    /// Adds a frame that [`Self::takes`] said yes to.
    pub(in crate::link) fn push(&mut self, captured: Instant, frame: &CanFrame) {
        if self.count == 0 {
            (self.first, self.last) = (captured, captured);
        }
        let delta = captured.as_micros().saturating_sub(self.last.as_micros());
        self.last = captured;
        let mut record = [0; RECORD_MAX];
        let length = write_record(delta.min(DELTA_MAX), frame, &mut record);
        if let (Some(room), Some(bytes)) = (
            self.body.get_mut(self.used..self.used + length),
            record.get(..length),
        ) {
            room.copy_from_slice(bytes);
            self.used += length;
            self.count += 1;
        }
    }

    /// Empties the batch: its body, the first capture and the number of frames, for `number` as
    /// the number of its first frame.
    pub(in crate::link) fn close(&mut self, number: u32) -> (&[u8], Instant, u32) {
        let (length, count) = (self.used, self.count);
        (self.used, self.count) = (FIRST_NUMBER_LENGTH, 0);
        if let Some(place) = self.body.first_chunk_mut() {
            *place = number.to_le_bytes();
        }
        (
            self.body.get(..length).unwrap_or_default(),
            self.first,
            count,
        )
    }
}

/// Writes one record and returns its length.
fn write_record(delta: u64, frame: &CanFrame, record: &mut [u8; RECORD_MAX]) -> usize {
    let mut used = 0;
    let mut put = |byte: u8| {
        if let Some(place) = record.get_mut(used) {
            *place = byte;
            used += 1;
        }
    };
    let mut left = delta;
    loop {
        let low = u8::try_from(left & u64::from(DELTA_BITS)).unwrap_or_default();
        left >>= 7;
        if left == 0 {
            put(low);
            break;
        }
        put(low | DELTA_MORE);
    }
    let [low, middle, high, top] = frame.id().raw().to_le_bytes();
    let length = u16::from(frame.dlc());
    let remote = if frame.is_remote() { HEAD_REMOTE } else { 0 };
    let head = if frame.id().is_extended() {
        HEAD_EXTENDED << HEAD_LENGTH_SHIFT | u16::from(top) << 4 | length
    } else {
        length << HEAD_LENGTH_SHIFT | u16::from_le_bytes([low, middle])
    };
    (head | remote).to_le_bytes().into_iter().for_each(&mut put);
    if frame.id().is_extended() {
        [low, middle, high].into_iter().for_each(&mut put);
    }
    frame.data().iter().copied().for_each(&mut put);
    used
}
