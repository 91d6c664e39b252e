//! Raw logs over power cuts, full disks and clocks that jump.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use v2x_recording::Recording;
use v2x_units::CanId;

use super::*;
use crate::vehicle::disk::Folder;
use crate::vehicle::disk::faulty::Faulty;

const LIMITS: Limits = Limits {
    size: 10_000,
    age: Duration::from_secs(1800),
};
/// 2026-11-24T10:15:00Z.
const BEGIN_MS: i64 = 1_795_515_300_000;

fn stamp(millis: u64, clock_ms: i64) -> Stamp {
    Stamp {
        instant: Instant::from_micros(millis * 1000),
        utc: UtcTime::from_millis(clock_ms + i64::try_from(millis).unwrap()),
    }
}

fn frame(number: u64) -> CanFrame {
    CanFrame::new(CanId::standard(0x155).unwrap(), &number.to_be_bytes()).unwrap()
}

fn logs(folder: &Path) -> Vec<String> {
    let mut names = Folder::new(folder).names().unwrap();
    names.sort();
    names
}

/// The frames of all logs in the order of names, and the lines that are none.
fn read(folder: &Path) -> (Vec<u64>, usize) {
    let (mut numbers, mut damaged) = (Vec::new(), 0);
    for name in logs(folder) {
        let content = fs::read(folder.join(name)).unwrap();
        let (whole, cut) = parse(&content);
        numbers.extend(whole);
        damaged += cut;
    }
    (numbers, damaged)
}

fn parse(content: &[u8]) -> (Vec<u64>, usize) {
    let (mut numbers, mut damaged) = (Vec::new(), 0);
    let Ok(recording) = Recording::open(content) else {
        return (numbers, damaged);
    };
    for row in recording.into_frames().unwrap() {
        match row.unwrap() {
            Ok(row) => numbers.push(u64::from_be_bytes(row.frame.data().try_into().unwrap())),
            Err(_) => damaged += 1,
        }
    }
    (numbers, damaged)
}

#[test]
fn logs_end_by_size_and_by_age_and_lose_nothing_between() {
    let place = tempfile::tempdir().unwrap();
    let disk = Folder::new(place.path());
    let mut log = RawLog::new(&disk, LIMITS).unwrap();
    for number in 0..1000 {
        log.frame(&disk, stamp(number * 10, BEGIN_MS), &frame(number))
            .unwrap();
    }
    log.frame(&disk, stamp(1_900_000, BEGIN_MS), &frame(1000))
        .unwrap();
    log.close();
    let names = logs(place.path());
    assert_eq!(names[0], "candump_000001_20261124T101500Z.log");
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(names[5].ends_with("T104640Z.log"), "by age: {names:?}");
    assert_eq!(read(place.path()), ((0..=1000).collect(), 0));
}

#[test]
fn log_of_an_earlier_run_is_never_written_again() {
    let place = tempfile::tempdir().unwrap();
    let disk = Folder::new(place.path());
    for run in 0..3 {
        let mut log = RawLog::new(&disk, LIMITS).unwrap();
        // The same second each time: a clock that is set back.
        log.frame(&disk, stamp(0, BEGIN_MS), &frame(run)).unwrap();
        log.close();
    }
    assert_eq!(logs(place.path()).len(), 3);
    assert_eq!(read(place.path()), (vec![0, 1, 2], 0));
}

#[test]
fn clock_that_jumps_begins_a_log_and_one_that_hesitates_does_not() {
    let place = tempfile::tempdir().unwrap();
    let disk = Folder::new(place.path());
    let mut log = RawLog::new(&disk, LIMITS).unwrap();
    let year_ms = 31_557_600_000;
    let clocks = [
        0,
        BEGIN_MS,
        BEGIN_MS - 900,
        BEGIN_MS - year_ms,
        BEGIN_MS + year_ms,
    ];
    for (number, clock_ms) in (0..).zip(clocks) {
        log.frame(
            &disk,
            stamp(60_000 + number * 100, clock_ms),
            &frame(number),
        )
        .unwrap();
    }
    log.close();
    let names = logs(place.path());
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[0], "candump_000001_undated.log");
    assert_eq!(read(place.path()), ((0..5).collect(), 0));
    let hesitated = fs::read_to_string(place.path().join(&names[1])).unwrap();
    let stamps: Vec<_> = hesitated.lines().map(|line| &line[..20]).collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
}

#[test]
fn log_cut_at_any_byte_is_readable_up_to_its_last_whole_line() {
    let place = tempfile::tempdir().unwrap();
    let disk = Folder::new(place.path());
    let mut log = RawLog::new(&disk, LIMITS).unwrap();
    for number in 0..100 {
        log.frame(&disk, stamp(number * 2, BEGIN_MS), &frame(number))
            .unwrap();
    }
    log.close();
    let content = fs::read(place.path().join(&logs(place.path())[0])).unwrap();
    let line = content.len() / 100;
    for cut in content.len() - 1024..=content.len() {
        let (numbers, damaged) = parse(&content[..cut]);
        // A line of eight bytes that misses its end alone is whole too.
        let whole = (cut as u64 + 1) / line as u64;
        assert_eq!(numbers, (0..whole).collect::<Vec<_>>(), "cut at {cut}");
        assert!(damaged <= 1);
    }
}

#[test]
fn frames_refused_by_a_full_disk_are_written_later_or_counted() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faulty::new(place.path());
    let mut log = RawLog::new(&disk, LIMITS).unwrap();
    let (mut refused, mut lost) = (0, 0);
    for number in 0..600 {
        // Full from the 200th frame to the 400th, in the middle of a line.
        match number {
            200 => disk.fault.room.store(17, Ordering::Relaxed),
            400 => disk.fault.room.store(u64::MAX, Ordering::Relaxed),
            _ => {}
        }
        let at = stamp(number * 100, BEGIN_MS);
        refused += u64::from(log.frame(&disk, at, &frame(number)).is_err());
        if number % 10 == 0 {
            log.flush(at.instant).unwrap_or_default();
        }
        lost += log.take_lost();
    }
    log.close();
    lost += log.take_lost();
    let (numbers, damaged) = read(place.path());
    assert!(refused > 0 && lost >= refused);
    assert_eq!(numbers.len() as u64 + lost, 600, "{lost} counted as lost");
    assert!(numbers.is_sorted() && damaged <= 1);
    assert_eq!(numbers.last(), Some(&599));
}

#[test]
fn clock_that_jumps_while_the_disk_is_full_costs_no_frame() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faulty::new(place.path());
    disk.fault.makes_files.store(true, Ordering::Relaxed);
    let one_log = Limits {
        size: u64::MAX,
        ..LIMITS
    };
    let mut log = RawLog::new(&disk, one_log).unwrap();
    let year_ms = 31_557_600_000;
    for number in 0..400 {
        // A little room is left: in the middle of a line, and a new file can be made.
        match number {
            50 => disk.fault.room.store(17, Ordering::Relaxed),
            150 => disk.fault.room.store(u64::MAX, Ordering::Relaxed),
            _ => {}
        }
        let clock_ms = if number < 100 {
            BEGIN_MS
        } else {
            BEGIN_MS + year_ms
        };
        let at = stamp(number * 10, clock_ms);
        let closed = log.frame(&disk, at, &frame(number)).unwrap();
        assert!(
            !closed,
            "the archive must not touch a log that waits for room"
        );
        if number % 20 == 19 && number >= 110 {
            log.flush(at.instant).unwrap_or_default();
        }
        let oldest = if number < 159 { 1 } else { 2 };
        assert_eq!(log.oldest_open(), oldest, "frame {number}");
    }
    log.close();
    assert_eq!(log.take_lost(), 0);
    assert_eq!(logs(place.path()).len(), 2);
    assert_eq!(read(place.path()), ((0..400).collect(), 0));
}

#[test]
fn ended_logs_that_wait_for_a_full_disk_are_bounded_and_counted() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faulty::new(place.path());
    disk.fault.makes_files.store(true, Ordering::Relaxed);
    let mut log = RawLog::new(&disk, LIMITS).unwrap();
    let hour_ms = 3_600_000;
    // Each frame ends a log, and the disk takes none of them.
    disk.fault.room.store(1, Ordering::Relaxed);
    let frames = 100;
    for number in 0..frames {
        let at = stamp(number, BEGIN_MS + i64::try_from(number).unwrap() * hour_ms);
        log.frame(&disk, at, &frame(number)).unwrap();
    }
    let lost = log.take_lost();
    assert_eq!(lost, frames - 1 - u64::try_from(ENDED_MAX).unwrap());
    disk.fault.room.store(u64::MAX, Ordering::Relaxed);
    log.flush(Instant::from_micros(0)).unwrap();
    log.close();
    assert_eq!(log.take_lost(), 0);
    assert_eq!(read(place.path()), ((lost..frames).collect(), 0));
}
