//! Which connections a device has, and what each wants to be told of.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use v2x_roles::hub::DeviceId;
use v2x_uplink::endpoint::Farewell;
use v2x_uplink::thingsboard::server::{Spelling, Subscription, Told};

/// Connections of one device at once; one more ends the oldest.
const SESSIONS_MAX: usize = 5;

/// What another part of the hub says to a connection.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A message for the device.
    Message { topic: String, payload: String },
    /// The connection is to end.
    Part(Farewell),
}

/// Where a connection's mail goes; it has a bound, and a full one is a slow reader.
pub(crate) type MailBox = mpsc::Sender<Mail>;

/// One connection by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionId(u64);

#[derive(Debug)]
struct Session {
    id: SessionId,
    client_id: String,
    mail: MailBox,
    wants: Vec<Subscription>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    of: HashMap<DeviceId, Vec<Session>>,
}

impl Sessions {
    /// A connection of a device begins. The same client's older one ends, and the oldest when there
    /// are too many.
    pub(crate) fn enter(&self, device: DeviceId, client_id: &str, mail: MailBox) -> SessionId {
        let mut inner = self.lock();
        inner.next += 1;
        let id = SessionId(inner.next);
        let sessions = inner.of.entry(device).or_default();
        let mut same = sessions.iter();
        let same = same.position(|it| !client_id.is_empty() && it.client_id == client_id);
        let is_full = sessions.len() >= SESSIONS_MAX;
        if let Some(place) = same.or_else(|| is_full.then_some(0)) {
            let old = sessions.remove(place);
            // One whose mail is full ends anyway.
            let part = old.mail.try_send(Mail::Part(Farewell::TakenOver));
            part.unwrap_or_default();
        }
        sessions.push(Session {
            id,
            client_id: client_id.to_owned(),
            mail,
            wants: Vec::new(),
        });
        id
    }

    /// A connection has ended; says whether the device has none left.
    pub(crate) fn leave(&self, device: DeviceId, id: SessionId) -> bool {
        let mut inner = self.lock();
        let Some(sessions) = inner.of.get_mut(&device) else {
            return true;
        };
        sessions.retain(|session| session.id != id);
        let is_last = sessions.is_empty();
        if is_last {
            inner.of.remove(&device);
        }
        is_last
    }

    /// A connection wants to be told of something.
    pub(crate) fn subscribe(&self, device: DeviceId, id: SessionId, wants: Subscription) {
        self.with(device, id, |session| {
            if !session.wants.contains(&wants) {
                session.wants.push(wants);
            }
        });
    }

    /// A connection no longer wants to be told of something.
    pub(crate) fn unsubscribe(&self, device: DeviceId, id: SessionId, wants: Subscription) {
        self.with(device, id, |session| {
            session.wants.retain(|other| *other != wants);
        });
    }

    fn with(&self, device: DeviceId, id: SessionId, change: impl FnOnce(&mut Session)) {
        let mut inner = self.lock();
        let mut sessions = inner.of.get_mut(&device).into_iter().flatten();
        if let Some(session) = sessions.find(|session| session.id == id) {
            change(session);
        }
    }

    /// The newest connection of a device that wants to be told of something, and how.
    pub(crate) fn listener(&self, device: DeviceId, told: Told) -> Option<(MailBox, Spelling)> {
        let inner = self.lock();
        inner.of.get(&device)?.iter().rev().find_map(|session| {
            let wants = session.wants.iter().find(|wants| wants.told == told)?;
            Some((session.mail.clone(), wants.spelling))
        })
    }

    /// All connections of a device that want to be told of something.
    pub(crate) fn listeners(&self, device: DeviceId, told: Told) -> Vec<(MailBox, Spelling)> {
        let inner = self.lock();
        let sessions = inner.of.get(&device).into_iter().flatten();
        sessions
            .filter_map(|session| {
                let wants = session.wants.iter().find(|wants| wants.told == told)?;
                Some((session.mail.clone(), wants.spelling))
            })
            .collect()
    }

    /// Ends all connections of a device.
    pub(crate) fn part(&self, device: DeviceId, farewell: Farewell) {
        for session in self.lock().of.get(&device).into_iter().flatten() {
            let part = session.mail.try_send(Mail::Part(farewell));
            part.unwrap_or_default();
        }
    }

    /// Connections of all devices.
    pub(crate) fn count(&self) -> usize {
        self.lock().of.values().map(Vec::len).sum()
    }

    /// Devices that have connections.
    pub(crate) fn devices(&self) -> Vec<DeviceId> {
        self.lock().of.keys().copied().collect()
    }

    // A thread that panicked has left whole values: each change is one call.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId::new(1);

    fn mailbox() -> (MailBox, mpsc::Receiver<Mail>) {
        mpsc::channel(1)
    }

    fn is_parted(mail: &mut mpsc::Receiver<Mail>) -> bool {
        matches!(mail.try_recv(), Ok(Mail::Part(Farewell::TakenOver)))
    }

    #[test]
    fn same_client_takes_over_and_another_one_joins() {
        let sessions = Sessions::default();
        let (first, mut of_first) = mailbox();
        let (second, mut of_second) = mailbox();
        let (third, _of_third) = mailbox();
        let old = sessions.enter(DEVICE, "car", first);
        sessions.enter(DEVICE, "doctor", second);
        assert!(!is_parted(&mut of_first));
        let new = sessions.enter(DEVICE, "car", third);
        assert!(is_parted(&mut of_first) && !is_parted(&mut of_second));
        assert!(!sessions.leave(DEVICE, old), "the new one stays");
        assert!(!sessions.leave(DEVICE, new), "and the other one");
    }

    #[test]
    fn connections_of_one_device_have_a_bound_and_when_full_the_oldest_goes() {
        let sessions = Sessions::default();
        let mut boxes = Vec::new();
        for _ in 0..=SESSIONS_MAX {
            let (mail, receiver) = mailbox();
            sessions.enter(DEVICE, "", mail);
            boxes.push(receiver);
        }
        assert!(is_parted(&mut boxes[0]) && !is_parted(&mut boxes[1]));
    }

    #[test]
    fn newest_connection_that_asked_is_told_and_no_other() {
        let sessions = Sessions::default();
        let commands = Subscription::parse("v2/r/req/+").expect("a filter");
        let (first, _of_first) = mailbox();
        let (second, _of_second) = mailbox();
        let id = sessions.enter(DEVICE, "", first);
        sessions.enter(DEVICE, "", second);
        assert!(sessions.listener(DEVICE, Told::Commands).is_none());
        sessions.subscribe(DEVICE, id, commands);
        let (_, spelling) = sessions.listener(DEVICE, Told::Commands).expect("one");
        assert_eq!(spelling, Spelling::Short);
        assert!(
            sessions
                .listener(DeviceId::new(2), Told::Commands)
                .is_none()
        );
        sessions.unsubscribe(DEVICE, id, commands);
        assert!(sessions.listener(DEVICE, Told::Commands).is_none());
    }
}
