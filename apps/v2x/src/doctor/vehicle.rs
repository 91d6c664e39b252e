//! The checks of a vehicle: its collector, what that says, and what every daemon lives by.

use std::path::Path;

use v2x_proto::link::message::BusState;

use super::{Finding, Manner, broker, clock, disk, port, running};
use crate::config::{CollectorAddress, VehicleConfig};
use crate::failure::Failure;
use crate::vehicle::examination::{self, Counted};

const COLLECTOR: &str = "collector";
const BUS: &str = "bus";
const GNSS: &str = "gnss";
/// More damage than a good cable makes, in stretches a second.
const DAMAGE_A_SECOND: f64 = 0.5;

/// Everything that was found; `login` is why the login could not be read, if it could not.
pub(crate) fn examine(
    config: &VehicleConfig,
    login: Option<&Failure>,
    manner: Manner,
) -> Vec<Finding> {
    let mut has_good_fix = false;
    let mut findings = match &config.collector {
        CollectorAddress::Serial(path) => serial(path, config, manner, &mut has_good_fix),
        CollectorAddress::Interface(name) => interface(name, manner),
    };
    findings.push(clock::examine(has_good_fix));
    findings.push(disk::examine(&config.out, config.recording.reserve_bytes));
    findings.extend(broker::examine(config.mqtt.as_ref(), login, manner));
    findings
}

fn serial(
    path: &Path,
    config: &VehicleConfig,
    manner: Manner,
    has_good_fix: &mut bool,
) -> Vec<Finding> {
    let examined = match examination::serial(path, config.baud, manner.clock, manner.listen) {
        Ok(examined) => examined,
        Err(error) => {
            return match port::refused(COLLECTOR, path, &error) {
                Some(finding) => vec![finding],
                None => running::findings(COLLECTOR, config.monitor),
            };
        }
    };
    let Some(counted) = &examined.counted else {
        let (verdict, baud, searched) = (examined.verdict, examined.baud, examined.searched);
        return vec![port::strange(
            COLLECTOR,
            path,
            "collector",
            verdict,
            baud,
            searched,
        )];
    };
    *has_good_fix = counted.good_fixes > 0;
    let at = examined
        .baud
        .map_or_else(String::new, |baud| format!(" at {baud} baud"));
    let mut findings = vec![Finding::fine(
        COLLECTOR,
        format!("{}: {}{at}", path.display(), examined.verdict),
    )];
    findings.extend(damage(counted));
    findings.push(bus(counted));
    findings.push(gnss(counted));
    findings
}

fn damage(counted: &Counted) -> Option<Finding> {
    let rate = as_f64(counted.damaged) / counted.seconds.max(1.0);
    (rate > DAMAGE_A_SECOND).then(|| {
        Finding::warning(
            COLLECTOR,
            format!("{:.0} damaged lines or frames a second arrive", rate.ceil()),
            "use a shorter or better USB cable, away from the motor's wires; no hub without power",
        )
    })
}

fn bus(counted: &Counted) -> Finding {
    let wires = "check CAN-H and CAN-L, the termination and the plug in the car";
    match counted.bus {
        Some(BusState::WrongBitRate) => Finding::problem(
            BUS,
            "only errors arrive at the board: it listens at another bit rate than the car's",
            "set the board to the car's bit rate: the Twizy's is 500 kbit/s",
        ),
        Some(BusState::BusOff) => {
            Finding::problem(BUS, "the board's CAN controller has left the bus", wires)
        }
        Some(BusState::Absent) => Finding::problem(
            BUS,
            "the board's CAN controller does not answer",
            "check how it is wired to the board",
        ),
        Some(BusState::ErrorPassive) => {
            Finding::warning(BUS, "the board counts many errors on the bus", wires)
        }
        _ if counted.frames == 0 => Finding::warning(
            BUS,
            format!(
                "0 frames/s: no frame of the car in {:.0} s",
                counted.seconds
            ),
            format!(
                "switch the car on; if it is on, {wires}, and that the board listens at the car's \
                 bit rate (the Twizy's is 500 kbit/s)"
            ),
        ),
        _ => {
            let rate = as_f64(counted.frames) / counted.seconds.max(0.1);
            Finding::fine(BUS, format!("{rate:.0} frames/s"))
        }
    }
}

fn gnss(counted: &Counted) -> Finding {
    match (counted.fixes, counted.good_fixes) {
        (0, _) => Finding::warning(
            GNSS,
            format!("no GNSS report in {:.0} s", counted.seconds),
            "check that the receiver is connected to the board; trips then have no track and \
             rows no GNSS time",
        ),
        (_, 0) => Finding::warning(
            GNSS,
            "the receiver reports, but has no fix",
            "give its antenna a view of the sky; the first fix takes minutes",
        ),
        (_, good) => Finding::fine(GNSS, format!("{good} good fixes")),
    }
}

fn interface(name: &str, manner: Manner) -> Vec<Finding> {
    let report = match examination::interface(name, manner.clock) {
        Ok(report) => report,
        Err((what, todo)) => return vec![Finding::problem(COLLECTOR, what, todo)],
    };
    let mut findings = vec![Finding::fine(
        COLLECTOR,
        format!("CAN interface {name} is up"),
    )];
    if report.is_listen_only == Some(false) {
        findings.push(Finding::warning(
            COLLECTOR,
            format!("{name} is not listen-only: it acknowledges what it hears"),
            format!("set it down, then: sudo ip link set {name} type can listen-only on"),
        ));
    }
    let rate = report.bit_rate.map_or_else(String::new, |rate| {
        format!("; the interface is set to {rate} bit/s")
    });
    findings.push(match (report.frames, report.errors) {
        (0, 0) => Finding::warning(
            BUS,
            format!(
                "0 frames/s: no frame of the car in {:.0} s{rate}",
                report.seconds
            ),
            "switch the car on; if it is on, check CAN-H, CAN-L and the plug, and that the bit \
             rate is the car's (the Twizy's is 500000)",
        ),
        (0, errors) => Finding::problem(
            BUS,
            format!("only errors arrive, {errors} of them{rate}"),
            format!("set the car's bit rate: sudo ip link set {name} type can bitrate 500000"),
        ),
        (frames, _) => {
            let rate = as_f64(frames) / report.seconds.max(0.1);
            Finding::fine(BUS, format!("{rate:.0} frames/s"))
        }
    });
    findings
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of a few seconds is small"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}
