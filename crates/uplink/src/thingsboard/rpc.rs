//! Commands from the server, and the answers to them: ThingsBoard's server-side RPC, for the device
//! of the connection and for devices behind a gateway.
//!
//! Deliveries are at least once, so a command may come twice; whoever carries it out sees to that.
//! Not here: how commands travel between session and role ([`crate::session::commands`]). Behaviour
//! after the ThingsBoard references "MQTT Device API" and "MQTT Gateway API".

use serde_json::{Value as Json, json};
use v2x_units::Instant;

/// What to subscribe to for commands to the device of the connection.
pub const DEVICE_COMMANDS_FILTER: &str = "v1/devices/me/rpc/request/+";

/// Where commands to devices behind a gateway arrive, and where their answers go.
pub const GATEWAY_COMMANDS_TOPIC: &str = "v1/gateway/rpc";

const DEVICE_REQUEST: &str = "v1/devices/me/rpc/request/";
const DEVICE_RESPONSE: &str = "v1/devices/me/rpc/response/";

/// The longest command that is read: a method and some parameters, in bytes.
pub const COMMAND_MAX_BYTES: usize = 4096;

/// Who was asked, and under which number the answer is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The device behind the gateway; `None` for the device of the connection.
    pub device: Option<String>,
    /// The server's number.
    pub id: u64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name of the method.
    pub method: String,
    /// Its parameters; null when the server sent none.
    pub params: Json,
}

/// A command as it arrived; a call that cannot be read is answered with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who was asked.
    pub asked: Asked,
    /// What is to be done, or what is wrong with it.
    pub call: Result<Call, String>,
    /// When it was heard, on the clock of the process.
    pub at: Instant,
}

impl Command {
    /// Reads a message that was heard at a moment; `None` when it is no command that could be
    /// answered.
    #[must_use]
    pub fn parse(topic: &str, payload: &[u8], at: Instant) -> Option<Self> {
        if let Some(id) = topic.strip_prefix(DEVICE_REQUEST) {
            let id = id.parse().ok()?;
            let call = read(payload).and_then(|json| call(&json));
            return Some(Self {
                asked: Asked { device: None, id },
                call,
                at,
            });
        }
        if topic != GATEWAY_COMMANDS_TOPIC {
            return None;
        }
        let json = read(payload).ok()?;
        let data = json.get("data")?;
        Some(Self {
            asked: Asked {
                device: Some(json.get("device")?.as_str()?.to_owned()),
                id: data.get("id")?.as_u64()?,
            },
            call: call(data),
            at,
        })
    }
}

impl Asked {
    /// Topic and payload of the answer.
    #[must_use]
    pub fn answer(&self, data: &Json) -> (String, String) {
        match &self.device {
            None => (format!("{DEVICE_RESPONSE}{}", self.id), data.to_string()),
            Some(device) => {
                let answer = json!({ "device": device, "id": self.id, "data": data });
                (GATEWAY_COMMANDS_TOPIC.to_owned(), answer.to_string())
            }
        }
    }
}

fn read(payload: &[u8]) -> Result<Json, String> {
    if payload.len() > COMMAND_MAX_BYTES {
        let seen = payload.len();
        return Err(format!(
            "the command has {seen} bytes; it may have at most {COMMAND_MAX_BYTES}"
        ));
    }
    serde_json::from_slice(payload).map_err(|error| format!("the command is no JSON: {error}"))
}

fn call(json: &Json) -> Result<Call, String> {
    let method = json.get("method").and_then(Json::as_str);
    Ok(Call {
        method: method.ok_or("the command names no method")?.to_owned(),
        params: json.get("params").cloned().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(topic: &str, payload: &[u8]) -> Option<Command> {
        Command::parse(topic, payload, Instant::BOOT)
    }

    #[test]
    fn command_to_the_device_of_the_connection_is_answered_under_its_number() {
        let payload = br#"{"method":"stopCharging","params":{"slot":1}}"#;
        let command = parse("v1/devices/me/rpc/request/17", payload).unwrap();
        let call = command.call.unwrap();
        assert_eq!(call.method, "stopCharging");
        assert_eq!(call.params["slot"], 1);
        let (topic, answer) = command.asked.answer(&json!({ "ok": true }));
        assert_eq!(topic, "v1/devices/me/rpc/response/17");
        assert_eq!(answer, r#"{"ok":true}"#);
    }

    #[test]
    fn command_to_a_device_behind_the_gateway_is_answered_with_its_name() {
        let payload = br#"{"device":"slot 2","data":{"id":7,"method":"stop","params":null}}"#;
        let command = parse("v1/gateway/rpc", payload).unwrap();
        assert_eq!(command.asked.device.as_deref(), Some("slot 2"));
        let (topic, answer) = command.asked.answer(&json!({ "ok": false }));
        assert_eq!(topic, "v1/gateway/rpc");
        let answer: Json = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            answer,
            json!({ "device": "slot 2", "id": 7, "data": { "ok": false } })
        );
    }

    #[test]
    fn command_that_cannot_be_read_says_what_is_wrong() {
        let said = |payload: &[u8]| {
            let command = parse("v1/devices/me/rpc/request/1", payload);
            command.unwrap().call.unwrap_err()
        };
        assert!(said(b"stop").starts_with("the command is no JSON"));
        assert_eq!(said(b"{}"), "the command names no method");
        assert!(said(&[b' '; 5000]).contains("at most 4096"));
    }

    #[test]
    fn message_without_a_number_to_answer_under_is_no_command() {
        for (topic, payload) in [
            ("v1/devices/me/rpc/request/x", "{}"),
            ("v1/devices/me/attributes", "{}"),
            ("v1/gateway/rpc", r#"{"device":"slot 1"}"#),
            ("v1/gateway/rpc", r#"{"data":{"id":1,"method":"stop"}}"#),
        ] {
            assert_eq!(parse(topic, payload.as_bytes()), None, "{topic}");
        }
    }
}
