//! Devices that ask to be let in, and wait for an admin.
//!
//! The answer goes to the connection that asked, as long as it waits. One that is gone by then gets
//! it when it asks again under its name; a token that it chose for itself holds at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::info;
use v2x_roles::hub::DeviceId;
use v2x_store::StoreError;
use v2x_store::hub::{Credential, HubStore, Pending, PendingState, Taken};
use v2x_units::UtcTime;
use v2x_uplink::thingsboard::server::{ProvisionAnswer, ProvisionRequest};

use super::sessions::{Mail, MailBox};
use super::{Hub, login, secrets};

/// Who may ask.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// The key; `None`: any.
    pub(crate) key: Option<String>,
    /// Its secret.
    pub(crate) secret: Option<String>,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation(redacted)")
    }
}

/// Connections that wait for an admin, by the number of their request.
#[derive(Debug, Default)]
pub(crate) struct Joining(Mutex<HashMap<i64, MailBox>>);

impl Joining {
    /// The one that asks waits from now on, if a decision is waited for; `false` when another
    /// connection waits under the same name.
    fn waits(&self, pending: &Pending, mail: MailBox) -> bool {
        if pending.state != PendingState::Waiting {
            return true;
        }
        let mut waiting = self.lock();
        let other = waiting.get(&pending.id);
        if other.is_some_and(|it| !it.is_closed() && !mail.same_channel(it)) {
            return false;
        }
        waiting.insert(pending.id, mail);
        true
    }

    // A thread that panicked has left a whole table: each change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, MailBox>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A device asks; the answer, unless an admin has to be waited for.
pub(crate) async fn ask(
    hub: &Arc<Hub>,
    request: &ProvisionRequest,
    from: IpAddr,
    mail: &MailBox,
) -> Option<ProvisionAnswer> {
    let refused = |why: &str| Some(ProvisionAnswer::Refused(why.to_owned()));
    let Some(invitation) = &hub.config.invitation else {
        return Some(ProvisionAnswer::NotFound);
    };
    let is_right = |kept: &Option<String>, given: &str| {
        // Compared as hashes, so that the time tells nothing of where they differ.
        let is_same = |kept: &String| secrets::token(kept) == secrets::token(given);
        kept.as_ref().is_none_or(is_same)
    };
    let is_invited =
        is_right(&invitation.key, &request.key) && is_right(&invitation.secret, &request.secret);
    if !is_invited {
        login::wrong_invitation(hub, from, hub.clock.now().instant);
        return Some(ProvisionAnswer::NotFound);
    }
    let Some(name) = request.device.clone() else {
        return refused("name yourself: `deviceName` is missing");
    };
    let token = match request.token.as_deref().map(chosen).transpose() {
        Ok(token) => token,
        Err(why) => return refused(&why),
    };
    let (now, origin) = (hub.now(), from.to_string());
    let (at_books, mail) = (Arc::clone(hub), mail.clone());
    let asked = hub.books.work(move |store| {
        if store.device_named(&name)?.is_some() {
            return Ok(None);
        }
        if let Some(hash) = token
            && store.device_of(&Credential::Token(hash))?.is_some()
        {
            return Ok(Some(Err(Taken::Login)));
        }
        let pending = store.ask_to_join(&name, &origin, token.as_ref(), now)?;
        // Where decisions are noted too: one of a moment later finds it waiting.
        let pending = pending.map(|pending| {
            let is_right = pending.token == token && at_books.joining.waits(&pending, mail);
            Ok((pending, is_right))
        });
        Ok::<_, StoreError>(pending)
    });
    let (pending, is_right) = match asked.await {
        Ok(Ok(Some(Ok(asked)))) => asked,
        Ok(Ok(Some(Err(taken)))) => return refused(&taken.to_string()),
        Ok(Ok(None)) => return refused("the name is taken, or too many wait already"),
        Ok(Err(_)) | Err(_) => return refused("the hub cannot note it; ask again later"),
    };
    if !is_right {
        return refused("another device waits under this name");
    }
    match pending.state {
        PendingState::Waiting => {
            info!(device = pending.name, "asks to be let in; an admin decides");
            None
        }
        PendingState::Approved => Some(admit_later(hub, pending).await),
        PendingState::Rejected => {
            let id = pending.id;
            let closed = hub.books.work(move |store| store.close_request(id)).await;
            drop(closed);
            refused("an admin has refused it")
        }
    }
}

/// The hash of a token that a device chose for itself; why it cannot be one.
fn chosen(token: &str) -> Result<[u8; 32], String> {
    secrets::check_chosen(token)?;
    match secrets::token(token) {
        Credential::Token(hash) => Ok(hash),
        Credential::Basic(..) | Credential::Certificate(_) => Err("it is no token".to_owned()),
    }
}

async fn admit_later(hub: &Hub, pending: Pending) -> ProvisionAnswer {
    let Ok((token, credential)) = credential(&pending) else {
        return ProvisionAnswer::Refused("no random numbers".to_owned());
    };
    let now = hub.now();
    let name = pending.name.clone();
    let admitted = hub
        .books
        .work(move |store| admit(store, &pending, &credential, now))
        .await;
    match admitted {
        Ok(Ok(Ok(id))) => {
            hub.joined(id, &name, now);
            ProvisionAnswer::Token(token)
        }
        Ok(Ok(Err(taken))) => ProvisionAnswer::Refused(taken.to_string()),
        Ok(Err(_)) | Err(_) => ProvisionAnswer::Refused("the hub cannot note it".to_owned()),
    }
}

/// Lets it in, or ends its request: it cannot come in so, whatever is decided.
fn admit(
    store: &mut HubStore,
    pending: &Pending,
    credential: &Credential,
    now: UtcTime,
) -> Result<Result<DeviceId, Taken>, StoreError> {
    let admitted = store.admit(pending, credential, now)?;
    if admitted.is_err() {
        store.close_request(pending.id)?;
    }
    Ok(admitted)
}

/// The token of a device that is let in. The one that it chose it knows itself.
fn credential(pending: &Pending) -> Result<(String, Credential), getrandom::Error> {
    if let Some(hash) = pending.token {
        return Ok((String::new(), Credential::Token(hash)));
    }
    let token = secrets::new_token()?;
    let credential = secrets::token(&token);
    Ok((token, credential))
}

/// An admin decides; `false` when there is no such request. Blocks.
pub(crate) fn decide(hub: &Hub, id: i64, is_approved: bool) -> Result<bool, String> {
    let gone = |_| "the hub is ending".to_owned();
    let now = hub.now();
    let pending = hub.books.work_here(move |store| {
        let waiting = store.pending()?;
        let found = waiting.into_iter().find(|it| it.id == id);
        // One that was decided before stays as it was: another admin may have been faster.
        let is_decided = found.is_some() && store.decide(id, is_approved, now)?;
        Ok(found.filter(|_| is_decided))
    });
    let pending = pending.map_err(gone)?;
    let pending = pending.map_err(|error: StoreError| error.to_string())?;
    let Some(pending) = pending else {
        return Ok(false);
    };
    // One that has left does not hear its token: it is let in when it asks again.
    let waits = hub.joining.lock().remove(&id);
    let waits = waits.filter(|mail| !mail.is_closed());
    let has_token = pending.token.is_some();
    // Without a token of its own it has to be there to hear its new one.
    if is_approved && (waits.is_some() || has_token) {
        let (token, credential) = credential(&pending).map_err(|error| error.to_string())?;
        let name = pending.name.clone();
        let admitted = hub
            .books
            .work_here(move |store| admit(store, &pending, &credential, now))
            .map_err(gone)?
            .map_err(|error: StoreError| error.to_string())?;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(taken) => {
                answer(waits, &ProvisionAnswer::Refused(taken.to_string()));
                return Err(taken.to_string());
            }
        };
        hub.joined(admitted, &name, now);
        answer(waits, &ProvisionAnswer::Token(token));
    } else if !is_approved {
        let why = ProvisionAnswer::Refused("an admin has refused it".to_owned());
        if answer(waits, &why) {
            let closed = hub.books.work_here(move |store| store.close_request(id));
            closed.map_err(gone)?.map_err(|error| error.to_string())?;
        }
    }
    Ok(true)
}

fn answer(waits: Option<MailBox>, answer: &ProvisionAnswer) -> bool {
    let (topic, payload) = answer.message();
    waits.is_some_and(|mail| mail.try_send(Mail::Message { topic, payload }).is_ok())
}

impl Hub {
    fn joined(&self, id: DeviceId, name: &str, now: UtcTime) {
        info!(device = name, "was let in");
        self.fleet.put(v2x_store::hub::DeviceRow {
            id,
            name: name.to_owned(),
            kind: v2x_roles::hub::DeviceKind::Unknown,
            parent: None,
            last_seen: None,
            login_made: Some(UtcTime::from_millis(now.as_millis())),
        });
    }
}
