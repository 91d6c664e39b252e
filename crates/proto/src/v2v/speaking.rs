//! What the car says: its events, its certificate, its CAM, and vehicle data where agreed.

use alloc::vec::Vec;
use core::time::Duration;

use rand_core::CryptoRng;
use v2x_units::{Amps, BatteryCurrent, Instant, MacAddress, StateOfCharge};

use super::cam_content;
use super::cam_generation::Dynamics;
use super::denm_content::{self, OwnEvent};
use super::frame::{Sender, Signing};
use super::output::{MessageKind, Outgoing, Silence, V2vEvent};
use super::own::OwnNow;
use super::own_events::OwnEventKind;
use super::station::V2v;
use super::telling::Told;
use crate::deadlines::{CAM_INTERVAL_MAX, VEHICLE_DATA_PERIOD};
use crate::limits::{PATH_POINTS, VEHICLE_DATA_BUSY_MAX};
use crate::v2g::BatteryReport;
use crate::wire::WireError;
use crate::wire::btp::BtpPort;
use crate::wire::certificate::{HashedId3, Psid};
use crate::wire::denm::Denm;
use crate::wire::geonet::{GnPdu, TrafficClass};
use crate::wire::its_time::{GenerationTime, ItsTime};
use crate::wire::reference_position::PathPoint;
use crate::wire::station::{ActionId, SequenceNumber};
use crate::wire::vehicle_data::{
    AvailableEnergy, ChargeLevel, Charging, PackCurrent, PackVoltage, VehicleData,
};

/// Bits that a point of a path takes, with its time.
const PATH_POINT_BITS: usize = 69;
/// How far around the car a DENM is for, in metres: as far as it is relevant.
const EVENT_RADIUS_M: u16 = 500;

/// One moment at which the car can speak.
struct Moment {
    now: Instant,
    its: ItsTime,
    time: GenerationTime,
    car: OwnNow,
}

impl V2v {
    /// Says what is due.
    ///
    /// # Errors
    /// Why nothing can be said.
    pub(super) fn speak(&mut self, now: Instant, rng: &mut dyn CryptoRng) -> Result<(), Silence> {
        let time = self.generation_time(now).ok_or(Silence::ClockUnknown)?;
        let its = self.its_time(now).ok_or(Silence::ClockUnknown)?;
        self.change_pseudonym(now, time, rng);
        if self.pseudonyms.current().is_none() {
            return Err(Silence::NoPseudonym);
        }
        let car = self.own.at(now)?;
        self.path.pass(now, car.position, car.heading);
        let moment = Moment {
            now,
            its,
            time,
            car,
        };
        let said = self
            .say_events(&moment)
            .and_then(|()| self.say_endings(&moment))
            .and_then(|()| self.say_certificate(&moment))
            .and_then(|()| self.say_cam(&moment))
            .and_then(|()| self.say_vehicle_data(&moment));
        said.map_err(|_| {
            self.counters.too_long += 1;
            Silence::TooLong
        })
    }

    fn change_pseudonym(&mut self, now: Instant, time: GenerationTime, rng: &mut dyn CryptoRng) {
        let followed = self.is_followed();
        let fixed = self.settings.fixed_address;
        if !self
            .pseudonyms
            .change_when_due(now, time, followed, fixed, rng)
        {
            return;
        }
        self.path.forget();
        self.exchange.changed();
        self.tellings.forget_identity(now);
        self.counters.pseudonym_changes += 1;
        if let Some((station, address)) = self.identity() {
            if fixed.is_none() {
                self.new_address = Some(address);
            }
            self.tell(V2vEvent::PseudonymChanged { station, address });
        }
    }

    /// What every packet of a moment needs. No two that are signed have the same time: the second
    /// would pass for a replay.
    fn sender<'a>(&'a self, moment: &'a Moment) -> Option<Sender<'a>> {
        let (pseudonym, identifiers) = self.pseudonyms.current()?;
        let after_the_last = self.last_generation.as_micros() + 1;
        Some(Sender {
            pseudonym,
            identifiers,
            car: &moment.car,
            settings: &self.settings,
            its: moment.its,
            generation: GenerationTime::from_micros(moment.time.as_micros().max(after_the_last)),
            load: self.congestion.load(moment.now),
        })
    }

    /// Puts a frame among those that wait for the radio.
    fn queue(&mut self, moment: &Moment, kind: MessageKind, payload: Vec<u8>, lifetime: Duration) {
        let signed_at = self
            .sender(moment)
            .map_or(moment.time, |sender| sender.generation);
        if kind != MessageKind::Certificate {
            self.last_generation = signed_at;
        }
        self.congestion.on_air(moment.now, payload.len());
        let from = self.identity().map(|(_, address)| address);
        self.sending.push(Outgoing {
            to: MacAddress::BROADCAST,
            from: from.unwrap_or(MacAddress::BROADCAST),
            kind,
            payload,
            lifetime,
        });
    }

    fn say_certificate(&mut self, moment: &Moment) -> Result<(), WireError> {
        if !self.exchange.due(moment.now) {
            return Ok(());
        }
        let lifetime = CAM_INTERVAL_MAX;
        let Some(frame) = self
            .sender(moment)
            .map(|sender| sender.certificate(lifetime))
        else {
            return Ok(());
        };
        self.queue(moment, MessageKind::Certificate, frame?, lifetime);
        self.exchange.sent(moment.now);
        self.counters.sent_certificates += 1;
        Ok(())
    }

    fn say_cam(&mut self, moment: &Moment) -> Result<(), WireError> {
        let now = moment.now;
        let car = Dynamics {
            position: moment.car.position,
            heading: moment.car.heading.filter(|_| moment.car.heading_is_current),
            speed: moment.car.speed,
        };
        let shortest = self.congestion.shortest_interval(self.last_cam_len);
        let shortest = shortest.max(self.settings.cam_interval_min.min(CAM_INTERVAL_MAX));
        let Some(trigger) = self.generation.due(now, &car, shortest) else {
            return Ok(());
        };
        let requests = self.exchange.requests(now);
        let low_frequency = self.generation.low_frequency_due(now);
        let Some(sender) = self.sender(moment) else {
            return Ok(());
        };
        let frame = self.cam_frame(&sender, moment, &requests, low_frequency)?;
        self.last_cam_len = frame.len();
        self.queue(moment, MessageKind::Cam, frame, CAM_INTERVAL_MAX);
        self.generation.sent(now, car, trigger);
        if low_frequency {
            self.generation.low_frequency_sent(now);
        }
        self.counters.sent_cams += 1;
        Ok(())
    }

    fn cam_frame(
        &self,
        sender: &Sender<'_>,
        moment: &Moment,
        requests: &[HashedId3],
        low_frequency: bool,
    ) -> Result<Vec<u8>, WireError> {
        let signing = Signing {
            requests,
            with_location: false,
        };
        let pdu = |path: Option<Vec<PathPoint>>| {
            let station = sender.identifiers.station;
            let cam = cam_content::cam(station, moment.its, &moment.car, path, &self.settings)?;
            sender.single_hop(TrafficClass::CAM, BtpPort::CAM, &cam)
        };
        let pdu = if low_frequency {
            self.with_longest_path(sender, moment, Psid::CAM, signing, |path| pdu(Some(path)))?
        } else {
            pdu(None)?
        };
        sender.signed(&pdu, Psid::CAM, signing, CAM_INTERVAL_MAX)
    }

    /// The packet with as much of the path as its frame has room for.
    fn with_longest_path(
        &self,
        sender: &Sender<'_>,
        moment: &Moment,
        psid: Psid,
        signing: Signing<'_>,
        pdu: impl Fn(Vec<PathPoint>) -> Result<GnPdu, WireError>,
    ) -> Result<GnPdu, WireError> {
        let bare = pdu(Vec::new())?;
        let room = sender.room(&bare, psid, signing)?.unwrap_or(0);
        let fits = (room * 8 / PATH_POINT_BITS).min(PATH_POINTS);
        let mut path = self.path.told(moment.now, moment.car.position, fits);
        while !path.is_empty() {
            let with_path = pdu(path.clone())?;
            if sender.room(&with_path, psid, signing)?.is_some() {
                return Ok(with_path);
            }
            path.pop();
        }
        Ok(bare)
    }

    fn say_events(&mut self, moment: &Moment) -> Result<(), WireError> {
        for (place, kind) in OwnEventKind::ALL.into_iter().enumerate() {
            let due = self.tellings.going_on[place].filter(|it| it.next <= moment.now);
            let Some(mut telling) = due else { continue };
            let fault = self.own.condition.fault.or(telling.fault);
            let is_stale = |told: &Told| {
                kind.moves()
                    || fault != telling.fault
                    || moment.now.since(told.at) >= kind.validity() / 2
            };
            let fresh = telling.told.filter(|told| !is_stale(told));
            let told = match (fresh, telling.told) {
                (Some(told), _) => told,
                (None, before) => self.next_version(moment, before)?,
            };
            telling.fault = fault;
            let event = OwnEvent {
                kind,
                action: told.action,
                detection: told.detection,
                reference: told.reference,
                lasts: moment.now.since(telling.begun),
                fault,
            };
            let first = telling.told.is_none();
            if first {
                self.exchange.ask();
                self.say_certificate(moment)?;
            }
            self.say_event(moment, &event)?;
            if first {
                self.tell(V2vEvent::OwnEventBegun(kind, told.action));
            }
            telling.told = Some(told);
            telling.next = moment.now + kind.period();
            self.tellings.going_on[place] = Some(telling);
        }
        Ok(())
    }

    /// A new version of an event, or its first one under a new number.
    fn next_version(&mut self, moment: &Moment, before: Option<Told>) -> Result<Told, WireError> {
        let action = match before {
            Some(told) => told.action,
            None => self.next_action()?,
        };
        // Two versions never have the same reference time.
        let least = before.map_or(0, |told| told.reference.as_millis() + 1);
        let reference = ItsTime::from_millis(moment.its.as_millis().max(least))?;
        Ok(Told {
            action,
            detection: reference,
            reference,
            at: moment.now,
            place: cam_content::position(&moment.car),
        })
    }

    fn next_action(&mut self) -> Result<ActionId, WireError> {
        let identifiers = self.pseudonyms.identifiers_mut();
        let (originator, sequence) = identifiers.map_or((None, 0), |it| {
            it.event_sequence = it.event_sequence.wrapping_add(1);
            (Some(it.station), it.event_sequence)
        });
        Ok(ActionId {
            originator: originator.ok_or(WireError::NotANumber { field: "stationID" })?,
            sequence: SequenceNumber::new(sequence.into())?,
        })
    }

    fn say_event(&mut self, moment: &Moment, event: &OwnEvent) -> Result<(), WireError> {
        let Some(sender) = self.sender(moment) else {
            return Ok(());
        };
        let pdu = self.with_longest_path(&sender, moment, Psid::DENM, DENM_SIGNING, |path| {
            let denm = denm_content::event(event, &moment.car, path, &self.settings)?;
            sender.geo_broadcast(BtpPort::DENM, &denm, EVENT_RADIUS_M)
        })?;
        let lifetime = event.kind.period();
        let frame = sender.signed(&pdu, Psid::DENM, DENM_SIGNING, lifetime)?;
        self.denm_out(moment, frame, lifetime);
        Ok(())
    }

    fn say_endings(&mut self, moment: &Moment) -> Result<(), WireError> {
        for ending in self.tellings.endings_due(moment.now) {
            let Some(sender) = self.sender(moment) else {
                return Ok(());
            };
            let station = sender.identifiers.station;
            let denm: Denm = denm_content::end(
                station,
                ending.action,
                moment.its,
                ending.place,
                &self.settings,
            );
            let pdu = sender.geo_broadcast(BtpPort::DENM, &denm, EVENT_RADIUS_M)?;
            let frame = sender.signed(&pdu, Psid::DENM, DENM_SIGNING, CAM_INTERVAL_MAX)?;
            self.denm_out(moment, frame, CAM_INTERVAL_MAX);
        }
        Ok(())
    }

    fn denm_out(&mut self, moment: &Moment, frame: Vec<u8>, lifetime: Duration) {
        self.queue(moment, MessageKind::Denm, frame, lifetime);
        if let Some(identifiers) = self.pseudonyms.identifiers_mut() {
            identifiers.packet_sequence = identifiers.packet_sequence.wrapping_add(1);
        }
        self.counters.sent_denms += 1;
    }

    fn say_vehicle_data(&mut self, moment: &Moment) -> Result<(), WireError> {
        let busy = self.congestion.busy_ratio() > VEHICLE_DATA_BUSY_MAX;
        if !self.settings.vehicle_data || busy || moment.now < self.data_due {
            return Ok(());
        }
        let Some(sender) = self.sender(moment) else {
            return Ok(());
        };
        if !sender.pseudonym.permits(Psid::VEHICLE_DATA) {
            return Ok(());
        }
        let data = vehicle_data(&sender, &self.own.condition.battery);
        let pdu = sender.single_hop(TrafficClass::BACKGROUND, BtpPort::VEHICLE_DATA, &data)?;
        let signing = Signing::default();
        let frame = sender.signed(&pdu, Psid::VEHICLE_DATA, signing, VEHICLE_DATA_PERIOD)?;
        self.queue(moment, MessageKind::VehicleData, frame, VEHICLE_DATA_PERIOD);
        if let Some(identifiers) = self.pseudonyms.identifiers_mut() {
            identifiers.data_sequence = identifiers.data_sequence.wrapping_add(1);
        }
        self.data_due = moment.now + VEHICLE_DATA_PERIOD;
        self.counters.sent_vehicle_data += 1;
        Ok(())
    }
}

/// A DENM says where it was signed.
const DENM_SIGNING: Signing<'static> = Signing {
    requests: &[],
    with_location: true,
};

/// A figure that no field can hold is told as not known.
fn vehicle_data(sender: &Sender<'_>, battery: &BatteryReport) -> VehicleData {
    let level = |charge: StateOfCharge| {
        let hundredths = libm::round(charge.percent() * 100.0);
        #[expect(clippy::cast_possible_truncation, reason = "0 to 100 times 100")]
        let hundredths = hundredths as i64;
        ChargeLevel::new(hundredths).ok()
    };
    let amps = |current: BatteryCurrent| -> Amps { current.into_battery() };
    VehicleData {
        station: sender.identifiers.station,
        sequence: sender.identifiers.data_sequence,
        measured: sender.its.geonetworking_timestamp(),
        state_of_charge: battery.state_of_charge.and_then(level),
        voltage: battery
            .voltage
            .and_then(|volts| PackVoltage::nearest(volts).ok()),
        current: battery
            .current
            .and_then(|current| PackCurrent::nearest(amps(current)).ok()),
        available_energy: battery
            .available_energy
            .and_then(|energy| AvailableEnergy::nearest(energy).ok()),
        desired_state_of_charge: battery.desired_state_of_charge.and_then(level),
        charging: battery.charging.map(|charging| {
            if charging {
                Charging::Yes
            } else {
                Charging::No
            }
        }),
    }
}
