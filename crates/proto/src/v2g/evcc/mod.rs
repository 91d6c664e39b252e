//! The car's end of V2G (EVCC): asks, and is in one state per thing it waits for.
//!
//! Not the handshake and the repeating of requests (`secure/initiator.rs`).
//! What comes after what, as a table: `sequence.rs`.

mod expect_authorization;
mod expect_battery_data;
mod expect_charge_parameter_discovery;
mod expect_charging_status;
mod expect_metering_receipt;
mod expect_plug;
mod expect_plug_check;
mod expect_power_delivery;
mod expect_receipt_kept;
mod expect_report_time;
mod expect_session_setup;
mod expect_session_stop;
mod expect_station;
mod expect_status_time;
mod expect_unplug;
mod input;
mod refused;
mod sequence;
#[cfg(test)]
mod tests;
mod timers;

use core::mem::{Discriminant, discriminant};

use rand_core::CryptoRng;
use v2x_units::{Instant, KilometersPerHour, MacAddress, Position, UtcTime};

pub use input::{EvccEvent, EvccInput, EvccSettings, LeftReason, PlugSenses, Sense, StopReason};

use super::battery_report::BatteryReport;
use super::events::{Events, Output};
use super::message::{
    BatteryDataReq, ChargeParameterDiscoveryReq, ChargeProgress, ChargingStatusReq, Request,
    SessionId, SetupOutcome, SignedReceipt,
};
use super::nearness::Nearness;
use super::seldom::Seldom;
use crate::secure::initiator::{FromStation, Initiator, Judge};
use crate::secure::{AirCounters, Credential, CredentialError, Identity, Signature, Trust};

/// What the car's end waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvccState {
    /// The plug.
    ExpectPlug,
    /// A proven station.
    ExpectStation,
    /// SessionSetupRes.
    ExpectSessionSetup,
    /// AuthorizationRes.
    ExpectAuthorization,
    /// ChargeParameterDiscoveryRes.
    ExpectChargeParameterDiscovery,
    /// PowerDeliveryRes.
    ExpectPowerDelivery(ChargeProgress),
    /// The time of the next ChargingStatus.
    ExpectStatusTime,
    /// PlugCheckRes.
    ExpectPlugCheck,
    /// ChargingStatusRes.
    ExpectChargingStatus,
    /// MeteringReceiptRes with the receipt.
    ExpectMeteringReceipt,
    /// MeteringReceiptRes that the countersignature is kept.
    ExpectReceiptKept,
    /// SessionStopRes.
    ExpectSessionStop,
    /// The plug to be out.
    ExpectUnplug,
    /// The time of the next BatteryData.
    ExpectReportTime,
    /// BatteryDataRes.
    ExpectBatteryData,
}

/// Whether the station knows that the car is in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum PlugProof {
    /// Not yet.
    #[default]
    Open,
    /// It does.
    Confirmed,
    /// It cannot be asked: it is older than the question.
    NotSpoken,
}

/// Whether the car is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plug {
    In,
    Out,
    /// Not known after a restart: a bus that sleeps says nothing of it, and nothing follows from
    /// that.
    NotKnown,
}

/// What the car's end knows of its session.
#[derive(Debug, Clone, Default)]
struct Session {
    id: Option<SessionId>,
    /// Whether power may have flowed, so that a receipt is due.
    powered: bool,
    stop: Option<StopReason>,
    /// Which plugging-in it belongs to; not known after a restart until the station joins it.
    plugging: Option<u32>,
    plug_proof: PlugProof,
    /// The place of the station, for the 105 m rule.
    station_position: Option<Position>,
    countersigned: Option<(SignedReceipt, Signature)>,
    /// Refusals for being out of sequence since an answer last fitted.
    out_of_sequence: u8,
}

/// The car's end of V2G.
pub struct Evcc {
    identity: Identity,
    trust: Trust,
    settings: EvccSettings,
    initiator: Initiator,
    state: EvccState,
    session: Session,
    /// The plugging-in for which the driver wants no power, whatever station asks.
    not_wanted: Option<u32>,
    station: Option<Credential>,
    request_number: u16,
    plug: Plug,
    pluggings: u32,
    /// When the plug came out; while that is not known, when its computer started.
    unplugged_at: Instant,
    senses: PlugSenses,
    battery: BatteryReport,
    speed: Option<KilometersPerHour>,
    position: Option<(Instant, Position)>,
    nearness: Nearness,
    renegotiate: bool,
    /// When the next ChargingStatus or BatteryData is due.
    due: Instant,
    clock: Option<(Instant, UtcTime)>,
    events: Events<EvccEvent>,
    /// Why stations were not believed, and why they did not believe the car, as far as it was told
    /// a short while ago.
    not_believed: Seldom<Discriminant<CredentialError>>,
    refused: Seldom<u8>,
}

impl Evcc {
    /// Begins unplugged.
    #[must_use]
    pub fn new(identity: Identity, trust: Trust, settings: EvccSettings) -> Self {
        Self {
            identity,
            trust,
            settings,
            initiator: Initiator::new(),
            state: EvccState::ExpectPlug,
            session: Session::default(),
            not_wanted: None,
            station: None,
            request_number: 0,
            plug: Plug::Out,
            pluggings: 0,
            unplugged_at: Instant::BOOT,
            senses: PlugSenses::default(),
            battery: BatteryReport::default(),
            speed: None,
            position: None,
            nearness: Nearness::new(None),
            renegotiate: false,
            due: Instant::BOOT,
            clock: None,
            events: Events::new(),
            not_believed: Seldom::new(),
            refused: Seldom::new(),
        }
    }

    /// Remembers a session that was open before a restart, and goes on with it. Whether the plug
    /// is still in is not known until [`EvccInput::Plugged`] says so: until then nothing is ended
    /// for a plug that may be out, and once it is out the receipt is fetched.
    pub fn remember(&mut self, now: Instant, session: SessionId, rng: &mut dyn CryptoRng) {
        self.session.id = Some(session);
        self.session.powered = true;
        self.plug = Plug::NotKnown;
        self.unplugged_at = now;
        expect_station::enter(self, now, rng);
    }

    /// What it waits for.
    #[must_use]
    pub const fn state(&self) -> EvccState {
        self.state
    }

    /// The session that is open.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.session.id
    }

    /// Whether a station that has proven itself knows the car by its radio's address: with another
    /// one the car is a stranger to it, and has to prove itself anew.
    #[must_use]
    pub const fn is_in_conversation(&self) -> bool {
        self.initiator.has_station()
    }

    /// Datagrams that changed nothing, by reason.
    #[must_use]
    pub const fn air_counters(&self) -> AirCounters {
        self.initiator.counters()
    }

    /// Events that were dropped because nobody took them.
    #[must_use]
    pub const fn events_dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: EvccInput<'_>, rng: &mut dyn CryptoRng) {
        match input {
            EvccInput::Plugged(true) => self.plugged_in(now, rng),
            EvccInput::Plugged(false) => self.unplugged(now),
            EvccInput::Feels(senses) => self.feel(now, senses),
            EvccInput::Battery(report) => {
                self.battery = report;
                self.stop_when_full(now);
            }
            EvccInput::Speed(speed) => self.speed = speed,
            EvccInput::Fix(at, fix) => {
                self.position = fix.valid.then_some((at, fix.position));
                self.nearness.take(now, at, &fix);
            }
            EvccInput::Heard(from, bytes) => self.heard(now, from, bytes),
            EvccInput::Stop => {
                self.not_wanted = Some(self.pluggings);
                self.stop(now, StopReason::Driver);
            }
            EvccInput::Settings(settings) => {
                self.settings = settings;
                self.renegotiate = true;
            }
            EvccInput::Clock(utc) => {
                self.clock = utc.map(|utc| (now, utc));
                self.look_again_at_station(now);
            }
            EvccInput::Revocations(list) => match self.trust.take_revocations(list.clone()) {
                Ok(()) => self.look_again_at_station(now),
                Err(error) => self.tell(EvccEvent::RevocationsRefused(error)),
            },
        }
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant, rng: &mut dyn CryptoRng) -> Output<EvccEvent> {
        timers::run(self, now, rng);
        if let Some(event) = self.events.pop() {
            return Output::Event(event);
        }
        if self.state == EvccState::ExpectPlugCheck {
            expect_plug_check::freshen(self, now);
        }
        match self.initiator.poll(now) {
            Some((to, datagram)) => Output::Send { to, datagram },
            None => Output::WakeAt(timers::next(self)),
        }
    }

    fn tell(&mut self, event: EvccEvent) {
        self.events.push(event);
    }

    fn tell_if(&mut self, is_due: bool, event: EvccEvent) {
        if is_due {
            self.tell(event);
        }
    }

    fn utc(&self, now: Instant) -> Option<UtcTime> {
        self.clock.map(|(at, utc)| utc + now.since(at))
    }

    fn plugged_in(&mut self, now: Instant, rng: &mut dyn CryptoRng) {
        match core::mem::replace(&mut self.plug, Plug::In) {
            Plug::In => return,
            Plug::Out => {
                self.pluggings = self.pluggings.wrapping_add(1);
                self.initiator.forgive_other_plugs();
            }
            // It is the plugging-in that the remembered session belongs to.
            Plug::NotKnown => {}
        }
        match self.state {
            EvccState::ExpectPlug => expect_station::enter(self, now, rng),
            EvccState::ExpectReportTime | EvccState::ExpectBatteryData => {
                expect_session_setup::enter(self, now);
            }
            _ => {}
        }
    }

    fn unplugged(&mut self, now: Instant) {
        if self.plug == Plug::Out {
            return;
        }
        self.plug = Plug::Out;
        self.unplugged_at = now;
        match self.state {
            EvccState::ExpectPlug => {}
            EvccState::ExpectUnplug => expect_unplug::leave(self, now),
            EvccState::ExpectStation if self.session.id.is_none() => expect_plug::enter(self),
            _ => self.stop(now, StopReason::Unplugged),
        }
    }

    /// Whether the driver has said that he wants no power from this plug.
    fn is_not_wanted(&self) -> bool {
        self.plug != Plug::Out && self.not_wanted == Some(self.pluggings)
    }

    /// Ends the session; where an answer is outstanding its state does so when it comes.
    fn stop(&mut self, now: Instant, reason: StopReason) {
        self.session.stop.get_or_insert(reason);
        if self.state == EvccState::ExpectStatusTime {
            expect_power_delivery::enter(self, now, ChargeProgress::Stop);
        }
    }

    /// Whether the battery holds as much as the driver wants.
    fn is_full(&self) -> bool {
        let battery = &self.battery;
        let levels = (battery.state_of_charge, battery.desired_state_of_charge);
        matches!(levels, (Some(now), Some(wanted)) if now.percent() >= wanted.percent())
    }

    fn stop_when_full(&mut self, now: Instant) {
        use EvccState::{ExpectChargingStatus, ExpectPlugCheck, ExpectStatusTime};
        let charges = matches!(
            self.state,
            ExpectStatusTime | ExpectPlugCheck | ExpectChargingStatus
        );
        if charges && self.is_full() {
            self.stop(now, StopReason::DesiredStateOfCharge);
        }
    }

    /// A station hears at once of what changes, until it knows whose plug it is.
    fn feel(&mut self, now: Instant, senses: PlugSenses) {
        let before = core::mem::replace(&mut self.senses, senses);
        // Its mains have come, or its bus has woken: it may be plugged in otherwise than before.
        if before.mains != senses.mains && (is_on(senses) || before.mains == Sense::NotKnown) {
            self.initiator.forgive_other_plugs();
        }
        let is_open = self.session.plug_proof == PlugProof::Open;
        if before != senses && is_open && self.state == EvccState::ExpectStatusTime {
            self.due = self.due.min(now);
        }
    }

    fn heard(&mut self, now: Instant, from: MacAddress, bytes: &[u8]) {
        let judge = Judge {
            identity: &self.identity,
            trust: &self.trust,
            utc: self.clock.map(|(at, utc)| utc + now.since(at)),
        };
        match self.initiator.receive(now, from, bytes, &judge) {
            None => {}
            Some(FromStation::Proven(station)) => {
                self.tell(EvccEvent::StationProven(from, station.clone()));
                self.station = Some(station);
                self.request_number = 1;
                expect_session_setup::enter(self, now);
            }
            Some(FromStation::NotBelieved(reason)) => {
                let is_due = self.not_believed.is_due(now, discriminant(&reason));
                self.tell_if(is_due, EvccEvent::StationNotBelieved(reason));
            }
            Some(FromStation::Refused(code)) => {
                let is_due = self.refused.is_due(now, code);
                self.tell_if(is_due, EvccEvent::NotBelieved(code));
            }
            Some(FromStation::Response { kind, body }) => sequence::take(self, now, kind, &body),
        }
    }

    /// Sends a request and waits in a state for its answer.
    fn ask(&mut self, now: Instant, request: impl Into<Request>, state: EvccState) {
        let request = request.into();
        let kind = request.message_type();
        // A reading of the car's own that no field can hold must not keep it from asking.
        let body = request.emit().unwrap_or_else(|_| {
            without_readings(&request)
                .emit()
                .expect("a request without readings can be written")
        });
        self.state = state;
        self.request_number = self.request_number.wrapping_add(1);
        self.initiator.request(now, self.request_number, kind, body);
    }

    /// A credential that was good when it was shown may have ended or been revoked since.
    fn look_again_at_station(&mut self, now: Instant) {
        let utc = self.utc(now);
        let Some(Err(reason)) = self.station.as_ref().map(|s| self.trust.check_now(s, utc)) else {
            return;
        };
        self.station = None;
        self.session = Session::default();
        self.tell(EvccEvent::StationNotBelieved(reason));
        sequence::call_another(self, now);
    }

    /// Whether battery data may be sent: asked for at enrolment, and not taken back.
    fn may_report(&self) -> bool {
        let permitted = self
            .identity
            .credential()
            .subject
            .battery_data_after_unplugging;
        permitted && self.settings.battery_data_after_unplugging
    }
}

/// Whether the car feels mains.
const fn is_on(senses: PlugSenses) -> bool {
    matches!(senses.mains, Sense::On(_))
}

/// What became of a session that the car had asked for.
const fn has_ended(outcome: SetupOutcome) -> bool {
    matches!(outcome, SetupOutcome::Ended)
}

/// A request as if the car knew nothing of itself; the owner's limit stays.
fn without_readings(request: &Request) -> Request {
    match request {
        Request::ChargeParameterDiscovery(req) => ChargeParameterDiscoveryReq {
            cost_limit: req.cost_limit,
            ..Default::default()
        }
        .into(),
        Request::ChargingStatus(_) => ChargingStatusReq::default().into(),
        Request::BatteryData(_) => BatteryDataReq::default().into(),
        other => other.clone(),
    }
}
