//! The story of one line: joining, chunks, restarts, strangers in between, limits.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod link_traffic;

use core::time::Duration;

use link_traffic::{Board, Dice};
use proptest::prelude::*;
use v2x_proto::link::limits::{BATCH_DEADLINE, BODY_MAX, RADIO_PAYLOAD_MAX, SEGMENT_MAX};
use v2x_proto::link::message::{LogLevel, LogLine, RadioRate, RadioSend};
use v2x_proto::link::{Damage, Event, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_units::{BootId, CanFrame, CanId, Instant, MacAddress};

/// Everything that comes out, as text, so that it outlives the decoder's buffer.
fn told(decoder: &mut LinkDecoder, mut bytes: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(event) = decoder.next(&mut bytes) {
        all.push(format!("{event:?}"));
    }
    all
}

/// The notices alone.
fn notices(decoder: &mut LinkDecoder, mut bytes: &[u8]) -> Vec<Notice> {
    let mut all = Vec::new();
    while let Some(event) = decoder.next(&mut bytes) {
        if let Event::Notice(notice) = event {
            all.push(notice);
        }
    }
    all
}

/// A decoder that heard frame 0 of boot 1, and the board that sent it.
fn joined() -> (LinkDecoder, Board) {
    let mut board = Board::start(1);
    let mut decoder = LinkDecoder::new();
    let first = board.send_status();
    assert_eq!(notices(&mut decoder, &first).len(), 1);
    (decoder, board)
}

fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// A whole frame with any version and type, which the encoder would not make.
fn foreign_frame(version: u8, frame_type: u8, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![version, frame_type];
    frame.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    frame.extend(sequence.to_le_bytes());
    frame.extend(1_u32.to_le_bytes());
    frame.extend([0; 8]);
    frame.extend_from_slice(body);
    frame.extend(crc32(&frame).to_le_bytes());
    let mut wire = vec![0; cobs::max_encoding_length(frame.len()) + 2];
    let length = cobs::encode(&frame, &mut wire[1..]);
    wire.truncate(length + 2);
    wire
}

#[test]
fn lost_frames_are_counted_from_the_gap() {
    let (mut decoder, mut board) = joined();
    (0..5).for_each(|_| drop(board.send_status()));
    let heard = notices(&mut decoder, &board.send_status());
    assert_eq!(heard, [Notice::Lost { frames: 5 }]);
    assert_eq!(decoder.counters().lost, 5);
}

#[test]
fn lost_batches_are_counted_as_can_frames_too() {
    let (mut decoder, mut board) = joined();
    let id = CanId::standard(0x155).unwrap();
    let frame = CanFrame::new(id, &[1]).unwrap();
    for at in 1..=4 {
        board.encoder.push_can(Instant::from_micros(at), &frame);
    }
    assert!(board.encoder.flush().is_some());
    assert!(board.encoder.skip_can(2).is_none());
    let heard = notices(&mut decoder, &board.send_status());
    let (lost, can_lost) = (Notice::Lost { frames: 1 }, Notice::CanLost { frames: 6 });
    assert_eq!(heard, [lost, can_lost]);
}

#[test]
fn restart_is_told_as_one_and_not_as_loss() {
    let (mut decoder, mut board) = joined();
    (0..900).for_each(|_| drop(notices(&mut decoder, &board.send_status())));
    let mut restarted = Board::start(2);
    let heard = notices(&mut decoder, &restarted.send_status());
    let (old, new) = (BootId::new(1), BootId::new(2));
    assert_eq!(heard, [Notice::Rebooted { old, new }]);
    assert_eq!(decoder.counters().lost, 0);
}

#[test]
fn restart_with_lost_first_frames_counts_those() {
    let (mut decoder, _) = joined();
    let mut restarted = Board::start(2);
    (0..3).for_each(|_| drop(restarted.send_status()));
    let heard = notices(&mut decoder, &restarted.send_status());
    assert_eq!(heard[1], Notice::Lost { frames: 3 });
}

#[test]
fn repeated_frame_is_dropped_and_counted() {
    let (mut decoder, mut board) = joined();
    let frame = board.send_status();
    assert!(notices(&mut decoder, &frame).is_empty());
    let again = told(&mut decoder, &frame);
    assert_eq!(again, ["Notice(Duplicate { sequence: 1 })"]);
    assert_eq!(decoder.counters().duplicates, 1);
    assert_eq!(decoder.counters().received, 2);
}

#[test]
fn unknown_type_is_skipped_and_is_no_loss() {
    let (mut decoder, mut board) = joined();
    drop(board.send_status());
    let heard = told(&mut decoder, &foreign_frame(1, 200, 1, b"later"));
    assert_eq!(heard, ["Notice(UnknownType(200))"]);
    assert!(notices(&mut decoder, &board.send_status()).is_empty());
    assert_eq!(decoder.counters().unknown_types, 1);
}

#[test]
fn newer_version_is_named_and_not_interpreted() {
    let (mut decoder, _) = joined();
    let heard = notices(&mut decoder, &foreign_frame(2, 2, 1, &[0; 4]));
    assert_eq!(heard, [Notice::OtherVersion(2)]);
    assert_eq!(
        heard[0].to_string(),
        "board speaks version 2 of the link, this program version 1"
    );
}

#[test]
fn body_that_breaks_its_promise_is_refused_by_field() {
    let (mut decoder, _) = joined();
    let heard = notices(&mut decoder, &foreign_frame(1, 7, 1, &[1, 0, 77]));
    assert_eq!(
        heard[0].to_string(),
        "message refused: radio result `result` is 77; docs/protocol/link.md lists the codes"
    );
}

#[test]
fn console_text_between_frames_costs_no_frame() {
    let (mut decoder, mut board) = joined();
    let text = b"I (1234) wifi: mode : sta (ec:64:c9:91:b2:90)\r\n";
    let mut line = text.to_vec();
    line.extend(board.send_status());
    line.extend_from_slice(text);
    line.extend(board.send_status());
    let heard = notices(&mut decoder, &line);
    let skipped = u64::try_from(text.len()).unwrap();
    let (text, again) = (
        Notice::Corrupt(Damage::ConsoleText),
        Notice::Resynchronised { skipped },
    );
    assert_eq!(heard, [text, again, text, again]);
    assert_eq!(decoder.counters().received, 3);
}

#[test]
fn segment_without_end_is_dropped_at_its_limit() {
    let (mut decoder, mut board) = joined();
    for _ in 0..10 {
        assert!(notices(&mut decoder, &[0xA5; SEGMENT_MAX]).is_empty());
    }
    let heard = notices(&mut decoder, &board.send_status());
    let skipped = u64::try_from(10 * SEGMENT_MAX).unwrap();
    let (long, again) = (
        Notice::Corrupt(Damage::TooLong),
        Notice::Resynchronised { skipped },
    );
    assert_eq!(heard, [long, again]);
}

#[test]
fn joining_in_the_middle_of_a_frame_is_no_damage() {
    let mut board = Board::start(1);
    let mut line = board.send_status();
    line.extend(board.send_status());
    let mut decoder = LinkDecoder::new();
    let heard = notices(&mut decoder, &line[20..]);
    assert!(
        matches!(heard[0], Notice::Resynchronised { .. }),
        "{heard:?}"
    );
    assert!(
        matches!(heard[1], Notice::Joined { sequence: 1, .. }),
        "{heard:?}"
    );
    assert_eq!(decoder.counters().corrupt, 0);
    assert_eq!(decoder.counters().lost, 0);
}

#[test]
fn longest_payload_passes_and_a_longer_one_is_refused() {
    let payload = [0x55; BODY_MAX];
    let send = |length| RadioSend {
        ticket: 1,
        to: MacAddress::BROADCAST,
        rate: RadioRate::Preset,
        payload: &payload[..length],
    };
    let mut encoder = LinkEncoder::new(BootId::new(1));
    let refused = encoder.send(Instant::BOOT, send(RADIO_PAYLOAD_MAX + 1));
    assert!(refused.is_err());
    let mut wire = encoder
        .send(Instant::BOOT, send(RADIO_PAYLOAD_MAX))
        .unwrap();
    let mut decoder = LinkDecoder::new();
    let mut seen = None;
    while let Some(event) = decoder.next(&mut wire) {
        if let Event::Frame(frame) = event {
            assert_eq!(
                frame.sequence, 0,
                "a refused message must not use up a number"
            );
            seen = Some(matches!(frame.message, Message::RadioSend(sent)
                if sent.payload.len() == RADIO_PAYLOAD_MAX));
        }
    }
    assert_eq!(seen, Some(true));
}

#[test]
fn message_of_the_largest_body_passes_through() {
    let text = "x".repeat(BODY_MAX - 1);
    let level = LogLevel::Error;
    let mut encoder = LinkEncoder::new(BootId::new(1));
    let mut wire = encoder
        .send(Instant::BOOT, LogLine { level, text: &text })
        .unwrap();
    let mut decoder = LinkDecoder::new();
    let mut texts = 0;
    while let Some(event) = decoder.next(&mut wire) {
        texts += usize::from(matches!(event, Event::Frame(frame)
            if frame.message == Message::from(LogLine { level, text: &text })));
    }
    assert_eq!(texts, 1);
}

#[test]
fn batch_waits_for_its_deadline_and_no_longer() {
    let mut encoder = LinkEncoder::new(BootId::new(1));
    let frame = CanFrame::new(CanId::standard(1).unwrap(), &[]).unwrap();
    assert_eq!(encoder.deadline(), None);
    let first = Instant::from_micros(1_000);
    assert!(encoder.push_can(first, &frame).is_none());
    let later = first + Duration::from_millis(4);
    assert!(encoder.push_can(later, &frame).is_none());
    assert_eq!(encoder.deadline(), Some(first + BATCH_DEADLINE));
    assert!(encoder.poll(Instant::from_micros(5_999)).is_none());
    assert!(encoder.poll(Instant::from_micros(6_000)).is_some());
    assert!(encoder.poll(Instant::from_micros(9_000)).is_none());
}

#[test]
fn frame_captured_earlier_than_the_last_begins_a_new_batch() {
    let mut encoder = LinkEncoder::new(BootId::new(1));
    let frame = CanFrame::new(CanId::standard(1).unwrap(), &[]).unwrap();
    assert!(
        encoder
            .push_can(Instant::from_micros(500), &frame)
            .is_none()
    );
    assert!(
        encoder
            .push_can(Instant::from_micros(499), &frame)
            .is_some()
    );
    assert_eq!(encoder.next_can_number(), 1);
}

#[test]
fn full_batch_is_closed_before_it_overflows() {
    let mut encoder = LinkEncoder::new(BootId::new(1));
    let id = CanId::extended(0x1234).unwrap();
    let frame = CanFrame::new(id, &[1; 8]).unwrap();
    let mut decoder = LinkDecoder::new();
    for number in 0..1_000 {
        let captured = Instant::from_micros(number);
        if let Some(mut wire) = encoder.push_can(captured, &frame) {
            while decoder.next(&mut wire).is_some() {}
        }
    }
    let mut wire = encoder.flush().unwrap();
    while decoder.next(&mut wire).is_some() {}
    assert_eq!(decoder.counters().can_lost, 0);
    assert_eq!(decoder.counters().malformed, 0);
    assert_eq!(encoder.next_can_number(), 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_chunking_tells_the_same_events(
        seed: u64,
        cuts in prop::collection::vec(1_usize..90, 60),
    ) {
        let mut dice = Dice(seed);
        let mut board = Board::start(9);
        let mut line = Vec::new();
        for _ in 0..30 {
            match dice.below(6) {
                0 => line.extend((0..dice.below(60)).map(|_| dice.byte())),
                1 => drop(board.send_any(&mut dice)),
                _ => line.extend(board.send_any(&mut dice)),
            }
        }
        line.extend(board.send_status());
        let whole = told(&mut LinkDecoder::new(), &line);
        let mut decoder = LinkDecoder::new();
        let mut pieces = Vec::new();
        let mut rest = line.as_slice();
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.extend(told(&mut decoder, piece));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn any_bytes_never_panic_and_always_end(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
        let mut decoder = LinkDecoder::new();
        let events = told(&mut decoder, &bytes).len();
        prop_assert!(events <= 6 * (bytes.len() + 1));
        prop_assert_eq!(decoder.counters().received, 0);
    }
}
