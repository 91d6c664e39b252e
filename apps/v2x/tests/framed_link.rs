//! The framed link between a board and the daemon, over a pseudo-terminal: what is lost, damaged or
//! restarted on the way is counted to the frame, and everything else is in the log.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;

use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{LogLevel, LogLine};
use v2x_recording::Recording;
use v2x_testbench::wait_until;
use v2x_units::{BootId, CanFrame, CanId, Instant, UtcTime};

use bench::SOON;
use bench::car::Car;
use bench::program::{Process, v2x};
use bench::recordings;
use bench::replay::Replay;
use bench::written::Written;

/// CAN frames in a batch, and the time between two: a full bus.
const IN_BATCH: u32 = 20;
const SPACING: Duration = Duration::from_micros(222);

/// The board's end of a line.
struct Line {
    board_end: File,
    path: PathBuf,
}

impl Line {
    fn open() -> Self {
        let board_end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&board_end).unwrap();
        unlockpt(&board_end).unwrap();
        let mut settings = tcgetattr(&board_end).unwrap();
        settings.make_raw();
        tcsetattr(&board_end, OptionalActions::Now, &settings).unwrap();
        let name = ptsname(&board_end, Vec::new()).unwrap();
        Self {
            board_end: board_end.into(),
            path: PathBuf::from(name.to_str().unwrap()),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.board_end.write_all(bytes).unwrap();
    }
}

/// A daemon and what it leaves behind.
struct Daemon {
    process: Process,
    folder: tempfile::TempDir,
}

impl Daemon {
    fn start(collector: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = v2x();
        command.arg("vehicle").arg("--collector").arg(collector);
        command.arg("--out").arg(folder.path().join("out"));
        let process = Process::start(command.stderr(log));
        let daemon = Self { process, folder };
        daemon.wait_to_say("recording");
        daemon
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn wait_to_say(&self, what: &str) {
        wait_until(SOON, what, || self.log().contains(what));
    }

    fn written(&self) -> Written {
        Written::new(&self.folder.path().join("out"))
    }

    /// Ends it and gives its last words.
    fn stop(&mut self) -> String {
        self.process.terminate();
        assert!(self.process.wait("the end of the daemon").success());
        let log = self.log();
        log.lines().last().unwrap().to_owned()
    }

    /// The times in its raw log, in microseconds.
    fn times(&self) -> Vec<i64> {
        let folder = self.folder.path().join("out");
        let mut paths = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let log = paths.find(|path| path.extension().is_some_and(|ending| ending == "log"));
        let reader = BufReader::new(File::open(log.unwrap()).unwrap());
        let rows = Recording::open(reader).unwrap().into_frames().unwrap();
        rows.map(|row| row.unwrap().unwrap().at.map_or(0, UtcTime::as_micros))
            .collect()
    }
}

/// A board that makes batches of numbered frames.
struct Board {
    link: LinkEncoder,
    now: Instant,
    made: Vec<CanFrame>,
}

impl Board {
    fn boot(id: u32) -> Self {
        Self {
            link: LinkEncoder::new(BootId::new(id)),
            now: Instant::from_micros(1_000),
            made: Vec::new(),
        }
    }

    /// The next batch as it stands on the wire.
    fn batch(&mut self) -> Vec<u8> {
        for _ in 0..IN_BATCH {
            let number = u64::try_from(self.made.len()).unwrap();
            let id = CanId::standard(0x155).unwrap();
            let frame = CanFrame::new(id, &number.to_be_bytes()).unwrap();
            self.now = self.now + SPACING;
            assert!(self.link.push_can(self.now, &frame).is_none());
            self.made.push(frame);
        }
        self.link.flush().unwrap().to_vec()
    }

    /// Frames of the batches with these numbers.
    fn frames(&self, batches: impl IntoIterator<Item = usize>) -> Vec<CanFrame> {
        let chunks: Vec<_> = self
            .made
            .chunks(usize::try_from(IN_BATCH).unwrap())
            .collect();
        let frames = batches.into_iter().flat_map(|batch| chunks[batch].to_vec());
        frames.collect()
    }
}

#[test]
fn damage_loss_and_restart_on_the_link_are_counted_exactly() {
    let mut line = Line::open();
    let mut daemon = Daemon::start(&line.path);

    let mut first = Board::boot(1);
    line.write(b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET)\r\n");
    let wire: Vec<Vec<u8>> = (0..10).map(|_| first.batch()).collect();
    line.write(&wire[0]);
    // One byte is wrong: that batch is lost, and nothing else.
    let mut wrong = wire[1].clone();
    wrong[40] ^= 0x55;
    assert_ne!(wrong[40], 0, "the damage must not look like a delimiter");
    line.write(&wrong);
    line.write(&wire[2]);
    // From the middle of one batch to the middle of the next everything is missing.
    line.write(&wire[3][..100]);
    line.write(&wire[4][100..]);
    line.write(&wire[5]);
    // One batch is missing without a trace, one comes twice.
    line.write(&wire[7]);
    line.write(&wire[7]);
    // The board says what it had to drop.
    assert!(first.link.skip_can(7).is_none());
    let after_drop = first.batch();
    line.write(&wire[8]);
    line.write(&wire[9]);
    line.write(&after_drop);

    let mut second = Board::boot(2);
    for _ in 0..3 {
        let batch = second.batch();
        line.write(&batch);
    }
    let warning = LogLine {
        level: LogLevel::Warn,
        text: "receiver without antenna",
    };
    line.write(second.link.send(second.now, warning).unwrap());

    let mut expected = first.frames([0, 2, 5, 7, 8, 9, 10]);
    expected.extend(second.frames(0..3));
    let written = daemon.written();
    wait_until(SOON, "all frames in the log", || {
        written.lines_logged() >= expected.len()
    });
    daemon.wait_to_say("board: receiver without antenna");
    let last_words = daemon.stop();
    assert_eq!(written.raw_log().frames, expected);
    // Lost on the link: 1, 3, 4 and 6; of the bus besides those: the 7 that were dropped.
    let can_lost = 4 * IN_BATCH + 7;
    for count in [
        format!("frames={}", expected.len()),
        "link_frames=11".to_owned(),
        "link_lost=4".to_owned(),
        format!("can_lost={can_lost}"),
        "link_damaged=2".to_owned(),
        "link_refused=0".to_owned(),
        "board_reboots=1".to_owned(),
        "damaged_lines=0".to_owned(),
        "foreign_bytes=0".to_owned(),
    ] {
        let is_said = last_words.split(' ').any(|word| word == count);
        assert!(is_said, "{count} is not in: {last_words}");
    }

    let times = daemon.times();
    assert!(times.is_sorted(), "stamps ran backwards: {times:?}");
    for batch in times.chunks(usize::try_from(IN_BATCH).unwrap()) {
        let spacing = i64::try_from(SPACING.as_micros()).unwrap();
        let is_true = batch.windows(2).all(|pair| pair[1] - pair[0] == spacing);
        assert!(is_true, "a batch has lost its spacing: {batch:?}");
    }
}

#[test]
fn replay_over_the_framed_link_arrives_whole() {
    let options = ["--rate", "2000", "--for", "2", "--link", "framed"];
    let replay = Replay::start(&recordings::invented(), &options);
    let car = Car::new(None);
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    let sent = replay.finish();
    assert!(daemon.says("the collector speaks the framed link"));
    assert!(daemon.stop().success());
    let log = car.written().raw_log();
    assert_eq!(
        (log.frames.len(), log.damaged),
        (sent.frames, 0),
        "{sent:?}"
    );
    assert_eq!(sent.unheard, 0, "{sent:?}");
    assert!(sent.frames > 3_000, "{sent:?}");
}

#[test]
fn device_that_is_no_collector_is_named_in_plain_words() {
    for (says, words) in [
        ("$GPGSV,1,1,00*79\r\n", "a GNSS receiver, no collector"),
        (
            "I (312) wifi: started\r\n",
            "the log console of an ESP32, no data port",
        ),
    ] {
        let mut line = Line::open();
        let mut daemon = Daemon::start(&line.path);
        line.write(says.repeat(10).as_bytes());
        daemon.wait_to_say(&format!("no collector is heard: {words}"));
        let last_words = daemon.stop();
        let foreign = format!("foreign_bytes={}", says.len() * 10);
        assert!(last_words.contains(&foreign), "{last_words}");
    }
}
