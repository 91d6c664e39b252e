//! A line that flips, cuts, inserts and repeats bytes: no wrong frame comes out, and what is
//! missing is counted exactly.
//!
//! `V2X_LINK_FRAMES=10000000 cargo test --release -p v2x-proto --test link_damage` runs ten million
//! frames. A checksum of 32 bits lets one of 4.3 thousand million damaged frames through when the
//! damage is arbitrary; of ten million that is 0.002 expected, and errors of up to three bits
//! that leave the byte stuffing alone are never among them.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod link_traffic;

use std::collections::VecDeque;
use std::ops::Range;

use link_traffic::{Board, Dice};
use v2x_proto::link::{Event, LinkDecoder, Notice};

/// Frames between two undamaged statuses.
const ROUND: usize = 60;

/// What a run over a bad line added up to.
#[derive(Debug, Default)]
struct Account {
    sent: u64,
    arrived: u64,
    touched: u64,
    reboots: u64,
    can_sent: u64,
    can_arrived: u64,
}

/// One round of frames: their bytes one after the other, and where each lies.
#[derive(Debug, Default)]
struct Round {
    wire: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Round {
    fn push(&mut self, frame: &[u8]) {
        let start = self.wire.len();
        self.wire.extend_from_slice(frame);
        self.places.push(start..self.wire.len());
    }

    /// Damages the bytes and returns them with the number of frames that were touched.
    fn damaged(&self, dice: &mut Dice) -> (Vec<u8>, u64) {
        let gap = 40 + dice.below(2_000);
        let mut line: Vec<u8> = Vec::with_capacity(self.wire.len() * 2);
        let mut hurt: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        loop {
            let next = at + dice.below(gap);
            if next >= self.wire.len() {
                line.extend_from_slice(&self.wire[at..]);
                break;
            }
            line.extend_from_slice(&self.wire[at..next]);
            at = next;
            match dice.below(4) {
                0 => {
                    let flips = dice.byte() & dice.byte() | 1 << dice.below(8);
                    line.push(self.wire[at] ^ flips);
                    at += 1;
                }
                1 => at = (at + 1 + dice.below(40)).min(self.wire.len()),
                2 => (0..=dice.below(40)).for_each(|_| line.push(dice.byte())),
                _ => {
                    let length = (1 + dice.below(400)).min(line.len());
                    line.extend_from_within(line.len() - length..);
                }
            }
            hurt.push(next..at);
        }
        let inside = |place: &Range<usize>| {
            hurt.iter()
                .any(|hurt| hurt.start < place.end && hurt.end > place.start)
        };
        let touched = self.places.iter().filter(|place| inside(place)).count();
        (line, u64::try_from(touched).unwrap())
    }
}

/// The undamaged frames that may still arrive, by what the receiver makes of each.
#[derive(Debug, Default)]
struct Expected(VecDeque<Vec<u8>>);

/// Header and body of a received frame, written again.
fn content(frame: &v2x_proto::link::Frame<'_>) -> Vec<u8> {
    let mut body = [0; 1_500];
    let length = frame.message.emit(&mut body).unwrap();
    let mut content = vec![frame.message.frame_type()];
    content.extend(frame.sequence.to_le_bytes());
    content.extend(frame.boot.get().to_le_bytes());
    content.extend(frame.at.as_micros().to_le_bytes());
    content.extend_from_slice(&body[..length]);
    content
}

impl Expected {
    /// Reads the undamaged frames of one round.
    fn of(round: &Round) -> Self {
        let mut decoder = LinkDecoder::new();
        let mut bytes = round.wire.as_slice();
        let mut expected = VecDeque::new();
        while let Some(event) = decoder.next(&mut bytes) {
            if let Event::Frame(frame) = event {
                expected.push_back(content(&frame));
            }
        }
        assert_eq!(expected.len(), round.places.len());
        Self(expected)
    }

    /// Takes the received frame out, with all that should have come before it.
    fn take(&mut self, received: &[u8]) {
        while let Some(sent) = self.0.pop_front() {
            if sent == received {
                return;
            }
        }
        panic!("a frame came out that was not sent, or not in this place: {received:02X?}");
    }
}

fn run(frames: u64, seed: u64) -> Account {
    let mut dice = Dice(seed);
    let mut board = Board::start(1);
    let mut boot = 1;
    let mut decoder = LinkDecoder::new();
    let mut account = Account::default();
    while account.sent < frames {
        let mut round = Round::default();
        if account.sent > 0 && dice.below(20) == 0 {
            boot += 1;
            board = Board::start(boot);
            account.reboots += 1;
        }
        let can_before = board.can_frames;
        (0..ROUND).for_each(|_| round.push(&board.send_any(&mut dice)));
        let (mut line, touched) = if account.sent == 0 {
            // Nobody can tell what was lost before the first frame that was heard.
            (round.wire.clone(), 0)
        } else {
            round.damaged(&mut dice)
        };
        let status = board.send_status();
        round.push(&status);
        line.extend_from_slice(&[0]);
        line.extend_from_slice(&status);

        account.sent += u64::try_from(round.places.len()).unwrap();
        account.touched += touched;
        account.can_sent += board.can_frames - can_before;
        receive(&mut decoder, &line, &mut Expected::of(&round), &mut account);
        let counters = decoder.counters();
        assert_eq!(counters.received, account.arrived, "seed {seed}");
        assert_eq!(
            counters.received + counters.lost,
            account.sent,
            "seed {seed}"
        );
        assert_eq!(
            account.can_arrived + counters.can_lost,
            account.can_sent,
            "seed {seed}"
        );
        assert!(counters.lost <= account.touched, "seed {seed}");
        assert_eq!(counters.reboots, account.reboots, "seed {seed}");
    }
    account
}

fn receive(decoder: &mut LinkDecoder, line: &[u8], expected: &mut Expected, sum: &mut Account) {
    let mut bytes = line;
    while let Some(event) = decoder.next(&mut bytes) {
        match event {
            Event::Frame(frame) => {
                expected.take(&content(&frame));
                sum.arrived += 1;
                if let v2x_proto::link::Message::CanBatch(batch) = frame.message {
                    sum.can_arrived += u64::from(batch.count());
                }
            }
            Event::Notice(
                Notice::Malformed(_) | Notice::UnknownType(_) | Notice::OtherVersion(_),
            ) => {
                panic!("a frame that was not sent came through: {event:?}");
            }
            Event::Notice(_) => {}
        }
    }
}

#[test]
fn damaged_line_lets_no_wrong_frame_through_and_counts_every_loss() {
    let frames = std::env::var("V2X_LINK_FRAMES").map_or(200_000, |text| text.parse().unwrap());
    let account = run(frames, 0x7717);
    println!("{account:?}");
    assert!(
        account.arrived < account.sent,
        "the line was not bad enough to test anything"
    );
}
