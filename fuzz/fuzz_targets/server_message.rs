//! What a server sends: shared attributes and commands, of any bytes, are read or left without a
//! panic; a message is one or the other, and whatever is answered can be read as JSON.
//!
//! Input: one byte that chooses the topic, then the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};
use v2x_units::Instant;
use v2x_uplink::thingsboard::ATTRIBUTES_TOPIC;
use v2x_uplink::thingsboard::rpc::{Command, DEVICE_COMMANDS_FILTER, GATEWAY_COMMANDS_TOPIC};
use v2x_uplink::thingsboard::shared::{RESPONSES_FILTER, SharedWord};

/// Each stands for a topic that it matches: `+` for a number.
const FILTERS: [&str; 4] = [
    ATTRIBUTES_TOPIC,
    RESPONSES_FILTER,
    DEVICE_COMMANDS_FILTER,
    GATEWAY_COMMANDS_TOPIC,
];

fuzz_target!(|input: &[u8]| {
    let Some((&choice, payload)) = input.split_first() else {
        return;
    };
    let topic = FILTERS[usize::from(choice) % FILTERS.len()].replace('+', "17");
    let word = SharedWord::parse(&topic, payload);
    let Some(command) = Command::parse(&topic, payload, Instant::BOOT) else {
        return;
    };
    assert_eq!(word, None, "{topic} carries commands");
    if let Err(why) = &command.call {
        assert!(!why.is_empty(), "a refusal says why");
    }
    let (_, answer) = command.asked.answer(&json!({ "ok": false }));
    let answer: Json = serde_json::from_str(&answer).expect("our own answer");
    match &command.asked.device {
        None => assert_eq!(answer["ok"], false),
        Some(device) => {
            assert_eq!(answer["device"], json!(device));
            assert_eq!(answer["id"], json!(command.asked.id));
        }
    }
});
