//! From a parsed DBC to the flat tables of the decoder: what concerns the file as a whole.
//!
//! One message at a time is in `message`. Each fault carries its line; the file's name is added
//! by [`super::read`].

use std::collections::{HashMap, HashSet};

use can_dbc::{
    Comment, Dbc, Message, MessageId, SignalExtendedValueType, ValDescription, ValueDescription,
};
use v2x_units::CanId;

use super::attributes::Attributes;
use super::error::DbcFault;
use super::lines::Lines;
use super::message;
use crate::decoder::Tables;

/// A fault and its line.
pub(super) type Fault = (usize, DbcFault);

/// The most messages of a DBC: one 16-bit number marks the unknown id.
const MAX_MESSAGES: usize = 65_535;
/// Vector's tools keep signals that belong to no message in a message of this name.
const NO_MESSAGE: &str = "VECTOR__INDEPENDENT_SIG_MSG";

/// A parsed DBC, indexed by message and signal.
pub(super) struct Source<'a> {
    pub(super) attributes: Attributes<'a>,
    pub(super) lines: &'a Lines<'a>,
    pub(super) comments: HashMap<(MessageId, &'a str), &'a str>,
    pub(super) labels: HashMap<(MessageId, &'a str), &'a [ValDescription]>,
    pub(super) floats: HashSet<(MessageId, &'a str)>,
    pub(super) extended_multiplexing: HashSet<(MessageId, &'a str)>,
}

pub(super) fn build<'a>(dbc: &'a Dbc, lines: &'a Lines<'a>) -> Result<Tables, Fault> {
    check_objects(dbc, lines)?;
    let source = index(dbc, lines);
    let mut tables = Tables::default();
    let mut by_id = HashMap::new();
    let mut names = HashSet::new();
    let mut statements = lines.messages();
    for message in &dbc.messages {
        let (line, number) = match statements.next() {
            Some((line, number, name)) if name == message.name => (line, number),
            other => return Err((other.map_or(1, |(line, ..)| line), crowded(message))),
        };
        if message.name == NO_MESSAGE {
            continue;
        }
        let id = can_id(message, number).map_err(|fault| (line, fault))?;
        if let Some(other) = by_id.insert(id, &message.name) {
            let message = message.name.clone();
            let (id, other) = (id.to_string(), other.clone());
            return Err((line, DbcFault::DuplicateId { message, id, other }));
        }
        if !names.insert(&message.name) {
            return Err((line, DbcFault::DuplicateName(message.name.clone())));
        }
        at_most(MAX_MESSAGES, by_id.len(), "messages").map_err(|fault| (line, fault))?;
        message::add(&source, message, id, line, &mut tables)?;
    }
    Ok(tables)
}

pub(super) fn at_most(most: usize, seen: usize, what: &'static str) -> Result<(), DbcFault> {
    if seen > most {
        return Err(DbcFault::TooMany { what, most });
    }
    Ok(())
}

/// A message that the parser found, but not at the beginning of a line, where all others begin.
fn crowded(message: &Message) -> DbcFault {
    DbcFault::Syntax(format!(
        "message {name} must begin on a line of its own, as \"BO_ 341 {name}: 8 BMS\"",
        name = message.name
    ))
}

/// Takes the number as it stands in the file: the parser cuts one that is too large.
fn can_id(message: &Message, number: &str) -> Result<CanId, DbcFault> {
    let id = match message.id {
        MessageId::Standard(id) => CanId::standard(id.into()),
        MessageId::Extended(id) => CanId::extended(id),
    };
    let same = number.parse() == Ok(message.id.raw());
    id.ok().filter(|_| same).ok_or_else(|| DbcFault::BadId {
        message: message.name.clone(),
        seen: number.to_owned(),
    })
}

fn index<'a>(dbc: &'a Dbc, lines: &'a Lines<'a>) -> Source<'a> {
    let comments = dbc.comments.iter().filter_map(|comment| match comment {
        Comment::Signal {
            message_id,
            name,
            comment,
        } => Some(((*message_id, name.as_str()), comment.as_str())),
        _ => None,
    });
    let labels = dbc
        .value_descriptions
        .iter()
        .filter_map(|table| match table {
            ValueDescription::Signal {
                message_id,
                name,
                value_descriptions,
            } => Some(((*message_id, name.as_str()), value_descriptions.as_slice())),
            ValueDescription::EnvironmentVariable { .. } => None,
        });
    let kinds = dbc.signal_extended_value_type_list.iter();
    let floats = kinds.filter(|kind| {
        kind.signal_extended_value_type != SignalExtendedValueType::SignedOrUnsignedInteger
    });
    let extended = dbc.extended_multiplex.iter();
    Source {
        attributes: Attributes::of(dbc),
        lines,
        comments: comments.collect(),
        labels: labels.collect(),
        floats: floats
            .map(|kind| (kind.message_id, kind.signal_name.as_str()))
            .collect(),
        extended_multiplexing: extended
            .map(|signal| (signal.message_id, signal.signal_name.as_str()))
            .collect(),
    }
}

/// An attribute or a value table of a signal that does not exist is a misspelt one of a signal
/// that does, whose values would then pass unchecked.
fn check_objects(dbc: &Dbc, lines: &Lines<'_>) -> Result<(), Fault> {
    let mut known: HashSet<(u32, &str)> = HashSet::new();
    for message in &dbc.messages {
        let id = message.id.raw();
        known.insert((id, ""));
        known.extend(
            message
                .signals
                .iter()
                .map(|signal| (id, signal.name.as_str())),
        );
    }
    let unknown = |what: String, id: MessageId, signal: &str, words: &[&str]| {
        if known.contains(&(id.raw(), signal)) {
            return Ok(());
        }
        let object = format!("message {} {signal}", id.raw())
            .trim_end()
            .to_owned();
        Err((
            lines.find(words).unwrap_or(1),
            DbcFault::UnknownObject { what, object },
        ))
    };
    for given in &dbc.attribute_values_message {
        let (name, id) = (&given.name, given.message_id.raw().to_string());
        let words = ["BA_", name, "BO_", &id];
        unknown(format!("attribute {name}"), given.message_id, "", &words)?;
    }
    for given in &dbc.attribute_values_signal {
        let (name, signal) = (&given.name, &given.signal_name);
        let id = given.message_id.raw().to_string();
        let words = ["BA_", name, "SG_", &id, signal];
        unknown(
            format!("attribute {name}"),
            given.message_id,
            signal,
            &words,
        )?;
    }
    for table in &dbc.value_descriptions {
        if let ValueDescription::Signal {
            message_id, name, ..
        } = table
        {
            let words = ["VAL_", &message_id.raw().to_string(), name];
            unknown("a value table".to_owned(), *message_id, name, &words)?;
        }
    }
    Ok(())
}
