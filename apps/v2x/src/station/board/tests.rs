//! Bytes of a line to what the keeper hears, and what is counted of the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, bounded};
use v2x_proto::link::message::MeterValues;
use v2x_roles::station::PortId;
use v2x_units::{Amps, Instant, Volts, WattHours, Watts};

use super::*;
use crate::clock::Clock;
use crate::daemon::Shutdown;
use crate::station::line::Heard;

/// The bytes of the reference page on the prototype's wire formats.
const TAIL: &str = "33.986107 -6.724805 226.1 9.41 2127.3 12.345 50 0.99";

fn board(configured: Dialect) -> (Board, Ear, Receiver<Heard>) {
    let (heard, hears) = bounded(100);
    let line = Line {
        id: PortId(0),
        path: "line".into(),
        baud: 115_200,
        heard,
        relay: Arc::default(),
        says: crossbeam_channel::never(),
        clock: Clock::start(),
        health: Arc::default(),
        shutdown: Shutdown::on_signals().unwrap(),
    };
    let ear = Ear {
        dialect: configured,
        splitter: LineSplitter::new(),
        decoder: LinkDecoder::new(),
        encoder: LinkEncoder::new(BootId::new(1)),
        timeline: Timeline::default(),
        is_heard: false,
    };
    let boot = BootId::new(1);
    let board = Board {
        line,
        configured,
        boot,
        relay: RefCell::default(),
    };
    (board, ear, hears)
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn slots(hears: &Receiver<Heard>) -> Vec<Option<u8>> {
    let slot = |heard: Heard| match heard.what {
        What::Reading { slot, .. } => Some(slot.map(|slot| slot.get())),
        _ => None,
    };
    hears.try_iter().filter_map(slot).collect()
}

#[test]
fn every_variant_is_heard_and_what_stands_between_is_counted() {
    let (board, mut ear, hears) = board(Dialect::Either);
    let text = format!(
        "HELECAR EVCS - PZEM-004T Power Monitor\r\nEVSE1 {TAIL}\r\n[V2G] debug\r\n\
         EELAB_EVSE_slot_11 {TAIL}\r\nEVCS Position: 33.986242, -6.724995\r\n\
         EELAB_EVCS2_slot_1 1 {TAIL}\r\nERROR: PZEM sensor reading failed\r\n\
         EELAB_EVSE_slot_2 0 {TAIL}\r\nVoltage: 226.10 V\r\n\
         EELAB_EVSE_slot_2 0 33.986107 -6.7248\r\nxx\u{1}yy\r\nEVSE1 {TAIL}{TAIL}\r\n"
    );
    for chunk in text.as_bytes().chunks(7) {
        board.understand(&mut ear, chunk);
    }
    assert_eq!(slots(&hears), [None, Some(1), Some(1), Some(2)]);
    let health = &board.line.health;
    assert_eq!(count(&health.meter_failed), 1);
    assert_eq!(count(&health.damaged), 2, "a cut line and a joined one");
    assert_eq!(
        count(&health.other_text),
        5,
        "banner, debug twice, people, noise"
    );
    assert_eq!(count(&health.readings_lost), 0);
}

#[test]
fn line_longer_than_any_record_is_dropped_and_counted() {
    let (board, mut ear, hears) = board(Dialect::Text);
    board.understand(&mut ear, &[b'x'; 5000]);
    board.understand(&mut ear, format!("\r\nEVSE0 {TAIL}\r\n").as_bytes());
    assert_eq!(slots(&hears), [None]);
    assert_eq!(count(&board.line.health.damaged), 1);
}

#[test]
fn framed_board_is_recognised_and_its_meter_and_plug_are_heard() {
    let (board, mut ear, hears) = board(Dialect::Either);
    let mut sender = LinkEncoder::new(BootId::new(5));
    let at = Instant::from_micros(1);
    let values = MeterValues {
        voltage: Volts::new(226.1),
        current: Amps::new(9.41),
        power: Watts::new(2127.3),
        energy: WattHours::new(12_345.0),
        frequency_hz: 49.9,
        power_factor: 0.99,
        alarm: false,
    };
    let address = 1;
    let values = Ok(values);
    let mut wire = sender
        .send(at, MeterReading { address, values })
        .unwrap()
        .to_vec();
    let plug = SlotState {
        plug: Plug::In,
        relay_asked: v2x_proto::link::message::Contact::Unknown,
        relay_seen: v2x_proto::link::message::Contact::Unknown,
    };
    wire.extend(sender.send(at, plug).unwrap());
    let silent = MeterReading {
        address,
        values: Err(v2x_proto::link::message::MeterFault::Silent),
    };
    wire.extend(sender.send(at, silent).unwrap());
    for chunk in wire.chunks(5) {
        board.understand(&mut ear, chunk);
    }
    assert_eq!(ear.dialect, Dialect::Framed);
    let heard: Vec<_> = hears.try_iter().map(|heard| heard.what).collect();
    let [
        What::Started,
        What::Reading {
            sample, slot: None, ..
        },
        What::Plug(true),
    ] = heard[..]
    else {
        panic!("{heard:?}");
    };
    assert_eq!(sample.frequency.map(|hertz| hertz.get()), Some(49.9));
    assert_eq!(count(&board.line.health.meter_failed), 1);
}

#[test]
fn readings_beyond_a_full_queue_are_counted_as_lost() {
    let (board, mut ear, hears) = board(Dialect::Text);
    let text = format!("EVSE0 {TAIL}\r\n").repeat(103);
    board.understand(&mut ear, text.as_bytes());
    assert_eq!(slots(&hears).len(), 100);
    assert_eq!(count(&board.line.health.readings_lost), 3);
}
