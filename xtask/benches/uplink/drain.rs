//! A backlog of 24 h at a row per second, drained to a mosquitto on loopback, without pacing.
//!
//! The baseline is rumqttc alone, which publishes the same messages with the same window from
//! memory.

use std::time::{Duration, Instant};

use rumqttc::{Client, Connection, Event, MqttOptions, Outgoing, Packet, QoS};
use v2x_outbox::{Class, NewEntry, PayloadKind, Storage as _};
use v2x_store::Store;
use v2x_testbench::{Received, Subscriber};
use v2x_units::UtcTime;

use crate::Place;
use crate::board::Board;

/// A day at a row per second.
const ROWS: usize = 86_400;
/// Messages in flight, as in the session.
const WINDOW: u16 = 20;
/// The largest message.
const MESSAGE_MAX: usize = 256 * 1024;

/// rumqttc alone.
pub(crate) struct Publisher {
    client: Client,
    connection: Connection,
}

impl Publisher {
    pub(crate) fn connect(port: u16) -> Self {
        let mut options = MqttOptions::new("baseline", "127.0.0.1", port);
        options.set_max_packet_size(MESSAGE_MAX, MESSAGE_MAX);
        options.set_inflight(WINDOW);
        let (client, mut connection) = Client::new(options, usize::from(WINDOW));
        connection.eventloop.network_options.set_tcp_nodelay(true);
        let mut publisher = Self { client, connection };
        publisher.until(|event| matches!(event, Event::Incoming(Packet::ConnAck(_))));
        publisher
    }

    /// Publishes one message and waits for its acknowledgement.
    pub(crate) fn publish(&mut self, topic: &str, qos: QoS, payload: Vec<u8>) {
        (self.client.publish(topic, qos, false, payload)).expect("the channel has room");
        self.until(|event| matches!(event, Event::Incoming(Packet::PubAck(_))));
    }

    fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        for event in self.connection.iter() {
            if wanted(&event.expect("a broker on loopback")) {
                return;
            }
        }
    }

    /// Publishes all messages with a full window; how long until the last is acknowledged.
    fn publish_all(mut self, messages: Vec<Received>) -> Duration {
        let start = Instant::now();
        let (mut left, mut in_flight) = (messages.into_iter(), 0_u16);
        loop {
            while in_flight < WINDOW
                && let Some(message) = left.next()
            {
                let Received { topic, payload } = message;
                (self
                    .client
                    .try_publish(topic, QoS::AtLeastOnce, false, payload))
                .expect("the channel has room");
                in_flight += 1;
            }
            if in_flight == 0 {
                return start.elapsed();
            }
            let event = self.connection.iter().next().expect("a connection");
            match event.expect("a broker on loopback") {
                Event::Incoming(Packet::PubAck(_)) => in_flight -= 1,
                Event::Outgoing(Outgoing::Disconnect) => panic!("nobody asked for it"),
                _ => {}
            }
        }
    }
}

pub(crate) fn measure(place: &Place) {
    let folder = place.folder.path().join("drain");
    std::fs::create_dir_all(&folder).expect("a folder");
    fill(&folder.join("v2x.db"));
    let subscriber = Subscriber::start(place.broker.port());
    let board = Board::new();
    let daemon = place.daemon(board.path(), "drain");
    while subscriber.count() == 0 {
        crate::processes::wait(Duration::from_millis(1));
    }
    let start = Instant::now();
    let (mut heard, mut rows) = (0, 0);
    while rows < ROWS {
        crate::processes::wait(Duration::from_millis(5));
        let count = subscriber.count();
        if count > heard {
            for message in subscriber.received().drain(heard..count) {
                rows += rows_of(&message.payload);
            }
            heard = count;
        }
    }
    let ours = start.elapsed().as_secs_f64();
    let messages = subscriber.received();
    drop((daemon, board, subscriber));
    // It hears as well, so that the broker does the same work.
    let listener = Subscriber::start(place.broker.port());
    let baseline = Publisher::connect(place.broker.port()).publish_all(messages);
    drop(listener);
    let count = f64::from(u32::try_from(rows).expect("a day of rows"));
    println!(
        "bench uplink/drain: {:.0} rows/s, {:.2} x rumqttc alone with the same messages",
        count / ours,
        baseline.as_secs_f64() / ours
    );
}

fn rows_of(payload: &[u8]) -> usize {
    let text = String::from_utf8_lossy(payload);
    text.matches(r#"{"ts":"#).count()
}

/// A store that holds a day of rows, each with its entry.
fn fill(path: &std::path::Path) {
    let mut store = Store::open(path).expect("a store");
    let values = r#""soc":64.4,"current":-12.5,"gear":"D","motor_active":true,"accelerator":12.0,"#;
    let numbers: Vec<usize> = (0..ROWS).collect();
    for chunk in numbers.chunks(5_000) {
        let entry = |number: &usize| {
            let second = i64::try_from(*number).unwrap_or(0);
            let ts = UtcTime::from_millis(1_795_000_000_000 + second * 1000);
            let filler = "x".repeat(420);
            let payload = format!(r#"{{{values}"odometer":{second},"filler":"{filler}"}}"#);
            NewEntry::new(Class::Telemetry, PayloadKind::Telemetry, ts, 7, payload)
                .expect("a row of 600 bytes")
        };
        let entries: Vec<_> = chunk.iter().map(entry).collect();
        store.push(&entries).expect("a store that takes it");
    }
}
