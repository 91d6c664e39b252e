//! A board's configuration: texts with a key, checked when they are written, kept in flash.
//!
//! Not here: which settings a board has (a table in its module) and what they do. Values take
//! effect at the next start, so that a board never runs with half of a change; the answer says so.

use heapless::{String, Vec};
use v2x_proto::link::message::CommandResult;

use super::answers::{Answer, Text};
use crate::limits::{SETTING_MAX, SETTINGS_MAX};
use crate::memory::Memory;

/// One setting: a row of a board's table.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its place in flash, 1 to 255; never given to another setting.
    pub number: u8,
    /// Its name on the link.
    pub key: &'static str,
    /// Its value before anybody has set it.
    pub default: &'static str,
    /// Whether its value is never read out again: a key.
    pub secret: bool,
    /// Says what would be right when a value is not.
    pub check: fn(&str) -> Result<(), &'static str>,
}

/// The settings of one board with their values.
#[derive(Debug, Clone)]
pub struct Settings {
    table: &'static [Setting],
    values: Vec<Option<String<SETTING_MAX>>, SETTINGS_MAX>,
}

impl Settings {
    /// Reads the settings of a table from flash; a value that cannot be read or is not right any
    /// more counts as never set.
    #[must_use]
    pub fn load(table: &'static [Setting], memory: &mut dyn Memory) -> Self {
        let mut values = Vec::new();
        for setting in table.iter().take(SETTINGS_MAX) {
            let mut room = [0; SETTING_MAX];
            let kept = memory.fetch(setting.number, &mut room).ok().flatten();
            let text = kept.and_then(|bytes| core::str::from_utf8(bytes).ok());
            let right = text.filter(|text| (setting.check)(text).is_ok());
            // The table is as long as the list at most.
            let _pushed = values.push(right.and_then(|text| String::try_from(text).ok()));
        }
        Self { table, values }
    }

    /// The value of a setting; empty for a key that the table does not have.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        let rows = self.table.iter().zip(&self.values);
        let found = rows.into_iter().find(|(setting, _)| setting.key == key);
        found.map_or("", |(setting, value)| match value {
            Some(value) => value,
            None => setting.default,
        })
    }

    /// The value of a setting that is a number; its check has seen to that.
    #[must_use]
    pub fn number<T: core::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key).parse().ok()
    }

    /// Whether a setting says "on".
    #[must_use]
    pub fn is_on(&self, key: &str) -> bool {
        self.text(key) == "on"
    }

    /// The answer to an order to read. An empty key asks for the names of all.
    pub(super) fn answer_read(&self, key: &str) -> Answer {
        if key.is_empty() {
            let mut names = Text::default();
            for (index, setting) in self.table.iter().enumerate() {
                let blank = if index == 0 { "" } else { " " };
                names = Text::cut(format_args!("{}{blank}{}", names.as_str(), setting.key));
            }
            return Answer {
                result: CommandResult::Done,
                detail: names,
            };
        }
        match self.table.iter().find(|setting| setting.key == key) {
            Some(setting) if setting.secret && !self.text(key).is_empty() => {
                Answer::of(CommandResult::Done, "(set; a key is never read out)")
            }
            Some(_) => Answer::of(CommandResult::Done, self.text(key)),
            None => Answer::of(CommandResult::BadParameter, "no such setting"),
        }
    }

    /// The answer to an order to write, after the value is in flash.
    pub(super) fn answer_write(
        &mut self,
        key: &str,
        value: &str,
        memory: &mut dyn Memory,
    ) -> Answer {
        let bad = |reason: &str| Answer::of(CommandResult::BadParameter, reason);
        let rows = self.table.iter().zip(&mut self.values);
        let Some((setting, place)) = rows.into_iter().find(|(setting, _)| setting.key == key)
        else {
            return bad("no such setting");
        };
        let Ok(text) = String::try_from(value) else {
            return bad("at most 64 bytes");
        };
        if let Err(right) = (setting.check)(value) {
            return bad(right);
        }
        if let Err(error) = memory.store(setting.number, value.as_bytes()) {
            return Answer {
                result: CommandResult::Failed,
                detail: Text::cut(format_args!("{error}")),
            };
        }
        *place = Some(text);
        Answer::of(CommandResult::Done, "from the next start on")
    }
}

/// Takes every text.
///
/// # Errors
/// Never.
pub const fn any_text(_value: &str) -> Result<(), &'static str> {
    Ok(())
}

/// Takes `on` and `off`.
///
/// # Errors
/// For every other text.
pub fn on_or_off(value: &str) -> Result<(), &'static str> {
    one_of(value, &["on", "off"], "on or off")
}

/// Takes one of some words.
pub(crate) fn one_of(value: &str, words: &[&str], right: &'static str) -> Result<(), &'static str> {
    if words.contains(&value) {
        Ok(())
    } else {
        Err(right)
    }
}

/// Takes a whole number of a range.
pub(crate) fn whole(
    value: &str,
    low: u32,
    high: u32,
    right: &'static str,
) -> Result<(), &'static str> {
    match value.parse::<u32>() {
        Ok(number) if (low..=high).contains(&number) => Ok(()),
        _ => Err(right),
    }
}
