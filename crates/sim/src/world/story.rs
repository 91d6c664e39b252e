//! What everybody has said, written down line by line, and shown to the checkers.

use std::fmt::Write as _;

use core::time::Duration;

use rust_decimal::Decimal;
use v2x_charging::SessionRecord;
use v2x_roles::station::Tell;
use v2x_roles::station::v2g::Told as ToldByV2g;
use v2x_roles::vehicle::radio::ToldByV2v;
use v2x_units::{Instant, WattHours};

use super::car_radio::ToldByRadio;
use super::checkers::{self, Complaint, Pack};
use super::station::ToldByStation;
use super::vehicle::Told;
use super::{BEGINNING, CarSample, Defect, SessionRow, WaitRow, World, evcc};

/// What a car counts at the end of a charge it may have seen up to a look later.
const COUNTED_LATE: Duration = Duration::from_secs(1);

impl World {
    /// Writes down what the computers of cars have said on the radio in this tick, while physics is
    /// still as it was.
    pub(super) fn tell_radio(&mut self) {
        let places = self.places();
        let mut sent = Vec::new();
        for (index, vehicle) in self.vehicles.iter().enumerate() {
            let (cams, _) = vehicle.radio.sent();
            let fresh = cams - self.cams_sent[index];
            self.cams_sent[index] = cams;
            if fresh > 0 {
                sent.push((index, fresh));
            }
        }
        self.report.figures.sent(&sent, &places);
        for index in 0..self.vehicles.len() {
            let told = std::mem::take(&mut self.vehicles[index].radio.told);
            for (at, told) in told {
                match told {
                    ToldByRadio::Cam(signer, generation) => {
                        if let Some(of) = self.operator.owner(signer) {
                            let signed = generation.to_utc();
                            self.report.figures.believed(index, of, signed, &places);
                        }
                    }
                    ToldByRadio::Twice(signer, kind) => {
                        let of = self.operator.owner(signer);
                        let of = of.and_then(|of| self.report.cars.get(of));
                        let of = of.map_or("the station", String::as_str);
                        let name = &self.report.cars[index];
                        let found = checkers::believed_twice(at, name, of, kind);
                        self.report.complaints.push(found);
                    }
                    ToldByRadio::V2v(told) => self.v2v_told(at, index, &told),
                    ToldByRadio::V2g(told) => self.v2g_told(at, index, &told),
                }
            }
        }
        for station in 0..self.stations.len() {
            for (at, slot, told) in std::mem::take(&mut self.stations[station].told) {
                self.station_told(at, slot, told);
            }
        }
    }

    /// Writes down what everybody else has said.
    pub(super) fn tell(&mut self, now: Instant) {
        for (at, what) in self.hardware.take_story() {
            self.line(at, "world", &what);
        }
        let waits = self.hardware.take_waits().into_iter();
        self.report
            .waits
            .extend(waits.map(|wait| WaitRow::of(wait, now)));
        for index in 0..self.vehicles.len() {
            for (at, told) in std::mem::take(&mut self.vehicles[index].told) {
                self.vehicle_told(at, index, &told);
            }
        }
        let cars = self.hardware.cars().zip(&self.vehicles).enumerate();
        let complaints: Vec<_> = cars
            .filter(|(_, ((_, car), _))| !car.is_recorded())
            .filter(|(index, _)| self.witness.was_heard(now, *index))
            .filter_map(|(_, ((name, car), vehicle))| {
                let really = (car.twizy.speed() * 3.6, car.twizy.battery.percent());
                checkers::values_are_true(now, name, vehicle.taken, really)
            })
            .collect();
        self.report.complaints.extend(complaints);
        let places = self.places();
        let utc = BEGINNING + now.since(Instant::BOOT);
        self.report.figures.look(utc, &places);
        if now.as_micros().is_multiple_of(10_000_000) {
            self.sample(now);
        }
    }

    fn v2v_told(&mut self, at: Instant, index: usize, told: &ToldByV2v) {
        let ToldByV2v::Event { kind, detail, .. } = told else {
            return;
        };
        let name = self.report.cars[index].clone();
        let word = |key: &str| detail[key].as_str().unwrap_or_default().to_owned();
        match *kind {
            "v2v_warning" => {
                self.report.warnings += 1;
                let text = word("v2v_warning");
                self.line(at, &name, &format!("is warned: {text}"));
                let kind = word("v2v_warning_kind");
                let found = checkers::warning_has_a_cause(at, (index, &name), &kind, &self.witness);
                self.complain(found.map(|it| Complaint {
                    story: format!("{} The warning was: {text}.", it.story),
                    ..it
                }));
            }
            "v2v_own_event" => {
                let event = word("event");
                self.line(at, &name, &format!("reports itself: {event}"));
                let found =
                    checkers::own_event_has_a_cause(at, (index, &name), &event, &self.witness);
                self.complain(found);
            }
            kind => self.line(at, &name, kind),
        }
    }

    fn v2g_told(&mut self, at: Instant, index: usize, told: &v2x_roles::vehicle::radio::ToldByV2g) {
        use v2x_roles::vehicle::radio::ToldByV2g as Told;
        let name = self.report.cars[index].clone();
        match told {
            Told::Session(Some((_, station))) => {
                self.line(at, &name, &format!("has a session with {station}"));
            }
            Told::Session(None) => self.line(at, &name, "has no session any more"),
            Told::Receipt(..) => self.line(at, &name, "has countersigned a receipt"),
            Told::Status(..) => {}
            Told::Event(kind, detail) => {
                let why = detail["why"].as_str().or(detail["reason"].as_str());
                let text = why.map_or((*kind).to_owned(), |why| format!("{kind}: {why}"));
                self.line(at, &name, &text);
            }
        }
    }

    fn sample(&mut self, now: Instant) {
        let mut lines = Vec::new();
        for (index, (name, car)) in self.hardware.cars().enumerate() {
            let sample = CarSample {
                at: now.since(Instant::BOOT).as_secs_f64(),
                car: index,
                speed: car.twizy.speed() * 3.6,
                percent: car.twizy.battery.percent(),
                power: -car.twizy.current() * car.twizy.voltage(),
            };
            let mut line = format!("{:.2} km/h, {:.3} %", sample.speed, sample.percent);
            if self.run.defect == Some(Defect::TellsPlaces) {
                let place = car.place();
                let position = self.hardware.town().position(place.east, place.north);
                let (latitude, longitude) = (position.latitude(), position.longitude());
                // A String takes everything.
                let _written = write!(line, " at {:.6} {:.6}", latitude.get(), longitude.get());
            }
            lines.push((name.to_owned(), line));
            self.report.samples.push(sample);
        }
        for (name, line) in lines {
            self.line(now, &name, &line);
        }
    }

    fn station_told(&mut self, at: Instant, slot: usize, told: ToldByStation) {
        let who = format!("slot {}", slot + 1);
        match told {
            ToldByStation::Slot(Tell::Started(record)) => {
                self.line(at, &who, &format!("session {} starts", record.transaction));
                self.slots[slot].in_session = true;
                let is_in = self.hardware.is_plugged(slot);
                self.complain(checkers::session_has_a_plug(at, slot, is_in));
            }
            ToldByStation::Slot(Tell::Resumed(record)) => {
                self.line(at, &who, &format!("session {} goes on", record.transaction));
                self.slots[slot].in_session = true;
            }
            // It comes with its cost.
            ToldByStation::Slot(Tell::Ended(_)) => {}
            ToldByStation::Slot(Tell::State(state)) => self.line(at, &who, &state.to_string()),
            ToldByStation::Ended(record, cost) => self.session_ended(at, slot, &record, cost),
            ToldByStation::V2g(told) => self.slot_told(at, slot, &told),
        }
    }

    fn session_ended(
        &mut self,
        at: Instant,
        slot: usize,
        record: &SessionRecord,
        cost: Option<Decimal>,
    ) {
        let station = record.energy.plausible.kilowatt_hours() * 1000.0;
        let passed = self.hardware.passed(slot).unwrap_or(0.0);
        let watch = &mut self.slots[slot];
        let (since, began) = watch.plugged.take().unwrap_or((at, passed));
        watch.in_session = false;
        watch.last = Some(station);
        let row = SessionRow {
            slot: slot + 1,
            ended: at,
            station,
            physics: passed - began,
            car: watch.cars.first().copied(),
            cost,
        };
        let was_well = watch.unwell.is_none_or(|unwell| unwell < since);
        let text = format!("session {} ends with {station:.3} Wh", record.transaction);
        self.line(at, &format!("slot {}", slot + 1), &text);
        self.complain(checkers::energy_agrees(&row, was_well));
        self.report.sessions.push(row);
    }

    /// What a slot's conversation tells.
    fn slot_told(&mut self, at: Instant, slot: usize, told: &ToldByV2g) {
        let who = format!("slot {}", slot + 1);
        match told {
            ToldByV2g::Receipt(signed, None) => {
                let receipt = &signed.receipt;
                let car = receipt.evcc.to_string();
                let energy = receipt.energy.map(WattHours::get);
                self.line(
                    at,
                    &who,
                    &format!("signs a receipt for {car}: {energy:?} Wh"),
                );
                let stood_there = self.stood_there(slot, &car);
                let session = self.slots[slot].last;
                let found =
                    checkers::receipt_is_right(at, slot, (&car, energy), (stood_there, session));
                self.complain(found);
            }
            ToldByV2g::Receipt(_, Some(_)) => self.line(at, &who, "has a countersigned receipt"),
            ToldByV2g::Event(kind, detail) => {
                let why = detail["why"].as_str().or(detail["what"].as_str());
                let text = why.map_or((*kind).to_owned(), |why| format!("{kind}: {why}"));
                self.line(at, &who, &text);
            }
            ToldByV2g::Save(saved) => {
                let (watch, id) = (&mut self.slots[slot], saved.as_ref().map(|saved| saved.id));
                if id.is_some() && id != watch.talk {
                    watch.last = None;
                }
                watch.talk = id;
            }
            ToldByV2g::Battery(..) | ToldByV2g::BatteryData(..) => {}
        }
    }

    /// The car whose plug was in a slot that signs a receipt: the one that the receipt names, if it
    /// was there lately, for a receipt may come when the next car is there.
    fn stood_there(&self, slot: usize, named: &str) -> Option<String> {
        let cars = self.slots[slot].cars.iter();
        let names = cars.filter_map(|car| self.report.cars.get(*car));
        let names: Vec<_> = names.map(|name| evcc(name)).collect();
        let is_named = |name: &&String| *name == named;
        names.iter().find(is_named).or(names.first()).cloned()
    }

    fn vehicle_told(&mut self, at: Instant, index: usize, told: &Told) {
        let name = self.report.cars[index].clone();
        match told {
            Told::TripEnded(trip) => {
                self.report.trips += 1;
                let distance = trip.distance().map_or_else(
                    || "a way that is not known".to_owned(),
                    |(km, _)| format!("{:.2} km", km.get()),
                );
                self.line(at, &name, &format!("trip ends after {distance}"));
            }
            Told::ChargeEnded(charge) => {
                let energy = charge.flow().energy_in();
                let text = energy.map_or_else(
                    || "energy that is not known".to_owned(),
                    |energy| format!("{:.1} Wh", energy.get()),
                );
                self.line(at, &name, &format!("charge ends with {text}"));
                if self.is_recorded(index) {
                    return;
                }
                let since_boot = charge.last_charging().as_micros() - BEGINNING.as_micros();
                let until = Instant::from_micros(u64::try_from(since_boot).unwrap_or(0));
                let physics = self.witness.charged(index, until + COUNTED_LATE);
                let counted = energy.map(WattHours::get);
                let found = checkers::car_energy_agrees(at, &name, counted, physics);
                self.complain(found);
            }
            Told::AlarmRaised(alarm) => {
                self.line(at, &name, &format!("alarm {}", alarm.word()));
                let car = self.hardware.cars().nth(index).map(|(_, car)| car);
                let pack = car.filter(|car| !car.is_recorded()).map(Pack::of);
                let found =
                    pack.and_then(|pack| checkers::alarm_has_a_cause(at, &name, *alarm, pack));
                self.complain(found);
            }
        }
    }

    fn is_recorded(&self, index: usize) -> bool {
        let mut cars = self.hardware.cars();
        cars.nth(index).is_some_and(|(_, car)| car.is_recorded())
    }

    pub(super) fn line(&mut self, at: Instant, who: &str, what: &str) {
        let seconds = at.since(Instant::BOOT).as_secs_f64();
        // A String takes everything.
        let _written = writeln!(self.report.log, "{seconds:10.3} {who}: {what}");
    }

    fn complain(&mut self, found: Option<Complaint>) {
        self.report.complaints.extend(found);
    }
}
