//! What holds for every text line: reading what was written, foreign bytes, chunks of any size.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use proptest::collection::vec;
use proptest::prelude::*;

use v2x_proto::legacy::collector_line::{
    self, CollectorLine, CollectorStatus, LineSplitter, StatusFix, emit_can, emit_gnss, emit_status,
};
use v2x_proto::legacy::evcs_line::{self, MeterForm, MeterLine, StationLine, emit_meter};
use v2x_units::{
    Amps, CanFrame, CanId, Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime, Volts,
    WattHours, Watts,
};

fn frames() -> impl Strategy<Value = CanFrame> {
    let id = prop_oneof![
        (0..=0x7FF_u32).prop_map(|id| CanId::standard(id).unwrap()),
        (0..=0x1FFF_FFFF_u32).prop_map(|id| CanId::extended(id).unwrap()),
    ];
    (id, vec(any::<u8>(), 0..=8), any::<bool>()).prop_map(|(id, data, remote)| {
        if remote {
            CanFrame::remote(id, u8::try_from(data.len()).unwrap()).unwrap()
        } else {
            CanFrame::new(id, &data).unwrap()
        }
    })
}

/// Numbers that a text with so many decimals says exactly.
fn decimals(low: i32, high: i32, per_one: f64) -> impl Strategy<Value = f64> {
    (low..=high).prop_map(move |parts| f64::from(parts) / per_one)
}

fn positions() -> impl Strategy<Value = Position> {
    (
        decimals(-90_000_000, 90_000_000, 1e6),
        decimals(-180_000_000, 180_000_000, 1e6),
    )
        .prop_map(|(north, east)| Position::new(Degrees::new(north), Degrees::new(east)).unwrap())
}

fn fixes() -> impl Strategy<Value = GnssFix> {
    (
        positions(),
        decimals(-5000, 90_000, 10.0),
        decimals(0, 9999, 10.0),
        any::<u8>(),
        decimals(0, 9999, 100.0),
        prop::option::of(0..253_402_300_800_i64),
        any::<bool>(),
    )
        .prop_map(
            |(position, altitude, speed, satellites, hdop, utc, valid)| GnssFix {
                position,
                altitude: Some(Meters::new(altitude)),
                speed: Some(KilometersPerHour::new(speed)),
                satellites: Some(satellites),
                hdop: Some(hdop),
                utc: utc.map(|seconds| UtcTime::from_millis(seconds * 1000)),
                valid,
            },
        )
}

fn statuses() -> impl Strategy<Value = CollectorStatus> {
    let fix = (positions(), decimals(0, 9999, 10.0)).prop_map(|(position, speed)| StatusFix {
        position,
        speed: KilometersPerHour::new(speed),
    });
    (
        any::<bool>(),
        any::<bool>(),
        any::<u8>(),
        decimals(0, 999, 10.0),
        prop::option::of(fix),
    )
        .prop_map(
            |(can_alive, gnss_fixed, satellites, hdop, fix)| CollectorStatus {
                can_alive,
                gnss_fixed,
                satellites,
                hdop,
                fix,
            },
        )
}

fn meter_lines() -> impl Strategy<Value = MeterLine> {
    let form_and_slot = prop_oneof![
        Just((MeterForm::Evse, 1)),
        Just((MeterForm::EvseSlotUnspaced, 1)),
        (1..=16_u8).prop_map(|slot| (MeterForm::EvcsSlot, slot)),
        (1..=16_u8).prop_map(|slot| (MeterForm::EvseSlot, slot)),
    ];
    (
        form_and_slot,
        any::<bool>(),
        positions(),
        decimals(0, 4000, 10.0),
        decimals(0, 99_999, 100.0),
        decimals(0, 999_999, 10.0),
        0..=9_999_999_u32,
        0..=65_u16,
        decimals(0, 100, 100.0),
    )
        .prop_map(
            |((form, slot), connected, position, volts, amps, watts, wh, hz, power_factor)| {
                MeterLine {
                    form,
                    slot,
                    vehicle_connected: connected,
                    position,
                    voltage: Volts::new(volts),
                    current: Amps::new(amps),
                    power: Watts::new(watts),
                    energy: WattHours::new(f64::from(wh)),
                    frequency_hz: hz,
                    power_factor,
                }
            },
        )
}

/// Bytes that look like lines: foreign bytes alone rarely get past the first word.
fn noisy_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..8),
        "(SIM|REAL|GPS|STATUS|EVSE|EELAB_EVSE_slot_)[0-9 ]{0,4}".prop_map(String::into_bytes),
        "[0-9A-Fa-f]{1,8}[ \t]{1,2}".prop_map(String::into_bytes),
        "-?[0-9]{1,3}\\.[0-9]{1,6} ".prop_map(String::into_bytes),
        "\r\n|\r|\n| ".prop_map(String::into_bytes),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn split_in_chunks(bytes: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, u64, u64) {
    let mut splitter = LineSplitter::new();
    let mut lines = Vec::new();
    let mut rest = bytes;
    for &size in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        splitter.push(chunk, |line| lines.push(line.to_vec()));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    splitter.finish(|line| lines.push(line.to_vec()));
    (lines, splitter.dropped_lines(), splitter.dropped_bytes())
}

proptest! {
    #[test]
    fn emitted_can_frame_is_read_back_equal(frame in frames()) {
        let mut text = String::new();
        emit_can(&frame, &mut text).unwrap();
        prop_assert_eq!(collector_line::parse(text.as_bytes()), Ok(CollectorLine::Can(frame)));
    }

    #[test]
    fn emitted_gnss_fix_is_read_back_equal(fix in fixes()) {
        let mut text = String::new();
        emit_gnss(&fix, &mut text).unwrap();
        prop_assert_eq!(collector_line::parse(text.as_bytes()), Ok(CollectorLine::Gnss(fix)));
    }

    #[test]
    fn emitted_status_is_read_back_equal(status in statuses()) {
        let mut text = String::new();
        emit_status(&status, &mut text).unwrap();
        prop_assert_eq!(collector_line::parse(text.as_bytes()), Ok(CollectorLine::Status(status)));
    }

    #[test]
    fn emitted_meter_line_is_read_back_equal(line in meter_lines()) {
        let mut text = String::new();
        emit_meter(&line, &mut text).unwrap();
        prop_assert_eq!(evcs_line::parse(text.as_bytes()), Ok(StationLine::Meter(line)));
    }

    #[test]
    fn frame_whose_line_lost_one_character_is_lost_or_the_same(
        frame in frames(),
        place in any::<prop::sample::Index>(),
    ) {
        let mut text = String::new();
        emit_can(&frame, &mut text).unwrap();
        text.remove(place.index(text.len()));
        for record in collector_line::records(text.as_bytes()).flatten() {
            prop_assert_eq!(record, CollectorLine::Can(frame));
        }
    }

    #[test]
    fn one_foreign_byte_is_judged_alike_in_the_usual_form_and_field_by_field(
        id in 0..=0x7FF_u32,
        data in vec(any::<u8>(), 0..=8),
        place in any::<prop::sample::Index>(),
        foreign in prop_oneof![Just(b' '), Just(b'0'), Just(b'-'), any::<u8>()],
    ) {
        let frame = CanFrame::new(CanId::standard(id).unwrap(), &data).unwrap();
        let mut text = String::new();
        emit_can(&frame, &mut text).unwrap();
        let mut usual = text.into_bytes();
        let place = place.index(usual.len());
        usual[place] = foreign;
        // A blank at the end changes nothing but the length, which the usual form goes by.
        let by_fields = [usual.as_slice(), b" "].concat();
        let read = |line: &[u8]| collector_line::records(line).flatten().next();
        prop_assert_eq!(read(&usual), read(&by_fields));
    }

    #[test]
    fn frame_whose_line_was_cut_off_is_lost_or_the_same(
        frame in frames(),
        place in any::<prop::sample::Index>(),
        next in frames(),
    ) {
        let (mut text, mut whole) = (String::new(), String::new());
        emit_can(&frame, &mut text).unwrap();
        emit_can(&next, &mut whole).unwrap();
        text.truncate(place.index(text.len()));
        text.push_str(&whole);
        let read: Vec<_> = collector_line::records(text.as_bytes()).flatten().collect();
        prop_assert_eq!(read.last(), Some(&CollectorLine::Can(next)));
        prop_assert!(read.len() == 1 || read[0] == CollectorLine::Can(frame));
    }

    #[test]
    fn foreign_bytes_never_panic_and_pieces_stay_bounded(bytes in noisy_text()) {
        prop_assert!(collector_line::records(&bytes).count() <= bytes.len());
        let read = collector_line::parse(&bytes).is_ok();
        prop_assert!(!read || collector_line::records(&bytes).flatten().count() == 1);
        prop_assert!(evcs_line::parse(&bytes).is_ok() || !bytes.starts_with(b"ERROR"));
    }

    #[test]
    fn lines_do_not_depend_on_the_chunks_they_came_in(
        bytes in noisy_text(),
        garbage in 0_usize..600,
        sizes in vec(1_usize..40, 1..6),
    ) {
        let mut stream = vec![b'x'; garbage];
        stream.extend_from_slice(&bytes);
        let whole = split_in_chunks(&stream, &[stream.len().max(1)]);
        prop_assert_eq!(split_in_chunks(&stream, &sizes), whole);
    }
}
