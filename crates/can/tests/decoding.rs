//! What the decoder does with frames that are short, unknown, multiplexed or the first of a day.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::time::Duration;

use v2x_can::{BUS_ASLEEP, Decoder, History, Outcome, RENAULT_TWIZY_DBC};
use v2x_units::{CanFrame, CanId, Instant};

fn twizy() -> Decoder {
    Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap()
}

fn frame(id: u32, data: &[u8]) -> CanFrame {
    CanFrame::new(CanId::standard(id).unwrap(), data).unwrap()
}

/// The names and values of a frame's valid signals.
fn decode(
    decoder: &Decoder,
    history: &mut History,
    at: Instant,
    frame: &CanFrame,
) -> (Outcome, Vec<(String, f64)>) {
    let mut values = Vec::new();
    let outcome = decoder.decode(history, at, frame, |signal, value| {
        values.push((decoder.info(signal).name.clone(), value));
    });
    (outcome, values)
}

fn decode_once(decoder: &Decoder, frame: &CanFrame) -> (Outcome, Vec<(String, f64)>) {
    decode(decoder, &mut History::new(decoder), Instant::BOOT, frame)
}

fn names(values: &[(String, f64)]) -> Vec<&str> {
    values.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn short_frame_gives_exactly_the_signals_that_it_does_not_cut() {
    let decoder = twizy();
    let whole = [0x20, 0xA4, 0x07, 0xB1, 0x29, 0x00, 0x01, 0x41];
    let (outcome, values) = decode_once(&decoder, &frame(0x597, &whole[..4]));
    assert_eq!(outcome, Outcome::TooShort { have: 4, need: 8 });
    assert!(names(&values).contains(&"SlaveStatus"));
    assert!(!names(&values).contains(&"ChargerVersion"));
    assert_eq!(values.len(), 12);
}

#[test]
fn short_frame_without_its_phase_gives_nothing_that_the_phase_vouches_for() {
    let decoder = twizy();
    let (outcome, values) = decode_once(&decoder, &frame(0x155, &[0x07, 0x98, 0x51]));
    assert_eq!(outcome, Outcome::TooShort { have: 3, need: 8 });
    assert_eq!(names(&values), ["ChargePowerLevel", "PilotHandshake"]);
}

#[test]
fn unknown_and_remote_frames_give_nothing() {
    let decoder = twizy();
    let (outcome, values) = decode_once(&decoder, &frame(0x015, &[0x07; 8]));
    assert_eq!((outcome, values.len()), (Outcome::UnknownId, 0));
    let extended = CanFrame::new(CanId::extended(0x155).unwrap(), &[7; 8]).unwrap();
    assert_eq!(decode_once(&decoder, &extended).0, Outcome::UnknownId);
    let remote = CanFrame::remote(CanId::standard(0x155).unwrap(), 8).unwrap();
    let (outcome, values) = decode_once(&decoder, &remote);
    assert_eq!((outcome, values.len()), (Outcome::Remote, 0));
}

#[test]
fn values_out_of_range_are_given_all_the_same() {
    let decoder = twizy();
    // Cells1Trailer is expected to be 10; nothing in the fact table calls another number invalid.
    let cells = frame(0x556, &[0x33, 0x63, 0x34, 0x33, 0x53, 0x34, 0x33, 0x53]);
    let (_, values) = decode_once(&decoder, &cells);
    assert!(values.contains(&("Cells1Trailer".to_owned(), 3.0)));
}

#[test]
fn first_frame_after_the_bus_slept_is_stale_and_the_next_one_counts() {
    let decoder = twizy();
    let mut history = History::new(&decoder);
    let clock = frame(0x436, &[0, 0, 1, 0x2C, 0, 0]);
    let mut minutes = |at| decode(&decoder, &mut history, at, &clock).1.len();
    let start = Instant::BOOT;
    assert_eq!(
        minutes(start),
        1,
        "at the start nothing says that the bus has slept"
    );
    let woken = start + BUS_ASLEEP;
    assert_eq!(minutes(woken), 0);
    assert_eq!(minutes(woken + Duration::from_millis(100)), 1);
    let shorter = woken + Duration::from_micros(99_999) + BUS_ASLEEP;
    assert_eq!(minutes(shorter), 1, "a shorter silence is no sleep");
}

#[test]
fn any_frame_shows_that_the_bus_is_awake() {
    let decoder = twizy();
    let mut history = History::new(&decoder);
    let clock = frame(0x436, &[0, 0, 1, 0x2C, 0, 0]);
    let unknown = frame(0x7FF, &[]);
    decode(&decoder, &mut history, Instant::BOOT, &clock);
    let later = Instant::BOOT + Duration::from_secs(2);
    decode(&decoder, &mut history, later, &unknown);
    let latest = later + Duration::from_secs(2);
    assert_eq!(decode(&decoder, &mut history, latest, &clock).1.len(), 1);
}

#[test]
fn odometer_of_the_charger_is_unknown_until_it_is_not_zero() {
    let decoder = twizy();
    let mut history = History::new(&decoder);
    let zero = frame(0x426, &[0, 0x78, 1, 0, 0, 0, 0]);
    let known = frame(0x426, &[0, 0x78, 1, 0, 0x0D, 0xAD, 0]);
    let mut odometer = |at, frame: &CanFrame| {
        let (_, values) = decode(&decoder, &mut history, at, frame);
        values
            .iter()
            .find(|(name, _)| name == "Odometer")
            .map(|(_, value)| *value)
    };
    let at = |millis| Instant::BOOT + Duration::from_millis(millis);
    assert_eq!(odometer(at(0), &zero), None);
    assert_eq!(odometer(at(100), &zero), None);
    assert_eq!(odometer(at(200), &known), Some(3501.0));
    assert_eq!(odometer(at(300), &zero), Some(0.0));
    assert_eq!(odometer(at(9000), &zero), None, "the bus slept");
}

#[test]
fn multiplexed_frame_gives_the_signals_of_its_switch_value() {
    let text = "VERSION \"\"\nBU_: X\nBO_ 2147484672 Mixed: 8 X\n\
                \x20SG_ Page M : 0|8@1+ (1,0) [0|1] \"\" X\n\
                \x20SG_ Volts m1 : 8|16@1- (0.5,0) [0|0] \"V\" X\n\
                \x20SG_ Amps m2 : 8|16@1+ (1,0) [0|0] \"A\" X\n\
                \x20SG_ Count : 63|8@0+ (1,0) [0|0] \"\" X\n";
    let decoder = Decoder::from_dbc("mixed.dbc", text).unwrap();
    let id = CanId::extended(1024).unwrap();
    assert_eq!(decoder.message_name(id), Some("Mixed"));
    let page = |page| CanFrame::new(id, &[page, 0xFE, 0xFF, 0, 0, 0, 0, 7]).unwrap();
    let (_, values) = decode_once(&decoder, &page(1));
    let expected = [("Page", 1.0), ("Volts", -1.0), ("Count", 7.0)];
    assert_eq!(
        values,
        expected.map(|(name, value)| (name.to_owned(), value))
    );
    let (_, values) = decode_once(&decoder, &page(2));
    assert_eq!(values[1], ("Amps".to_owned(), 65_534.0));
    let mut unchecked = Vec::new();
    decoder.decode_unchecked(&page(3), |signal, _| unchecked.push(signal.index()));
    assert_eq!(unchecked, [0, 3]);
}

#[test]
fn signals_of_64_bits_keep_their_sign_or_have_none() {
    let text = "VERSION \"\"\nBU_: X\nBO_ 1 A: 8 X\n SG_ Plus : 7|64@0+ (1,0) [0|0] \"\" X\n\n\
                BO_ 2 B: 8 X\n SG_ Minus : 0|64@1- (1,0) [0|0] \"\" X\n";
    let decoder = Decoder::from_dbc("wide.dbc", text).unwrap();
    let value = |id| decode_once(&decoder, &frame(id, &[0xFF; 8])).1[0].1;
    assert_eq!(value(1), 18_446_744_073_709_551_615.0);
    assert_eq!(value(2), -1.0);
}
