//! From one parsed message to its part of the decoder's tables, checking it on the way.
//!
//! What concerns the whole file is in `tables`, what is only for people in `description`, what
//! attributes say in `attributes`.

use std::collections::HashSet;

use can_dbc::{Message, MultiplexIndicator, Signal, ValueType};
use v2x_units::CanId;

use super::attributes::{self, Term};
use super::error::DbcFault;
use super::tables::{Fault, Source, at_most};
use crate::decoder::Tables;
use crate::layout::{ByteOrder, Layout};
use crate::message::{Extraction, FirstFrameRule, MessageTable};
use crate::validity::Condition;

/// The most signals of a DBC: what a 16-bit [`crate::SignalId`] tells apart.
const MAX_SIGNALS_OF_FILE: usize = 65_535;
/// The most signals of a message: all 64 bits one by one, under each of 16 switch values.
const MAX_SIGNALS: usize = 1024;
/// The most conditions and rules of a message: each is a bit of one word.
const MAX_CONDITIONS: usize = 64;

/// A message on its way into the tables.
pub(super) struct Builder<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) message: &'a Message,
    /// The line of the message.
    pub(super) line: usize,
    layouts: Vec<Layout>,
    conditions: Vec<Condition>,
}

/// Checks a message and adds it to the tables.
pub(super) fn add(
    source: &Source<'_>,
    message: &Message,
    id: CanId,
    line: usize,
    tables: &mut Tables,
) -> Result<(), Fault> {
    let dlc = u8::try_from(message.size).ok().filter(|dlc| *dlc <= 8);
    let dlc = dlc.ok_or_else(|| {
        let (message, seen) = (message.name.clone(), message.size);
        (line, DbcFault::MessageTooLong { message, seen })
    })?;
    let (before, own) = (tables.infos.len(), message.signals.len());
    at_most(MAX_SIGNALS, own, "signals in a message").map_err(|fault| (line, fault))?;
    at_most(MAX_SIGNALS_OF_FILE, before + own, "signals").map_err(|fault| (line, fault))?;
    let mut builder = Builder {
        source,
        message,
        line,
        layouts: Vec::new(),
        conditions: Vec::new(),
    };
    builder.place_signals(dlc)?;
    builder.refuse_overlaps()?;
    let absent = builder.multiplexing()?;
    let multiplexing = low_bits(builder.conditions.len());
    let mut signals = Vec::new();
    for (index, signal) in message.signals.iter().enumerate() {
        let withheld_by = absent[index] | builder.conditions_of(signal)?;
        signals.push(builder.extraction(index, signal, withheld_by)?);
    }
    // The bits of the rules follow those of the conditions, so all conditions come first.
    let first_frame_rules = builder.first_frame_rules(&mut signals, tables.rules)?;
    let first_signal = u16::try_from(tables.infos.len()).expect("at most MAX_SIGNALS_OF_FILE");
    let cycle = builder.cycle()?;
    tables.rules += first_frame_rules.len();
    for signal in &message.signals {
        tables.infos.push(builder.info(signal, id)?);
    }
    tables.messages.push(MessageTable {
        signals: signals.into(),
        conditions: builder.conditions.into(),
        first_frame_rules: first_frame_rules.into(),
        multiplexing,
        first_signal,
        dlc,
        id,
        cycle,
        name: message.name.clone(),
    });
    Ok(())
}

impl Builder<'_> {
    pub(super) fn qualified(&self, signal: &Signal) -> String {
        format!("{}.{}", self.message.name, signal.name)
    }

    fn at_signal(&self, signal: &Signal, fault: DbcFault) -> Fault {
        (self.source.lines.signal(self.line, &signal.name, 0), fault)
    }

    /// A fault of an attribute, at the attribute's own line.
    pub(super) fn at_attribute(
        &self,
        signal: &Signal,
        attribute: &'static str,
        seen: &str,
        expected: String,
    ) -> Fault {
        let id = self.message.id.raw().to_string();
        let own = ["BA_", attribute, "SG_", &id, &signal.name];
        let fault = DbcFault::BadAttribute {
            attribute,
            object: self.qualified(signal),
            seen: seen.to_owned(),
            expected,
        };
        let lines = self.source.lines;
        let line = lines
            .find(&own)
            .or_else(|| lines.find(&["BA_DEF_DEF_", attribute]));
        (line.unwrap_or(self.line), fault)
    }

    pub(super) fn attribute(&self, signal: &Signal, name: &str) -> String {
        self.source
            .attributes
            .text(self.message.id, &signal.name, name)
    }

    fn place_signals(&mut self, dlc: u8) -> Result<(), Fault> {
        let mut names = HashSet::new();
        for signal in &self.message.signals {
            let name = self.qualified(signal);
            if !names.insert(&signal.name) {
                let line = self.source.lines.signal(self.line, &signal.name, 1);
                return Err((line, DbcFault::DuplicateName(name)));
            }
            if self
                .source
                .floats
                .contains(&(self.message.id, signal.name.as_str()))
            {
                let form = "IEEE floats";
                return Err(self.at_signal(signal, DbcFault::Unsupported { signal: name, form }));
            }
            if !(signal.factor.is_finite() && signal.factor != 0.0 && signal.offset.is_finite()) {
                let fault = DbcFault::BadScale {
                    signal: name,
                    factor: signal.factor.to_string(),
                    offset: signal.offset.to_string(),
                };
                return Err(self.at_signal(signal, fault));
            }
            let order = match signal.byte_order {
                can_dbc::ByteOrder::LittleEndian => ByteOrder::Intel,
                can_dbc::ByteOrder::BigEndian => ByteOrder::Motorola,
            };
            let signed = signal.value_type == ValueType::Signed;
            let (start, length) = (signal.start_bit, signal.size);
            let layout = Layout::new(start, length, order, signed);
            let layout = layout.filter(|layout| layout.bytes <= dlc).ok_or_else(|| {
                let fault = DbcFault::SignalOutside {
                    signal: name,
                    start,
                    length,
                    dlc,
                };
                self.at_signal(signal, fault)
            })?;
            self.layouts.push(layout);
        }
        Ok(())
    }

    fn refuse_overlaps(&self) -> Result<(), Fault> {
        let placed = || self.message.signals.iter().zip(&self.layouts);
        for (index, (signal, layout)) in placed().enumerate() {
            for (other, taken) in placed().take(index) {
                let shared = layout.occupied() & taken.occupied() != 0;
                if shared && may_meet(signal.multiplexer_indicator, other.multiplexer_indicator) {
                    let (signal_name, other) = (self.qualified(signal), other.name.clone());
                    let signal_name = DbcFault::Overlap {
                        signal: signal_name,
                        other,
                    };
                    return Err(self.at_signal(signal, signal_name));
                }
            }
        }
        Ok(())
    }

    /// Turns "only when the switch has this value" into conditions; gives each signal's bits.
    fn multiplexing(&mut self) -> Result<Vec<u64>, Fault> {
        let mut switches = self
            .message
            .signals
            .iter()
            .zip(&self.layouts)
            .filter(|(signal, _)| signal.multiplexer_indicator == MultiplexIndicator::Multiplexor);
        let switch = switches.next().map(|(_, layout)| *layout);
        if let Some((second, _)) = switches.next() {
            return Err(self.unsupported(second, "two multiplexor switches in one message"));
        }
        let mut absent = Vec::new();
        for signal in &self.message.signals {
            let extended = (self.message.id, signal.name.as_str());
            if self.source.extended_multiplexing.contains(&extended) {
                return Err(self.unsupported(signal, "extended multiplexing ranges"));
            }
            absent.push(match (signal.multiplexer_indicator, switch) {
                (MultiplexIndicator::Plain | MultiplexIndicator::Multiplexor, _) => 0,
                (MultiplexIndicator::MultiplexedSignal(raw), Some(field)) => {
                    let equal = false;
                    let bit = self.condition(Condition { field, raw, equal });
                    bit.map_err(|fault| self.at_signal(signal, fault))?
                }
                (MultiplexIndicator::MultiplexedSignal(_), None) => {
                    return Err(self.unsupported(signal, "multiplexed signals without a switch"));
                }
                (MultiplexIndicator::MultiplexorAndMultiplexedSignal(_), _) => {
                    return Err(self.unsupported(signal, "switches that are multiplexed"));
                }
            });
        }
        Ok(absent)
    }

    fn unsupported(&self, signal: &Signal, form: &'static str) -> Fault {
        let fault = DbcFault::Unsupported {
            signal: self.qualified(signal),
            form,
        };
        self.at_signal(signal, fault)
    }

    /// The bit of a condition of this message, a new one if it has not been asked for before.
    fn condition(&mut self, condition: Condition) -> Result<u64, DbcFault> {
        let known = self.conditions.iter().position(|other| *other == condition);
        let index = known.unwrap_or(self.conditions.len());
        if known.is_none() {
            self.conditions.push(condition);
        }
        bit(index)
    }

    fn conditions_of(&mut self, signal: &Signal) -> Result<u64, Fault> {
        let text = self.attribute(signal, attributes::INVALID_WHILE);
        let mut bits = 0;
        for term in attributes::terms(&text) {
            let condition = term.and_then(|term| self.looked_up(&term)).ok_or_else(|| {
                let expected = "terms as \"Phase!=84\" or \"byte0=255\" joined by \";\", each with \
                                a signal of this message or a byte of it, and a raw number that \
                                it can hold";
                self.at_attribute(
                    signal,
                    attributes::INVALID_WHILE,
                    &text,
                    expected.to_owned(),
                )
            })?;
            let bit = self.condition(condition);
            bits |= bit.map_err(|fault| self.at_signal(signal, fault))?;
        }
        Ok(bits)
    }

    /// Finds the field of a condition: a signal of this message, or one of its bytes.
    fn looked_up(&self, term: &Term<'_>) -> Option<Condition> {
        let mut named = self.message.signals.iter().zip(&self.layouts);
        let sibling = named.find(|(sibling, _)| sibling.name == term.field);
        let field = if let Some((_, layout)) = sibling {
            *layout
        } else {
            let byte: u64 = term.field.strip_prefix("byte")?.parse().ok()?;
            let start = byte.checked_mul(8).filter(|_| byte < self.message.size)?;
            Layout::new(start, 8, ByteOrder::Intel, false)?
        };
        let raw = attributes::to_word(attributes::raw_number(term.raw, field)?)?;
        let equal = term.equal;
        Some(Condition { field, raw, equal })
    }

    fn extraction(
        &self,
        index: usize,
        signal: &Signal,
        withheld_by: u64,
    ) -> Result<Extraction, Fault> {
        let layout = self.layouts[index];
        let text = self.attribute(signal, attributes::INVALID_RAW);
        let codes = attributes::invalid_raw(&text, layout).map_err(|expected| {
            self.at_attribute(signal, attributes::INVALID_RAW, &text, expected)
        })?;
        Ok(Extraction {
            factor: signal.factor,
            offset: signal.offset,
            withheld_by,
            valid: codes.valid,
            invalid: codes.invalid.into(),
            layout,
        })
    }

    /// The rules of this message, of which the file has `before` already.
    fn first_frame_rules(
        &self,
        extractions: &mut [Extraction],
        before: usize,
    ) -> Result<Vec<FirstFrameRule>, Fault> {
        let mut rules = Vec::new();
        for (signal, extraction) in self.message.signals.iter().zip(extractions) {
            let name = attributes::INVALID_FIRST_FRAME;
            let text = self.attribute(signal, name);
            let kind = attributes::first_frame(&text)
                .map_err(|expected| self.at_attribute(signal, name, &text, expected))?;
            if let Some(kind) = kind {
                let bit = bit(self.conditions.len() + rules.len());
                let bit = bit.map_err(|fault| self.at_signal(signal, fault))?;
                rules.push(FirstFrameRule {
                    index: before + rules.len(),
                    kind,
                    field: extraction.layout,
                    bit,
                });
                extraction.withheld_by |= bit;
            }
        }
        Ok(rules)
    }
}

/// Whether two signals may be in the same frame.
fn may_meet(one: MultiplexIndicator, other: MultiplexIndicator) -> bool {
    match (one, other) {
        (
            MultiplexIndicator::MultiplexedSignal(one),
            MultiplexIndicator::MultiplexedSignal(other),
        ) => one == other,
        _ => true,
    }
}

/// The bit of the condition or rule of this number.
fn bit(index: usize) -> Result<u64, DbcFault> {
    at_most(MAX_CONDITIONS, index + 1, "conditions in a message")?;
    Ok(1 << index)
}

/// A word whose lowest `count` bits are set.
fn low_bits(count: usize) -> u64 {
    u32::try_from(count)
        .ok()
        .and_then(|count| 1u64.checked_shl(count))
        .map_or(u64::MAX, |next| next - 1)
}
