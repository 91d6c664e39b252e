//! Whole frames of the link, byte for byte, made by another implementation
//! (`link_vectors/frames.txt` says which).

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use core::time::Duration;

use v2x_proto::link::message::{
    Acknowledgement, BoardKind, BoardStatus, BootReason, BusState, CanStatus, Command,
    CommandResult, Contact, FirmwareVersion, FixDimension, FixQuality, GnssReport, Hello,
    JournalEntry, JournalKept, LogLevel, LogLine, MeterFault, MeterReading, MeterValues, Order,
    PanicRecord, Plug, PriceSchedule, QueueStatus, RadioRate, RadioReceived, RadioResult,
    RadioSend, RadioSent, SlotReport, SlotState, WallClock,
};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
use v2x_units::{
    Amps, BootId, CanFrame, CanId, Degrees, GnssFix, Instant, KilometersPerHour, MacAddress,
    Meters, Position, UtcTime, Volts, WattHours, Watts,
};

const FRAMES: &str = include_str!("link_vectors/frames.hex");
const BOOT: BootId = BootId::new(0x1234_ABCD);

const TRANSACTION: [u8; 16] = [
    0x5E, 0xED, 0, 1, 0, 0, 0x80, 0, 0x81, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
];
/// 1.50 per kWh from 2026-01-01 00:00:00 UTC on; 0.90, and 0.05 a minute, from 18:00 on.
const PRICE_STEPS: [u8; 40] = [
    0x00, 0xB9, 0x55, 0x69, 0x60, 0xE3, 0x16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0xB6,
    0x56, 0x69, 0xA0, 0xBB, 0x0D, 0, 0, 0, 0, 0, 0x50, 0xC3, 0, 0, 0, 0, 0, 0,
];

const STATION: MacAddress = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);
const CAR: MacAddress = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);

/// The frames of the file: name and bytes.
fn vectors() -> Vec<(&'static str, Vec<u8>)> {
    FRAMES
        .lines()
        .map(|line| {
            let (name, hex) = line.split_once(' ').unwrap();
            let pairs = hex.as_bytes().chunks(2);
            let byte = |pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
            (name, pairs.map(byte).collect())
        })
        .collect()
}

/// A CAN frame as the vectors have it: microseconds after the first one, and the frame.
type Captured = (u64, CanFrame);

enum Content {
    Can(u32, Vec<Captured>),
    Message(Message<'static>),
}

fn standard(id: u32, data: &[u8]) -> CanFrame {
    CanFrame::new(CanId::standard(id).unwrap(), data).unwrap()
}

fn queue(high_water: u16, capacity: u16, dropped: u32) -> QueueStatus {
    QueueStatus {
        high_water,
        capacity,
        dropped,
    }
}

fn firmware(major: u8, minor: u8, patch: u16) -> FirmwareVersion {
    FirmwareVersion {
        major,
        minor,
        patch,
    }
}

fn can_content(name: &str) -> Content {
    if name == "can_batch_of_one" {
        return Content::Can(u32::MAX, vec![(0, standard(0x597, &[0; 8]))]);
    }
    let first = [0x07, 0x97, 0xCF, 0x54, 0x4C, 0x9C, 0x00, 0x6F];
    let diagnosis = CanId::extended(0x18DA_F110).unwrap();
    let highest = CanId::extended(0x1FFF_FFFF).unwrap();
    Content::Can(
        70_000,
        vec![
            (0, standard(0x155, &first)),
            (222, standard(0x19F, &[])),
            (
                16_606,
                CanFrame::remote(CanId::standard(0x7FF).unwrap(), 8).unwrap(),
            ),
            (
                16_733,
                CanFrame::new(diagnosis, &[0x02, 0x1A, 0x90]).unwrap(),
            ),
            (16_861, CanFrame::remote(highest, 0).unwrap()),
        ],
    )
}

fn gnss(name: &str) -> GnssReport {
    let position = |latitude: f64, longitude: f64| {
        Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
    };
    if name == "gnss_report_of_little" {
        return GnssReport {
            fix: GnssFix {
                position: position(-1e-7, 1e-7),
                altitude: None,
                speed: None,
                satellites: None,
                hdop: None,
                utc: None,
                valid: false,
            },
            geoid_separation: None,
            course: None,
            quality: FixQuality::Unknown,
            dimension: FixDimension::Unknown,
            age: Duration::ZERO,
        };
    }
    GnssReport {
        fix: GnssFix {
            position: position(50.731_234, -7.123_456_7),
            altitude: Some(Meters::new(143.2)),
            speed: Some(KilometersPerHour::new(12.34)),
            satellites: Some(11),
            hdop: Some(0.84),
            utc: Some(UtcTime::from_micros(1_756_396_582_500_000)),
            valid: true,
        },
        geoid_separation: Some(Meters::new(-45.12)),
        course: Some(Degrees::new(359.99)),
        quality: FixQuality::Differential,
        dimension: FixDimension::Three,
        age: Duration::from_millis(140),
    }
}

fn status(name: &str) -> BoardStatus {
    if name == "board_status_without_can" {
        return BoardStatus {
            boot_reason: BootReason::Watchdog,
            firmware: firmware(1, 0, 0),
            heap_left: 0,
            link_queue: queue(1, 64, 0),
            radio_queue: queue(9, 10, 2),
            can: None,
        };
    }
    BoardStatus {
        boot_reason: BootReason::PowerOn,
        firmware: firmware(0, 3, 12),
        heap_left: 41_232,
        link_queue: queue(12, 64, 0),
        radio_queue: queue(0, 0, 0),
        can: Some(CanStatus {
            bus: BusState::ErrorPassive,
            transmit_errors: 8,
            receive_errors: 129,
            bus_errors: 77,
            receive_overflows: 3,
            dropped: 5,
            next_number: 270_004,
            queue: queue(31, 128, 5),
        }),
    }
}

fn radio(name: &str) -> Message<'static> {
    let (to, rssi_dbm, channel, payload) = match name {
        "radio_received" => (MacAddress::BROADCAST, -71, 6, (0..40).collect::<Vec<u8>>()),
        "radio_received_longest" => {
            let byte = |i: u32| u8::try_from(i * 7 % 255 + 1).unwrap();
            (STATION, -128, 14, (0..1470).map(byte).collect())
        }
        "radio_send" => {
            let (ticket, to, rate) = (513, MacAddress::BROADCAST, RadioRate::LongRange250);
            let payload = b"CAM";
            return Message::from(RadioSend {
                ticket,
                to,
                rate,
                payload,
            });
        }
        _ => {
            let (ticket, result) = (513, RadioResult::Sent);
            return Message::from(RadioSent { ticket, result });
        }
    };
    Message::from(RadioReceived {
        from: CAR,
        to,
        rssi_dbm,
        channel,
        payload: payload.leak(),
    })
}

fn meter(name: &str) -> MeterReading {
    if name == "meter_reading_silent" {
        return MeterReading {
            address: 1,
            values: Err(MeterFault::Silent),
        };
    }
    MeterReading {
        address: 0xF8,
        values: Ok(MeterValues {
            voltage: Volts::new(226.1),
            current: Amps::new(9.41),
            power: Watts::new(2127.3),
            energy: WattHours::new(12_345.0),
            frequency_hz: 50.0,
            power_factor: 0.99,
            alarm: true,
        }),
    }
}

fn order(name: &str) -> Command<'static> {
    match name {
        "command_relay" => Command {
            id: 8,
            order: Order::Relay { closed: true },
        },
        _ => Command {
            id: 7,
            order: Order::WriteSetting {
                key: "name",
                value: "north",
            },
        },
    }
}

/// What each frame of the file means.
fn content(name: &str) -> Content {
    Content::Message(match name {
        "hello" => Message::from(Hello {
            kind: BoardKind::Collector,
            board: STATION,
            firmware: firmware(0, 3, 12),
            oldest_version: 1,
            newest_version: 1,
            name: "Twizy Köln",
        }),
        "can_batch" | "can_batch_of_one" => return can_content(name),
        "gnss_report" | "gnss_report_of_little" => Message::from(gnss(name)),
        "board_status" | "board_status_without_can" => Message::from(status(name)),
        "meter_reading" | "meter_reading_silent" => Message::from(meter(name)),
        "slot_state" => Message::from(SlotState {
            plug: Plug::In,
            relay_asked: Contact::Closed,
            relay_seen: Contact::Open,
        }),
        "command_write_setting" | "command_relay" => Message::from(order(name)),
        "acknowledgement" => Message::from(Acknowledgement {
            id: 8,
            result: CommandResult::Refused,
            detail: "no proven session",
        }),
        "log_line" => Message::from(LogLine {
            level: LogLevel::Warn,
            text: "GNSS: 12 °C",
        }),
        "panic_record" => Message::from(PanicRecord {
            boot: BootId::new(0xCAFE_F00D),
            at: Instant::from_micros(123_456_789),
            text: "index out of bounds, radio.rs:88",
        }),
        "slot_report" => Message::from(SlotReport {
            state: [2, 0],
            session: Some((TRANSACTION, 1_234_567)),
        }),
        "slot_report_idle" => Message::from(SlotReport {
            state: [6, 4],
            session: None,
        }),
        "journal_entry" => Message::from(JournalEntry {
            boot: BootId::new(0xCAFE_F00D),
            number: 3,
            kind: 2,
            content: b"0011 CAR-7",
        }),
        "journal_kept" => Message::from(JournalKept {
            boot: BootId::new(0xCAFE_F00D),
            number: 3,
        }),
        "wall_clock" => Message::from(WallClock {
            utc: Some(UtcTime::from_micros(1_767_225_600_123_456)),
        }),
        "price_schedule" => Message::from(PriceSchedule {
            offer: &[1, 2, 3, 4],
            currency: *b"MAD",
            decimals: 2,
            complete: true,
            session_fee: 2_000_000,
            idle_per_minute: 500_000,
            idle_grace: 900,
            steps: &PRICE_STEPS,
        }),
        other => radio(other),
    })
}

#[test]
fn frames_of_another_implementation_mean_what_they_should() {
    let mut decoder = LinkDecoder::new();
    for (sequence, (name, wire)) in vectors().iter().enumerate() {
        let mut bytes = wire.as_slice();
        let mut frames = 0;
        while let Some(event) = decoder.next(&mut bytes) {
            let Event::Frame(frame) = event else { continue };
            frames += 1;
            assert_eq!(usize::try_from(frame.sequence).unwrap(), sequence, "{name}");
            assert_eq!(frame.boot, BOOT, "{name}");
            match (content(name), frame.message) {
                (Content::Can(number, captured), Message::CanBatch(batch)) => {
                    assert_eq!(batch.first_number(), number, "{name}");
                    let start = frame.at.as_micros();
                    let seen: Vec<Captured> = batch
                        .frames(frame.at)
                        .map(|(at, can)| (at.as_micros() - start, can))
                        .collect();
                    assert_eq!(seen, captured, "{name}");
                }
                (Content::Message(expected), seen) => assert_eq!(seen, expected, "{name}"),
                (Content::Can(..), other) => panic!("{name} came out as {other:?}"),
            }
        }
        assert_eq!(frames, 1, "{name}");
    }
    assert_eq!(decoder.counters().lost, 0);
    assert_eq!(decoder.counters().corrupt, 0);
}

#[test]
fn encoder_writes_the_bytes_of_another_implementation() {
    let mut encoder = LinkEncoder::new(BOOT);
    for (name, wire) in vectors() {
        let at = captured_at(&wire);
        let written = match content(name) {
            Content::Can(number, captured) => {
                let gap = number.wrapping_sub(encoder.next_can_number());
                assert!(encoder.skip_can(gap).is_none());
                for (after, can) in captured {
                    assert!(
                        encoder
                            .push_can(at + Duration::from_micros(after), &can)
                            .is_none()
                    );
                }
                encoder.flush().unwrap()
            }
            Content::Message(message) => encoder.send(at, message).unwrap(),
        };
        assert_eq!(written, wire, "{name}");
    }
}

/// The time in the header of a frame, which the file does not tell otherwise.
fn captured_at(wire: &[u8]) -> Instant {
    let mut decoder = LinkDecoder::new();
    let mut bytes = wire;
    while let Some(event) = decoder.next(&mut bytes) {
        if let Event::Frame(frame) = event {
            return frame.at;
        }
    }
    panic!("a vector holds no frame");
}

#[test]
fn every_message_has_a_vector() {
    let mut decoder = LinkDecoder::new();
    let mut seen = Vec::new();
    for (_, wire) in vectors() {
        let mut bytes = wire.as_slice();
        while let Some(event) = decoder.next(&mut bytes) {
            if let Event::Frame(frame) = event {
                seen.push(frame.message.frame_type());
            }
        }
    }
    seen.dedup();
    assert_eq!(seen, Message::TYPES);
}
