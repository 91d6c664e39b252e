//! The checks of a charging station: its lines, what is on them, and what every daemon lives by.

use std::time::Duration;

use v2x_proto::link::{Detector, Dialect, Verdict};
use v2x_roles::station::pzem;

use super::{Finding, Manner, broker, clock, disk, port, running};
use crate::config::station::{LineConfig, Speaker, StationConfig};
use crate::failure::Failure;
use crate::serial::{Arrival, Port, PortError};

/// What should stay free on the disk, in bytes.
const RESERVE: u64 = 200_000_000;
/// How long one wait for bytes takes at most.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a meter may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// A meter that was talked to at a bad moment is asked again.
const QUESTIONS: usize = 3;

/// Everything that was found; `login` is why the login could not be read, if it could not.
pub(crate) fn examine(
    config: &StationConfig,
    login: Option<&Failure>,
    manner: Manner,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in &config.lines {
        let part = format!("line {}", line.path.display());
        match examine_line(&part, line, manner) {
            Ok(found) => findings.extend(found),
            Err(error) => match port::refused(&part, &line.path, &error) {
                Some(finding) => findings.push(finding),
                None => findings.extend(running::findings(&part, config.monitor)),
            },
        }
    }
    findings.push(clock::examine(false));
    findings.push(disk::examine(&config.out, RESERVE));
    findings.extend(broker::examine(config.mqtt.as_ref(), login, manner));
    findings
}

fn examine_line(part: &str, line: &LineConfig, manner: Manner) -> Result<Vec<Finding>, PortError> {
    let mut port = Port::open(&line.path, line.baud)?;
    match &line.speaker {
        Speaker::Board(_) => board(part, line, &mut port, manner).map(|finding| vec![finding]),
        Speaker::Meters { meters, .. } => {
            let meters = meters.iter();
            meters
                .map(|(address, slot)| {
                    let what = format!("the meter of slot {slot} (address {address})");
                    meter(part, &what, *address, &mut port, manner)
                })
                .collect()
        }
    }
}

fn board(
    part: &str,
    line: &LineConfig,
    port: &mut Port,
    manner: Manner,
) -> Result<Finding, PortError> {
    let now = || manner.clock.now().instant;
    let until = now() + manner.listen;
    let mut detector = Detector::new();
    let mut buffer = vec![0; 4096];
    loop {
        let left = until.since(now());
        match port.wait(left.min(GLANCE))? {
            Arrival::Silence => {}
            Arrival::HungUp => return Err(PortError::HungUp(line.path.clone())),
            Arrival::Bytes => {
                let count = port.read(&mut buffer)?;
                detector.feed(buffer.get(..count).unwrap_or_default());
            }
        }
        let verdict = detector.verdict();
        let is_board = matches!(
            verdict,
            Verdict::Speaks(Dialect::StationText | Dialect::Framed)
        );
        if is_board {
            let what = format!("{verdict}, at {} baud", line.baud);
            return Ok(Finding::fine(part, what));
        }
        if left.is_zero() {
            let wanted = "slot board";
            let baud = Some(line.baud);
            return Ok(port::strange(
                part, &line.path, wanted, verdict, baud, false,
            ));
        }
    }
}

fn meter(
    part: &str,
    what: &str,
    address: u8,
    port: &mut Port,
    manner: Manner,
) -> Result<Finding, PortError> {
    let now = || manner.clock.now().instant;
    for _ in 0..QUESTIONS {
        port.write_all(&pzem::question(address), ANSWER_WITHIN)?;
        let until = now() + ANSWER_WITHIN;
        let (mut answer, mut filled) = ([0; 64], 0);
        loop {
            let received = answer.get(..filled).unwrap_or_default();
            let left = until.since(now());
            if filled >= pzem::answer_bytes(received) || left.is_zero() {
                break;
            }
            if port.wait(left)? == Arrival::Bytes {
                filled += port.read(answer.get_mut(filled..).unwrap_or_default())?;
            }
        }
        let received = answer.get(..filled).unwrap_or_default();
        if let Ok(values) = pzem::read_answer(address, received) {
            return Ok(Finding::fine(part, format!("{what} answers: {values:?}")));
        }
    }
    Ok(Finding::problem(
        part,
        format!("{what} does not answer"),
        "a PZEM-004T answers only with mains at its screws; check RX and TX, and its address",
    ))
}
