//! Who a connection is: by access token, user name and password, or client certificate, as in
//! ThingsBoard; and who has guessed too often.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, warn};
use v2x_roles::hub::DeviceId;
use v2x_store::hub::Credential;
use v2x_units::Instant;
use v2x_uplink::endpoint::{Hello, Refusal};
use v2x_uplink::thingsboard::server::PROVISION_USER;

use super::{Hub, secrets};

/// Wrong logins from one address until it has to wait.
const WRONG_MAX: u32 = 10;
/// How long it has to wait then.
const WAIT: Duration = Duration::from_secs(60);
/// Guessers that are remembered; beyond it those that have waited are forgotten.
const GUESSERS_MAX: usize = 10_000;

/// Who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Device(DeviceId),
    /// Asks to be let in.
    Newcomer,
}

/// Who guesses: an address, and the user whose password is guessed, as a hash; a token has none.
type Guesser = (IpAddr, Option<u64>);

/// Wrong logins by who guesses. A right token or certificate is let in all the same: nobody guesses
/// those, and others behind the same address have done nothing wrong.
#[derive(Debug, Default)]
pub(crate) struct Doorbell(Mutex<HashMap<Guesser, (u32, Instant)>>);

impl Doorbell {
    /// Whether somebody may try now.
    pub(super) fn may_try(&self, from: Guesser, now: Instant) -> bool {
        let wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = wrong.get(&from);
        tried.is_none_or(|(count, last)| *count < WRONG_MAX || now.since(*last) >= WAIT)
    }

    fn was_wrong(&self, from: Guesser, now: Instant) -> u32 {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= GUESSERS_MAX {
            wrong.retain(|_, (_, last)| now.since(*last) < WAIT);
        }
        if wrong.len() >= GUESSERS_MAX {
            wrong.clear();
        }
        let (count, last) = wrong.entry(from).or_insert((0, now));
        if now.since(*last) >= WAIT {
            *count = 0;
        }
        *count += 1;
        *last = now;
        *count
    }
}

/// Finds out who it is.
pub(crate) fn who(
    hub: &Hub,
    hello: &Hello,
    certificate: Option<&[u8]>,
    from: IpAddr,
    now: Instant,
) -> Result<Who, Refusal> {
    let user = hello.user.as_deref().filter(|user| !user.is_empty());
    let password = hello.password.as_deref();
    let password = password.filter(|password| !password.is_empty());
    let is_newcomer =
        user == Some(PROVISION_USER) || (user.is_none() && hello.client_id == PROVISION_USER);
    if is_newcomer && hub.config.invitation.is_some() {
        return Ok(Who::Newcomer);
    }
    let mut guesser = (from, None);
    let (credential, refusal) = match (user, password, certificate) {
        (Some(token), None, _) => (secrets::token(token), Refusal::BadLogin),
        (Some(user), Some(password), _) => {
            guesser.1 = Some(hash(user));
            // A password may be guessed: it is not even looked at.
            if !hub.doorbell.may_try(guesser, now) {
                return Err(Refusal::TooOften);
            }
            (secrets::basic(user, password), Refusal::BadLogin)
        }
        (None, None, Some(der)) => (secrets::certificate(der), Refusal::NotAuthorized),
        (None, Some(_), _) => return Err(wrong(hub, guesser, now, Refusal::BadLogin)),
        (None, None, None) if hello.client_id.is_empty() => return Err(Refusal::NotAuthorized),
        (None, None, None) => return Err(Refusal::BadClientId),
    };
    match found(hub, &credential) {
        Ok(Some(device)) => Ok(Who::Device(device)),
        Ok(None) => Err(wrong(hub, guesser, now, refusal)),
        Err(refusal) => Err(refusal),
    }
}

fn found(hub: &Hub, credential: &Credential) -> Result<Option<DeviceId>, Refusal> {
    hub.reader().device_of(credential).map_err(|error| {
        warn!(%error, "nobody can log in: the disk does not answer");
        Refusal::Unavailable
    })
}

/// Key and secret of one that asks to be let in are wrong.
pub(super) fn wrong_invitation(hub: &Hub, from: IpAddr, now: Instant) {
    wrong(hub, (from, None), now, Refusal::NotAuthorized);
}

fn wrong(hub: &Hub, guesser: Guesser, now: Instant, refusal: Refusal) -> Refusal {
    hub.counters.refused_logins.add(1);
    let from = guesser.0;
    if !hub.doorbell.may_try(guesser, now) {
        return Refusal::TooOften;
    }
    let count = hub.doorbell.was_wrong(guesser, now);
    if count == WRONG_MAX {
        warn!(%from, "{count} wrong logins: whoever guesses there has to wait a minute");
    } else {
        debug!(%from, "a wrong login");
    }
    refusal
}

/// A user name in few bytes; of two that share one, each may be slowed by the other.
fn hash(user: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    user.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_that_guesses_has_to_wait_and_others_do_not() {
        let doorbell = Doorbell::default();
        let at = |seconds: u64| Instant::from_micros(seconds * 1_000_000);
        let guesser = ([10, 0, 0, 1].into(), None);
        let other = ([10, 0, 0, 2].into(), None);
        for _ in 0..WRONG_MAX {
            assert!(doorbell.may_try(guesser, at(0)));
            doorbell.was_wrong(guesser, at(0));
        }
        assert!(!doorbell.may_try(guesser, at(59)));
        assert!(doorbell.may_try(other, at(0)));
        let password = (guesser.0, Some(hash("car")));
        assert!(doorbell.may_try(password, at(0)), "a user of its own");
        assert!(doorbell.may_try(guesser, at(60)));
        assert_eq!(doorbell.was_wrong(guesser, at(61)), 1, "it begins anew");
    }

    #[test]
    fn addresses_have_a_bound_and_when_full_old_ones_go() {
        let doorbell = Doorbell::default();
        for number in 0..2 * u32::try_from(GUESSERS_MAX).unwrap() {
            doorbell.was_wrong((IpAddr::V4(number.into()), None), Instant::BOOT);
        }
        assert!(doorbell.0.lock().unwrap().len() <= GUESSERS_MAX);
    }
}
