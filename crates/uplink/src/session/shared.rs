//! The two ends between the session, which hears of shared attributes, and the role, whose settings
//! they are.
//!
//! Neither end waits for the other: what was not taken yet stands in a box that holds the newest
//! word on each key. The keys of the role always have room in it; of others that concern it, so
//! that it can say what is wrong with them, [`OTHERS_MAX`] have. Everything is asked for once per
//! connection, after the subscriptions are confirmed, so that no change falls between the two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::Value as Json;

use crate::thingsboard::shared::{RESPONSES_FILTER, SharedWord, request};
use crate::thingsboard::{ATTRIBUTES_TOPIC, message::Answer};

/// Keys that concern the role and are none of its settings: enough to say what is wrong.
pub const OTHERS_MAX: usize = 16;

/// The longest text of a value; no setting has a longer one, and what is cut is refused anyway.
const VALUE_MAX_BYTES: usize = 1024;

/// What was heard since the role looked last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedChanges {
    /// Whether this is all there is: keys of the role that are not in `set` have no value.
    pub is_whole: bool,
    /// New values.
    pub set: BTreeMap<String, Json>,
    /// Keys that have no value any more.
    pub deleted: BTreeSet<String>,
    /// Keys that found no room and were dropped.
    pub dropped: u64,
}

/// The end in the role.
#[derive(Debug)]
pub struct SharedEnd {
    news: Receiver<()>,
    changes: Arc<Mutex<SharedChanges>>,
}

/// The end in the session.
#[derive(Debug)]
pub struct SessionShared {
    keys: Vec<String>,
    concerns: fn(&str) -> bool,
    news: Sender<()>,
    changes: Arc<Mutex<SharedChanges>>,
}

/// Makes the two ends for these keys; `concerns` says of any other whether the role wants to hear
/// of it.
#[must_use]
pub fn shared(keys: Vec<String>, concerns: fn(&str) -> bool) -> (SharedEnd, SessionShared) {
    let (sender, news) = bounded(1);
    let changes = Arc::new(Mutex::new(SharedChanges::default()));
    let role = SharedEnd {
        news,
        changes: Arc::clone(&changes),
    };
    let session = SessionShared {
        keys,
        concerns,
        news: sender,
        changes,
    };
    (role, session)
}

impl SharedEnd {
    /// Says when there is something to [`SharedEnd::take`].
    #[must_use]
    pub const fn news(&self) -> &Receiver<()> {
        &self.news
    }

    /// Takes what was heard since the last time.
    #[must_use]
    pub fn take(&self) -> SharedChanges {
        std::mem::take(&mut lock(&self.changes))
    }
}

impl SessionShared {
    /// What to subscribe to.
    pub(super) const FILTERS: [&str; 2] = [ATTRIBUTES_TOPIC, RESPONSES_FILTER];

    /// The request for everything.
    pub(super) fn request(&self) -> Answer {
        let (topic, payload) = request(&self.keys);
        Answer { topic, payload }
    }

    /// Takes a message that was heard. One that the broker has kept is nobody's word of now.
    pub(super) fn heard(&self, topic: &str, payload: &[u8], is_retained: bool) {
        if is_retained {
            return;
        }
        let Some(word) = SharedWord::parse(topic, payload) else {
            return;
        };
        self.put(word);
        // One word is enough: the role takes everything.
        self.news.try_send(()).unwrap_or_default();
    }

    fn put(&self, word: SharedWord) {
        let mut changes = lock(&self.changes);
        let (set, deleted) = match word {
            SharedWord::Whole(set) => {
                let dropped = changes.dropped;
                *changes = SharedChanges {
                    is_whole: true,
                    dropped,
                    ..SharedChanges::default()
                };
                (set, BTreeSet::new())
            }
            SharedWord::Changed { set, deleted } => (set, deleted),
        };
        for (key, value) in set {
            if self.has_room(&mut changes, &key) {
                changes.deleted.remove(&key);
                changes.set.insert(key, bounded_value(value));
            }
        }
        for key in deleted {
            if self.has_room(&mut changes, &key) {
                changes.set.remove(&key);
                changes.deleted.insert(key);
            }
        }
    }

    fn has_room(&self, changes: &mut SharedChanges, key: &str) -> bool {
        let is_known = |key: &String| self.keys.contains(key);
        if self.keys.iter().any(|own| own == key) {
            return true;
        }
        if !(self.concerns)(key) {
            return false;
        }
        let kept = changes.set.keys().chain(&changes.deleted);
        let others = kept
            .filter(|kept| !is_known(kept) && kept.as_str() != key)
            .count();
        let has_room = others < OTHERS_MAX;
        changes.dropped += u64::from(!has_room);
        has_room
    }
}

fn bounded_value(value: Json) -> Json {
    if value.to_string().len() <= VALUE_MAX_BYTES {
        return value;
    }
    let cut: String = value.to_string().chars().take(40).collect();
    Json::String(format!("{cut}…"))
}

fn lock(changes: &Mutex<SharedChanges>) -> MutexGuard<'_, SharedChanges> {
    changes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ends() -> (SharedEnd, SessionShared) {
        let keys = vec!["car.interval".to_owned(), "car.limit".to_owned()];
        shared(keys, |key| key.starts_with("car."))
    }

    fn update(session: &SessionShared, payload: &Json) {
        session.heard(ATTRIBUTES_TOPIC, payload.to_string().as_bytes(), false);
    }

    #[test]
    fn newest_word_on_each_key_waits_for_the_role() {
        let (role, session) = ends();
        assert!(role.news().try_recv().is_err());
        update(&session, &json!({ "car.interval": 5, "fw_title": "v2x" }));
        update(&session, &json!({ "car.interval": 6 }));
        update(&session, &json!({ "deleted": ["car.limit", "car.other"] }));
        assert!(role.news().try_recv().is_ok(), "one word for all three");
        assert!(role.news().try_recv().is_err());
        let changes = role.take();
        assert_eq!(
            changes.set,
            BTreeMap::from([("car.interval".to_owned(), json!(6))])
        );
        let deleted: Vec<_> = changes.deleted.iter().map(String::as_str).collect();
        assert_eq!(deleted, ["car.limit", "car.other"]);
        assert!(!changes.is_whole);
        assert_eq!(role.take(), SharedChanges::default());
    }

    #[test]
    fn answer_to_the_request_overtakes_what_was_heard_before_it() {
        let (role, session) = ends();
        update(&session, &json!({ "car.interval": 5 }));
        let answer = json!({ "shared": { "car.limit": 7 } }).to_string();
        let topic = "v1/devices/me/attributes/response/1";
        session.heard(topic, answer.as_bytes(), false);
        update(&session, &json!({ "deleted": ["car.limit"] }));
        let changes = role.take();
        assert!(changes.is_whole && changes.set.is_empty(), "{changes:?}");
        assert_eq!(changes.deleted.len(), 1);
    }

    #[test]
    fn full_box_counts_what_it_drops_and_keeps_room_for_the_settings() {
        let (role, session) = ends();
        for number in 0..100 {
            update(&session, &json!({ (format!("car.{number}")): number }));
        }
        update(&session, &json!({ "car.interval": 5, "car.0": "again" }));
        let changes = role.take();
        assert_eq!(changes.set.len(), OTHERS_MAX + 1);
        assert_eq!(changes.set["car.0"], json!("again"));
        assert_eq!(changes.dropped, 100 - OTHERS_MAX as u64);
    }

    #[test]
    fn endless_value_is_cut_and_a_kept_message_is_not_believed() {
        let (role, session) = ends();
        update(&session, &json!({ "car.limit": "x".repeat(60_000) }));
        assert!(role.take().set["car.limit"].to_string().len() < 100);
        let old = br#"{"car.limit":5}"#;
        session.heard(ATTRIBUTES_TOPIC, old, true);
        assert_eq!(role.take(), SharedChanges::default());
    }
}
