//! Packets as MQTT 3.1.1 and 5 write them, byte by byte; those of rumqttc are in the tests of the
//! hub.

use super::*;

/// CONNECT of MQTT 3.1.1, section 3.1: clean session, keep-alive 30 s, id `c`, user `tok`.
const CONNECT: &[u8] = b"\x10\x12\x00\x04MQTT\x04\x82\x00\x1e\x00\x01c\x00\x03tok";
/// The same in MQTT 5, with an empty list of properties.
const CONNECT_5: &[u8] = b"\x10\x13\x00\x04MQTT\x05\x82\x00\x1e\x00\x00\x01c\x00\x03tok";

fn heard(conversation: &mut Conversation, bytes: &[u8]) -> Result<Option<Event>, Farewell> {
    conversation.inbox().extend_from_slice(bytes);
    conversation.event()
}

fn output(conversation: &mut Conversation) -> Vec<u8> {
    conversation.output().split().to_vec()
}

fn open(connect: &[u8]) -> Conversation {
    let mut conversation = Conversation::new();
    let Ok(Some(Event::Hello(hello))) = heard(&mut conversation, connect) else {
        panic!("a CONNECT");
    };
    assert_eq!(hello.user.as_deref(), Some("tok"));
    assert_eq!(hello.keep_alive, Some(Duration::from_secs(30)));
    conversation.welcome();
    output(&mut conversation);
    conversation
}

/// PUBLISH with QoS 1, topic `t`, this identifier and this payload.
fn publish(id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(5 + payload.len()).unwrap();
    [&[0x32, length, 0, 1, b't', 0, id], payload].concat()
}

/// The same for MQTT 5.
fn publish_5(id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(6 + payload.len()).unwrap();
    [&[0x32, length, 0, 1, b't', 0, id, 0], payload].concat()
}

fn said(event: Result<Option<Event>, Farewell>) -> Message {
    match event {
        Ok(Some(Event::Said(message))) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_refused_gets_the_code_of_thingsboard() {
    for (refusal, v3, v5) in [
        (Refusal::BadLogin, 5, 0x86),
        (Refusal::NotAuthorized, 5, 0x87),
        (Refusal::BadClientId, 2, 0x85),
        (Refusal::Unavailable, 3, 0x88),
        (Refusal::TooOften, 3, 0x9F),
    ] {
        let mut conversation = Conversation::new();
        assert!(heard(&mut conversation, CONNECT).is_ok());
        conversation.refuse(refusal);
        assert_eq!(output(&mut conversation), [0x20, 2, 0, v3]);
        assert!(conversation.is_over());
        let mut conversation = Conversation::new();
        assert!(heard(&mut conversation, CONNECT_5).is_ok());
        conversation.refuse(refusal);
        assert_eq!(output(&mut conversation), [0x20, 3, 0, v5, 0]);
    }
}

#[test]
fn message_is_acknowledged_when_it_is_kept_and_in_the_order_of_arrival() {
    let mut conversation = open(CONNECT);
    let first = said(heard(&mut conversation, &publish(7, b"one")));
    let second = said(heard(&mut conversation, &publish(8, b"two")));
    assert_eq!(
        (first.topic.as_str(), &first.payload[..]),
        ("t", &b"one"[..])
    );
    conversation.keep(second.ticket, Verdict::Kept).unwrap();
    assert_eq!(output(&mut conversation), b"", "the first comes first");
    conversation
        .keep(first.ticket, Verdict::UnknownTopic)
        .unwrap();
    assert_eq!(output(&mut conversation), [0x40, 2, 0, 7, 0x40, 2, 0, 8]);
}

#[test]
fn bytes_may_come_in_any_pieces() {
    let bytes = [CONNECT, &publish(7, b"one")].concat();
    for split in 1..bytes.len() {
        let mut conversation = Conversation::new();
        let mut events = Vec::new();
        for part in [&bytes[..split], &bytes[split..]] {
            conversation.inbox().extend_from_slice(part);
            while let Some(event) = conversation.event().unwrap() {
                conversation.welcome();
                events.push(event);
            }
        }
        assert_eq!(events.len(), 2, "split at {split}");
    }
}

#[test]
fn payload_that_says_nothing_ends_version_3_and_is_told_to_version_5() {
    let mut conversation = open(CONNECT);
    let message = said(heard(&mut conversation, &publish(7, b"{")));
    let ended = conversation.keep(message.ticket, Verdict::BadPayload);
    assert_eq!(ended, Err(Farewell::Payload));
    assert_eq!(output(&mut conversation), b"");
    let mut conversation = open(CONNECT_5);
    let message = said(heard(&mut conversation, &publish_5(7, b"{")));
    conversation
        .keep(message.ticket, Verdict::BadPayload)
        .unwrap();
    assert_eq!(output(&mut conversation), [0x40, 4, 0, 7, 0x99, 0]);
    let message = said(heard(&mut conversation, &publish_5(8, b"{}")));
    conversation
        .keep(message.ticket, Verdict::UnknownTopic)
        .unwrap();
    assert_eq!(output(&mut conversation), [0x40, 4, 0, 8, 0x90, 0]);
    conversation.part(Farewell::TakenOver);
    assert_eq!(output(&mut conversation), [0xE0, 1, 0x8E]);
}

#[test]
fn packet_that_is_none_or_too_large_or_out_of_place_ends_the_connection() {
    for (bytes, farewell) in [
        (&b"\x32\xff\xff\xff\xff\x01"[..], Farewell::Malformed),
        // 70,000 bytes are announced; none of them is waited for.
        (b"\x32\xf0\xa2\x04", Farewell::Malformed),
        (b"\xc1\x00", Farewell::Malformed),
        (b"\x00\x00", Farewell::Malformed),
        (CONNECT, Farewell::Protocol),
        (b"\x34\x05\x00\x01t\x00\x07", Farewell::Qos),
        (b"\x30\x03\x00\x01#", Farewell::Protocol),
        (b"\x20\x02\x00\x00", Farewell::Protocol),
    ] {
        let mut conversation = open(CONNECT);
        assert_eq!(heard(&mut conversation, bytes), Err(farewell), "{bytes:x?}");
    }
    let mut conversation = Conversation::new();
    let ended = heard(&mut conversation, b"\xc0\x00");
    assert_eq!(
        ended,
        Err(Farewell::Protocol),
        "a PINGREQ before the CONNECT"
    );
    let mut conversation = Conversation::new();
    let long = b"\x10\xff\x7f";
    assert_eq!(heard(&mut conversation, long), Err(Farewell::Malformed));
}

#[test]
fn older_protocol_is_told_that_its_version_is_not_spoken() {
    let mut conversation = Conversation::new();
    let old = b"\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x1e\x00\x01c";
    assert_eq!(heard(&mut conversation, old), Err(Farewell::Protocol));
    assert_eq!(output(&mut conversation), [0x20, 2, 0, 1]);
}

#[test]
fn reading_stops_at_a_full_window_and_goes_on_with_the_first_verdict() {
    let mut conversation = open(CONNECT);
    let mut tickets = Vec::new();
    for id in 0..WINDOW {
        let bytes = publish(u8::try_from(id + 1).unwrap(), b"x");
        tickets.push(said(heard(&mut conversation, &bytes)).ticket);
    }
    assert!(!conversation.may_read());
    assert_eq!(heard(&mut conversation, &publish(200, b"x")), Ok(None));
    conversation.keep(tickets[0], Verdict::Kept).unwrap();
    assert!(conversation.may_read());
    said(conversation.event());
}

#[test]
fn messages_to_a_device_that_does_not_read_are_refused_when_its_queue_is_full() {
    let mut conversation = open(CONNECT);
    let mut taken = 0;
    while conversation.tell("t".to_owned(), vec![b'x'; 100]) == Room::Taken {
        taken += 1;
        assert!(taken <= 2 * WAITING_MAX, "a queue without a bound");
    }
    assert_eq!(taken, 2 * WAITING_MAX, "as many under way as wait");
    let sent = output(&mut conversation);
    assert_eq!(&sent[..7], b"\x32\x69\x00\x01t\x00\x01");
    // Each acknowledgement lets another one go.
    assert_eq!(heard(&mut conversation, b"\x40\x02\x00\x01"), Ok(None));
    assert_eq!(
        &output(&mut conversation)[..7],
        b"\x32\x69\x00\x01t\x00\x65"
    );
    assert_eq!(conversation.tell("t".to_owned(), vec![]), Room::Taken);
    let mut conversation = open(CONNECT);
    let large = || vec![b'x'; 60_000];
    let taken = (0..10).filter(|_| conversation.tell("t".to_owned(), large()) == Room::Taken);
    assert_eq!(taken.count(), 4, "256 KiB");
}

#[test]
fn subscriptions_are_granted_one_by_one() {
    let mut conversation = open(CONNECT);
    let subscribe = b"\x82\x0a\x00\x05\x00\x01a\x01\x00\x01#\x02";
    let asked = heard(&mut conversation, subscribe);
    let filters = vec!["a".to_owned(), "#".to_owned()];
    assert_eq!(asked, Ok(Some(Event::Subscribes(5, filters))));
    conversation.grant(5, &[true, false]);
    assert_eq!(output(&mut conversation), [0x90, 4, 0, 5, 1, 0x80]);
    let ping = heard(&mut conversation, b"\xc0\x00");
    assert_eq!(ping, Ok(Some(Event::Lives)));
    assert_eq!(output(&mut conversation), [0xD0, 0]);
    assert_eq!(
        heard(&mut conversation, b"\xe0\x00"),
        Ok(Some(Event::Leaves))
    );
    assert!(conversation.is_over());
}
