//! Telling devices apart, and finding their baud rate, in virtual time and over a simulated UART
//! that samples one rate at another as the hardware does.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod link_traffic;

use core::time::Duration;

use link_traffic::{Board, Dice};
use proptest::prelude::*;
use v2x_proto::link::baud_probe::USUAL_RATES;
use v2x_proto::link::{BaudProbe, Detector, Dialect, ProbeStep, Verdict};
use v2x_units::Instant;

const COLLECTOR: &[u8] =
    b"SIM 155 8 07 97 CF 54 4C 9C 00 6F\r\nSIM 19F 8 00 11 22 33 44 55 66 77\r\n\
    STATUS CAN:OK GPS:NO Sats:0 HDOP:99.9\r\n";
const STATION: &[u8] =
    b"EELAB_EVCS2_slot_1 1 33.0 -6.0 226.1 9.41 2127.3 12.345 50 0.99\r\n[V2G] idle\r\n";
const CONSOLE: &[u8] = b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 \
    (SPI_FAST_FLASH_BOOT)\r\n\x1b[0;32mI (27) boot: ESP-IDF v5.1 2nd stage bootloader\x1b[0m\r\n";
/// Sentences that a receiver without a fix sends, as `sensors.md` has them.
const GNSS: &[u8] = b"$GPRMC,,V,,,,,,,,,,N*53\r\n$GPGGA,,,,,,0,00,99.99,,,,,,*48\r\n";
const SHELL: &[u8] = b"Welcome to the coffee machine\r\nWater low, please refill\r\nReady\r\n";

fn verdict(bytes: &[u8]) -> Verdict {
    let mut detector = Detector::new();
    detector.feed(bytes);
    detector.verdict()
}

/// What a UART set to `to` reads from a line that is driven at `from`, both 8N1.
///
/// It waits for a falling edge, samples the middle of each bit, and takes a wrong stop bit as the
/// end of the byte all the same; Linux then hands on a zero byte. Time is counted in steps of
/// which a sent bit takes `16 * to` and a read one `16 * from`.
fn sampled(bytes: &[u8], from: u32, to: u32) -> Vec<u8> {
    let levels: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| {
            let data = (0..8).map(move |bit| byte >> bit & 1 == 1);
            core::iter::once(false).chain(data).chain([true])
        })
        .collect();
    let (sent_bit, read_bit) = (u64::from(to) * 16, u64::from(from) * 16);
    let bit_at = |time: u64| usize::try_from(time / sent_bit).unwrap();
    let level = |time: u64| levels.get(bit_at(time)).copied().unwrap_or(true);
    let mut read = Vec::new();
    let mut time = 0;
    while bit_at(time) < levels.len() {
        if level(time) {
            time += read_bit / 16;
            continue;
        }
        let middle = |bit: u64| time + read_bit * bit + read_bit / 2;
        let bits = (1..=8).map(|bit| u8::from(level(middle(bit))) << (bit - 1));
        let byte = bits.fold(0, |byte, bit| byte | bit);
        let framed = level(middle(9));
        read.push(if framed { byte } else { 0 });
        time = middle(9) + read_bit / 16;
        while !framed && !level(time) {
            time += read_bit / 16;
        }
    }
    read
}

fn framed_traffic() -> Vec<u8> {
    let (mut board, mut dice) = (Board::start(1), Dice(4));
    (0..40).flat_map(|_| board.send_any(&mut dice)).collect()
}

fn radio_records() -> Vec<u8> {
    let mut record = vec![0xAA, 0x55];
    record.extend((0..88).map(|byte: u8| byte.wrapping_mul(37)));
    record.repeat(3)
}

#[test]
fn every_device_is_told_by_what_it_sends() {
    let speaks = Verdict::Speaks;
    assert_eq!(verdict(&[]), Verdict::Silence);
    assert_eq!(verdict(&[0x80; 5]), Verdict::TooFew);
    assert_eq!(verdict(&framed_traffic()), speaks(Dialect::Framed));
    assert_eq!(verdict(COLLECTOR), speaks(Dialect::CollectorText));
    assert_eq!(verdict(STATION), speaks(Dialect::StationText));
    assert_eq!(verdict(&radio_records()), speaks(Dialect::RadioRecords));
    assert_eq!(verdict(CONSOLE), Verdict::LogConsole);
    assert_eq!(verdict(GNSS), Verdict::GnssReceiver);
    assert_eq!(verdict(SHELL), Verdict::OtherText);
}

#[test]
fn every_verdict_is_a_sentence_of_its_own() {
    let all = [
        Verdict::Silence,
        Verdict::TooFew,
        Verdict::Speaks(Dialect::Framed),
        Verdict::Speaks(Dialect::CollectorText),
        Verdict::Speaks(Dialect::StationText),
        Verdict::Speaks(Dialect::RadioRecords),
        Verdict::LogConsole,
        Verdict::GnssReceiver,
        Verdict::OtherText,
        Verdict::Garbage,
    ];
    let mut words: Vec<String> = all.iter().map(Verdict::to_string).collect();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), all.len());
}

#[test]
fn boot_text_before_the_first_frame_does_not_hide_the_link() {
    let line = [CONSOLE, &framed_traffic()].concat();
    assert_eq!(verdict(&line), Verdict::Speaks(Dialect::Framed));
    let line = [CONSOLE, COLLECTOR].concat();
    assert_eq!(verdict(&line), Verdict::Speaks(Dialect::CollectorText));
}

#[test]
fn half_a_line_of_a_collector_is_not_taken_for_one() {
    assert_eq!(verdict(&COLLECTOR[..20]), Verdict::TooFew);
}

#[test]
fn sampled_at_its_own_rate_a_line_reads_as_it_was_sent() {
    assert_eq!(sampled(COLLECTOR, 115_200, 115_200), COLLECTOR);
}

#[test]
fn wrong_baud_rate_is_garbage_whatever_is_sent() {
    for (sent, at) in [
        (framed_traffic(), 921_600),
        (COLLECTOR.repeat(20), 115_200),
        (STATION.repeat(20), 115_200),
        (GNSS.repeat(20), 9_600),
    ] {
        for &read_at in USUAL_RATES.iter().filter(|rate| **rate != at) {
            let read = sampled(&sent, at, read_at);
            let seen = verdict(&read);
            let garbage = matches!(seen, Verdict::Garbage | Verdict::TooFew);
            assert!(garbage, "sent at {at}, read at {read_at}: {seen}");
        }
    }
}

/// Lets a probe listen to a device that sends `bytes` at `baud` every `period`, and returns the
/// outcome with the time that it took.
fn probe(bytes: &[u8], baud: u32, period: Duration) -> (ProbeStep, Duration) {
    let mut probe = BaudProbe::new(USUAL_RATES);
    let mut now = Instant::BOOT;
    let mut sends = Instant::BOOT + period / 2;
    let mut set_to = 0;
    loop {
        match probe.poll(now) {
            ProbeStep::Try { baud } => set_to = baud,
            ProbeStep::Wait { until } if sends < until => {
                now = now.max(sends);
                probe.feed(now, &sampled(bytes, baud, set_to));
                sends = sends + period;
            }
            ProbeStep::Wait { until } => now = until,
            outcome => {
                assert_eq!(probe.poll(now), outcome, "the outcome stays");
                return (outcome, now.since(Instant::BOOT));
            }
        }
    }
}

#[test]
fn board_is_found_at_every_usual_rate() {
    for &baud in USUAL_RATES {
        let (outcome, _) = probe(&framed_traffic(), baud, Duration::from_secs(1));
        let dialect = Dialect::Framed;
        assert_eq!(outcome, ProbeStep::Found { baud, dialect });
    }
}

#[test]
fn collector_at_rest_that_speaks_every_five_seconds_is_found() {
    let (outcome, _) = probe(
        b"STATUS CAN:NO GPS:NO Sats:0 HDOP:99.9\r\n",
        115_200,
        Duration::from_secs(5),
    );
    let (baud, dialect) = (115_200, Dialect::CollectorText);
    assert_eq!(outcome, ProbeStep::Found { baud, dialect });
}

#[test]
fn log_console_is_named_with_its_rate_when_nothing_else_is_found() {
    let (outcome, _) = probe(CONSOLE, 115_200, Duration::from_millis(700));
    let (verdict, baud) = (Verdict::LogConsole, Some(115_200));
    assert_eq!(outcome, ProbeStep::Nothing { verdict, baud });
}

#[test]
fn silent_port_is_called_silent_within_a_minute() {
    let (outcome, took) = probe(&[], 115_200, Duration::from_secs(3_600));
    let (verdict, baud) = (Verdict::Silence, None);
    assert_eq!(outcome, ProbeStep::Nothing { verdict, baud });
    assert_eq!(took, Duration::from_secs(45));
}

#[test]
fn device_at_a_rate_that_is_not_tried_is_called_garbage() {
    let (outcome, _) = probe(&COLLECTOR.repeat(10), 250_000, Duration::from_millis(300));
    let garbage = matches!(
        outcome,
        ProbeStep::Nothing {
            verdict: Verdict::Garbage,
            ..
        }
    );
    assert!(garbage, "{outcome:?}");
}

#[test]
fn bytes_still_in_the_buffer_after_a_change_of_rate_are_not_counted() {
    let mut probe = BaudProbe::new(USUAL_RATES);
    assert_eq!(probe.poll(Instant::BOOT), ProbeStep::Try { baud: 921_600 });
    probe.feed(Instant::from_micros(10_000), COLLECTOR);
    let step = probe.poll(Instant::from_micros(20_000));
    assert!(matches!(step, ProbeStep::Wait { .. }), "{step:?}");
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_verdict(cuts in prop::collection::vec(1_usize..60, 1..40)) {
        let (frames, records) = (framed_traffic(), radio_records());
        for line in [COLLECTOR, STATION, CONSOLE, GNSS, SHELL, &frames, &records] {
            let mut detector = Detector::new();
            let mut rest = line;
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                detector.feed(piece);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(detector.verdict(), verdict(line));
        }
    }

    #[test]
    fn random_bytes_are_never_a_device(bytes in prop::collection::vec(any::<u8>(), 64..4_000)) {
        prop_assert_eq!(verdict(&bytes), Verdict::Garbage);
    }
}
