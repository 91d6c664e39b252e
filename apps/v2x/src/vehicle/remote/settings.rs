//! Shared attributes that are meant as settings: taken or refused one by one, and told.
//!
//! Which there are, how they are checked and kept is [`crate::config::remote`]'s matter.

use serde_json::{Value as Json, json};
use tracing::{info, warn};

use crate::config::remote::{By, REMOTE_KEYS};
use crate::vehicle::keeper::{Groups, Keeper};

/// The kind of event that a change, or a refusal, leaves behind.
const EVENT: &str = "remote_setting";

/// Hears what the server has set, and does it.
pub(in crate::vehicle) fn hear(keeper: &mut Keeper, groups: &mut Groups) {
    let Some(shared) = &keeper.remote.shared else {
        return;
    };
    let changes = shared.take();
    if changes.dropped > 0 {
        let dropped = changes.dropped;
        warn!(
            dropped,
            "attributes of the server found no room; they are no settings"
        );
    }
    let before = keeper.remote.refused.clone();
    if changes.is_whole {
        // What was refused before and is not there any more is nobody's wish.
        keeper.remote.refused.clear();
        for key in REMOTE_KEYS {
            if !changes.set.contains_key(key) {
                unset(keeper, groups, key);
            }
        }
    }
    for key in &changes.deleted {
        keeper.remote.refused.remove(key);
        unset(keeper, groups, key);
    }
    for (key, value) in &changes.set {
        let outcome = keeper.remote.settings.set(key, value, By::Attribute);
        match &outcome {
            Ok(_) => keeper.remote.refused.remove(key),
            Err(why) => keeper.remote.refused.insert(key.clone(), why.clone()),
        };
        // The same refusal at each connection is told once.
        if outcome.as_ref().err() != before.get(key) || outcome.is_ok() {
            told(keeper, groups, key, value, outcome);
        }
    }
    keeper.apply_settings();
    keeper.remote.tell_about();
}

fn unset(keeper: &mut Keeper, groups: &mut Groups, key: &str) {
    let outcome = keeper.remote.settings.unset(key, Some(By::Attribute));
    told(keeper, groups, key, &Json::Null, outcome);
}

/// Notes a change or a refusal; what changes nothing leaves no trace.
fn told(
    keeper: &mut Keeper,
    groups: &mut Groups,
    key: &str,
    value: &Json,
    outcome: Result<bool, String>,
) {
    let refused = match &outcome {
        Ok(false) => return,
        Ok(true) => {
            info!(key, %value, "setting changed by the server");
            None
        }
        Err(why) => {
            warn!(why, "setting of the server refused");
            Some(why)
        }
    };
    let detail = json!({
        "by": "server",
        "key": key,
        "value": value,
        "refused": refused,
    });
    keeper.happened(groups, EVENT, detail.to_string());
}
