//! What a scenario lets happen at a moment: a hard braking, a lost sky, a sick meter, a reboot.
//!
//! Not here: what befalls computers, disks and brokers; no board knows of that.

use core::time::Duration;

use v2x_units::Instant;

use super::{CarHere, Hardware, PortId};
use crate::meter::MeterFault;
use crate::scenario::{Event, Happening};

impl Hardware {
    pub(super) fn let_happen(&mut self, now: Instant) {
        let due = |event: &Event| Instant::BOOT + Duration::from_secs_f64(event.at_s) <= now;
        while self.events.last().is_some_and(due) {
            if let Some(event) = self.events.pop() {
                self.begin(now, event.what);
            }
        }
        let over: Vec<_> = self.endings.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, what) in over {
            self.end(now, &what);
        }
    }

    fn begin(&mut self, now: Instant, what: Happening) {
        let ends = |seconds: f64| now + Duration::from_secs_f64(seconds.max(0.0));
        match &what {
            Happening::BrakeHard { car, for_s } => {
                self.story
                    .push((now, format!("{car}: brakes as hard as it can")));
                if let Some(driver) = self.car_mut(car).and_then(|here| here.car.driver_mut()) {
                    driver.brake_hard(true);
                }
                self.endings.push((ends(*for_s), what));
            }
            Happening::LoseSky { car, for_s } => {
                self.story
                    .push((now, format!("{car}: its receiver loses the sky")));
                if let Some(here) = self.car_mut(car) {
                    here.collector.receiver.lose_sky(ends(*for_s));
                }
            }
            Happening::MeterFault { slot, fault, for_s } => {
                self.story
                    .push((now, format!("slot {slot}: its meter is {fault:?}")));
                self.set_meter_fault(*slot, Some(*fault));
                self.endings.push((ends(*for_s), what));
            }
            Happening::MeterReset { slot } => {
                self.story
                    .push((now, format!("slot {slot}: its meter is set to zero")));
                if let Some(slot) = slot.checked_sub(1).and_then(|at| self.slots.get_mut(at)) {
                    slot.meter.reset();
                }
            }
            Happening::LineFault {
                board,
                fault,
                for_s,
            } => {
                self.story
                    .push((now, format!("{board}: its line is {fault:?}")));
                if let Some(port) = self.port(board) {
                    self.lines.fail(port, *fault, ends(*for_s));
                }
            }
            Happening::Replay { for_s } => {
                self.story
                    .push((now, "somebody says again what he hears".to_owned()));
                self.air.repeat_until(ends(*for_s));
            }
            Happening::Reboot { board } => {
                self.story.push((now, format!("{board}: starts anew")));
                self.reboot(now, board);
            }
            // Not of the hardware.
            Happening::BrokerAway { .. }
            | Happening::DiskFault { .. }
            | Happening::RestartComputer { .. } => {}
        }
    }

    fn end(&mut self, now: Instant, what: &Happening) {
        match what {
            Happening::BrakeHard { car, .. } => {
                self.story.push((now, format!("{car}: drives on")));
                if let Some(driver) = self.car_mut(car).and_then(|here| here.car.driver_mut()) {
                    driver.brake_hard(false);
                }
            }
            Happening::MeterFault { slot, .. } => {
                self.story
                    .push((now, format!("slot {slot}: its meter is well again")));
                self.set_meter_fault(*slot, None);
            }
            _ => {}
        }
    }

    fn set_meter_fault(&mut self, slot: usize, fault: Option<MeterFault>) {
        if let Some(slot) = slot.checked_sub(1).and_then(|at| self.slots.get_mut(at)) {
            slot.meter.fault = fault;
        }
    }

    fn car_mut(&mut self, name: &str) -> Option<&mut CarHere> {
        self.cars.iter_mut().find(|here| here.name == name)
    }

    fn port(&self, name: &str) -> Option<PortId> {
        let mut ports = self.ports().into_iter();
        ports.find(|(_, known)| known == name).map(|(port, _)| port)
    }

    fn reboot(&mut self, now: Instant, board: &str) {
        match self.port(board) {
            Some(PortId::Collector(car)) => self.cars[car].collector.restart(now),
            Some(PortId::CarRadio(car)) => self.cars[car].radio.restart(now),
            Some(PortId::Slot(slot)) => self.slots[slot].restart(now),
            Some(PortId::StationRadio(station)) => self.stations[station].restart(now),
            None => {}
        }
    }
}
