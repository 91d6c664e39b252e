//! The decoder's tables and the way of a frame through them.
//!
//! The tables are made once from a DBC (`dbc`) and never change. On the way of a frame there is no
//! allocation and no search for an 11-bit id: one array lookup, one load of the eight bytes in
//! each byte order, then two shifts, a multiplication and an addition per signal.

use std::collections::HashMap;
use std::ops::Range;

use v2x_units::{CanFrame, CanId, Instant};

use crate::dbc::{self, DbcError};
use crate::history::{FirstFrame, History};
use crate::layout::{Layout, Words};
use crate::signal::{SignalId, SignalInfo};
use crate::validity::{Condition, RawRange};

/// The number of 11-bit identifiers.
const STANDARD_IDS: usize = 0x800;
/// The mark of an identifier that the DBC does not know.
const UNKNOWN: u16 = u16::MAX;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its id is known and it is whole.
    Decoded,
    /// The DBC has no message of this id; the caller counts these.
    UnknownId,
    /// It carries fewer bytes than its message has; the signals that are whole were given.
    TooShort {
        /// The bytes it carries.
        have: u8,
        /// The bytes its message has in the DBC.
        need: u8,
    },
    /// It is a remote frame, which asks for data and carries none.
    Remote,
}

/// One signal as the way of a frame needs it.
#[derive(Debug, Clone)]
pub(crate) struct Extraction {
    pub(crate) factor: f64,
    pub(crate) offset: f64,
    /// The conditions of its message, each a bit, any of which withholds it.
    pub(crate) withheld_by: u64,
    pub(crate) layout: Layout,
    /// Its part of [`Tables::invalid`].
    pub(crate) invalid: Range<usize>,
}

/// A rule about first frames and the bit it sets in the conditions of its message.
#[derive(Debug, Clone)]
pub(crate) struct FirstFrameRule {
    pub(crate) kind: FirstFrame,
    pub(crate) field: Layout,
    pub(crate) bit: u64,
}

/// One message as the way of a frame needs it; each range is a part of the table of that name.
#[derive(Debug, Clone)]
pub(crate) struct MessageTable {
    pub(crate) name: String,
    pub(crate) id: CanId,
    pub(crate) signals: Range<usize>,
    pub(crate) conditions: Range<usize>,
    pub(crate) first_frame_rules: Range<usize>,
    pub(crate) dlc: u8,
    /// The conditions that say which signals a multiplexed frame holds at all.
    pub(crate) multiplexing: u64,
}

/// The flat tables of all messages, filled by [`crate::dbc`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) messages: Vec<MessageTable>,
    /// Parallel to `infos`.
    pub(crate) signals: Vec<Extraction>,
    pub(crate) infos: Vec<SignalInfo>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) first_frame_rules: Vec<FirstFrameRule>,
    pub(crate) invalid: Vec<RawRange>,
}

/// Turns the frames of one bus into signals; immutable, so that threads may share it.
#[derive(Debug, Clone)]
pub struct Decoder {
    tables: Tables,
    standard: Box<[u16; STANDARD_IDS]>,
    extended: HashMap<u32, u16>,
    by_name: HashMap<String, SignalId>,
}

impl Decoder {
    /// Reads a DBC; `file_name` is only named in errors.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong there; nothing of a DBC with an error is used.
    pub fn from_dbc(file_name: &str, text: &str) -> Result<Self, DbcError> {
        dbc::read(file_name, text).map(Self::from_tables)
    }

    fn from_tables(tables: Tables) -> Self {
        let mut standard = Box::new([UNKNOWN; STANDARD_IDS]);
        let mut extended = HashMap::new();
        for (index, message) in (0..UNKNOWN).zip(&tables.messages) {
            if message.id.is_extended() {
                extended.insert(message.id.raw(), index);
            } else if let Some(slot) = slot(message.id).and_then(|at| standard.get_mut(at)) {
                *slot = index;
            }
        }
        let names = tables.infos.iter().map(|info| info.qualified.clone());
        let by_name = names.zip((0..=u16::MAX).map(SignalId)).collect();
        Self {
            tables,
            standard,
            extended,
            by_name,
        }
    }

    /// Every signal, in the order of the DBC; [`SignalId::index`] is the place in this list.
    #[must_use]
    pub fn signals(&self) -> &[SignalInfo] {
        &self.tables.infos
    }

    /// The ids of all signals, in the order of [`Self::signals`].
    pub fn signal_ids(&self) -> impl Iterator<Item = SignalId> {
        (0..=u16::MAX).map(SignalId).take(self.tables.infos.len())
    }

    /// What the DBC says of a signal.
    ///
    /// # Panics
    /// When the id comes from another decoder that has more signals than this one.
    #[must_use]
    pub fn info(&self, signal: SignalId) -> &SignalInfo {
        &self.tables.infos[signal.index()]
    }

    /// Finds a signal by message and name, as `BMS_Power.StateOfCharge`.
    #[must_use]
    pub fn signal(&self, qualified: &str) -> Option<SignalId> {
        self.by_name.get(qualified).copied()
    }

    /// The name of the message that an id belongs to.
    #[must_use]
    pub fn message_name(&self, id: CanId) -> Option<&str> {
        self.message(id).map(|message| message.name.as_str())
    }

    /// Hands every valid signal of a frame to `sink`, in the unit of [`SignalInfo::unit`].
    ///
    /// `at` is when the frame was on the bus; `history` belongs to this bus and this decoder. A
    /// signal that its sender marks as not available is left out, and so is one that a short
    /// frame cuts or whose validity it cuts off.
    #[inline]
    pub fn decode(
        &self,
        history: &mut History,
        at: Instant,
        frame: &CanFrame,
        mut sink: impl FnMut(SignalId, f64),
    ) -> Outcome {
        history.hear(at);
        let message = match self.message_of(frame) {
            Ok(message) => message,
            Err(outcome) => return outcome,
        };
        let words = Words::load(frame.padded());
        let have = frame.dlc();
        let mut met = self.conditions_met(message, words, have);
        for index in message.first_frame_rules.clone() {
            let rule = &self.tables.first_frame_rules[index];
            if rule.field.bytes <= have
                && history.withholds(index, rule.kind, rule.field.extract(words))
            {
                met |= rule.bit;
            }
        }
        self.extract(message, words, have, met, |signal, raw, extraction| {
            let invalid = &self.tables.invalid[extraction.invalid.clone()];
            if !invalid.iter().any(|range| range.contains(raw)) {
                sink(signal, extraction.physical(raw));
            }
        })
    }

    /// Hands every whole signal of a frame to `sink`, whether its sender means it or not.
    ///
    /// For comparison with other decoders and for looking at a bus: what this gives may be a
    /// placeholder. Signals that a multiplexed frame does not hold are left out here too.
    pub fn decode_unchecked(
        &self,
        frame: &CanFrame,
        mut sink: impl FnMut(SignalId, f64),
    ) -> Outcome {
        let message = match self.message_of(frame) {
            Ok(message) => message,
            Err(outcome) => return outcome,
        };
        let words = Words::load(frame.padded());
        let have = frame.dlc();
        let absent = self.conditions_met(message, words, have) & message.multiplexing;
        self.extract(message, words, have, absent, |signal, raw, extraction| {
            sink(signal, extraction.physical(raw));
        })
    }

    pub(crate) fn first_frame_rules(&self) -> impl Iterator<Item = &FirstFrame> {
        self.tables.first_frame_rules.iter().map(|rule| &rule.kind)
    }

    #[inline]
    fn message(&self, id: CanId) -> Option<&MessageTable> {
        let index = if id.is_extended() {
            *self.extended.get(&id.raw())?
        } else {
            *self.standard.get(slot(id)?)?
        };
        self.tables.messages.get(usize::from(index))
    }

    #[inline]
    fn message_of(&self, frame: &CanFrame) -> Result<&MessageTable, Outcome> {
        if frame.is_remote() {
            return Err(Outcome::Remote);
        }
        self.message(frame.id()).ok_or(Outcome::UnknownId)
    }

    /// The conditions of a message that hold in a frame, the first one being bit 0.
    #[inline]
    fn conditions_met(&self, message: &MessageTable, words: Words, have: u8) -> u64 {
        let conditions = &self.tables.conditions[message.conditions.clone()];
        conditions.iter().rev().fold(0, |met, condition| {
            met << 1 | u64::from(condition.holds(words, have))
        })
    }

    /// Walks through the signals of a message that are whole and not among the withheld ones.
    #[inline]
    fn extract(
        &self,
        message: &MessageTable,
        words: Words,
        have: u8,
        withheld: u64,
        mut take: impl FnMut(SignalId, u64, &Extraction),
    ) -> Outcome {
        let ids = message.signals.clone().map(|index| {
            SignalId(u16::try_from(index).expect("a DBC with more signals is refused"))
        });
        for (signal, extraction) in ids.zip(&self.tables.signals[message.signals.clone()]) {
            if extraction.layout.bytes <= have && extraction.withheld_by & withheld == 0 {
                take(signal, extraction.layout.extract(words), extraction);
            }
        }
        if have < message.dlc {
            return Outcome::TooShort {
                have,
                need: message.dlc,
            };
        }
        Outcome::Decoded
    }
}

impl Extraction {
    /// The value in the signal's unit, rounded only as `f64` rounds.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a DBC's values are floating point; 53 bits are what every decoder keeps"
    )]
    fn physical(&self, raw: u64) -> f64 {
        let raw = if self.layout.is_wide() {
            raw as f64
        } else {
            raw.cast_signed() as f64
        };
        raw * self.factor + self.offset
    }
}

/// The place of an 11-bit identifier in the lookup array.
#[inline]
fn slot(id: CanId) -> Option<usize> {
    usize::try_from(id.raw()).ok()
}
