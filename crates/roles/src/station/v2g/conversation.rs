//! One slot's conversation: what it is told of its slot, and what it wants of it.
//!
//! Not the conversation itself ([`v2x_proto::v2g::secc`]). A slot without plug detector has a plug
//! while its session machine sees a load; one that lets no current flow before it knows the car
//! cannot see any and always has one.

use rand_core::CryptoRng;
use v2x_charging::{Policy, SessionRecord, SlotState};
use v2x_proto::secure::{Identity, RevocationList, Signature, Trust};
use v2x_proto::v2g::Money;
use v2x_proto::v2g::message::{BatteryDataReq, SignedReceipt};
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{
    BatteryReport, MeterReading, Onset, OnsetWatch, Output, SavedSession, Secc, SeccEvent,
    SeccInput, SeccSettings, SessionId, SlotSeen,
};
use v2x_units::{Instant, MacAddress, UtcTime, WattHours};

use super::offer;
use crate::station::{Order, PortId, SlotNumber, SlotSetup, SlotView, StationSetup};

/// What is to be kept of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// The session in place of the one before.
    Save(Option<SavedSession>),
    /// A receipt, with the car's signature once it has come.
    Receipt(Box<SignedReceipt>, Option<Signature>),
    /// A car's battery while it charges: slot's name, car's name.
    Battery(String, String, BatteryReport),
    /// A car's battery after unplugging; the entry of a controller's journal, if it came by one.
    BatteryData(String, String, BatteryDataReq, Option<String>),
    /// Something that happened, with its circumstances as a JSON object.
    Event(&'static str, serde_json::Value),
}

/// What a conversation wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Give these bytes to the radio, for whom they are.
    Send(MacAddress, Vec<u8>),
    /// Give the slot this order.
    Order(Order),
    /// Keep this.
    Keep(Told),
}

/// What the meter has said of a session that is over.
#[derive(Debug, Clone, Copy)]
struct Last {
    /// `None` where nobody knows any more what flowed.
    energy: Option<WattHours>,
    cost: Option<Money>,
}

/// A slot's conversation.
pub struct SlotV2g {
    number: SlotNumber,
    port: PortId,
    setup: StationSetup,
    energy_limit: Option<WattHours>,
    name: String,
    secc: Secc,
    /// What the plug detector says, if there is one.
    plug_input: Option<bool>,
    plugged: Option<bool>,
    onsets: OnsetWatch,
    live: Option<Onset>,
    meter: Option<MeterReading>,
    settings: Option<SeccSettings>,
    /// The slot's session that ended last, until another session is open.
    last: Option<Last>,
    session: Option<SessionId>,
    /// The relay stays open after a restart until the car is back.
    must_pause: bool,
    wake_at: Option<Instant>,
}

impl SlotV2g {
    /// Goes on with the session that was saved before a restart, if there is one.
    #[must_use]
    pub fn new(
        slot: &SlotSetup,
        setup: &StationSetup,
        (identity, trust): (Identity, Trust),
        energy_limit: Option<WattHours>,
        saved: Option<SavedSession>,
        now: Instant,
    ) -> Self {
        // Where everybody may charge nothing is gained by a pause, and a sleeping car is lost.
        let must_pause = slot.config.policy != Policy::FreeVend
            && saved
                .as_ref()
                .is_some_and(|saved| saved.powered && !saved.ended);
        // What flowed before the restart is in the books, not here: unknown, never nothing.
        let last = saved.as_ref().filter(|saved| saved.powered);
        let last = last.map(|_| Last {
            energy: None,
            cost: None,
        });
        let name = identity.credential().subject.name.to_string();
        // The tariff is not known before the first look, which comes before anything is heard.
        let settings = SeccSettings {
            offer: v2x_proto::v2g::message::ChargeParameterDiscoveryRes::default(),
            meter: v2x_proto::v2g::message::MeterKind::Uncertified,
        };
        Self {
            number: slot.number,
            port: slot.port,
            setup: setup.clone(),
            energy_limit,
            name,
            session: saved.as_ref().map(|saved| saved.id),
            secc: Secc::new(identity, trust, settings, now, saved),
            plug_input: None,
            plugged: None,
            onsets: OnsetWatch::default(),
            live: None,
            meter: None,
            settings: None,
            last,
            must_pause,
            wake_at: None,
        }
    }

    /// Which slot it is.
    #[must_use]
    pub const fn number(&self) -> SlotNumber {
        self.number
    }

    /// The line of its board.
    #[must_use]
    pub const fn port(&self) -> PortId {
        self.port
    }

    /// Whether a car with a credential has the slot.
    #[must_use]
    pub fn has_proven_car(&self) -> bool {
        self.secc.session().is_some_and(|session| !session.ended)
    }

    /// Whether a car has the slot: by its session, or by a plug that somebody sees.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.has_proven_car() || self.plug_input == Some(true)
    }

    /// When it wants to be polled.
    #[must_use]
    pub const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Takes what the plug detector sees.
    pub const fn plug_input(&mut self, plugged: bool) {
        self.plug_input = Some(plugged);
    }

    /// Takes what the radio heard.
    pub fn hear(
        &mut self,
        now: Instant,
        from: MacAddress,
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) {
        self.secc.handle(now, SeccInput::Heard(from, payload), rng);
    }

    /// Whether a session of the books has ended in the conversation that is open since before the
    /// start of the program.
    #[must_use]
    pub fn outlived(&self, record: &SessionRecord) -> bool {
        let session = self.secc.session().filter(|session| session.powered);
        let opened = session.and_then(|session| session.started);
        let began = record.started.zip(opened);
        record.ended.is_some() && began.is_some_and(|(began, opened)| began >= opened.utc())
    }

    /// The slot's session has ended: the receipt says what it says.
    pub fn ended(&mut self, record: &SessionRecord, cost: Option<Money>) {
        let energy = WattHours::from_kilowatt_hours(record.energy.plausible.kilowatt_hours());
        self.last = Some(Last {
            energy: Some(energy),
            cost,
        });
    }

    /// Since when the slot feeds whoever is plugged in, as it is seen now; `None` while it does
    /// not, or nobody knows. For [`super::Onsets`], which sees all slots of the station.
    pub fn onset(&mut self, now: Instant, view: &SlotView<'_>) -> Option<Onset> {
        let config = &view.setup.config;
        let relay = view.relay.filter(|relay| relay.confirmed);
        let load = view.measured.and_then(|sample| {
            let current = sample.current?;
            Some((sample.at, config.current.draws(current)))
        });
        let seen = SlotSeen {
            has_relay: config.has_relay,
            relay: relay.map(|relay| relay.closed),
            plug: self.plug_input,
            closes_for_car: config.policy == Policy::KnownCars,
            load,
        };
        self.onsets.look(now, &seen)
    }

    /// The slot's board has started anew or is gone: since when the slot feeds is not known.
    pub fn board_lost(&mut self) {
        self.onsets = OnsetWatch::default();
    }

    /// Tells the conversation how the slot is, as far as it is new; `live` is its onset, where
    /// that can be told from those of the other slots.
    pub fn look(
        &mut self,
        now: Instant,
        view: &SlotView<'_>,
        live: Option<Onset>,
        rng: &mut dyn CryptoRng,
    ) {
        if self.live != live {
            self.live = live;
            self.secc.handle(now, SeccInput::Live(live), rng);
        }
        let settings = offer::settings(&self.setup, view.setup, view.tariff, self.energy_limit);
        if self.settings.as_ref() != Some(&settings) {
            self.secc.handle(now, SeccInput::Settings(&settings), rng);
            self.settings = Some(settings);
        }
        let meter = self.reading(view);
        if self.meter != Some(meter) {
            self.meter = Some(meter);
            self.secc.handle(now, SeccInput::Meter(meter), rng);
        }
        let plugged = self.has_plug(view);
        if plugged.is_some() && self.plugged != plugged {
            self.plugged = plugged;
            let plugged = plugged == Some(true);
            self.secc.handle(now, SeccInput::Plugged(plugged), rng);
        }
    }

    /// Tells the conversation what time it is.
    pub fn clock(&mut self, now: Instant, utc: Option<UtcTime>, rng: &mut dyn CryptoRng) {
        self.secc.handle(now, SeccInput::Clock(utc), rng);
    }

    /// Takes a revocation list.
    pub fn revocations(&mut self, now: Instant, list: &RevocationList, rng: &mut dyn CryptoRng) {
        self.secc.handle(now, SeccInput::Revocations(list), rng);
    }

    /// What the meter says of the session: the slot's open one, or the one that has just ended.
    fn reading(&self, view: &SlotView<'_>) -> MeterReading {
        let sample = view.measured;
        let currency = view.tariff.currency.code();
        let (energy, cost) = match (&view.session, self.last) {
            (Some(open), _) => {
                let energy = WattHours::from_kilowatt_hours(open.energy.plausible.kilowatt_hours());
                let cost = open
                    .cost
                    .map(|cost| offer::money(cost.amount(), cost.currency().code()));
                (Some(energy), cost.flatten())
            }
            (None, Some(last)) => (last.energy, last.cost),
            // Nothing has flowed yet; a meter that was never heard does not even say that.
            (None, None) => {
                let nothing = offer::money(rust_decimal::Decimal::ZERO, currency);
                (sample.map(|_| WattHours::ZERO), sample.and(nothing))
            }
        };
        MeterReading {
            voltage: sample.and_then(|sample| sample.voltage),
            current: sample.and_then(|sample| sample.current),
            power: sample.and_then(|sample| sample.power),
            power_factor: sample.and_then(|sample| sample.power_factor),
            energy,
            cost,
        }
    }

    /// Whether a plug is in the slot; `None` while nobody can say.
    fn has_plug(&self, view: &SlotView<'_>) -> Option<bool> {
        if self.plug_input.is_some() {
            return self.plug_input;
        }
        let config = &view.setup.config;
        if config.has_relay && config.policy != Policy::FreeVend {
            return Some(true);
        }
        match view.state? {
            SlotState::Preparing
            | SlotState::Charging
            | SlotState::SuspendedEv
            | SlotState::SuspendedEvse => Some(true),
            SlotState::Available | SlotState::Finishing => Some(false),
            SlotState::Unavailable(_) | SlotState::Faulted(_) => None,
        }
    }

    /// Everything that the conversation wants now.
    pub fn poll(&mut self, now: Instant) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        if std::mem::take(&mut self.must_pause) {
            wanted.push(Wanted::Order(Order::Pause));
        }
        loop {
            match self.secc.poll(now) {
                Output::Send { to, datagram } => wanted.push(Wanted::Send(to, datagram.to_vec())),
                Output::WakeAt(at) => {
                    self.wake_at = at;
                    return wanted;
                }
                Output::Event(event) => {
                    let must_act = matches!(event, SeccEvent::PowerOff(..));
                    self.take(event, &mut wanted);
                    if must_act {
                        // What the meter says at last is asked for before the car hears of it.
                        self.wake_at = Some(now);
                        return wanted;
                    }
                }
            }
        }
    }

    fn take(&mut self, event: SeccEvent, wanted: &mut Vec<Wanted>) {
        use serde_json::json;
        let keep = |told| Wanted::Keep(told);
        let happened = |kind, detail| keep(Told::Event(kind, detail));
        let slot = self.number;
        match event {
            SeccEvent::CarProven(car) => {
                let (name, print) = (car.subject.name.to_string(), car.fingerprint().to_string());
                let detail = json!({ "slot": slot.get(), "evcc": name, "fingerprint": print });
                wanted.push(happened("v2g_car_proven", detail));
            }
            SeccEvent::CarRefused(why) => {
                let detail = json!({ "slot": slot.get(), "why": why.to_string() });
                wanted.push(happened("v2g_car_refused", detail));
            }
            SeccEvent::Save(saved) => {
                let id = saved.as_ref().map(|saved| saved.id);
                if id.is_some() && id != self.session {
                    self.last = None;
                }
                self.session = id;
                wanted.push(keep(Told::Save(saved)));
            }
            SeccEvent::PowerOn(_, car) => {
                wanted.push(Wanted::Order(Order::ReleaseFor(car.short())));
                wanted.push(Wanted::Order(Order::Resume));
            }
            SeccEvent::PowerOff(_, reason) => {
                let detail = json!({ "slot": slot.get(), "why": format!("{reason:?}") });
                wanted.push(happened("v2g_power_off", detail));
                match reason {
                    // A plug that has left ends the slot's session by itself.
                    PowerOffReason::Unplugged => {}
                    // Whoever is in the slot charges on where everybody may, for nobody's account.
                    PowerOffReason::OtherPlug => wanted.push(Wanted::Order(Order::Withdraw)),
                    _ => wanted.push(Wanted::Order(Order::Stop)),
                }
            }
            SeccEvent::Receipt(signed) => {
                wanted.push(keep(Told::Receipt(Box::new(signed), None)));
            }
            SeccEvent::Countersigned(signed, by) => {
                wanted.push(keep(Told::Receipt(Box::new(signed), Some(by))));
            }
            SeccEvent::Battery(report) => {
                let car = self.secc.session().map(|session| session.car.to_string());
                let told = Told::Battery(self.name.clone(), car.unwrap_or_default(), report);
                wanted.push(keep(told));
            }
            SeccEvent::BatteryData(car, data) => {
                wanted.push(keep(Told::BatteryData(
                    self.name.clone(),
                    car.to_string(),
                    data,
                    None,
                )));
            }
            other => {
                let detail = json!({ "slot": slot.get(), "what": format!("{other:?}") });
                wanted.push(happened("v2g", detail));
            }
        }
    }
}
