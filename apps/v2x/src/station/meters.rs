//! The thread that asks PZEM-004T meters on a line, one after another.
//!
//! What is asked and answered is `v2x_roles::station::pzem`'s. After a failure nothing of the
//! answer is used, and nothing of the one before; a meter that stays silent becomes its slot's
//! "Unavailable" by the slot's own rule.

use std::time::Duration;

use tracing::{info, warn};
use v2x_proto::link::message::{MeterFault, MeterValues};
use v2x_roles::station::{SlotNumber, pzem, samples};

use super::health::Health;
use super::line::{Line, What};
use crate::serial::{Arrival, Port, PortError};

/// How long a whole answer may take: question 9 ms, the meter's thinking, answer 26 ms.
const ANSWER_WITHIN: Duration = Duration::from_millis(200);
/// A driver that takes no byte of a question for so long is broken.
const WRITE_WITHIN: Duration = Duration::from_secs(1);

/// The meters of a line.
pub(super) struct Meters {
    pub(super) line: Line,
    /// Address and slot of each.
    pub(super) meters: Vec<(u8, SlotNumber)>,
    /// How often each is asked.
    pub(super) interval: Duration,
}

impl Meters {
    /// Asks until the station stops.
    pub(super) fn run(&self) {
        let mut faults = vec![None; self.meters.len()];
        self.line.run(|port| self.ask_all(port, &mut faults));
    }

    fn ask_all(&self, port: &mut Port, faults: &mut [Option<MeterFault>]) -> Result<(), PortError> {
        while !self.line.shutdown.is_requested() {
            let begun = self.line.clock.elapsed();
            for ((address, slot), fault) in self.meters.iter().zip(&mut *faults) {
                let answer = self.ask(port, *address)?;
                self.pass_on(*slot, &answer);
                note(*slot, *address, fault, answer.err());
            }
            let taken = self.line.clock.elapsed().saturating_sub(begun);
            self.line.pause(self.interval.saturating_sub(taken));
        }
        Ok(())
    }

    fn pass_on(&self, slot: SlotNumber, answer: &Result<MeterValues, MeterFault>) {
        match answer {
            Ok(values) => self.line.tell(What::Reading {
                slot: Some(slot),
                sample: samples::of_values(self.line.clock.now().instant, values),
                vehicle_connected: None,
            }),
            Err(_) => Health::add(&self.line.health.meter_failed, 1),
        }
    }

    fn ask(
        &self,
        port: &mut Port,
        address: u8,
    ) -> Result<Result<MeterValues, MeterFault>, PortError> {
        // A late answer to the question before must not pass for the answer to this one.
        let mut answer = [0; 64];
        while port.wait(Duration::ZERO)? == Arrival::Bytes && port.read(&mut answer)? > 0 {}
        port.write_all(&pzem::question(address), WRITE_WITHIN)?;
        let until = self.line.clock.elapsed() + ANSWER_WITHIN;
        let mut filled = 0;
        loop {
            let received = answer.get(..filled).unwrap_or(&[]);
            let left = until.saturating_sub(self.line.clock.elapsed());
            if filled >= pzem::answer_bytes(received) || left.is_zero() {
                return Ok(pzem::read_answer(address, received));
            }
            match port.wait(left)? {
                Arrival::Silence => {}
                Arrival::HungUp => return Err(PortError::HungUp(self.line.path.clone())),
                Arrival::Bytes => {
                    let room = answer.get_mut(filled..).unwrap_or(&mut []);
                    filled += port.read(room)?;
                }
            }
        }
    }
}

/// Tells the person once when a meter begins to fail in some way, and once when it answers again.
fn note(slot: SlotNumber, address: u8, before: &mut Option<MeterFault>, now: Option<MeterFault>) {
    if *before == now {
        return;
    }
    match now {
        None => info!(%slot, address, "meter answers"),
        Some(fault) => {
            let why = match fault {
                MeterFault::Silent => "no answer: no mains at the meter, no cable, another address",
                MeterFault::Checksum => "the answer was damaged on the line",
                MeterFault::Malformed => "the answer was cut or to another question",
                MeterFault::Exception => "the meter answered with a Modbus exception",
            };
            warn!(%slot, address, why, "meter not read");
        }
    }
    *before = now;
}
