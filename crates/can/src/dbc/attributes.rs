//! The attributes of a DBC by object, and what their texts mean.
//!
//! The table of meanings is in [`super`].

use std::collections::HashMap;
use std::time::Duration;

use can_dbc::{AttributeDefinition, AttributeValue, AttributeValueType, Dbc, MessageId};

use crate::history::FirstFrame;
use crate::layout::Layout;
use crate::signal::Confidence;
use crate::validity::RawRange;

pub(super) const INVALID_RAW: &str = "InvalidRaw";
pub(super) const INVALID_WHILE: &str = "InvalidWhile";
pub(super) const INVALID_FIRST_FRAME: &str = "InvalidFirstFrame";
pub(super) const PERSONAL_DATA: &str = "PersonalData";
pub(super) const CONFIDENCE: &str = "Confidence";
pub(super) const SIGNAL_SOURCE: &str = "SignalSource";
pub(super) const MESSAGE_SOURCE: &str = "MessageSource";
pub(super) const CYCLE_TIME: &str = "GenMsgCycleTime";

/// The message that an attribute is given for, and the signal, empty for the message itself.
type Object<'a> = (MessageId, &'a str);

/// All attributes of messages and signals, by object and name.
pub(super) struct Attributes<'a> {
    given: HashMap<(Object<'a>, &'a str), &'a AttributeValue>,
    defaults: HashMap<&'a str, &'a AttributeValue>,
    choices: HashMap<&'a str, &'a [String]>,
}

impl<'a> Attributes<'a> {
    pub(super) fn of(dbc: &'a Dbc) -> Self {
        let of_messages = dbc.attribute_values_message.iter().map(|attribute| {
            let object = (attribute.message_id, "");
            ((object, attribute.name.as_str()), &attribute.value)
        });
        let of_signals = dbc.attribute_values_signal.iter().map(|attribute| {
            let object = (attribute.message_id, attribute.signal_name.as_str());
            ((object, attribute.name.as_str()), &attribute.value)
        });
        let defaults = dbc.attribute_defaults.iter();
        let choices = dbc.attribute_definitions.iter().filter_map(choices_of);
        Self {
            given: of_messages.chain(of_signals).collect(),
            defaults: defaults
                .map(|default| (default.name.as_str(), &default.value))
                .collect(),
            choices: choices.collect(),
        }
    }

    /// The text of an attribute, its own or the default; empty when there is neither.
    pub(super) fn text(&self, id: MessageId, signal: &str, name: &str) -> String {
        let own = self.given.get(&((id, signal), name));
        let Some(value) = own.or_else(|| self.defaults.get(name)) else {
            return String::new();
        };
        // Tools write an enumeration's value as its number, its default as its text.
        let chosen = |number: u64| {
            let choices = self.choices.get(name)?;
            choices.get(usize::try_from(number).ok()?).cloned()
        };
        match value {
            AttributeValue::Uint(number) => chosen(*number).unwrap_or_else(|| number.to_string()),
            AttributeValue::Int(number) => number.to_string(),
            AttributeValue::Double(number) => number.to_string(),
            AttributeValue::String(text) => text.clone(),
        }
    }
}

fn choices_of(definition: &AttributeDefinition) -> Option<(&str, &[String])> {
    let (AttributeDefinition::Message(name, AttributeValueType::Enum(choices))
    | AttributeDefinition::Signal(name, AttributeValueType::Enum(choices))) = definition
    else {
        return None;
    };
    Some((name, choices))
}

/// A raw number, decimal or hexadecimal, that a signal of this layout can hold.
pub(super) fn raw_number(text: &str, layout: Layout) -> Option<i128> {
    let text = text.trim();
    let number = match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    let (smallest, largest) = layout.limits();
    (smallest..=largest).contains(&number).then_some(number)
}

/// A raw number over all 64 bits, negative ones in two's complement.
pub(super) fn to_word(number: i128) -> Option<u64> {
    let negative = || i64::try_from(number).map(i64::cast_unsigned);
    u64::try_from(number).or_else(|_| negative()).ok()
}

/// What `InvalidRaw` says of a signal.
pub(super) struct Codes {
    /// The widest range of raw numbers of which none is invalid.
    pub(super) valid: RawRange,
    /// The raw numbers that mean "not available".
    pub(super) invalid: Vec<RawRange>,
}

/// `InvalidRaw`: numbers and inclusive ranges joined by `;`.
pub(super) fn invalid_raw(text: &str, layout: Layout) -> Result<Codes, String> {
    let (smallest, largest) = layout.limits();
    let expected = || {
        format!(
            "raw numbers or ranges from {smallest} to {largest}, as \"{smallest};{largest}\", \
             that leave some number valid"
        )
    };
    let bounds = |part: &str| {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let (first, last) = (raw_number(first, layout)?, raw_number(last, layout)?);
        (first <= last).then_some((first, last))
    };
    let bounds: Option<Vec<_>> = parts(text).map(bounds).collect();
    let mut bounds = bounds.ok_or_else(expected)?;
    bounds.sort_unstable();
    let valid = widest_gap(&bounds, smallest, largest).ok_or_else(expected)?;
    let range = |(first, last)| Some(RawRange::new(to_word(first)?, to_word(last)?));
    let invalid: Option<Vec<_>> = bounds.into_iter().map(range).collect();
    Ok(Codes {
        valid: range(valid).ok_or_else(expected)?,
        invalid: invalid.ok_or_else(expected)?,
    })
}

/// The widest range between sorted ranges, from `smallest` to `largest`.
fn widest_gap(taken: &[(i128, i128)], smallest: i128, largest: i128) -> Option<(i128, i128)> {
    let mut next = smallest;
    let end = [(largest + 1, largest + 1)];
    let gaps = taken.iter().chain(&end).map(|&(first, last)| {
        let gap = (next, first - 1);
        next = next.max(last + 1);
        gap
    });
    gaps.filter(|(first, last)| first <= last)
        .max_by_key(|(first, last)| last - first)
}

/// One term of `InvalidWhile`, not yet looked up: a field of the frame and a raw number.
pub(super) struct Term<'a> {
    pub(super) field: &'a str,
    pub(super) equal: bool,
    pub(super) raw: &'a str,
}

/// `InvalidWhile`: terms joined by `;`; `None` for a term without `=`.
pub(super) fn terms(text: &str) -> impl Iterator<Item = Option<Term<'_>>> {
    parts(text).map(|part| {
        let (field, raw) = part.split_once('=')?;
        let (field, equal) = match field.strip_suffix('!') {
            Some(field) => (field, false),
            None => (field, true),
        };
        let (field, raw) = (field.trim(), raw.trim());
        Some(Term { field, equal, raw })
    })
}

/// `InvalidFirstFrame`.
pub(super) fn first_frame(text: &str) -> Result<Option<FirstFrame>, String> {
    match text {
        "" => Ok(None),
        "stale" => Ok(Some(FirstFrame::Stale)),
        "zero" => Ok(Some(FirstFrame::Zero)),
        _ => Err("stale or zero".to_owned()),
    }
}

/// `PersonalData`.
pub(super) fn personal(text: &str) -> Result<bool, String> {
    match text {
        "" | "no" => Ok(false),
        "yes" => Ok(true),
        _ => Err("no or yes".to_owned()),
    }
}

/// `Confidence`.
pub(super) fn confidence(text: &str) -> Result<Option<Confidence>, String> {
    match text {
        "" | "unstated" => Ok(None),
        "low" => Ok(Some(Confidence::Low)),
        "medium" => Ok(Some(Confidence::Medium)),
        "high-new" => Ok(Some(Confidence::HighNew)),
        "high" => Ok(Some(Confidence::High)),
        _ => Err("low, medium, high-new or high".to_owned()),
    }
}

/// `GenMsgCycleTime`.
pub(super) fn cycle(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let millis: u32 = text
        .parse()
        .map_err(|_| "whole milliseconds, 0 for events".to_owned())?;
    Ok((millis > 0).then(|| Duration::from_millis(millis.into())))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}
