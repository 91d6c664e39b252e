//! The end of a world: the last deliveries, and what only then can be said.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Report, WaitRow};
use super::{World, checkers, evcc};

impl World {
    /// The last deliveries, and what can only be said at the end.
    pub(super) fn finish(mut self) -> Report {
        self.broker.set_there(true);
        let now = self.hardware.now();
        for vehicle in &mut self.vehicles {
            vehicle.fail_disk(0);
            // A disk and a broker that answer: soon nothing waits.
            for _ in 0..2000 {
                vehicle.deliver(&mut self.broker, self.run.defect);
            }
        }
        for (index, vehicle) in self.vehicles.iter().enumerate() {
            let waiting: BTreeSet<_> = vehicle.waiting().into_iter().collect();
            let confirmed = vehicle.committed.iter().map(|(id, row)| {
                let is_somewhere = waiting.contains(id) || self.broker.has(index, row.as_bytes());
                (id.sequence(), is_somewhere)
            });
            let found = checkers::nothing_is_lost(now, index, confirmed);
            self.report.complaints.extend(found);
            self.report.frames += vehicle.frames;
            let at_broker = (vehicle.committed.iter())
                .filter(|(_, row)| self.broker.has(index, row.as_bytes()));
            self.report.delivered += at_broker.count() as u64;
            self.report.frames_lost += vehicle.lost_frames;
            self.report.rows_refused += vehicle.refused;
            let (cams, denms) = vehicle.radio.sent();
            self.report.cams_sent += cams;
            self.report.denms_sent += denms;
            self.report.believed += vehicle.radio.believed;
            self.report.battery_in_clear += vehicle.radio.battery_in_clear;
        }
        self.report.delivered_again = self.broker.again;
        let waiting = self.hardware.waiting().into_iter();
        self.report.still_waiting = waiting.map(|wait| WaitRow::of(wait, now)).collect();
        self.report.under_way = self.hardware.under_way();
        let slots = 0..self.slots.len();
        self.report.plugged_at_end = slots.filter(|slot| self.hardware.is_plugged(*slot)).count();
        let cars: BTreeMap<_, _> = (self.report.cars.iter())
            .map(|name| evcc(name))
            .zip(self.vehicles.iter().map(|vehicle| &vehicle.radio.receipts))
            .collect();
        for station in &self.stations {
            let steps = station.kept.iter();
            let steps = steps.map(|step| (step.transaction, step.seq));
            let twice = checkers::no_step_twice(now, steps);
            let held = station.receipts.iter();
            let held = held.map(|signed| (signed.receipt.evcc.as_str(), signed));
            let lost = checkers::no_receipt_is_lost(now, held, &cars);
            self.report.receipts += station.receipts.len();
            self.report.complaints.extend(twice);
            self.report.complaints.extend(lost);
        }
        let origin = self.hardware.town().position(0.0, 0.0);
        let serials: Vec<_> = self.hardware.serials().collect();
        let private = checkers::nothing_private(now, &self.report.log, origin, &serials);
        self.report.complaints.extend(private);
        self.report
    }
}
