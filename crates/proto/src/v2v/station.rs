//! A car's V2V: takes what happens, and says what is to be done.
//!
//! Not the parts it is made of: what is heard is in `hearing.rs`, what is said in `speaking.rs`.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use v2x_units::{Instant, MacAddress, UtcTime};

use super::cam_generation::CamGeneration;
use super::certificate_exchange::CertificateExchange;
use super::congestion::CongestionControl;
use super::counters::V2vCounters;
use super::input::{V2vInput, V2vSettings};
use super::local_dynamic_map::LocalDynamicMap;
use super::output::{Events, Refused, Sending, Silence, V2vEvent, V2vOutput};
use super::own::Own;
use super::own_events::{EventTurn, Observed, OwnEventKind, OwnEvents};
use super::path::Path;
use super::pseudonym::Pseudonyms;
use super::telling::Tellings;
use super::warnings::{OwnSize, Warning, WarningChange, Warnings};
use crate::deadlines::{CAM_CHECK, CAM_CHECK_MIN, WARNING_CHECK};
use crate::secure::Verifier;
use crate::wire::certificate::HashedId8;
use crate::wire::its_time::{GenerationTime, ItsTime};
use crate::wire::station::StationId;

/// A car's V2V.
#[derive(Debug)]
pub struct V2v {
    pub(super) settings: V2vSettings,
    pub(super) verifier: Verifier,
    pub(super) clock: Option<(Instant, UtcTime)>,
    pub(super) own: Own,
    pub(super) path: Path,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) exchange: CertificateExchange,
    pub(super) generation: CamGeneration,
    pub(super) congestion: CongestionControl,
    pub(super) last_cam_len: usize,
    pub(super) last_generation: GenerationTime,
    pub(super) data_due: Instant,
    pub(super) map: LocalDynamicMap,
    own_events: OwnEvents,
    pub(super) tellings: Tellings,
    warnings: Warnings,
    warnings_due: Instant,
    pub(super) counters: V2vCounters,
    pub(super) events: Events,
    pub(super) sending: Sending,
    pub(super) new_address: Option<MacAddress>,
    silence: Option<Silence>,
    /// Whether a charging station knows the car by its present address.
    in_conversation: bool,
    check_due: Instant,
    checked: Instant,
}

/// A CAM of ours without a path takes about so many bytes; used until the first was sent.
const CAM_LEN: usize = 180;

impl V2v {
    /// Begins without a position, a clock and a pseudonym: silent. The verifier holds whom the
    /// operator trusts.
    #[must_use]
    pub fn new(settings: V2vSettings, verifier: Verifier) -> Self {
        Self {
            congestion: CongestionControl::new(settings.rate),
            settings,
            verifier,
            clock: None,
            own: Own::default(),
            path: Path::default(),
            pseudonyms: Pseudonyms::new(),
            exchange: CertificateExchange::new(),
            generation: CamGeneration::default(),
            last_cam_len: CAM_LEN,
            last_generation: GenerationTime::from_micros(0),
            data_due: Instant::BOOT,
            map: LocalDynamicMap::default(),
            own_events: OwnEvents::default(),
            tellings: Tellings::default(),
            warnings: Warnings::default(),
            warnings_due: Instant::BOOT,
            counters: V2vCounters::default(),
            events: Events::new(),
            sending: Sending::new(),
            new_address: None,
            silence: None,
            in_conversation: false,
            check_due: Instant::BOOT,
            checked: Instant::BOOT,
        }
    }

    /// The stations and events around the car.
    #[must_use]
    pub const fn map(&self) -> &LocalDynamicMap {
        &self.map
    }

    /// The warnings that are given now.
    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        self.warnings.given()
    }

    /// What happened how often.
    #[must_use]
    pub const fn counters(&self) -> &V2vCounters {
        &self.counters
    }

    /// How busy the channel is, 0 to 1.
    #[must_use]
    pub const fn busy_ratio(&self) -> f64 {
        self.congestion.busy_ratio()
    }

    /// Under which pseudonym and address the car speaks, if it does.
    #[must_use]
    pub fn identity(&self) -> Option<(StationId, MacAddress)> {
        let (_, identifiers) = self.pseudonyms.current()?;
        Some((identifiers.station, identifiers.address))
    }

    /// How many pseudonyms hold now; when few are left, new ones are to be fetched.
    #[must_use]
    pub fn pseudonyms_holding(&self, now: Instant) -> usize {
        self.generation_time(now)
            .map_or(0, |time| self.pseudonyms.holding(time))
    }

    /// Pseudonyms that were refused because there was no room.
    #[must_use]
    pub const fn pseudonyms_refused(&self) -> u64 {
        self.pseudonyms.refused()
    }

    /// Events and payloads that were dropped because nobody took them.
    #[must_use]
    pub const fn dropped(&self) -> (u64, u64) {
        (self.events.dropped(), self.sending.dropped())
    }

    /// Why nothing is sent.
    #[must_use]
    pub const fn silence(&self) -> Option<Silence> {
        self.silence
    }

    /// Whom the operator trusts, and how fresh messages must be.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: V2vInput<'_>, rng: &mut dyn CryptoRng) {
        match input {
            V2vInput::Position(position) => self.own.position(position),
            V2vInput::Motion(motion) => {
                self.own.motion(motion);
                self.look_at_own_events(now);
                self.check_soon();
            }
            V2vInput::Condition(condition) => {
                self.own.condition = condition;
                self.look_at_own_events(now);
            }
            V2vInput::Heard(heard) => self.heard(now, heard),
            V2vInput::ChannelBusy(time) => self.congestion.busy_for(now, time),
            V2vInput::Clock(utc) => self.clock = utc.map(|utc| (now, utc)),
            V2vInput::Settings(settings) => {
                self.settings = settings;
                self.congestion.set_rate(settings.rate);
            }
            V2vInput::Pseudonyms(more) => {
                self.pseudonyms.add(self.generation_time(now), more);
            }
            V2vInput::Revoked(names) => self.revoke(names),
            V2vInput::InConversation(is_so) => self.in_conversation = is_so,
            V2vInput::Gone(action) => {
                if let Some(event) = self.map.events().get(action) {
                    let place =
                        crate::wire::reference_position::ReferencePosition::at(event.position);
                    self.tellings.deny(now, action, place);
                }
            }
        }
        self.run_when_due(now, rng);
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant, rng: &mut dyn CryptoRng) -> V2vOutput {
        self.run_when_due(now, rng);
        if let Some(address) = self.new_address.take() {
            return V2vOutput::SetAddress(address);
        }
        if let Some(outgoing) = self.sending.pop() {
            return V2vOutput::Send(outgoing);
        }
        match self.events.pop() {
            Some(event) => V2vOutput::Event(event),
            None => V2vOutput::WakeAt(Some(self.check_due)),
        }
    }

    /// The car has moved: what is due because of that need not wait for the next look.
    fn check_soon(&mut self) {
        self.check_due = self.check_due.min(self.checked + CAM_CHECK_MIN);
    }

    fn run_when_due(&mut self, now: Instant, rng: &mut dyn CryptoRng) {
        if now < self.check_due {
            return;
        }
        self.check_due = now + CAM_CHECK;
        let since = now.since(self.checked);
        self.checked = now;
        self.congestion.advance(now);
        self.age(now);
        self.look_at_own_events(now);
        if now >= self.warnings_due {
            self.warnings_due = now + WARNING_CHECK;
            self.look_at_warnings(now);
        }
        let speed = self.own.motion_at(now).and_then(|motion| motion.speed);
        self.pseudonyms.drive(now, speed, since.min(CAM_CHECK * 4));
        let silence = self.speak(now, rng).err();
        if silence != self.silence {
            self.events
                .push(silence.map_or(V2vEvent::Speaking, V2vEvent::Silent));
            self.silence = silence;
        }
    }

    /// The time as signatures count it.
    pub(super) fn generation_time(&self, now: Instant) -> Option<GenerationTime> {
        let (at, utc) = self.clock?;
        GenerationTime::from_utc(utc + now.since(at))
    }

    /// The time as messages count it.
    pub(super) fn its_time(&self, now: Instant) -> Option<ItsTime> {
        let (at, utc) = self.clock?;
        ItsTime::from_utc(utc + now.since(at)).ok()
    }

    pub(super) fn tell(&mut self, event: V2vEvent) {
        self.events.push(event);
    }

    /// Counts and tells that something changed nothing.
    pub(super) fn refuse(&mut self, from: MacAddress, reason: Refused) {
        self.counters.refuse(reason.word());
        self.events.push(V2vEvent::Refused { from, reason });
    }

    fn age(&mut self, now: Instant) {
        for station in self.map.age(now) {
            self.events.push(V2vEvent::NeighbourLost(station));
        }
        for station in self.map.charging.age(now) {
            self.events.push(V2vEvent::ChargingStationLost(station));
        }
        if let Some(its) = self.its_time(now) {
            for action in self.map.events.age(its) {
                self.events.push(V2vEvent::EventOver(action));
            }
        }
    }

    fn revoke(&mut self, names: &[HashedId8]) {
        for name in names {
            if let Err(refusal) = self.verifier.certificates.revoke(*name) {
                self.counters.refuse(refusal.word());
            }
        }
        self.pseudonyms.revoke(names);
        for station in self.map.forget_signers(names) {
            self.events.push(V2vEvent::NeighbourLost(station));
        }
        for station in self.map.charging.forget_signers(names) {
            self.events.push(V2vEvent::ChargingStationLost(station));
        }
        for action in self.map.events.forget_signers(names) {
            self.events.push(V2vEvent::EventOver(action));
        }
    }

    fn look_at_own_events(&mut self, now: Instant) {
        let observed = Observed {
            motion: self.own.motion_at(now),
            acceleration: self.own.acceleration_at(now),
            condition: self.own.condition,
        };
        let turns = self.own_events.look(now, &observed);
        for (place, (kind, turn)) in OwnEventKind::ALL.into_iter().zip(turns).enumerate() {
            match turn {
                Some(EventTurn::Begins) => {
                    self.tellings.begin(now, place, observed.condition.fault);
                    self.check_due = now;
                }
                Some(EventTurn::Ends) => {
                    if let Some(action) = self.tellings.end(now, place) {
                        self.events.push(V2vEvent::OwnEventEnded(kind, action));
                    }
                }
                None => {}
            }
        }
    }

    fn look_at_warnings(&mut self, now: Instant) {
        let car = self.own.at(now).ok();
        let size = OwnSize {
            width: self.settings.width,
        };
        let changes = self.warnings.look(now, car.as_ref(), size, &self.map);
        for change in changes {
            self.events.push(match change {
                WarningChange::Raised(warning) => V2vEvent::WarningRaised(warning),
                WarningChange::Cleared(warning) => V2vEvent::WarningCleared(warning),
            });
        }
    }

    /// Whether others have a reason to follow the car, so that its names must not change.
    pub(super) fn is_followed(&self) -> bool {
        self.in_conversation
            || self.own_events.any_active()
            || self.tellings.any()
            || self.warnings.given().next().is_some()
    }

    /// The names of all neighbours, for those who keep a list.
    #[must_use]
    pub fn stations(&self) -> Vec<StationId> {
        self.map.neighbours().iter().map(|it| it.station).collect()
    }
}
