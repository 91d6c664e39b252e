//! What people set for a device, pushed to it.

use serde_json::{Map, Value as Json};
use v2x_uplink::thingsboard::server::{self, Told};

use super::super::Hub;
use super::super::fleet::Known;
use super::super::sessions::Mail;

/// Tells a device of settings that changed, over its own connections or its gateway's.
pub(super) fn shared(hub: &Hub, known: &Known, change: &Map<String, Json>) {
    let messages: Vec<_> = match known.row.parent {
        None => {
            let listeners = hub.sessions.listeners(known.row.id, Told::SharedUpdates);
            let listeners = listeners.into_iter();
            listeners
                .map(|(mail, spelling)| (mail, server::shared_update(change, spelling)))
                .collect()
        }
        Some(gateway) => {
            let listeners = hub.sessions.listeners(gateway, Told::GatewayUpdates);
            let listeners = listeners.into_iter();
            let name = &known.row.name;
            listeners
                .map(|(mail, _)| (mail, server::gateway_shared_update(name, change)))
                .collect()
        }
    };
    for (mail, (topic, payload)) in messages {
        // One that is full ends, and asks for all settings when it comes back.
        let told = mail.try_send(Mail::Message { topic, payload });
        told.unwrap_or_default();
    }
}
