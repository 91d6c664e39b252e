//! What the framed link costs on the wire, in virtual time: bytes per CAN frame, share of
//! 921,600 baud and how long a frame waits. The rates of a full bus are those of `baseline.md`:
//! 111 bits for a standard frame of eight bytes at 500 kbit/s, without bit stuffing.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use core::time::Duration;

use v2x_proto::link::message::{FixDimension, FixQuality, GnssReport};
use v2x_proto::link::{LinkEncoder, Message};
use v2x_units::{BootId, CanFrame, CanId, Degrees, GnssFix, Instant, Position};

/// Bytes per second of 921,600 baud: a start bit and a stop bit with each byte.
const LINE: f64 = 92_160.0;

/// How long each load is simulated.
const SPAN: Duration = Duration::from_secs(10);

/// What one load came to.
#[derive(Debug)]
struct Cost {
    bytes_per_frame: f64,
    share_of_line: f64,
}

/// Sends the same frame at a rate and reports five fixes a second besides.
fn cost(frame: &CanFrame, frames_per_second: f64) -> Cost {
    let mut encoder = LinkEncoder::new(BootId::new(0xFFFF_FFFF));
    let end = Instant::BOOT + SPAN;
    let mut bytes = 0_usize;
    let mut frames = 0_u32;
    let mut next = Instant::BOOT;
    while next < end {
        while let Some(deadline) = encoder.deadline().filter(|deadline| *deadline <= next) {
            bytes += encoder.poll(deadline).map_or(0, <[u8]>::len);
        }
        bytes += encoder.push_can(next, frame).map_or(0, <[u8]>::len);
        frames += 1;
        next = Instant::BOOT + Duration::from_secs_f64(f64::from(frames) / frames_per_second);
    }
    bytes += encoder.flush().map_or(0, <[u8]>::len);
    let can_bytes = f64::from(u32::try_from(bytes).unwrap());
    for fix in 0..50 {
        let at = Instant::from_micros(fix * 200_000);
        bytes += encoder.send(at, fix_report()).unwrap().len();
    }
    let bytes = f64::from(u32::try_from(bytes).unwrap());
    Cost {
        bytes_per_frame: can_bytes / f64::from(frames),
        share_of_line: bytes / SPAN.as_secs_f64() / LINE,
    }
}

fn fix_report() -> Message<'static> {
    let position = Position::new(Degrees::new(1.0), Degrees::new(2.0)).unwrap();
    Message::from(GnssReport {
        fix: GnssFix {
            position,
            altitude: None,
            speed: None,
            satellites: None,
            hdop: None,
            utc: None,
            valid: true,
        },
        geoid_separation: None,
        course: None,
        quality: FixQuality::Satellites,
        dimension: FixDimension::Three,
        age: Duration::ZERO,
    })
}

fn standard(data: &[u8]) -> CanFrame {
    CanFrame::new(CanId::standard(0x7FF).unwrap(), data).unwrap()
}

fn extended(data: &[u8]) -> CanFrame {
    CanFrame::new(CanId::extended(0x1FFF_FFFF).unwrap(), data).unwrap()
}

/// Every load that a bus of 500 kbit/s can carry at most, with the most bytes per frame allowed.
fn full_buses() -> Vec<(&'static str, CanFrame, f64, f64)> {
    vec![
        ("8 bytes, no zero", standard(&[0xFF; 8]), 4504.5, 16.0),
        ("8 bytes, zeros", standard(&[0; 8]), 4504.5, 16.0),
        ("8 bytes, all stuffed", standard(&[0; 8]), 3703.7, 16.0),
        ("8 bytes, recorded mix", standard(&[1; 8]), 4301.0, 16.0),
        ("8 bytes, extended id", extended(&[0xFF; 8]), 3816.8, 16.6),
        ("0 bytes", standard(&[]), 10_638.0, 8.6),
        ("0 bytes, all stuffed", standard(&[]), 9_091.0, 8.6),
        ("0 bytes, extended id", extended(&[]), 7_462.7, 8.6),
    ]
}

#[test]
fn full_bus_takes_at_most_four_fifths_of_the_line() {
    for (name, frame, rate, most) in full_buses() {
        let cost = cost(&frame, rate);
        println!(
            "{name:22} {rate:8.1} frames/s {:6.2} bytes/frame {:5.1} % of the line",
            cost.bytes_per_frame,
            cost.share_of_line * 100.0
        );
        assert!(cost.bytes_per_frame <= most, "{name}: {cost:?}");
        assert!(cost.share_of_line <= 0.8, "{name}: {cost:?}");
    }
}

#[test]
fn every_slower_rate_takes_less_of_the_line_than_allowed() {
    for tens in 1..=450_u32 {
        let rate = f64::from(tens * 10);
        let cost = cost(&standard(&[0xFF; 8]), rate);
        assert!(cost.share_of_line <= 0.8, "{rate} frames/s: {cost:?}");
    }
}

#[test]
fn each_length_costs_what_the_page_says() {
    let page = include_str!("../../../docs/protocol/link.md");
    let row = |length: usize| {
        let bits = 47.0 + 8.0 * f64::from(u32::try_from(length).unwrap());
        let rate = 500_000.0 / bits;
        let cost = cost(&standard(&[0xFF; 8][..length]), rate);
        let (bytes, share) = (cost.bytes_per_frame, cost.share_of_line * 100.0);
        format!("| {length} | {rate:.0} | {bytes:.2} | {share:.1} |\n")
    };
    let table: String = (0..=8).map(row).collect();
    assert!(
        page.contains(&table),
        "the figures in link.md should be:\n{table}"
    );
}

#[test]
fn frame_waits_in_a_batch_at_most_five_milliseconds() {
    let frame = standard(&[1; 8]);
    for rate in [1.0, 90.0, 1_000.0, 4_504.5] {
        let mut encoder = LinkEncoder::new(BootId::new(1));
        let mut open: Option<Instant> = None;
        for number in 0..1_000_u32 {
            let captured = Instant::BOOT + Duration::from_secs_f64(f64::from(number) / rate);
            if let Some(deadline) = encoder.deadline().filter(|deadline| *deadline <= captured) {
                let waited = deadline.since(open.take().unwrap());
                assert!(waited <= Duration::from_millis(5), "{rate}: {waited:?}");
                assert!(encoder.poll(deadline).is_some());
            }
            assert!(encoder.push_can(captured, &frame).is_none(), "{rate}");
            open.get_or_insert(captured);
        }
    }
}
