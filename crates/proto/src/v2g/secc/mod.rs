//! The station's end of V2G (SECC): answers, with one state per car for what it waits for.
//!
//! Not the handshake and the repeating of answers (`secure/responder.rs`).
//! Which request may come in which state, as a table: `sequence.rs`.

mod expect_authorization;
mod expect_battery_data;
mod expect_charge_parameter_discovery;
mod expect_charging_status;
mod expect_countersignature;
mod expect_metering_receipt;
mod expect_power_delivery;
mod expect_session_setup;
mod expect_session_stop;
mod input;
mod plug_check;
mod sequence;
mod slot;
#[cfg(test)]
mod tests;
mod timers;

use core::mem::{Discriminant, discriminant};

use rand_core::CryptoRng;
use v2x_units::{Instant, UtcTime};

pub use input::{PowerOffReason, SavedSession, SeccEvent, SeccInput, SeccSettings};

use super::events::{Events, Output};
use super::message::{MeterReading, Refusal, Response, ResponseCode, SessionId};
use super::onset::Onset;
use super::seldom::Seldom;
use crate::secure::initiator::Judge;
use crate::secure::responder::{FromCar, Responder};
use crate::secure::{AirCounters, ChannelId, CredentialError, Identity, Trust, UtcSecond};
use slot::{Power, SlotSession};

/// What the station's end waits for from one car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeccState {
    /// SessionSetupReq.
    #[default]
    ExpectSessionSetup,
    /// AuthorizationReq.
    ExpectAuthorization,
    /// ChargeParameterDiscoveryReq.
    ExpectChargeParameterDiscovery,
    /// PowerDeliveryReq.
    ExpectPowerDelivery,
    /// ChargingStatusReq, again and again.
    ExpectChargingStatus,
    /// MeteringReceiptReq for the receipt.
    ExpectMeteringReceipt,
    /// MeteringReceiptReq with the countersignature.
    ExpectCountersignature,
    /// SessionStopReq.
    ExpectSessionStop,
    /// BatteryDataReq, again and again.
    ExpectBatteryData,
}

/// An answer and the state after it, or why the request is not carried out.
type Answer = Result<(Response, SeccState), ResponseCode>;

/// The station's end of V2G for one slot.
pub struct Secc {
    identity: Identity,
    trust: Trust,
    settings: SeccSettings,
    responder: Responder<SeccState>,
    session: Option<SlotSession>,
    plugged: bool,
    live: Option<Onset>,
    meter: MeterReading,
    renegotiate: bool,
    clock: Option<(Instant, UtcTime)>,
    events: Events<SeccEvent>,
    /// Why cars were refused, and which requests, as far as it was told a short while ago.
    refused_cars: Seldom<Discriminant<CredentialError>>,
    refused_requests: Seldom<(u8, ResponseCode)>,
}

impl Secc {
    /// Begins unplugged, with the session that was saved before a restart.
    #[must_use]
    pub fn new(
        identity: Identity,
        trust: Trust,
        settings: SeccSettings,
        now: Instant,
        saved: Option<SavedSession>,
    ) -> Self {
        Self {
            identity,
            trust,
            settings,
            responder: Responder::new(),
            session: saved.map(|saved| SlotSession::new(saved, now)),
            plugged: false,
            live: None,
            meter: MeterReading::default(),
            renegotiate: false,
            clock: None,
            events: Events::new(),
            refused_cars: Seldom::new(),
            refused_requests: Seldom::new(),
        }
    }

    /// The session that is open, or has ended and waits for its receipt to be fetched.
    #[must_use]
    pub fn session(&self) -> Option<&SavedSession> {
        self.session.as_ref().map(|session| &session.saved)
    }

    /// Whether power may flow.
    #[must_use]
    pub fn power_is_on(&self) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.power == Power::On)
    }

    /// Datagrams that changed nothing, by reason.
    #[must_use]
    pub const fn air_counters(&self) -> AirCounters {
        self.responder.counters()
    }

    /// Events that were dropped because nobody took them.
    #[must_use]
    pub const fn events_dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: SeccInput<'_>, rng: &mut dyn CryptoRng) {
        match input {
            SeccInput::Plugged(plugged) => self.plug(now, plugged),
            SeccInput::Live(live) => self.live = live,
            SeccInput::Meter(reading) => self.read_meter(now, reading),
            SeccInput::Heard(from, bytes) => {
                let judge = Judge {
                    identity: &self.identity,
                    trust: &self.trust,
                    utc: self.clock.map(|(at, utc)| utc + now.since(at)),
                };
                let open = self.plugged || self.session.is_some();
                let heard = self.responder.receive(now, from, bytes, &judge, open, rng);
                if let Some((channel, what)) = heard {
                    self.heard(now, channel, what, rng);
                }
            }
            SeccInput::Stop => self.end_power(now, PowerOffReason::Operator),
            SeccInput::Settings(settings) => {
                self.settings = settings.clone();
                self.renegotiate = self.session.is_some();
            }
            SeccInput::Clock(utc) => {
                self.clock = utc.map(|utc| (now, utc));
                self.look_again_at_cars(now);
            }
            SeccInput::Revocations(list) => match self.trust.take_revocations(list.clone()) {
                Ok(()) => self.look_again_at_cars(now),
                Err(error) => self.tell(SeccEvent::RevocationsRefused(error)),
            },
        }
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant) -> Output<SeccEvent> {
        timers::run(self, now);
        if let Some(event) = self.events.pop() {
            return Output::Event(event);
        }
        match self.responder.poll() {
            Some((to, datagram)) => Output::Send { to, datagram },
            None => Output::WakeAt(timers::next(self)),
        }
    }

    fn tell(&mut self, event: SeccEvent) {
        self.events.push(event);
    }

    fn utc_second(&self, now: Instant) -> Option<UtcSecond> {
        self.clock
            .and_then(|(at, utc)| UtcSecond::of(utc + now.since(at)))
    }

    fn save(&mut self) {
        let saved = self.session().cloned();
        self.tell(SeccEvent::Save(saved));
    }

    fn plug(&mut self, now: Instant, plugged: bool) {
        self.plugged = plugged;
        if plugged {
            return;
        }
        match &self.session {
            Some(session) if session.saved.powered => {
                self.end_power(now, PowerOffReason::Unplugged);
            }
            Some(_) => self.close_session(),
            None => {}
        }
    }

    fn read_meter(&mut self, now: Instant, reading: MeterReading) {
        self.meter = reading;
        let Some(session) = self.session.as_ref().filter(|s| s.power == Power::On) else {
            return;
        };
        let energy_limit = self.settings.offer.energy_limit;
        let too_expensive = match (session.saved.cost_limit, reading.cost) {
            (Some(limit), Some(cost)) => cost.compare(&limit).is_none_or(|order| order.is_ge()),
            _ => false,
        };
        if reading
            .energy
            .zip(energy_limit)
            .is_some_and(|(energy, limit)| energy >= limit)
        {
            self.end_power(now, PowerOffReason::EnergyLimit);
        } else if too_expensive {
            self.end_power(now, PowerOffReason::CostLimit);
        }
    }

    /// Ends power at once, whatever the car says; it hears of it with its next status.
    fn end_power(&mut self, now: Instant, reason: PowerOffReason) {
        let Some(session) = self.session.as_mut().filter(|s| s.power != Power::Off) else {
            return;
        };
        let id = session.saved.id;
        if let Some(reason) = session.end(now, reason) {
            self.tell(SeccEvent::PowerOff(id, reason));
        }
        self.save();
    }

    /// Forgets the session; power ends if it has not yet.
    fn close_session(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        let id = session.saved.id;
        if session.power == Power::On {
            self.tell(SeccEvent::PowerOff(id, PowerOffReason::Car));
        }
        for peer in self.responder.peers() {
            peer.holds_slot = false;
        }
        self.tell(SeccEvent::SessionEnded(id));
        self.save();
    }

    fn heard(&mut self, now: Instant, channel: ChannelId, what: FromCar, rng: &mut dyn CryptoRng) {
        match what {
            FromCar::Proven(car) => self.tell(SeccEvent::CarProven(car)),
            FromCar::Refused(reason) => {
                if self.refused_cars.is_due(now, discriminant(&reason)) {
                    self.tell(SeccEvent::CarRefused(reason));
                }
            }
            FromCar::Request { kind, body } => {
                let Some(peer) = self.responder.peer(channel) else {
                    return;
                };
                let (state, Some(car)) = (peer.state, peer.credential().cloned()) else {
                    return;
                };
                let asked = sequence::Asked {
                    now,
                    channel,
                    state,
                    car: &car,
                };
                let answer = sequence::carry_out(self, asked, kind, &body, rng);
                self.send(now, channel, state, kind, answer);
            }
        }
    }

    fn send(
        &mut self,
        now: Instant,
        channel: ChannelId,
        state: SeccState,
        kind: u8,
        answer: Answer,
    ) {
        let written = answer.and_then(|(response, next)| {
            // A reading of the station's own that no field can hold.
            let body = response.emit().map_err(|_| ResponseCode::Failed)?;
            Ok((response.message_type(), body, next))
        });
        match written {
            Ok((kind, body, next)) => {
                if let Some(peer) = self.responder.peer(channel) {
                    peer.state = next;
                }
                self.responder.respond(channel, kind, body);
            }
            Err(code) => {
                if self.refused_requests.is_due(now, (kind, code)) {
                    self.tell(SeccEvent::Refused {
                        state,
                        message_type: kind,
                        code,
                    });
                }
                let refusal = Response::from(Refusal {
                    request: kind,
                    code,
                });
                let body = refusal.emit().expect("two bytes fit");
                self.responder
                    .respond(channel, refusal.message_type(), body);
            }
        }
    }

    /// A credential that was good when it was shown may have ended or been revoked since.
    fn look_again_at_cars(&mut self, now: Instant) {
        let utc = self.clock.map(|(at, utc)| utc + now.since(at));
        let holder = self
            .session
            .as_ref()
            .map(|session| session.saved.car.clone());
        let (trust, mut reason_of_holder) = (&self.trust, None);
        let mut refused = heapless::Vec::<_, { crate::limits::PEERS_MAX }>::new();
        self.responder
            .keep_only(|car| match trust.check_now(car, utc) {
                Ok(()) => true,
                Err(reason) => {
                    if holder.as_ref() == Some(&car.subject.name) {
                        reason_of_holder = Some(reason);
                    }
                    refused.push(reason).is_err()
                }
            });
        for reason in refused {
            self.tell(SeccEvent::CarRefused(reason));
        }
        if let Some(reason) = reason_of_holder {
            self.end_power(now, PowerOffReason::Credential(reason));
        }
    }
}

/// Draws a session number.
fn draw_session(rng: &mut dyn CryptoRng) -> SessionId {
    let mut bytes = [0; 8];
    rng.fill_bytes(&mut bytes);
    // Zero stands for no session; the generator gives it once in 2^64.
    SessionId::new(bytes).unwrap_or_else(|| SessionId::new([1; 8]).expect("ones are not all zero"))
}
