//! The listener in virtual time: bytes in, frames and fixes with their stamps out.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{FixDimension, FixQuality, GnssReport};
use v2x_units::{CanId, Degrees, Position, UtcTime};

use super::*;

fn host(micros: u64) -> Stamp {
    Stamp {
        instant: Instant::from_micros(micros),
        utc: UtcTime::from_millis(1_756_396_582_000) + Duration::from_micros(micros),
    }
}

fn chunk(at: u64, bytes: &[u8]) -> Chunk {
    Chunk {
        at: host(at),
        bytes: bytes.to_vec(),
    }
}

fn framed(at: u64, bytes: &[u8]) -> Delivery {
    Delivery::Bytes(Language::Framed, chunk(at, bytes))
}

fn text(at: u64, bytes: &[u8]) -> Delivery {
    Delivery::Bytes(Language::Text, chunk(at, bytes))
}

fn hear(listener: &mut Listener, delivery: Delivery) -> Vec<Heard> {
    let mut heard = Vec::new();
    listener.hear(delivery, |what| heard.push(what));
    heard
}

fn frame(id: u32) -> CanFrame {
    CanFrame::new(CanId::standard(id).unwrap(), &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap()
}

const SEPARATION: Meters = Meters::new(46.7);

fn fix() -> GnssFix {
    let nowhere = Degrees::new(0.0);
    GnssFix {
        position: Position::new(nowhere, nowhere).unwrap(),
        altitude: None,
        speed: None,
        satellites: None,
        hdop: None,
        utc: None,
        valid: true,
    }
}

fn listener() -> (Listener, Arc<Health>) {
    let health = Arc::new(Health::default());
    (Listener::new(Arc::clone(&health)), health)
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// A batch of frames that the board captured at these microseconds.
fn batch(board: &mut LinkEncoder, captures: &[u64]) -> Vec<u8> {
    for &captured in captures {
        let full = board.push_can(Instant::from_micros(captured), &frame(0x155));
        assert!(full.is_none());
    }
    board.flush().unwrap().to_vec()
}

#[test]
fn frames_of_the_link_have_the_time_of_the_board_beside_the_stamp() {
    let (mut listener, _) = listener();
    let boot = BootId::new(7);
    let mut board = LinkEncoder::new(boot);
    let wire = batch(&mut board, &[9_000, 9_222]);
    let heard = hear(&mut listener, framed(500_000, &wire));
    let expected = [(499_778, 9_000), (500_000, 9_222)].map(|(at, captured)| Heard {
        at: host(at),
        board: Some(BoardTime {
            boot,
            at: Instant::from_micros(captured),
        }),
        what: Capture::Frame(frame(0x155)),
    });
    assert_eq!(heard, expected);
}

#[test]
fn fix_is_dated_by_its_age_and_does_not_hold_up_the_frames() {
    let (mut listener, _) = listener();
    let mut board = LinkEncoder::new(BootId::new(7));
    let first = batch(&mut board, &[100_000]);
    hear(&mut listener, framed(600_000, &first));
    let report = GnssReport {
        fix: fix(),
        geoid_separation: Some(SEPARATION),
        course: None,
        quality: FixQuality::Satellites,
        dimension: FixDimension::Three,
        age: Duration::from_millis(80),
    };
    let mut wire = (board.send(Instant::from_micros(110_000), report).unwrap()).to_vec();
    wire.extend(batch(&mut board, &[109_000]));
    let heard = hear(&mut listener, framed(610_000, &wire));
    let times: Vec<_> = heard.iter().map(|heard| (heard.at, heard.what)).collect();
    let expected = [
        (host(530_000), Capture::Fix(fix(), Some(SEPARATION))),
        (host(609_000), Capture::Frame(frame(0x155))),
    ];
    assert_eq!(times, expected);
}

#[test]
fn frames_lost_while_the_port_was_closed_are_counted() {
    let (mut listener, health) = listener();
    let mut board = LinkEncoder::new(BootId::new(7));
    let wires = [100, 200, 300, 400].map(|captured| batch(&mut board, &[captured]));
    let (begin, _) = wires[1].split_at(20);
    assert_eq!(hear(&mut listener, framed(1_000, &wires[0])).len(), 1);
    assert!(hear(&mut listener, framed(1_100, begin)).is_empty());
    assert!(hear(&mut listener, Delivery::Interrupted).is_empty());
    assert_eq!(hear(&mut listener, framed(9_000, &wires[3])).len(), 1);
    assert_eq!(get(&health.link_frames_lost), 2);
    assert_eq!(get(&health.can_frames_lost), 2);
    assert_eq!(get(&health.link_damaged), 1);
    assert_eq!(get(&health.board_reboots), 0);
}

#[test]
fn restart_of_the_board_is_no_loss() {
    let (mut listener, health) = listener();
    let mut wire = batch(&mut LinkEncoder::new(BootId::new(1)), &[80_000_000]);
    wire.extend(batch(&mut LinkEncoder::new(BootId::new(2)), &[500, 700]));
    let heard = hear(&mut listener, framed(9_000, &wire));
    let stamps: Vec<_> = heard.iter().map(|heard| heard.at).collect();
    // Which of the three came last is known, not how long the restart took.
    assert_eq!(stamps, [host(9_000), host(9_000), host(9_200)]);
    assert_eq!(get(&health.board_reboots), 1);
    assert_eq!(
        get(&health.link_frames_lost) + get(&health.can_frames_lost),
        0
    );
}

#[test]
fn text_cut_by_an_interruption_is_one_damaged_line() {
    let (mut listener, health) = listener();
    let line = b"SIM 155 8 01 02 03 04 05 06 07 08\r\n";
    let heard = hear(&mut listener, text(1_000, &line[..12]));
    assert!(heard.is_empty());
    hear(&mut listener, Delivery::Interrupted);
    let heard = hear(&mut listener, text(2_000, line));
    let what = Capture::Frame(frame(0x155));
    let (at, board) = (host(2_000), None);
    assert_eq!(heard, [Heard { at, board, what }]);
    assert_eq!(get(&health.lines_damaged), 1);
}

#[test]
fn frames_of_an_interface_never_run_backwards() {
    let (mut listener, _) = listener();
    let frames = [3_000, 2_000, 4_000].map(|at| (host(at), frame(0x155)));
    let heard = hear(&mut listener, Delivery::Frames(frames.to_vec()));
    let stamps: Vec<_> = heard.iter().map(|heard| heard.at).collect();
    assert_eq!(stamps, [host(3_000), host(3_000), host(4_000)]);
}
