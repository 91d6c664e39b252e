//! The server's end of the ThingsBoard device API: what a device's messages say, and what is said
//! to it. The hub speaks it, so that devices need not know which of the two they talk to.
//!
//! Sans-IO: topic and payload in, meaning out. A device is who its connection says it is, so no
//! topic can name another one. JSON only; protobuf, claiming and firmware chunks are not spoken.
//! Behaviour after the ThingsBoard 4 sources and its references "MQTT Device API" and "MQTT Gateway
//! API". Not here: the packets ([`crate::endpoint`]), and what becomes of a row (`roles::hub`).
//!
//! | file | what it holds |
//! |---|---|
//! | `topic` | what a topic is for, and which may be subscribed to |
//! | `upload` | rows and attributes, of the device and of those behind it |
//! | `request` | questions for attributes, commands and their answers |
//! | `provision` | asking to be let in |

mod provision;
mod request;
mod topic;
mod upload;

use serde_json::{Map, Value as Json};
use v2x_roles::hub::Row;
use v2x_units::UtcTime;

pub use provision::{PROVISION_USER, ProvisionAnswer, ProvisionRequest};
pub use request::{
    AttributesAsked, Command, attributes_answer, command, gateway_attributes_answer,
    gateway_command, gateway_shared_update, server_answer, shared_update,
};
pub use topic::{Published, Spelling, Subscription, TOPICS, Told};
pub use upload::{gateway_attributes, gateway_rows, rows, values};
pub(crate) use upload::{time, values_of};

/// The most devices that one message of a gateway may name.
pub const DEVICES_MAX: usize = 1000;
/// The longest key, in bytes: ThingsBoard's column has so many characters.
pub const KEY_MAX_BYTES: usize = 255;
/// The longest name of a device.
pub const NAME_MAX_BYTES: usize = 255;

/// Keys and values.
pub type Members = Map<String, Json>;

/// Why a message says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) String);

/// What a device says with one message.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// It measured.
    Rows(Vec<Row>),
    /// It describes itself.
    Attributes(Map<String, Json>),
    /// It asks for attributes.
    Asks(AttributesAsked),
    /// It answers a command.
    Answers {
        /// The number of the command.
        id: u64,
        /// The answer.
        data: Json,
    },
    /// It wants something of the server, which is answered under its number.
    Calls {
        /// The device's number.
        id: u64,
        /// In which spelling of the topic it is answered.
        spelling: Spelling,
        /// What it wants.
        method: String,
    },
    /// A device behind it is there.
    Connects(String),
    /// A device behind it is gone.
    Disconnects(String),
    /// Devices behind it measured.
    RowsBehind(Vec<(String, Vec<Row>)>),
    /// Devices behind it describe themselves.
    AttributesBehind(Vec<(String, Members)>),
    /// It asks for attributes of a device behind it.
    AsksBehind(String, AttributesAsked),
    /// A device behind it answers a command.
    AnswersBehind {
        /// The device.
        device: String,
        /// The number of the command.
        id: u64,
        /// The answer.
        data: Json,
    },
    /// It asks to be let in.
    Provision(ProvisionRequest),
    /// Nothing that the hub knows.
    Unknown,
}

/// What a message says; rows without a time get `now`.
///
/// # Errors
/// What is wrong with the payload.
pub fn said(topic: &str, payload: &[u8], now: UtcTime) -> Result<Said, Malformed> {
    let Some(published) = Published::parse(topic) else {
        return Ok(Said::Unknown);
    };
    Ok(match published {
        Published::Telemetry => Said::Rows(rows(payload, now)?),
        Published::Attributes => Said::Attributes(values(payload)?),
        Published::AttributesRequest(id, spelling) => {
            Said::Asks(request::attributes_asked(id, spelling, payload)?)
        }
        Published::Answer(id) => Said::Answers {
            id,
            data: json(payload)?,
        },
        Published::Call(id, spelling) => Said::Calls {
            id,
            spelling,
            method: request::method(payload)?,
        },
        Published::GatewayConnect => Said::Connects(request::device(payload)?),
        Published::GatewayDisconnect => Said::Disconnects(request::device(payload)?),
        Published::GatewayTelemetry => Said::RowsBehind(gateway_rows(payload, now)?),
        Published::GatewayAttributes => Said::AttributesBehind(gateway_attributes(payload)?),
        Published::GatewayAttributesRequest => {
            let (device, asked) = request::gateway_attributes_asked(payload)?;
            Said::AsksBehind(device, asked)
        }
        Published::GatewayAnswer => {
            let (device, id, data) = request::gateway_answer(payload)?;
            Said::AnswersBehind { device, id, data }
        }
        Published::Provision => Said::Provision(ProvisionRequest::parse(payload)?),
    })
}

pub(crate) fn json(payload: &[u8]) -> Result<Json, Malformed> {
    serde_json::from_slice(payload)
        .map_err(|error| Malformed(format!("the payload is no JSON: {error}")))
}

pub(crate) fn object(payload: &[u8]) -> Result<Map<String, Json>, Malformed> {
    match json(payload)? {
        Json::Object(members) => Ok(members),
        other => Err(Malformed(format!(
            "the payload is {}, not an object",
            kind(&other)
        ))),
    }
}

/// A name of a device that is fit to be shown and kept.
pub(crate) fn name(text: &str) -> Result<String, Malformed> {
    let is_fit = !text.is_empty()
        && text.len() <= NAME_MAX_BYTES
        && !text.chars().any(char::is_control)
        && text.trim() == text;
    is_fit.then(|| text.to_owned()).ok_or_else(|| {
        Malformed(format!(
            "{text:?} is no name of a device: 1 to {NAME_MAX_BYTES} bytes, printable, no blank at \
             either end"
        ))
    })
}

pub(crate) const fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a flag",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
