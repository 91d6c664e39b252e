//! The keys `sessions` and `revocations` of a slot: who keeps the sessions, and the list that a
//! controller is given.

use std::path::PathBuf;

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

/// The revocation list for a slot's controller; the computer's own slots have theirs beside their
/// keys.
pub(super) fn revocations(source: Text<'_>, slot: &SlotTable) -> Result<Option<PathBuf>, String> {
    let Some(path) = &slot.revocations else {
        return Ok(None);
    };
    let keeps = slot.sessions.as_ref().map(|word| *word.get_ref());
    if keeps == Some(Word::Controller) {
        return Ok(Some(path.get_ref().clone()));
    }
    let right = "only a slot with sessions = \"controller\" has one: others read the list in \
                 their folder of keys";
    Err(source.wrong(path, right))
}
