//! `v2x doctor` names each injected fault, says what to do, and ends with 1; a sound car ends with
//! 0.
//!
//! | fault | how it is injected |
//! |---|---|
//! | port missing, CAN interface missing | a name without a device |
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
//! | token file missing, or open to everybody; login refused | no file, its mode; a mosquitto that lets nobody in |
//! | meter silent | a line at which nobody answers |
//! | a hub's address taken, its certificate none, no backup | another listener, a file of words, a new hub |

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

#[path = "../bench/mod.rs"]
mod bench;
mod broker;
mod bus;
mod disk_and_clock;
mod hub;
mod ports;
#[path = "../station_bench/mod.rs"]
mod station_bench;
mod talker;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use bench::program::v2x;
use bench::recordings;
use bench::replay::Replay;
use serde_json::Value;
use station_bench::Site;
use v2x_testbench::{Access, Mosquitto};

/// Settings of a vehicle in a folder of its own; `more` is added to them.
pub(crate) fn vehicle(site: &Site, more: &str) -> std::path::PathBuf {
    let text = format!(
        "[vehicle]\ncollector = \"{}\"\nout = \"{}\"\n{more}",
        site.path("collector").display(),
        site.out().display()
    );
    site.write("vehicle.toml", &text)
}

pub(crate) fn doctor(config: &Path) -> Command {
    let mut command = v2x();
    command.args(["doctor", "--json", "--listen", "2", "--config"]);
    command.arg(config);
    command
}

/// What a finding says: part, severity, what, what to do.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) part: String,
    pub(crate) severity: String,
    pub(crate) what: String,
    pub(crate) todo: String,
}

pub(crate) fn findings(output: &Output) -> Vec<Finding> {
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
pub(crate) fn names(mut command: Command, severity: &str, part: &str, what: &str, todo: &str) {
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
fn settings_that_are_wrong_or_not_there_are_named() {
    let site = Site::new();
    let wrong = site.write("wrong.toml", "[vehicle]\nspeed = 3\n");
    names(doctor(&wrong), "problem", "settings", "line 2", "");
    let output = doctor(&site.path("none.toml")).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}
