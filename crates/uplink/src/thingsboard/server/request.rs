//! Questions for attributes, commands to devices and to the server, and their answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{Malformed, Spelling, name, object};

/// The longest name of a method.
const METHOD_MAX_BYTES: usize = 255;

/// A question for attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributesAsked {
    /// The device's number of the question.
    pub id: u64,
    /// In which spelling it is answered.
    pub spelling: Spelling,
    /// Its own attributes that it wants; `None`: all.
    pub client: Option<BTreeSet<String>>,
    /// The shared ones; `None`: all.
    pub shared: Option<BTreeSet<String>>,
    /// Whether the answer has one value and no name, as a gateway's `key` wants it.
    pub is_single: bool,
}

/// A command that goes to a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The hub's number.
    pub id: u64,
    /// What is to be done.
    pub method: String,
    /// With what.
    pub params: Json,
}

pub(super) fn attributes_asked(
    id: u64,
    spelling: Spelling,
    payload: &[u8],
) -> Result<AttributesAsked, Malformed> {
    let asked = object(payload)?;
    let keys = |member: &str| {
        let keys = asked.get(member).map(|keys| match keys {
            Json::String(keys) => Ok(set(keys.split(','))),
            other => Err(Malformed(format!(
                "`{member}` is {}, not keys with commas between them",
                super::kind(other)
            ))),
        });
        keys.transpose()
    };
    let (client, shared) = (keys("clientKeys")?, keys("sharedKeys")?);
    // Where one of them is named, the other is not wanted; where none is, all are.
    let is_whole = client.is_none() && shared.is_none();
    let wanted = |keys: Option<BTreeSet<String>>| {
        if is_whole {
            None
        } else {
            Some(keys.unwrap_or_default())
        }
    };
    Ok(AttributesAsked {
        id,
        spelling,
        client: wanted(client),
        shared: wanted(shared),
        is_single: false,
    })
}

fn set<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let keys = keys.map(str::trim).filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

pub(super) fn gateway_attributes_asked(
    payload: &[u8],
) -> Result<(String, AttributesAsked), Malformed> {
    let asked = object(payload)?;
    let device = device_of(&asked)?;
    let wrong = |what: &str| Malformed(format!("the question has no {what}"));
    let id = asked.get("id").and_then(Json::as_u64);
    let id = id.ok_or_else(|| wrong("`id`, a whole number"))?;
    let is_client = asked.get("client").and_then(Json::as_bool).unwrap_or(true);
    let single = asked.get("key").and_then(Json::as_str);
    let several = asked.get("keys").and_then(Json::as_array);
    let keys = match (single, several) {
        (Some(key), _) => set(std::iter::once(key)),
        (None, Some(keys)) => set(keys.iter().filter_map(Json::as_str)),
        (None, None) => return Err(wrong("`key` and no `keys`")),
    };
    let (client, shared) = if is_client {
        (keys, BTreeSet::new())
    } else {
        (BTreeSet::new(), keys)
    };
    let asked = AttributesAsked {
        id,
        spelling: Spelling::Long,
        client: Some(client),
        shared: Some(shared),
        is_single: single.is_some(),
    };
    Ok((device, asked))
}

pub(super) fn method(payload: &[u8]) -> Result<String, Malformed> {
    let call = object(payload)?;
    let method = call.get("method").and_then(Json::as_str);
    let method = method.filter(|method| method.len() <= METHOD_MAX_BYTES);
    let method = method.ok_or_else(|| Malformed("the command names no method".to_owned()))?;
    Ok(method.to_owned())
}

pub(super) fn device(payload: &[u8]) -> Result<String, Malformed> {
    device_of(&object(payload)?)
}

fn device_of(members: &Map<String, Json>) -> Result<String, Malformed> {
    let device = members.get("device").and_then(Json::as_str);
    name(device.ok_or_else(|| Malformed("the message names no `device`".to_owned()))?)
}

pub(super) fn gateway_answer(payload: &[u8]) -> Result<(String, u64, Json), Malformed> {
    let mut answer = object(payload)?;
    let device = device_of(&answer)?;
    let id = answer.get("id").and_then(Json::as_u64);
    let id = id.ok_or_else(|| Malformed("the answer has no `id`, a whole number".to_owned()))?;
    let data = answer.remove("data").unwrap_or_default();
    Ok((device, id, data))
}

/// Topic and payload of the answer to a question for attributes: what is there of what was asked.
#[must_use]
pub fn attributes_answer(
    asked: &AttributesAsked,
    client: &Map<String, Json>,
    shared: &Map<String, Json>,
) -> (String, String) {
    let mut answer = Map::new();
    for (member, has, wanted) in [
        ("client", client, &asked.client),
        ("shared", shared, &asked.shared),
    ] {
        let found = found(has, wanted.as_ref());
        if !found.is_empty() {
            answer.insert(member.to_owned(), Json::Object(found));
        }
    }
    let id = asked.id;
    let topic = match asked.spelling {
        Spelling::Long => format!("v1/devices/me/attributes/response/{id}"),
        Spelling::Short => format!("v2/a/res/{id}"),
        Spelling::ShortJson => format!("v2/a/res/j/{id}"),
    };
    (topic, Json::Object(answer).to_string())
}

fn found(has: &Map<String, Json>, wanted: Option<&BTreeSet<String>>) -> Map<String, Json> {
    let is_wanted = |key: &str| wanted.is_none_or(|wanted| wanted.contains(key));
    has.iter()
        .filter(|(key, _)| is_wanted(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Topic and payload of the answer to a gateway's question.
#[must_use]
pub fn gateway_attributes_answer(
    device: &str,
    asked: &AttributesAsked,
    client: &Map<String, Json>,
    shared: &Map<String, Json>,
) -> (String, String) {
    let mut values = found(client, asked.client.as_ref());
    values.extend(found(shared, asked.shared.as_ref()));
    let mut answer = json!({ "id": asked.id, "device": device });
    if asked.is_single {
        if let Some((_, value)) = values.into_iter().next() {
            answer["value"] = value;
        }
    } else {
        answer["values"] = Json::Object(values);
    }
    let topic = "v1/gateway/attributes/response".to_owned();
    (topic, answer.to_string())
}

/// Topic and payload that tell a device of shared attributes that changed: values, and null for
/// those that are gone.
#[must_use]
pub fn shared_update(changed: &Map<String, Json>, spelling: Spelling) -> (String, String) {
    let topic = match spelling {
        Spelling::Long => "v1/devices/me/attributes",
        Spelling::Short => "v2/a",
        Spelling::ShortJson => "v2/a/j",
    };
    (topic.to_owned(), Json::Object(update(changed)).to_string())
}

/// The same for a device behind a gateway.
#[must_use]
pub fn gateway_shared_update(device: &str, changed: &Map<String, Json>) -> (String, String) {
    let told = json!({ "device": device, "data": update(changed) });
    ("v1/gateway/attributes".to_owned(), told.to_string())
}

fn update(changed: &Map<String, Json>) -> Map<String, Json> {
    let (gone, set): (Vec<_>, Vec<_>) = changed.iter().partition(|(_, value)| value.is_null());
    let mut update: Map<String, Json> = set
        .into_iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !gone.is_empty() {
        let keys = gone.into_iter().map(|(key, _)| key.clone());
        update.insert("deleted".to_owned(), keys.collect());
    }
    update
}

/// Topic and payload of a command to the device of a connection.
#[must_use]
pub fn command(command: &Command, spelling: Spelling) -> (String, String) {
    let id = command.id;
    let topic = match spelling {
        Spelling::Long => format!("v1/devices/me/rpc/request/{id}"),
        Spelling::Short => format!("v2/r/req/{id}"),
        Spelling::ShortJson => format!("v2/r/req/j/{id}"),
    };
    let call = json!({ "method": command.method, "params": command.params });
    (topic, call.to_string())
}

/// Topic and payload of a command to a device behind a gateway.
#[must_use]
pub fn gateway_command(device: &str, command: &Command) -> (String, String) {
    let call = json!({
        "device": device,
        "data": { "id": command.id, "method": command.method, "params": command.params },
    });
    ("v1/gateway/rpc".to_owned(), call.to_string())
}

/// Topic and payload of the server's answer to a device's command.
#[must_use]
pub fn server_answer(id: u64, spelling: Spelling, data: &Json) -> (String, String) {
    let topic = match spelling {
        Spelling::Long => format!("v1/devices/me/rpc/response/{id}"),
        Spelling::Short => format!("v2/r/res/{id}"),
        Spelling::ShortJson => format!("v2/r/res/j/{id}"),
    };
    (topic, data.to_string())
}
