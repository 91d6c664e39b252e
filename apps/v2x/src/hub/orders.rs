//! Commands to devices and their answers: sent over the device's connection or its gateway's, each
//! waited for until its time is over, and noted.

use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use v2x_roles::hub::DeviceId;
use v2x_uplink::thingsboard::server::{self, Command, Told};

use super::Hub;
use super::books::Closed;
use super::sessions::Mail;

/// How long an answer is waited for: ThingsBoard's default.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Commands that wait for their answers at once.
const WAITING_MAX: usize = 1000;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("there is no such device")]
    NoDevice,
    #[error("the device is not connected, or takes no commands; try again when it is online")]
    NotListening,
    #[error("the device did not answer within {0:?}; it may have carried the command out")]
    InTime(Duration),
    #[error("{WAITING_MAX} commands wait for their answers already; try again later")]
    TooMany,
    #[error("the command cannot be noted: {0}")]
    NotNoted(String),
}

/// Commands that wait for their answers.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<HashMap<u64, (DeviceId, SyncSender<Json>)>>);

impl Orders {
    /// A device answers; says whether anybody has waited for it. Another device's answer to this
    /// number is none.
    pub(crate) fn answered(&self, device: DeviceId, id: u64, answer: Json) -> bool {
        let mut waiting = self.lock();
        match waiting.get(&id) {
            Some((asked, _)) if *asked == device => {
                let (_, to) = waiting.remove(&id).expect("it was just found");
                to.try_send(answer).is_ok()
            }
            _ => false,
        }
    }

    fn wait_for(&self, id: u64, device: DeviceId, to: SyncSender<Json>) -> bool {
        let mut waiting = self.lock();
        if waiting.len() >= WAITING_MAX {
            return false;
        }
        waiting.insert(id, (device, to));
        true
    }

    fn forget(&self, id: u64) {
        self.lock().remove(&id);
    }

    // A thread that panicked has left a whole table: each change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (DeviceId, SyncSender<Json>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a device to do something and waits for its answer. Blocks.
pub(crate) fn tell(
    hub: &Hub,
    device: DeviceId,
    person: &str,
    (method, params): (&str, &Json),
    within: Duration,
) -> Result<Json, NoAnswer> {
    let known = hub.fleet.get(device).ok_or(NoAnswer::NoDevice)?;
    let listening = listening(hub, device, known.row.parent);
    let (person, noted) = (person.to_owned(), (method.to_owned(), params.clone()));
    let now = hub.now();
    let id = hub
        .books
        .work_here(move |store| store.note_command(device, &person, (&noted.0, &noted.1), now))
        .map_err(|_| NoAnswer::NotNoted("the hub is ending".to_owned()))?
        .map_err(|error| NoAnswer::NotNoted(error.to_string()))?;
    let answer = listening.ok_or(NoAnswer::NotListening).and_then(|way| {
        let command = Command {
            id: id.unsigned_abs(),
            method: method.to_owned(),
            params: params.clone(),
        };
        send_and_wait(hub, device, (&known.row.name, way), &command, within)
    });
    if let Ok(answer) = &answer {
        let (kept, now) = (answer.clone(), hub.now());
        let noted = hub
            .books
            .work_here(move |store| store.note_answer(id, &kept, now));
        match noted {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the answer to a command cannot be noted"),
            Err(Closed) => tracing::debug!("the hub ends before an answer was noted"),
        }
    }
    answer
}

/// Whose connection a command goes over.
struct Way {
    mail: super::sessions::MailBox,
    spelling: server::Spelling,
    is_gateway: bool,
}

fn listening(hub: &Hub, device: DeviceId, parent: Option<DeviceId>) -> Option<Way> {
    let way = |is_gateway| {
        move |(mail, spelling)| Way {
            mail,
            spelling,
            is_gateway,
        }
    };
    match parent {
        None => hub
            .sessions
            .listener(device, Told::Commands)
            .map(way(false)),
        Some(gateway) => hub
            .sessions
            .listener(gateway, Told::GatewayCommands)
            .map(way(true)),
    }
}

fn send_and_wait(
    hub: &Hub,
    device: DeviceId,
    (name, way): (&str, Way),
    command: &Command,
    within: Duration,
) -> Result<Json, NoAnswer> {
    let (answer, answered) = sync_channel(1);
    if !hub.orders.wait_for(command.id, device, answer) {
        return Err(NoAnswer::TooMany);
    }
    let (topic, payload) = if way.is_gateway {
        server::gateway_command(name, command)
    } else {
        server::command(command, way.spelling)
    };
    if way.mail.try_send(Mail::Message { topic, payload }).is_err() {
        hub.orders.forget(command.id);
        return Err(NoAnswer::NotListening);
    }
    let answer = answered.recv_timeout(within);
    hub.orders.forget(command.id);
    answer.map_err(|error| match error {
        RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected => NoAnswer::InTime(within),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_of_another_device_is_none() {
        let orders = Orders::default();
        let (answer, answered) = sync_channel(1);
        assert!(orders.wait_for(7, DeviceId::new(1), answer));
        assert!(!orders.answered(DeviceId::new(2), 7, Json::from(1)));
        assert!(orders.answered(DeviceId::new(1), 7, Json::from(2)));
        assert!(!orders.answered(DeviceId::new(1), 7, Json::from(3)), "once");
        assert_eq!(answered.try_recv(), Ok(Json::from(2)));
    }

    #[test]
    fn commands_that_wait_have_a_bound_and_when_full_another_is_refused() {
        let orders = Orders::default();
        for id in 0..=WAITING_MAX as u64 {
            let (answer, _answered) = sync_channel(1);
            let is_taken = orders.wait_for(id, DeviceId::new(1), answer);
            assert_eq!(is_taken, id < WAITING_MAX as u64);
        }
    }
}
