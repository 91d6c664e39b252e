//! `v2x doctor` names each injected fault, says what to do, and ends with 1; a sound car ends with
//! 0.
//!
//! | fault | how it is injected |
//! |---|---|
//! | port missing | a name without a device |
//! | port busy | another process (this test) holds its lock |
//! | port silent | a line at which nobody speaks |
//! | wrong speed | a line with the noise of one, and a configured speed |
//! | GNSS receiver, log console in the collector's place | a line that speaks so |
//! | slot board in the collector's place, and the other way round | a line that speaks so |
//! | no permission | another user |
//! | bus at 0 frames/s; GNSS without a fix | a collector that only reports |
//! | wrong bit rate of the bus | a board that reports it |
//! | clock in 1970; nobody vouches for it | the clock of a test |
//! | disk full, read-only | a small tmpfs in a mount namespace |
//! | little room left | a large reserve |
//! | broker's name unknown; connection refused | a name that cannot be; a free port |
//! | certificate not trusted | a mosquitto with one that it signed itself |
//! | token file missing; login refused | no file; a mosquitto that lets nobody in |
//! | meter silent | a line at which nobody answers |

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

mod bench;
mod station_bench;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use bench::car::Car;
use bench::program::v2x;
use bench::recordings;
use bench::replay::Replay;
use rustix::fs::FlockOperation;
use serde_json::Value;
use station_bench::line::Line;
use station_bench::{SOON, Site};
use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{
    BoardStatus, BootReason, BusState, CanStatus, FirmwareVersion, QueueStatus,
};
use v2x_testbench::{Access, Mosquitto, free_port, wait_until};
use v2x_units::{BootId, Instant};

const STATUS: &[u8] = b"STATUS CAN:OK GPS:NO Sats:0 HDOP:99.9\r\n";
const NMEA: &[u8] = b"$GPGSV,1,1,00*79\r\n";
const CONSOLE: &[u8] = b"I (312) wifi: started\r\n";
const SLOT: &[u8] = b"EELAB_EVSE_slot_1 0 231.10 0.00 0.00 1.234 50.0 0.00\r\n";

/// A device that says the same again and again, until it is dropped.
struct Talker {
    is_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Talker {
    fn at(name: &Path, mut words: impl FnMut() -> Vec<u8> + Send + 'static) -> Self {
        let mut line = Line::plug(name);
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        let thread = std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                line.send(&words());
                line.receive(50);
            }
        });
        Self {
            is_done,
            thread: Some(thread),
        }
    }

    fn saying(name: &Path, words: &'static [u8]) -> Self {
        Self::at(name, move || words.to_vec())
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Settings of a vehicle in a folder of its own; `more` is added to them.
fn vehicle(site: &Site, more: &str) -> std::path::PathBuf {
    let text = format!(
        "[vehicle]\ncollector = \"{}\"\nout = \"{}\"\n{more}",
        site.path("collector").display(),
        site.out().display()
    );
    site.write("vehicle.toml", &text)
}

fn doctor(config: &Path) -> Command {
    let mut command = v2x();
    command.args(["doctor", "--json", "--listen", "2", "--config"]);
    command.arg(config);
    command
}

/// What a finding says: part, severity, what, what to do.
#[derive(Debug)]
struct Finding {
    part: String,
    severity: String,
    what: String,
    todo: String,
}

fn findings(output: &Output) -> Vec<Finding> {
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| Finding {
            part: text(finding, "part"),
            severity: text(finding, "severity"),
            what: text(finding, "what"),
            todo: text(finding, "do"),
        })
        .collect()
}

/// Runs the doctor and looks for a fault: its severity, its part, words of what was seen, and words
/// of what to do.
fn names(mut command: Command, severity: &str, part: &str, what: &str, todo: &str) {
    let output = command.output().unwrap();
    let found = findings(&output);
    let fault = found.iter().find(|finding| {
        finding.part.starts_with(part)
            && finding.severity == severity
            && finding.what.contains(what)
            && finding.todo.contains(todo)
    });
    assert!(fault.is_some(), "no `{what}` in {found:#?}");
    if severity == "problem" {
        assert_eq!(output.status.code(), Some(1), "{found:#?}");
    }
}

#[test]
fn sound_car_has_no_problem_and_ends_with_0() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let site = Site::new();
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    std::os::unix::fs::symlink(replay.port(), site.path("collector")).unwrap();
    site.write("token", "bench-token\n");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(site.path("token"), private).unwrap();
    let token = site.path("token").display().to_string();
    let more = format!(
        "[recording]\nreserve_mb = 0\n[mqtt]\nurl = \"{}\"\ntoken_file = \"{token}\"\n",
        broker.url()
    );
    let clock = site.write("clock", "0 ntp");
    let mut command = doctor(&vehicle(&site, &more));
    command.env("V2X_TEST_CLOCK", clock);
    let output = command.output().unwrap();
    let found = findings(&output);
    assert!(output.status.success(), "{found:#?}");
    assert!(
        found.iter().all(|finding| finding.severity == "fine"),
        "{found:#?}"
    );
    for (part, what) in [
        ("bus", "frames/s"),
        ("gnss", "good fixes"),
        ("broker", "takes the login"),
    ] {
        let is_told = |finding: &&Finding| finding.part == part && finding.what.contains(what);
        assert!(found.iter().any(|finding| is_told(&finding)), "{found:#?}");
    }
    assert!(!site.out().exists(), "nothing is made");
}

#[test]
fn missing_port_is_named() {
    let site = Site::new();
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "does not exist",
        "plug the board in",
    );
}

#[test]
fn busy_port_is_named_with_the_program_that_has_it() {
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let holder = fs::File::open(site.path("collector")).unwrap();
    rustix::fs::flock(&holder, FlockOperation::NonBlockingLockExclusive).unwrap();
    let me = format!("(process {})", std::process::id());
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "in use by another program",
        &me,
    );
}

#[test]
fn port_that_the_running_daemon_has_is_no_fault_and_the_daemon_is_asked() {
    let port = free_port();
    let car = Car::new(None);
    car.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{port}"));
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    let daemon = car.start();
    let site = Site::new();
    std::os::unix::fs::symlink(replay.port(), site.path("collector")).unwrap();
    let config = vehicle(&site, "[recording]\nreserve_mb = 0\n");
    wait_until(SOON, "a daemon that answers", || {
        let mut command = doctor(&config);
        command.env("V2X_MONITOR_LISTEN", format!("127.0.0.1:{port}"));
        let found = findings(&command.output().unwrap());
        let has = |part: &str, what: &str| {
            let is_it = |finding: &&Finding| finding.part == part && finding.what.contains(what);
            found.iter().any(|finding| is_it(&finding))
        };
        has("collector", "the running daemon has the port open")
            && has("daemon: collector", "frames arrive")
    });
    assert!(daemon.stop().success());
}

#[test]
fn silent_port_is_named() {
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "nothing is sent",
        "has power",
    );
}

#[test]
fn wrong_speed_is_named() {
    let site = Site::new();
    let _line = Talker::at(&site.path("collector"), || vec![0x80; 64]);
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "a wrong baud rate",
        "leave `baud` out",
    );
}

#[test]
fn device_that_is_no_collector_is_named_as_what_it_is() {
    for (words, what, todo) in [
        (
            NMEA,
            "a GNSS receiver, no collector",
            "name the board's port",
        ),
        (CONSOLE, "the log console of an ESP32", "the one for data"),
        (SLOT, "a charging slot of the prototype", "`v2x station`"),
    ] {
        let site = Site::new();
        let _line = Talker::saying(&site.path("collector"), words);
        let command = doctor(&vehicle(&site, ""));
        names(command, "problem", "collector", what, todo);
    }
}

#[test]
fn collector_where_a_slot_should_be_and_a_silent_meter_are_named() {
    let site = Site::new();
    let _board = Talker::saying(&site.path("board"), STATUS);
    let _meter = Line::plug(&site.path("meter"));
    let text = format!(
        "[station]\nout = \"{}\"\n[[slot]]\nnumber = 1\nport = \"{}\"\n\
         [[slot]]\nnumber = 2\nport = \"{}\"\nsource = \"pzem\"\naddress = 7\n",
        site.out().display(),
        site.path("board").display(),
        site.path("meter").display()
    );
    let config = site.write("station.toml", &text);
    let line = "line ";
    let todo = "belongs to `v2x vehicle`";
    names(
        doctor(&config),
        "problem",
        line,
        "no slot board is heard at 115200 baud",
        todo,
    );
    let what = "the meter of slot 2 (address 7) does not answer";
    names(
        doctor(&config),
        "problem",
        line,
        what,
        "mains at its screws",
    );
}

#[test]
fn port_without_permission_is_named_with_its_group() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let device = fs::canonicalize(site.path("collector")).unwrap();
    fs::set_permissions(device, fs::Permissions::from_mode(0o600)).unwrap();
    let config = vehicle(&site, "");
    // The program lies where only this user looks; the settings' folder is opened.
    let program = site.path("v2x");
    fs::copy(env!("CARGO_BIN_EXE_v2x"), &program).unwrap();
    let open = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(program.parent().unwrap(), open(0o755)).unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&program);
    command.args(["doctor", "--json", "--config"]).arg(config);
    names(
        command,
        "problem",
        "collector",
        "no permission to open",
        "usermod -aG",
    );
}

#[test]
fn bus_at_rest_and_missing_fix_are_named() {
    let site = Site::new();
    let _line = Talker::saying(&site.path("collector"), STATUS);
    let config = vehicle(&site, "");
    names(
        doctor(&config),
        "warning",
        "bus",
        "0 frames/s",
        "switch the car on",
    );
    names(
        doctor(&config),
        "warning",
        "gnss",
        "no GNSS report",
        "receiver is connected",
    );
}

#[test]
fn wrong_bit_rate_of_the_bus_is_named_from_the_board() {
    let site = Site::new();
    let mut board = LinkEncoder::new(BootId::new(7));
    let mut at = 0;
    let can = CanStatus {
        bus: BusState::WrongBitRate,
        transmit_errors: 0,
        receive_errors: 96,
        bus_errors: 4711,
        receive_overflows: 0,
        dropped: 0,
        next_number: 0,
        queue: QueueStatus::default(),
    };
    let status = BoardStatus {
        boot_reason: BootReason::PowerOn,
        firmware: FirmwareVersion {
            major: 1,
            minor: 0,
            patch: 0,
        },
        heap_left: 10_000,
        link_queue: QueueStatus::default(),
        radio_queue: QueueStatus::default(),
        can: Some(can),
    };
    let _line = Talker::at(&site.path("collector"), move || {
        at += 50_000;
        board
            .send(Instant::from_micros(at), status)
            .unwrap()
            .to_vec()
    });
    let command = doctor(&vehicle(&site, ""));
    names(command, "problem", "bus", "another bit rate", "500 kbit/s");
}

#[test]
fn clock_in_1970_and_one_that_nobody_vouches_for_are_named() {
    let site = Site::new();
    let at = |setting: &str| {
        let mut command = doctor(&vehicle(&site, ""));
        command.env("V2X_TEST_CLOCK", site.write("clock", setting));
        command
    };
    // More than half a century back.
    let before = at("-1790000000 free");
    names(
        before,
        "problem",
        "clock",
        "clock says 197",
        "timedatectl set-ntp",
    );
    names(
        at("0 free"),
        "warning",
        "clock",
        "nobody vouches for it",
        "time servers",
    );
}

/// Runs the doctor where its folder is a small disk, which these commands prepare; `None`, after
/// saying so, where this user may not mount.
fn on_small_disk(site: &Site, prepare: &str) -> Option<Command> {
    fs::create_dir_all(site.out()).unwrap();
    let unshare = ["--map-root-user", "--mount", "sh", "-c"];
    let mount = "mount -t tmpfs -o size=64k none \"$0\"";
    let mut trial = Command::new("unshare");
    let trial = trial.args(unshare).arg(mount).arg(site.out());
    if !trial.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no mount namespaces here");
        return None;
    }
    let script = format!("{mount} && {prepare} && exec \"$@\"");
    let doctor = doctor(&vehicle(site, "[recording]\nreserve_mb = 0\n"));
    let mut command = Command::new("unshare");
    command.args(unshare).arg(script).arg(site.out());
    command.arg(doctor.get_program()).args(doctor.get_args());
    Some(command)
}

#[test]
fn full_disk_is_named() {
    let site = Site::new();
    let fill = "{ head -c 1M /dev/zero > \"$0\"/fill 2>&- ; true; }";
    if let Some(command) = on_small_disk(&site, fill) {
        names(command, "problem", "disk", "is full", "make room");
    }
}

#[test]
fn read_only_disk_is_named() {
    let site = Site::new();
    if let Some(command) = on_small_disk(&site, "mount -o remount,ro \"$0\"") {
        names(command, "problem", "disk", "is read-only", "remount,rw");
    }
}

#[test]
fn little_room_is_named() {
    let site = Site::new();
    let command = doctor(&vehicle(&site, "[recording]\nreserve_mb = 1000000000\n"));
    names(command, "problem", "disk", "little is left", "make room");
}

fn with_broker(site: &Site, url: &str, more: &str) -> Command {
    let text = format!("[mqtt]\nurl = \"{url}\"\n{more}");
    doctor(&vehicle(site, &text))
}

#[test]
fn broker_that_is_not_found_or_refuses_is_named() {
    let site = Site::new();
    let command = with_broker(&site, "mqtt://no-such-host.invalid", "");
    let what = "the name `no-such-host.invalid` is not found";
    names(command, "problem", "broker", what, "check mqtt.url");
    let command = with_broker(&site, &format!("mqtt://127.0.0.1:{}", free_port()), "");
    names(
        command,
        "problem",
        "broker",
        "refused",
        "nothing listens there",
    );
}

#[test]
fn missing_token_and_refused_login_are_named() {
    let site = Site::new();
    let token = format!("token_file = \"{}\"\n", site.path("token").display());
    let command = with_broker(&site, "mqtt://127.0.0.1:1", &token);
    names(
        command,
        "problem",
        "login",
        "No such file",
        "check the path",
    );
    let Some(broker) = Mosquitto::start(&Access::Nobody) else {
        return;
    };
    site.write("token", "bench-token\n");
    let command = with_broker(&site, &broker.url(), &token);
    names(
        command,
        "problem",
        "login",
        "the token or password is wrong",
        "copy the access token",
    );
}

/// A broker that signed its certificate itself; ended when dropped.
struct SelfSigned(Child);

impl Drop for SelfSigned {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl SelfSigned {
    fn start(site: &Site, port: u16) -> Option<Self> {
        let (key, certificate) = (site.path("key.pem"), site.path("cert.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
        ]);
        openssl.args([
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ]);
        openssl
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        if !openssl.output().is_ok_and(|output| output.status.success()) {
            println!("skipped: no openssl");
            return None;
        }
        // mosquitto reads the key as its own user.
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let folder = key.parent().unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
            certificate.display(),
            key.display()
        );
        let config = site.write("mosquitto.conf", &text);
        let mut mosquitto = Command::new("/usr/sbin/mosquitto");
        mosquitto.arg("-c").arg(config);
        let broker = mosquitto
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let broker = broker.ok().map(Self);
        if broker.is_none() {
            println!("skipped: no mosquitto");
        }
        broker
    }
}

#[test]
fn certificate_that_is_not_trusted_is_named() {
    let site = Site::new();
    let port = free_port();
    let Some(_broker) = SelfSigned::start(&site, port) else {
        return;
    };
    wait_until(SOON, "a broker", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let command = with_broker(&site, &format!("mqtts://127.0.0.1:{port}"), "");
    let what = "certificate is not accepted";
    names(command, "problem", "broker", what, "the CA that signed");
}

#[test]
fn settings_that_are_wrong_or_not_there_are_named() {
    let site = Site::new();
    let wrong = site.write("wrong.toml", "[vehicle]\nspeed = 3\n");
    names(doctor(&wrong), "problem", "settings", "line 2", "");
    let output = doctor(&site.path("none.toml")).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}
