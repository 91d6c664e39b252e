//! Who is logged in: by a random token in a cookie, of which only the hash is kept, in memory.
//!
//! A restart of the program logs everybody out.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use v2x_units::Instant;

use crate::accounts::Account;
use crate::rate::{Bucket, Pace};
use crate::surroundings::Surroundings;

/// A session ends after so long without a request.
pub(crate) const IDLE: Duration = Duration::from_secs(12 * 3600);
/// It ends after so long in any case.
pub(crate) const WHOLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Sessions at once; who is new takes the place of who was idle longest.
const SESSIONS: usize = 4096;
/// Of one account: as many as a person has devices.
const SESSIONS_OF_ONE: usize = 64;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// What one session may ask: a page asks twenty things at once and a few each second, and a person
/// has several open; a program may be quicker.
pub(crate) const REQUESTS: Pace = Pace {
    per_second: 200.0,
    at_once: 800.0,
};

/// The hash of a token: how a session is found.
pub(crate) type SessionKey = [u8; 32];

/// One log-in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// What has to come with whatever changes something.
    pub(crate) csrf: String,
    /// The hash of the account's hash: with another password the session is over.
    password: [u8; 32],
    began: Instant,
    seen: Instant,
    requests: Bucket,
}

/// All log-ins.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<SessionKey, Session>);

impl Session {
    /// Whether the account is still the one that logged in.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        self.user == account.user && self.password == digest(account.hash.as_bytes())
    }

    /// Whether this came with the request.
    pub(crate) fn has_csrf(&self, seen: &[u8]) -> bool {
        self.csrf.as_bytes().ct_eq(seen).into()
    }

    fn is_over(&self, now: Instant) -> bool {
        now.since(self.seen) >= IDLE || now.since(self.began) >= WHOLE
    }
}

impl Sessions {
    /// Begins a session; gives its token and what proves a request. `None` without randomness.
    pub(crate) fn begin(
        &mut self,
        account: &Account,
        now: Instant,
        around: &dyn Surroundings,
    ) -> Option<(String, Session)> {
        let (token, csrf) = (draw(around)?, draw(around)?);
        self.make_room(&account.user, now);
        let session = Session {
            user: account.user.clone(),
            csrf,
            password: digest(account.hash.as_bytes()),
            began: now,
            seen: now,
            requests: Bucket::full(REQUESTS, now),
        };
        self.0.insert(key(&token), session.clone());
        Some((token, session))
    }

    /// The session of a token, which is then no longer idle; or in how many seconds it may ask
    /// again.
    pub(crate) fn ask(&mut self, key: &SessionKey, now: Instant) -> Option<Result<Session, u64>> {
        let session = self.0.get_mut(key)?;
        if session.is_over(now) {
            self.0.remove(key);
            return None;
        }
        session.seen = now;
        let taken = session.requests.take(REQUESTS, now);
        Some(taken.map(|()| session.clone()))
    }

    /// The session, without counting it as a request of a person.
    pub(crate) fn peek(&self, key: &SessionKey, now: Instant) -> Option<&Session> {
        self.0.get(key).filter(|session| !session.is_over(now))
    }

    /// The names of those who are logged in.
    pub(crate) fn users(&self) -> BTreeSet<String> {
        self.0
            .values()
            .map(|session| session.user.clone())
            .collect()
    }

    /// Ends the sessions of a name that are not of this account.
    pub(crate) fn keep_only(&mut self, user: &str, account: Option<&Account>) {
        self.0.retain(|_, session| {
            session.user != user || account.is_some_and(|account| session.is_of(account))
        });
    }

    /// Ends a session.
    pub(crate) fn end(&mut self, key: &SessionKey) {
        self.0.remove(key);
    }

    fn make_room(&mut self, user: &str, now: Instant) {
        self.0.retain(|_, session| !session.is_over(now));
        let of_one = self.0.values().filter(|session| session.user == user);
        if of_one.count() >= SESSIONS_OF_ONE {
            self.end_idlest(|session| session.user == user);
        }
        if self.0.len() >= SESSIONS {
            self.end_idlest(|_| true);
        }
    }

    fn end_idlest(&mut self, which: impl Fn(&Session) -> bool) {
        let candidates = self.0.iter().filter(|(_, session)| which(session));
        let idlest = candidates.min_by_key(|(_, session)| session.seen);
        if let Some(key) = idlest.map(|(key, _)| *key) {
            self.0.remove(&key);
        }
    }
}

/// How the session of a token is found.
pub(crate) fn key(token: &str) -> SessionKey {
    digest(token.as_bytes())
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A token in hexadecimal.
fn draw(around: &dyn Surroundings) -> Option<String> {
    let mut bytes = [0; TOKEN_BYTES];
    if !around.fill(&mut bytes) {
        return None;
    }
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::accounts::Role;

    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Surroundings for Counting {
        fn now(&self) -> Instant {
            Instant::BOOT
        }
        fn utc_ms(&self) -> i64 {
            0
        }
        fn fill(&self, bytes: &mut [u8]) -> bool {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            true
        }
    }

    fn account(user: &str, hash: &str) -> Account {
        Account {
            user: user.to_owned(),
            role: Role::Viewer,
            hash: hash.to_owned(),
        }
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn session_ends_idle_after_twelve_hours_and_in_use_after_a_week() {
        let (around, hour) = (Counting::default(), 3600);
        let mut sessions = Sessions::default();
        let (idle, _) = sessions.begin(&account("a", "h"), at(0), &around).unwrap();
        let (used, _) = sessions.begin(&account("a", "h"), at(0), &around).unwrap();
        for step in 1..=16 {
            let now = at(step * 10 * hour);
            assert!(
                matches!(sessions.ask(&key(&used), now), Some(Ok(_))),
                "{step}"
            );
        }
        assert!(sessions.ask(&key(&idle), at(160 * hour)).is_none());
        assert!(sessions.ask(&key(&used), at(169 * hour)).is_none());
        assert!(sessions.ask(&key("made up"), at(0)).is_none());
    }

    #[test]
    fn session_is_over_when_the_password_is_another() {
        let around = Counting::default();
        let mut sessions = Sessions::default();
        let (_, session) = sessions
            .begin(&account("a", "old"), at(0), &around)
            .unwrap();
        assert!(session.is_of(&account("a", "old")));
        assert!(!session.is_of(&account("a", "new")));
        assert!(!session.is_of(&account("b", "old")));
    }

    #[test]
    fn full_table_gives_the_place_of_who_was_idle_longest() {
        let around = Counting::default();
        let mut sessions = Sessions::default();
        let mut tokens = Vec::new();
        for n in 0..=SESSIONS_OF_ONE {
            let now = at(u64::try_from(n).unwrap());
            tokens.push(sessions.begin(&account("a", "h"), now, &around).unwrap().0);
        }
        assert!(sessions.ask(&key(&tokens[0]), at(100)).is_none());
        assert!(sessions.ask(&key(&tokens[1]), at(100)).is_some());
        for n in 0..SESSIONS {
            let user = format!("u{n}");
            assert!(
                sessions
                    .begin(&account(&user, "h"), at(200), &around)
                    .is_some()
            );
        }
        assert!(sessions.0.len() <= SESSIONS);
    }

    #[test]
    fn session_that_asks_without_end_is_told_to_wait() {
        let around = Counting::default();
        let mut sessions = Sessions::default();
        let (token, session) = sessions.begin(&account("a", "h"), at(0), &around).unwrap();
        assert_ne!(token, session.csrf);
        let refused = (0..2000).find(|_| matches!(sessions.ask(&key(&token), at(0)), Some(Err(_))));
        assert_eq!(refused, Some(800));
        assert!(matches!(sessions.ask(&key(&token), at(1)), Some(Ok(_))));
    }
}
