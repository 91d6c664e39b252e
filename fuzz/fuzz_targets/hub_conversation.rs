//! Bytes of a stranger at the hub's door: first as a stream of MQTT, then as a payload on each of
//! the topics. Nothing panics, and what is answered stays within its bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use v2x_units::UtcTime;
use v2x_uplink::endpoint::{Conversation, Event, Refusal, Verdict, WAITING_MAX_BYTES};
use v2x_uplink::thingsboard::server::{self, Published, Subscription, TOPICS};

const NOW: UtcTime = UtcTime::from_millis(1_795_515_300_000);

fuzz_target!(|data: &[u8]| {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    if how & 1 == 0 {
        conversation(usize::from(how), bytes);
    } else {
        let topic = TOPICS[usize::from(how >> 1) % TOPICS.len()];
        server::said(topic, bytes, NOW)
            .map(drop)
            .unwrap_or_default();
        if let Ok(topic) = std::str::from_utf8(bytes) {
            let _ = Published::parse(topic);
            let _ = Subscription::parse(topic);
        }
    }
});

fn conversation(how: usize, bytes: &[u8]) {
    let mut conversation = Conversation::new();
    for chunk in bytes.chunks(1 + how % 7 * 13) {
        conversation.inbox().extend_from_slice(chunk);
        loop {
            match conversation.event() {
                Ok(Some(Event::Hello(_))) if how & 2 == 0 => conversation.welcome(),
                Ok(Some(Event::Hello(_))) => conversation.refuse(Refusal::BadLogin),
                Ok(Some(Event::Said(message))) => {
                    let said = server::said(&message.topic, &message.payload, NOW);
                    let verdict = said.map_or(Verdict::BadPayload, |_| Verdict::Kept);
                    if let Err(farewell) = conversation.keep(message.ticket, verdict) {
                        return conversation.part(farewell);
                    }
                    conversation.tell(message.topic, message.payload.to_vec());
                }
                Ok(Some(Event::Subscribes(packet, filters))) => {
                    let granted: Vec<_> = filters
                        .iter()
                        .map(|filter| Subscription::parse(filter).is_some())
                        .collect();
                    conversation.grant(packet, &granted);
                }
                Ok(Some(Event::Unsubscribes(_) | Event::Lives | Event::Leaves)) => {}
                Ok(None) => break,
                Err(farewell) => return conversation.part(farewell),
            }
        }
        assert!(conversation.output().len() < 2 * WAITING_MAX_BYTES);
        if how & 4 == 0 {
            conversation.output().clear();
        }
    }
}
