//! The checks of a vehicle: its collector, what that says, and what every daemon lives by.

use std::path::Path;

use v2x_proto::link::message::BusState;

use super::{Finding, Manner, broker, clock, disk, port, running};
use crate::config::{CollectorAddress, VehicleConfig};
use crate::failure::Failure;
use crate::vehicle::examination::{self, Counted, InterfaceReport};

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
    match examination::interface(name, manner.clock) {
        Ok(report) => heard_on(name, &report),
        Err((what, todo)) => vec![Finding::problem(COLLECTOR, what, todo)],
    }
}

/// What an interface that could be opened is like.
fn heard_on(name: &str, report: &InterfaceReport) -> Vec<Finding> {
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

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    /// What is told of an interface in a severity, each with what to do.
    fn told(report: &InterfaceReport, severity: Severity) -> Vec<String> {
        let findings = heard_on("can0", report);
        let findings = findings.iter().filter(|it| it.severity == severity);
        findings
            .map(|it| {
                let todo = it.todo.as_deref().unwrap_or_default();
                format!("{}: {} | {todo}", it.part, it.what)
            })
            .collect()
    }

    #[test]
    fn interface_that_hears_frames_and_only_listens_is_fine() {
        let report = InterfaceReport {
            seconds: 2.0,
            frames: 980,
            errors: 1,
            is_listen_only: Some(true),
            bit_rate: Some(500_000),
        };
        assert_eq!(told(&report, Severity::Warning), [""; 0]);
        assert_eq!(told(&report, Severity::Problem), [""; 0]);
        let fine = told(&report, Severity::Fine);
        assert!(fine[1].starts_with("bus: 490 frames/s"), "{fine:?}");
        // A virtual interface has no such mode and no rate.
        let report = InterfaceReport {
            is_listen_only: None,
            bit_rate: None,
            ..report
        };
        assert_eq!(told(&report, Severity::Fine).len(), 2);
    }

    #[test]
    fn interface_that_acknowledges_hears_nothing_or_only_errors_is_named() {
        let report = InterfaceReport {
            seconds: 6.0,
            is_listen_only: Some(false),
            bit_rate: Some(250_000),
            ..InterfaceReport::default()
        };
        let warned = told(&report, Severity::Warning);
        assert!(warned[0].contains("can0 is not listen-only"), "{warned:?}");
        assert!(warned[0].contains("ip link set can0 type can listen-only on"));
        assert!(warned[1].contains("0 frames/s: no frame of the car in 6 s"));
        assert!(warned[1].contains("set to 250000 bit/s"), "{warned:?}");
        let report = InterfaceReport {
            errors: 77,
            ..report
        };
        let problems = told(&report, Severity::Problem);
        assert!(problems[0].contains("only errors arrive, 77 of them; the interface is set to"));
        assert!(problems[0].contains("bitrate 500000"), "{problems:?}");
    }
}
