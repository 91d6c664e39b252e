//! From a frame at the port to the radio payload that tells it: a car that changes its speed, and
//! the signed CAM with that speed on the air.
//!
//! The daemon reads a full bus, GNSS and all; now and then the speed changes by more than the half
//! metre per second at which a CAM is due. Two figures: `latency`, where the changes come so that
//! no CAM was due for its age just before and nothing but the program stands between frame and
//! payload; and `latency-any-moment`, where one may just have gone, and the standard lets the next
//! wait for 100 ms (T_GenCamMin). The baseline, in the same run, is a bare loop that reads such a
//! port and sends a datagram to the same group for each read: kernel and scheduler without the
//! program.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "uplink/board.rs"]
mod board;
mod processes;

use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use board::Board;
use processes::{Started, build, start, wait};
use rustix::net::{AddressFamily, SocketType, sockopt};
use v2x_proto::link::message::{FixDimension, FixQuality, GnssReport};
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::cam::{Cam, HighFrequency};
use v2x_proto::wire::packet::{Content, Packet};
use v2x_units::{CanFrame, CanId, Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime};

/// The batches of a full bus.
const EVERY: Duration = Duration::from_millis(10);
/// Batches between two changes of the speed. A CAM repeats after the time between the last two
/// (T_GenCam), so each gap is shorter than the one before; in the long one T_GenCam is forgotten.
const GAPS: [usize; 9] = [70, 31, 28, 25, 22, 19, 16, 14, 12];
/// The same gap again and again: the repetition falls upon the change.
const SAME_GAP: [usize; 1] = [22];
/// Changes that are measured, after the first ones.
const CHANGES: usize = 150;
const WARM_UP: usize = 10;
/// Each change, in hundredths of km/h: 0.62 m/s.
const STEP: i32 = 222;
/// The slowest and the fastest: so slow that between two fixes no CAM is due for the way driven.
const SPEEDS: std::ops::Range<i32> = 500..2_000;
/// How far a speed that was rounded twice may be off.
const ROUNDING: f64 = 0.1;
/// A change that no payload told within this is lost.
const LOST_AFTER: Duration = Duration::from_secs(2);
/// Bytes of a datagram before the payload (apps/v2x/src/air/multicast.rs).
const HEADER: usize = 28;

fn main() {
    let v2x = build();
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let group = SocketAddrV4::new(Ipv4Addr::new(239, 255, 71, 71), v2x_testbench::free_port());
    let air = listen(group);
    let bare = bare_loop(group, &air);
    for (figure, gaps) in [
        ("latency", GAPS.as_slice()),
        ("latency-any-moment", SAME_GAP.as_slice()),
    ] {
        let folder = folder.path().join(figure);
        std::fs::create_dir(&folder).expect("the temporary folder can be written");
        let ours = measure(&v2x, &folder, (group, &air), gaps);
        for (name, share) in [("p50", 50), ("p90", 90), ("p99", 99)] {
            let (ours, bare) = (percentile(&ours, share), percentile(&bare, share));
            println!(
                "bench radio/{figure}-{name}: {ours:.2} ms from frame to payload, {:.3} x {name} \
                 of a bare loop from port to datagram",
                bare / ours
            );
        }
    }
}

/// What is heard in the group, each with its moment.
fn listen(group: SocketAddrV4) -> Receiver<(Instant, Vec<u8>)> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None);
    let socket = socket.expect("a socket");
    sockopt::set_socket_reuseaddr(&socket, true).expect("a shared port");
    rustix::net::bind(&socket, &group).expect("the port of the group");
    let socket = UdpSocket::from(socket);
    let joined = socket.join_multicast_v4(group.ip(), &Ipv4Addr::LOCALHOST);
    joined.expect("the group on the loopback interface");
    let (heard, air) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok(length) = socket.recv(&mut buffer) {
            let datagram = buffer[..length].to_vec();
            if heard.send((Instant::now(), datagram)).is_err() {
                break;
            }
        }
    });
    air
}

/// A loop that reads a port and sends a datagram for each read.
fn bare_loop(group: SocketAddrV4, air: &Receiver<(Instant, Vec<u8>)>) -> Vec<Duration> {
    let mut board = Board::new();
    let mut port = File::open(board.path()).expect("the port opens");
    let speaks = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    sockopt::set_ip_multicast_if(&speaks, &Ipv4Addr::LOCALHOST).expect("the loopback interface");
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while port.read(&mut buffer).is_ok_and(|count| count > 0) {
            speaks.send_to(&buffer[..200], group).unwrap_or_default();
        }
    });
    let mut latencies = Vec::new();
    for _ in 0..CHANGES {
        wait(EVERY);
        while air.try_recv().is_ok() {}
        let sent = Instant::now();
        board.send(10_000, &frames(SPEEDS.start));
        let heard = air.recv_timeout(LOST_AFTER);
        latencies.push(heard.map_or(LOST_AFTER, |(at, _)| at - sent));
    }
    latencies
}

/// The same through the daemon.
fn measure(
    v2x: &Path,
    folder: &Path,
    (group, air): (SocketAddrV4, &Receiver<(Instant, Vec<u8>)>),
    gaps: &[usize],
) -> Vec<Duration> {
    let mut board = Board::new();
    let daemon = daemon(v2x, folder, group, board.path());
    let mut latencies = Vec::new();
    let (mut speed, mut step) = (SPEEDS.start, STEP);
    let mut lost = 0;
    // Until the car speaks: it needs the time and its place.
    let until = Instant::now() + Duration::from_secs(60);
    while !drive(&mut board, speed, SAME_GAP[0], air)
        .iter()
        .any(|(_, speed)| speed.is_some())
    {
        assert!(Instant::now() < until, "the car does not speak");
    }
    let mut gaps = gaps.iter().cycle();
    while latencies.len() < CHANGES + WARM_UP {
        let gap = *gaps.next().expect("it begins anew");
        if !SPEEDS.contains(&(speed + step)) {
            step = -step;
        }
        speed += step;
        let sent = Instant::now();
        let heard = drive(&mut board, speed, gap, air);
        let wanted = f64::from(speed) / 100.0 / 3.6;
        let told = heard.iter().find(|(at, speed)| {
            let near = speed.is_some_and(|speed| (speed - wanted).abs() < ROUNDING);
            near && *at > sent
        });
        lost += usize::from(told.is_none());
        // A lost one counts as late as can be, so that the percentiles know of it.
        latencies.push(told.map_or(LOST_AFTER, |(at, _)| *at - sent));
        assert!(lost < CHANGES, "no payload tells the speed");
    }
    println!(
        "{lost} changes of {} were told by no payload before the next",
        CHANGES + WARM_UP
    );
    drop(daemon);
    latencies.split_off(WARM_UP)
}

/// Drives at a speed until the next change; gives what was heard: the speeds that CAMs told.
fn drive(
    board: &mut Board,
    speed: i32,
    batches: usize,
    air: &Receiver<(Instant, Vec<u8>)>,
) -> Vec<(Instant, Option<f64>)> {
    let mut next = Instant::now();
    for batch in 0..batches {
        board.send(10_000, &frames(speed));
        if batch == batches / 2 {
            board.report(&fix());
        }
        next += EVERY;
        wait(next.saturating_duration_since(Instant::now()));
    }
    let heard = air.try_iter();
    heard.map(|(at, datagram)| (at, told(&datagram))).collect()
}

/// The speed that a datagram tells, if it is a CAM.
fn told(datagram: &[u8]) -> Option<f64> {
    let packet = Packet::parse(datagram.get(HEADER..)?).ok()?;
    let Content::Signed(signed) = packet.content else {
        return None;
    };
    let pdu = signed.to_be_signed.pdu().ok()?;
    if pdu.btp.port != BtpPort::CAM {
        return None;
    }
    match Cam::parse(&pdu.message).ok()?.high_frequency {
        HighFrequency::Vehicle(vehicle) => Some(vehicle.speed.value?.get().get()),
        HighFrequency::RoadSideUnit(_) => None,
    }
}

/// The bus of a car that drives so fast, in hundredths of km/h.
fn frames(speed: i32) -> [CanFrame; 5] {
    let raw = u16::try_from(speed)
        .expect("no car is faster")
        .to_be_bytes();
    let frame = |id, data: &[u8]| {
        let id = CanId::standard(id).expect("eleven bits");
        CanFrame::new(id, data).expect("at most eight bytes")
    };
    [
        frame(0x155, &[0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70]),
        frame(0x19F, &[0xFF, 0xFF, 0x88, 0x4F, 0x38, 0xFF, 0x00, 0xFE]),
        frame(0x196, &[0, 0, 0, 0, 0, 0x42, 0, 0]),
        frame(0x424, &[0x11, 0x40, 0x10, 0x3C, 0x3A, 0x63, 0, 0x3D]),
        frame(0x5D7, &[raw[0], raw[1], 0, 0x55, 0x9C, 0x80, 0]),
    ]
}

/// A fix with the time of this computer: by it the car knows the time.
fn fix() -> GnssReport {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let micros = i64::try_from(since_1970.as_micros()).expect("this century");
    // North at some 5 m/s, as the speeds say: the heading asks for no CAM.
    let drift = (since_1970.as_secs_f64() % 1e5) * 5e-5;
    let position = Position::new(Degrees::new(12.5 + drift), Degrees::new(-3.25));
    GnssReport {
        fix: GnssFix {
            position: position.expect("on the Earth"),
            altitude: Some(Meters::new(143.2)),
            speed: Some(KilometersPerHour::new(10.0)),
            satellites: Some(9),
            hdop: Some(1.1),
            utc: Some(UtcTime::from_micros(micros)),
            valid: true,
        },
        geoid_separation: Some(Meters::new(46.7)),
        course: None,
        quality: FixQuality::Satellites,
        dimension: FixDimension::Three,
        age: Duration::ZERO,
    }
}

/// The daemon of a car with keys.
fn daemon(v2x: &Path, folder: &Path, group: SocketAddrV4, port: &Path) -> Started {
    let (pki, keys) = (folder.join("operator"), folder.join("keys"));
    let run = |command: &mut Command| {
        let ran = command.stdout(Stdio::null()).status().expect("v2x runs");
        assert!(ran.success(), "v2x keys");
    };
    run(Command::new(v2x).args(["keys", "init"]).arg(&pki));
    let car = [
        "--role",
        "vehicle",
        "--name",
        "CAR-1",
        "--battery-data",
        "no",
    ];
    run(Command::new(v2x)
        .args(["keys", "enroll"])
        .arg(&keys)
        .args(car)
        .arg("--pki")
        .arg(&pki));
    let log = File::create(folder.join("log")).expect("the folder can be written");
    start(
        Command::new(v2x)
            .arg("vehicle")
            .arg("--collector")
            .arg(port)
            .arg("--out")
            .arg(folder.join("out"))
            .env("V2X_RADIO_AIR", "udp")
            .env("V2X_RADIO_UDP_GROUP", group.to_string())
            .env("V2X_RADIO_KEYS", keys)
            .env("V2X_MONITOR_LISTEN", "off")
            .stderr(log),
    )
}

fn percentile(latencies: &[Duration], share: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    let at = sorted.get(place).expect("something was measured");
    at.as_secs_f64() * 1000.0
}
