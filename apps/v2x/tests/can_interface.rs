//! A CAN interface as collector, on a virtual one where the kernel offers it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod bench;

use std::fs::{self, File};

use socketcan::{CanFrame, CanInterface, CanSocket, EmbeddedFrame as _, Socket as _, StandardId};
use v2x_testbench::wait_until;

use bench::SOON;
use bench::program::{Process, v2x};
use bench::written::Written;

const NAME: &str = "v2xtest0";
const FRAMES: u16 = 200;

/// A virtual interface that goes away with its test.
struct Virtual(Option<CanInterface>);

impl Virtual {
    fn create() -> Option<Self> {
        let interface = CanInterface::create_vcan(NAME, None).ok()?;
        Some(Self(Some(interface)))
    }

    fn interface(&self) -> &CanInterface {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Virtual {
    fn drop(&mut self) {
        if let Some(interface) = self.0.take() {
            interface.delete().ok();
        }
    }
}

fn send(numbers: std::ops::Range<u16>) {
    let socket = CanSocket::open(NAME).unwrap();
    let id = StandardId::new(0x155).unwrap();
    for number in numbers {
        let frame = CanFrame::new(id, &number.to_be_bytes()).unwrap();
        socket.write_frame(&frame).unwrap();
    }
}

#[test]
fn frames_of_an_interface_are_logged_before_and_after_it_was_down() {
    let Some(vcan) = Virtual::create() else {
        println!("skipped: no vcan");
        return;
    };
    vcan.interface().bring_up().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let out = folder.path().join("out");
    let mut command = v2x();
    command.args([
        "vehicle",
        "--collector",
        &format!("socketcan:{NAME}"),
        "--out",
    ]);
    let stderr = File::create(&log).unwrap();
    let mut daemon = Process::start(command.arg(&out).stderr(stderr));
    let says = |what: &str| fs::read_to_string(&log).unwrap().contains(what);
    wait_until(SOON, "recording", || says("recording"));

    send(0..FRAMES);
    let written = Written::new(&out);
    let half = usize::from(FRAMES);
    wait_until(SOON, "the first frames", || written.lines_logged() >= half);
    vcan.interface().bring_down().unwrap();
    wait_until(SOON, "that it is down", || says("collector lost"));
    vcan.interface().bring_up().unwrap();
    wait_until(SOON, "that it is back", || says("collector is back"));
    send(FRAMES..2 * FRAMES);
    wait_until(SOON, "the last frames", || {
        written.lines_logged() >= 2 * half
    });
    daemon.terminate();
    assert!(daemon.wait("the end of the daemon").success());

    let frames = written.raw_log().frames;
    let numbers = frames.iter().map(|frame| frame.data().to_vec());
    assert!(numbers.eq((0..2 * FRAMES).map(|number| number.to_be_bytes().to_vec())));
}

#[test]
fn interface_that_is_not_there_is_waited_for_and_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = v2x();
    command.args(["vehicle", "--collector", "can99", "--out"]);
    command.arg(folder.path().join("out"));
    let mut daemon = Process::start(command.stderr(File::create(&log).unwrap()));
    let said = || fs::read_to_string(&log).unwrap();
    wait_until(SOON, "what is missing", || {
        said().contains("waiting for the collector") && said().contains("recording")
    });
    let said = said();
    // A kernel without CAN says that instead.
    assert!(
        said.contains("no CAN interface can99") || said.contains("no CAN sockets"),
        "{said}"
    );
    assert!(said.contains("hint="), "{said}");
    daemon.terminate();
    assert!(daemon.wait("the end of the daemon").success());
}
