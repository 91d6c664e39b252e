//! The car's end of V2G: the car's state in, datagrams and things to keep out.
//!
//! Not the conversation ([`v2x_proto::v2g::evcc`]) and not the disk. The 105 m rule
//! after unplugging runs in there, on the fixes that are handed in here.

use core::time::Duration;

use rand_core::CryptoRng;
use serde_json::{Value as Json, json};
use v2x_proto::secure::{Identity, RevocationList, Signature, Trust, UtcSecond};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, MeterReading, SignedReceipt};
use v2x_proto::v2g::{
    BatteryReport, Evcc, EvccEvent, EvccInput, EvccSettings, Money, Output, PlugSenses, SessionId,
};
use v2x_recording::RadioRow;
use v2x_units::{Instant, MacAddress, Stamp, StateOfCharge, UtcTime, WattHours, Watts};

use super::CarNow;
use super::feeling::Feeling;
use super::plug::PlugFollower;
use super::rows;
use super::wishes::{V2gSettings, Wishes};

/// How long a stop waits for the station's answer before whoever asked hears that there is none.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What has ended by a stop before a station has answered.
const NOT_BEGUN: &str = "NotBegun";

/// What is to be kept of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum ToldByV2g {
    /// The session that is open, with the name of its station; `None`: there is none any more.
    Session(Option<(SessionId, String)>),
    /// A receipt with both signatures.
    Receipt(Box<SignedReceipt>, Signature),
    /// What the station's meter says.
    Status(String, MeterReading),
    /// Something that happened, with its circumstances as a JSON object.
    Event(&'static str, serde_json::Value),
}

impl ToldByV2g {
    /// Whether it is of the books: sessions and receipts.
    #[must_use]
    pub const fn is_book(&self) -> bool {
        matches!(self, Self::Session(_) | Self::Receipt(..))
    }
}

/// What the driver asks for.
#[derive(Debug, Clone)]
pub enum Order {
    /// How it goes.
    Status,
    /// To end the charge.
    Stop,
    /// To take these wishes over.
    Wishes(Wishes),
}

/// What whoever asked is told, as JSON with `ok`.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// At once.
    Now(Json),
    /// When the power has ended, or the station has been silent for five seconds: it comes by
    /// [`WantedByV2g::Answer`].
    Later,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum WantedByV2g {
    /// Give these bytes to the radio, for whom they are.
    Send(MacAddress, Vec<u8>),
    /// Keep this.
    Keep(ToldByV2g),
    /// Write this row.
    Record(RadioRow),
    /// Tell this whoever asked for a stop.
    Answer(Json),
}

/// The car's end of V2G.
pub struct Charging {
    evcc: Evcc,
    config: V2gSettings,
    /// Whether stations are believed while the time is not known.
    without_clock: bool,
    wishes: Wishes,
    /// What the station was last told of the owner's settings.
    settings: EvccSettings,
    /// The time, as the clock last said it.
    utc: Option<UtcTime>,
    battery: BatteryReport,
    reading: Option<MeterReading>,
    /// Until when somebody waits for the end of the power.
    stopping: Option<Instant>,
    /// What whoever waits is told.
    answer: Option<Json>,
    plug: PlugFollower,
    /// The session that was open before a restart, until it can be gone on with.
    remembered: Option<SessionId>,
    mains: Feeling,
    charger: Feeling,
    /// The name and address of the station that was proven last, and what it offers.
    station: String,
    address: MacAddress,
    offer: Option<ChargeParameterDiscoveryRes>,
    wake_at: Option<Instant>,
}

impl Charging {
    /// Begins without knowing of a plug. `without_clock`: stations are believed while the time is
    /// not known.
    #[must_use]
    pub fn new(
        identity: Identity,
        trust: Trust,
        config: &V2gSettings,
        wishes: Wishes,
        without_clock: bool,
    ) -> Self {
        let settings = settings(config, &wishes, None);
        Self {
            evcc: Evcc::new(identity, trust, settings),
            config: *config,
            without_clock,
            wishes,
            settings,
            utc: None,
            battery: BatteryReport::default(),
            reading: None,
            stopping: None,
            answer: None,
            plug: PlugFollower::default(),
            remembered: None,
            mains: Feeling::default(),
            charger: Feeling::default(),
            station: String::new(),
            address: MacAddress::BROADCAST,
            offer: None,
            wake_at: None,
        }
    }

    /// Goes on with the session that was open before a restart, as soon as the car has been
    /// heard and the time is known.
    pub const fn remember(&mut self, session: SessionId) {
        self.remembered = Some(session);
    }

    /// Calls for the station of the session that was open before a restart. A bus that sleeps
    /// says nothing of the plug, and then nothing is ended for it.
    fn resume(&mut self, now: Instant, rng: &mut dyn CryptoRng) {
        if !self.plug.is_settled(now) || !self.may_call() {
            return;
        }
        if let Some(session) = self.remembered.take() {
            self.evcc.remember(now, session, rng);
            if let Some(plugged) = self.plug.known() {
                self.evcc.handle(now, EvccInput::Plugged(plugged), rng);
            }
        }
    }

    /// Without the time no station could be believed, and would be passed over for a while.
    const fn may_call(&self) -> bool {
        self.without_clock || self.utc.is_some()
    }

    /// When it wants to be polled.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        [self.wake_at, self.stopping].into_iter().flatten().min()
    }

    /// Whether the car is plugged in and no station has proven itself.
    #[must_use]
    pub fn is_plugged_without_proof(&self) -> bool {
        let waits = matches!(
            self.evcc.state(),
            EvccState::ExpectPlug | EvccState::ExpectStation
        );
        self.plug.is_in() && waits
    }

    /// The most that a charge may cost: the driver's wish, or the owner's setting.
    #[must_use]
    pub const fn cost_limit(&self) -> Option<Money> {
        self.settings.cost_limit
    }

    /// Whether a station knows the car by its radio's address, so that it must keep it.
    #[must_use]
    pub fn is_in_conversation(&self) -> bool {
        self.evcc.is_in_conversation()
    }

    /// Takes the car as it is now.
    pub fn car(&mut self, car: &CarNow, rng: &mut dyn CryptoRng) {
        let now = car.at.instant;
        self.battery = BatteryReport {
            desired_state_of_charge: self.wishes.desired_soc(&self.config),
            ..car.battery
        };
        self.evcc.handle(now, EvccInput::Battery(self.battery), rng);
        let senses = PlugSenses {
            mains: self.mains.feel(now, car.mains),
            charging: self.charger.feel(now, car.battery.charging),
        };
        self.evcc.handle(now, EvccInput::Feels(senses), rng);
        self.evcc.handle(now, EvccInput::Speed(car.speed), rng);
        if let Some((at, fix)) = car.fix {
            self.evcc.handle(now, EvccInput::Fix(at, fix), rng);
        }
        let may_come = self.may_call();
        let changed = self.plug.look(car, self.config.call_when_parked, may_come);
        self.resume(now, rng);
        if let Some(plugged) = changed {
            self.evcc.handle(now, EvccInput::Plugged(plugged), rng);
        }
    }

    /// Takes what the radio heard.
    pub fn heard(
        &mut self,
        now: Instant,
        from: MacAddress,
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) {
        self.evcc.handle(now, EvccInput::Heard(from, payload), rng);
    }

    /// Takes the time, if it is known.
    pub fn clock(&mut self, now: Instant, utc: Option<UtcTime>, rng: &mut dyn CryptoRng) {
        self.utc = utc;
        self.evcc.handle(now, EvccInput::Clock(utc), rng);
        self.agree(now, rng);
    }

    /// Tells the station what is wanted, if that is something else than before.
    fn agree(&mut self, now: Instant, rng: &mut dyn CryptoRng) {
        let settings = settings(&self.config, &self.wishes, self.utc);
        if settings != self.settings {
            self.settings = settings;
            self.evcc.handle(now, EvccInput::Settings(settings), rng);
        }
    }

    /// Carries out what the driver asks for. A stop is answered when the power has ended; whoever
    /// asked for one before hears that there is another.
    pub fn local(&mut self, now: Instant, order: Order, rng: &mut dyn CryptoRng) -> Answer {
        Answer::Now(match order {
            Order::Status => self.status(),
            Order::Wishes(wishes) => {
                self.wishes = wishes;
                self.battery.desired_state_of_charge = self.wishes.desired_soc(&self.config);
                self.evcc.handle(now, EvccInput::Battery(self.battery), rng);
                self.agree(now, rng);
                self.status()
            }
            Order::Stop if self.awaits_station() => {
                self.evcc.handle(now, EvccInput::Stop, rng);
                json!({ "ok": true, "ended": NOT_BEGUN })
            }
            Order::Stop if !self.can_stop() => refusal("nothing is being charged over the radio"),
            Order::Stop => {
                self.evcc.handle(now, EvccInput::Stop, rng);
                (self.stopping, self.answer) = (Some(now + STOP_WITHIN), None);
                return Answer::Later;
            }
        })
    }

    /// Whether the plug is in and no session is open: a stop is remembered for the next one.
    fn awaits_station(&self) -> bool {
        let awaits = self.evcc.state() == EvccState::ExpectStation;
        self.plug.is_in() && awaits && self.evcc.session().is_none()
    }

    fn can_stop(&self) -> bool {
        self.remembered.is_some()
            || !matches!(
                self.evcc.state(),
                EvccState::ExpectPlug
                    | EvccState::ExpectStation
                    | EvccState::ExpectUnplug
                    | EvccState::ExpectReportTime
                    | EvccState::ExpectBatteryData
            )
            || (self.evcc.state() == EvccState::ExpectStation && self.evcc.session().is_some())
    }

    fn answer_stop(&mut self, answer: Json) {
        if self.stopping.take().is_some() {
            self.answer = Some(answer);
        }
    }

    /// How the charge goes; what is not known is `null`.
    fn status(&self) -> Json {
        let session = self.evcc.session().or(self.remembered).map(rows::hex);
        let station = (!self.station.is_empty()).then_some(&self.station);
        let reading = self.reading.filter(|_| session.is_some());
        let departure = self.settings.departure.map(|departure| departure.0);
        let desired = self.wishes.desired_soc(&self.config);
        json!({
            "ok": true,
            "plugged": self.plug.is_in(),
            "state": format!("{:?}", self.evcc.state()),
            "station": station,
            "session": session,
            "power_w": reading.and_then(|it| it.power).map(Watts::get),
            "energy_wh": reading.and_then(|it| it.energy).map(WattHours::get),
            "cost": reading.and_then(|it| it.cost).map(|cost| cost.to_string()),
            "soc": self.battery.state_of_charge.map(StateOfCharge::percent),
            "desired_soc": desired.map(StateOfCharge::percent),
            "departure": departure,
            "cost_limit": self.settings.cost_limit.map(|limit| limit.to_string()),
        })
    }

    /// Takes a revocation list.
    pub fn revocations(&mut self, now: Instant, list: &RevocationList, rng: &mut dyn CryptoRng) {
        self.evcc.handle(now, EvccInput::Revocations(list), rng);
    }

    /// Says what is to be done until nothing is left.
    pub fn poll(&mut self, now: Stamp, rng: &mut dyn CryptoRng, mut want: impl FnMut(WantedByV2g)) {
        let (now, utc) = (now.instant, now.utc);
        loop {
            match self.evcc.poll(now, rng) {
                Output::Send { to, datagram } => want(WantedByV2g::Send(to, datagram.to_vec())),
                Output::Event(event) => {
                    if let EvccEvent::Status(reading) = &event {
                        let (session, offer) = (self.evcc.session(), self.offer.as_ref());
                        let from = self.address;
                        want(WantedByV2g::Record(rows::of_station(
                            utc, from, session, offer, reading,
                        )));
                    }
                    for told in self.told(event) {
                        want(WantedByV2g::Keep(told));
                    }
                }
                Output::WakeAt(when) => {
                    self.wake_at = when;
                    break;
                }
            }
        }
        if self.stopping.is_some_and(|until| now >= until) {
            self.answer_stop(refusal(
                "the station has not answered yet; it is asked again until it does",
            ));
        }
        self.answer
            .take()
            .into_iter()
            .for_each(|answer| want(WantedByV2g::Answer(answer)));
    }

    /// What is kept of an event.
    fn told(&mut self, event: EvccEvent) -> Vec<ToldByV2g> {
        let one = |kind, detail| vec![ToldByV2g::Event(kind, detail)];
        match event {
            EvccEvent::StationProven(at, credential) => {
                self.station = credential.subject.name.to_string();
                self.address = at;
                let fingerprint = credential.fingerprint().to_string();
                let station = &self.station;
                one(
                    "v2g_station_proven",
                    json!({ "evse": station, "fingerprint": fingerprint }),
                )
            }
            EvccEvent::Session(_, id) => {
                vec![ToldByV2g::Session(Some((id, self.station.clone())))]
            }
            EvccEvent::Offer(offer) => {
                let price = offer.price_per_kwh.map(|price| price.to_string());
                let tariff = offer.tariff.to_string();
                self.offer = Some(offer);
                one(
                    "v2g_offer",
                    json!({ "evse": self.station, "price_per_kwh": price, "tariff": tariff }),
                )
            }
            EvccEvent::PlugConfirmed => one("v2g_plug_confirmed", json!({ "evse": self.station })),
            EvccEvent::OtherPlug => one("v2g_other_plug", json!({ "evse": self.station })),
            EvccEvent::PowerStarted => one("v2g_power_started", json!({ "evse": self.station })),
            EvccEvent::Status(reading) => {
                self.reading = Some(reading);
                vec![ToldByV2g::Status(self.station.clone(), reading)]
            }
            EvccEvent::PowerStopped(reason) => {
                let reason = format!("{reason:?}");
                self.answer_stop(json!({ "ok": true, "ended": reason }));
                one(
                    "v2g_power_stopped",
                    json!({ "evse": self.station, "reason": reason }),
                )
            }
            EvccEvent::Receipt(signed, signature) => {
                vec![ToldByV2g::Receipt(Box::new(signed), signature)]
            }
            EvccEvent::ReceiptDisputed(signed) => {
                let evse = signed.receipt.evse.as_str();
                one(
                    "v2g_receipt_disputed",
                    json!({ "evse": self.station, "receipt_evse": evse }),
                )
            }
            EvccEvent::SessionEnded(_) => {
                self.reading = None;
                self.answer_stop(json!({ "ok": true, "ended": "session" }));
                vec![ToldByV2g::Session(None)]
            }
            other => self.told_of_trouble(&other),
        }
    }

    fn told_of_trouble(&self, event: &EvccEvent) -> Vec<ToldByV2g> {
        let (kind, why) = match event {
            EvccEvent::StationNotBelieved(reason) => {
                ("v2g_station_not_believed", reason.to_string())
            }
            EvccEvent::NotBelieved(code) => ("v2g_not_believed", format!("reason {code}")),
            EvccEvent::RadioGap => ("v2g_radio_gap", "the station does not answer".to_owned()),
            EvccEvent::Left(reason) => ("v2g_left_station", format!("{reason:?}")),
            EvccEvent::Refused(code) => ("v2g_refused", format!("{code:?}")),
            EvccEvent::SequenceError {
                state,
                message_type,
            } => (
                "v2g_sequence_error",
                format!("{message_type:#04x} in {state:?}"),
            ),
            EvccEvent::RevocationsRefused(error) => ("v2g_revocations_refused", error.to_string()),
            _ => return Vec::new(),
        };
        vec![ToldByV2g::Event(
            kind,
            json!({ "evse": self.station, "why": why }),
        )]
    }
}

/// What the station is told of the owner's settings and the driver's wishes.
fn settings(config: &V2gSettings, wishes: &Wishes, utc: Option<UtcTime>) -> EvccSettings {
    EvccSettings {
        capacity: config.capacity,
        max_current: config.max_current,
        cost_limit: wishes.cost_limit(config),
        departure: wishes.departure(utc.and_then(UtcSecond::of)),
        battery_data_after_unplugging: config.battery_data,
    }
}

/// An answer that says why not.
fn refusal(problem: &str) -> Json {
    json!({ "ok": false, "error": problem })
}
