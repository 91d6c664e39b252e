//! The key `sessions` of a slot: who keeps them.

use serde::Deserialize;
use v2x_roles::station::Sessions;

use super::{SlotTable, SourceWord, Text};

/// What a file may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Computer,
    Controller,
}

/// Who keeps a slot's sessions; only a board of ours can.
pub(super) fn of(source: Text<'_>, slot: &SlotTable) -> Result<Sessions, String> {
    let Some(word) = &slot.sessions else {
        return Ok(Sessions::Computer);
    };
    if *word.get_ref() == Word::Computer {
        return Ok(Sessions::Computer);
    }
    if slot.source != SourceWord::Framed {
        let right = "only a slot controller with source = \"framed\" keeps sessions";
        return Err(source.wrong(word, right));
    }
    if slot.keys.is_some() {
        let right = "its keys belong on the board then: leave `keys` out, and give them to it \
                     with `v2x board keys`";
        return Err(source.wrong(word, right));
    }
    Ok(Sessions::Controller)
}
