//! The decoder's tables and the way of a frame through them.
//!
//! The tables are made once from a DBC (`dbc`) and never change. On the way of a frame there is no
//! allocation and no search for an 11-bit id: one array lookup, one load of the eight bytes in
//! each byte order, then a shift, a mask, a multiplication and an addition per signal.

use std::collections::HashMap;

use v2x_units::{CanFrame, CanId, Instant};

use crate::dbc::{self, DbcError};
use crate::history::{FirstFrame, History};
use crate::layout::Words;
use crate::message::MessageTable;
use crate::signal::{SignalId, SignalInfo};

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

/// All messages, and what is known of their signals; filled by [`crate::dbc`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) messages: Vec<MessageTable>,
    /// Parallel to the signals of all messages, one message after the other.
    pub(crate) infos: Vec<SignalInfo>,
    /// How many rules about first frames the messages have together.
    pub(crate) rules: usize,
}

/// Turns the frames of one bus into signals; immutable, so that threads may share it.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(crate) tables: Tables,
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
        let mut met = message.conditions_met(words, have);
        for rule in &message.first_frame_rules {
            if rule.field.bytes <= have
                && history.withholds(rule.index, rule.kind, rule.field.extract(words))
            {
                met |= rule.bit;
            }
        }
        message.extract(words, have, met, |signal, raw, extraction| {
            if !extraction.is_invalid(raw) {
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
        let absent = message.conditions_met(words, have) & message.multiplexing;
        message.extract(words, have, absent, |signal, raw, extraction| {
            sink(signal, extraction.physical(raw));
        })
    }

    pub(crate) fn first_frame_rules(&self) -> impl Iterator<Item = FirstFrame> {
        let rules = self
            .tables
            .messages
            .iter()
            .flat_map(|message| &message.first_frame_rules);
        rules.map(|rule| rule.kind)
    }

    #[inline]
    pub(crate) fn message(&self, id: CanId) -> Option<&MessageTable> {
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
}

/// The place of an 11-bit identifier in the lookup array.
#[inline]
fn slot(id: CanId) -> Option<usize> {
    usize::try_from(id.raw()).ok()
}
