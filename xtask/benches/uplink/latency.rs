//! From a frame at the port to the row that holds it at a subscriber of the broker.
//!
//! The odometer counts up in every batch of frames, so a row tells which frame was its newest.
//! Measured are the frames that reach the broker: of the others the row's next one is newer. The
//! baseline is the same broker and subscriber with a message published straight into it.

use std::time::{Duration, Instant};

use rumqttc::QoS;
use serde_json::Value;
use v2x_testbench::Subscriber;
use v2x_units::{CanFrame, CanId};

use crate::Place;
use crate::board::Board;
use crate::drain::Publisher;

/// Batches of five frames every ten milliseconds: the Twizy's bus.
const EVERY: Duration = Duration::from_millis(10);
/// Rows that are measured, after the first ones.
const ROWS: usize = 60;
const WARM_UP: usize = 3;

pub(crate) fn measure(place: &Place) {
    let subscriber = Subscriber::start(place.broker.port());
    let mut board = Board::new();
    let daemon = place.daemon(board.path(), "latency");
    let mut sent: Vec<Instant> = Vec::new();
    let mut latencies = Vec::new();
    let mut heard = 0;
    let mut next = Instant::now();
    while latencies.len() < ROWS + WARM_UP {
        if Instant::now() >= next {
            next += EVERY;
            board.send(10_000, &frames(sent.len()));
            sent.push(Instant::now());
        }
        if subscriber.count() > heard {
            let now = Instant::now();
            for message in subscriber.received().drain(heard..) {
                heard += 1;
                if let Some(at) = odometer(&message.payload).and_then(|it| sent.get(it)) {
                    latencies.push(now - *at);
                }
            }
        }
        crate::processes::wait(Duration::from_micros(500));
    }
    drop(daemon);
    let (p50, p99) = percentiles(&mut latencies.split_off(WARM_UP));
    let (_, straight) = percentiles(&mut straight(place, &subscriber));
    println!(
        "bench uplink/latency-p50: {p50:.1} ms from port to subscriber, {:.3} x p99 of a message \
         published straight",
        straight / p50
    );
    println!(
        "bench uplink/latency-p99: {p99:.1} ms from port to subscriber, {:.3} x p99 of a message \
         published straight",
        straight / p99
    );
}

/// Messages that nothing has to decode, keep or queue.
fn straight(place: &Place, subscriber: &Subscriber) -> Vec<Duration> {
    let mut publisher = Publisher::connect(place.broker.port());
    let payload = vec![b'x'; 600];
    let one = |_| {
        let before = subscriber.count();
        let start = Instant::now();
        publisher.publish("straight", QoS::AtLeastOnce, payload.clone());
        while subscriber.count() == before {
            crate::processes::wait(Duration::from_micros(500));
        }
        start.elapsed()
    };
    (0..ROWS).map(one).collect()
}

fn percentiles(latencies: &mut [Duration]) -> (f64, f64) {
    latencies.sort_unstable();
    let at = |share: usize| {
        let place = (latencies.len() * share).div_ceil(100).saturating_sub(1);
        latencies[place].as_secs_f64() * 1000.0
    };
    (at(50), at(99))
}

/// Five frames of the bus, one of them the odometer with this number.
fn frames(number: usize) -> [CanFrame; 5] {
    let odometer = u32::try_from(number).expect("a short run") << 4;
    let mut display = [0, 0, 0, 0, 0, 0, 0];
    display[2..6].copy_from_slice(&odometer.to_be_bytes());
    let frame = |id, data: &[u8]| {
        let id = CanId::standard(id).expect("eleven bits");
        CanFrame::new(id, data).expect("at most eight bytes")
    };
    let battery = [0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70];
    [
        frame(0x155, &battery),
        frame(0x19F, &[0xFF, 0xF7, 0xD0, 0x7D, 0xFF, 0xFF, 0xFF, 0xFF]),
        frame(0x196, &[0, 0, 0, 0, 0, 0x42, 0, 0]),
        frame(0x424, &[0x11, 0x40, 0x10, 0x3C, 0x3A, 0x63, 0, 0x3D]),
        frame(0x5D7, &display),
    ]
}

fn odometer(payload: &[u8]) -> Option<usize> {
    let row: Value = serde_json::from_slice(payload).ok()?;
    let kilometers = row["values"]["odometer"].as_f64()?;
    format!("{:.0}", kilometers * 100.0).parse().ok()
}
