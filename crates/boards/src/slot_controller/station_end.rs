//! The station's end of V2G on the slot controller: what it is told of its slot, and what it wants.
//!
//! Not the conversation itself (`v2x_proto::v2g::secc`): the same that runs in the station computer
//! for slots without a controller. A slot without plug input has a plug while its session machine
//! sees a load; one that lets no current flow before it knows the car always has one.

use core::time::Duration;

use chacha20::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use v2x_charging::{
    Authorisation, Input as SlotInput, Policy, SessionRecord, Slot, SlotConfig, SlotState,
};
use v2x_proto::deadlines::LIVE_WAIT_MAX;
use v2x_proto::link::message::PriceSchedule;
use v2x_proto::secure::{Datagram, Identity, RevocationList, Trust};
use v2x_proto::v2g::message::{ChargingStatusReq, MeteringReceiptRes, Request, Response};
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{
    MeterReading, Money, Onset, OnsetWatch, Output, Secc, SeccEvent, SeccInput, SeccSettings,
    SessionId, SlotSeen,
};
use v2x_units::{BootId, Instant, MacAddress, UtcTime, WattHours};

use super::journal;
use super::prices::{Cost, Prices, Progress};
use super::saved::{self, SavedBytes};
use crate::chassis::Text;
use crate::memory::{COST, Memory, MemoryError, V2G_SESSION, VALUE_MAX};

/// What an entry of the journal holds.
pub(super) type Content = heapless::Vec<u8, { journal::CONTENT_MAX }>;

/// What the conversation wants.
pub(super) enum Wanted {
    /// Give this to the radio.
    Air(MacAddress, Datagram),
    /// Tell the slot.
    Slot(SlotInput),
    /// Keep the session in place of the one before.
    Save(SavedBytes),
    /// Into the journal.
    Journal(u8, Content),
    /// Say it once.
    Say(u8, Content),
    /// Nothing that anybody has to know.
    Nothing,
    /// Wait.
    WakeAt(Option<Instant>),
}

/// What a slot's conversation is told of its slot.
pub(super) struct View<'a> {
    pub(super) config: &'a SlotConfig,
    pub(super) slot: &'a Slot,
    pub(super) has_plug_input: bool,
    /// What the plug input says; `None` without one, and until it has been read.
    pub(super) plug: Option<bool>,
    /// Whether the relay is closed; `None` without one.
    pub(super) relay: Option<bool>,
    /// The newest record of a session, and this boot.
    pub(super) kept: Option<&'a SessionRecord>,
    pub(super) boot: BootId,
    /// The newest measurement, as far as it is fresh.
    pub(super) measured: Option<MeterReading>,
    /// When that was, and whether a load draws.
    pub(super) load: Option<(Instant, Option<bool>)>,
    pub(super) utc: Option<UtcTime>,
}

/// The conversation of a slot.
pub(super) struct StationEnd {
    secc: Secc,
    rng: ChaCha20Rng,
    prices: Prices,
    cost: Option<Cost>,
    settings: Option<SeccSettings>,
    meter: Option<MeterReading>,
    plugged: Option<bool>,
    onsets: OnsetWatch,
    live: Option<Onset>,
    /// Energy and cost of the slot's session that ended last, until another V2G session is open.
    last: Option<(WattHours, Option<Money>)>,
    session: Option<SessionId>,
    /// The relay stays open after a restart until the car is back.
    must_pause: bool,
    /// What follows the release of the slot.
    then: Option<SlotInput>,
}

impl core::fmt::Debug for StationEnd {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StationEnd")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl StationEnd {
    /// Goes on with what is in flash; `record` is the slot's newest.
    pub(super) fn open(
        (identity, trust): (Identity, Trust),
        seed: [u8; 32],
        record: Option<&SessionRecord>,
        now: Instant,
        memory: &mut dyn Memory,
    ) -> Self {
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(V2G_SESSION, &mut room).ok().flatten();
        let saved = kept.and_then(saved::read);
        let prices = Prices::load(memory);
        let kept = memory.fetch(COST, &mut room).ok().flatten();
        let cost = kept.zip(record);
        let cost = cost.and_then(|(bytes, record)| Cost::read(bytes, record));
        let settings = SeccSettings {
            offer: Default::default(),
            meter: v2x_proto::v2g::message::MeterKind::Uncertified,
        };
        let mut end = Self {
            must_pause: saved.as_ref().is_some_and(|it| it.powered && !it.ended),
            session: saved.as_ref().map(|saved| saved.id),
            secc: Secc::new(identity, trust, settings, now, saved),
            rng: ChaCha20Rng::from_seed(seed),
            prices,
            cost,
            settings: None,
            meter: None,
            plugged: None,
            onsets: OnsetWatch::default(),
            live: None,
            last: None,
            then: None,
        };
        if let Some(record) = record.filter(|record| record.ended.is_some()) {
            end.ended(record, None);
        }
        end
    }

    /// Takes a schedule of prices.
    pub(super) fn price(
        &mut self,
        schedule: &PriceSchedule<'_>,
        memory: &mut dyn Memory,
    ) -> Result<(), MemoryError> {
        self.prices.take(schedule, memory)
    }

    /// Takes what the radio heard.
    pub(super) fn hear(&mut self, now: Instant, from: MacAddress, bytes: &[u8]) {
        let input = SeccInput::Heard(from, bytes);
        self.secc.handle(now, input, &mut self.rng);
    }

    /// Takes the time.
    pub(super) fn clock(&mut self, now: Instant, utc: Option<UtcTime>) {
        self.secc.handle(now, SeccInput::Clock(utc), &mut self.rng);
    }

    /// Takes a revocation list.
    pub(super) fn revoke(&mut self, now: Instant, list: &RevocationList) {
        let input = SeccInput::Revocations(list);
        self.secc.handle(now, input, &mut self.rng);
    }

    /// What the session of a record costs with it, for the flash beside the record; `before` is the
    /// record that was kept last.
    pub(super) fn cost_of(
        &mut self,
        record: &SessionRecord,
        before: Option<&SessionRecord>,
        utc: Option<UtcTime>,
    ) -> impl AsRef<[u8]> + use<> {
        let prices = &self.prices;
        let cost = self
            .cost
            .filter(|cost| cost.transaction() == record.transaction);
        let mut cost = cost.unwrap_or_else(|| Cost::begin(record, prices));
        cost.advance(Progress::at(record), before, prices, utc);
        self.cost = Some(cost);
        cost.bytes()
    }

    /// The slot's session has ended: the receipt says what it says.
    pub(super) fn ended(&mut self, record: &SessionRecord, utc: Option<UtcTime>) {
        self.cost_of(record, Some(record), utc);
        let energy = WattHours::from_kilowatt_hours(record.energy.plausible.kilowatt_hours());
        let cost = self.cost.and_then(|cost| cost.money(&self.prices));
        self.last = Some((energy, cost));
    }

    /// Tells the conversation how the slot is, as far as it is new.
    pub(super) fn look(&mut self, now: Instant, view: &View<'_>) {
        let settings = self.prices.offer(view.utc);
        if self.settings.as_ref() != Some(&settings) {
            let input = SeccInput::Settings(&settings);
            self.secc.handle(now, input, &mut self.rng);
            self.settings = Some(settings);
        }
        let meter = self.reading(now, view);
        if self.meter != Some(meter) {
            self.meter = Some(meter);
            self.secc
                .handle(now, SeccInput::Meter(meter), &mut self.rng);
        }
        let seen = SlotSeen {
            has_relay: view.config.has_relay,
            relay: view.relay,
            plug: view.plug,
            closes_for_car: view.config.policy == Policy::KnownCars,
            load: view.load,
        };
        let live = self.onsets.look(now, &seen);
        if self.live != live {
            self.live = live;
            let input = SeccInput::Live(live);
            self.secc.handle(now, input, &mut self.rng);
        }
        let plugged = has_plug(view);
        if plugged.is_some() && self.plugged != plugged {
            self.plugged = plugged;
            let input = SeccInput::Plugged(plugged == Some(true));
            self.secc.handle(now, input, &mut self.rng);
        }
    }

    /// What the meter says of the session: the slot's open one, or the one that has just ended.
    fn reading(&mut self, now: Instant, view: &View<'_>) -> MeterReading {
        let measured = view.measured.unwrap_or_default();
        let (energy, cost) = match (view.slot.session(), self.last) {
            (Some((transaction, energy)), _) => {
                let prices = &self.prices;
                let record = view.kept.filter(|it| it.transaction == transaction);
                let mut cost = self.cost.filter(|cost| cost.transaction() == transaction);
                if let (Some(cost), Some(record)) = (&mut cost, record) {
                    let energy = energy.plausible.milliwatt_hours();
                    let until = if record.boot == view.boot {
                        Progress::since(record, now, energy)
                    } else {
                        Progress {
                            energy,
                            ..Progress::at(record)
                        }
                    };
                    cost.advance(until, Some(record), prices, view.utc);
                    self.cost = Some(*cost);
                }
                let energy = energy.plausible.kilowatt_hours();
                let energy = WattHours::from_kilowatt_hours(energy);
                (Some(energy), cost.and_then(|cost| cost.money(prices)))
            }
            (None, Some((energy, cost))) => (Some(energy), cost),
            // Nothing has flowed yet; a meter that was never heard does not even say that.
            (None, None) => {
                let is_heard = view.measured.is_some();
                let nothing = is_heard.then(|| Cost::nothing(&self.prices)).flatten();
                (is_heard.then_some(WattHours::ZERO), nothing)
            }
        };
        MeterReading {
            energy,
            cost,
            ..measured
        }
    }

    /// How long the relay waits before it closes, drawn anew each time. Two slots that have no
    /// computer in common seldom close together then, and a car can tell them apart.
    pub(super) fn draw_wait(&mut self) -> Duration {
        let mut bytes = [0; 4];
        self.rng.fill_bytes(&mut bytes);
        LIVE_WAIT_MAX.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
    }

    /// What the conversation wants next.
    pub(super) fn poll(&mut self, now: Instant) -> Wanted {
        if core::mem::take(&mut self.must_pause) {
            return Wanted::Slot(SlotInput::Pause);
        }
        if let Some(input) = self.then.take() {
            return Wanted::Slot(input);
        }
        match self.secc.poll(now) {
            Output::Send { to, datagram } => Wanted::Air(to, datagram),
            Output::WakeAt(at) => Wanted::WakeAt(at),
            Output::Event(event) => self.take(event),
        }
    }

    fn take(&mut self, event: SeccEvent) -> Wanted {
        match event {
            SeccEvent::CarProven(car) => {
                let (print, name) = (car.fingerprint(), &car.subject.name);
                text(journal::CAR_PROVEN, format_args!("{print} {name}"))
            }
            SeccEvent::Save(saved) => {
                let id = saved.as_ref().map(|saved| saved.id);
                if id.is_some() && id != self.session {
                    self.last = None;
                }
                self.session = id;
                Wanted::Save(saved::write(saved.as_ref()))
            }
            SeccEvent::PowerOn(_, car) => {
                self.then = Some(SlotInput::Resume);
                Wanted::Slot(SlotInput::Authorise(Authorisation::Car(car.short())))
            }
            SeccEvent::PowerOff(_, reason) => {
                self.then = match reason {
                    // A plug that has left ends the slot's session by itself.
                    PowerOffReason::Unplugged => None,
                    // Whoever is in the slot charges on where everybody may, for nobody's account.
                    PowerOffReason::OtherPlug => Some(SlotInput::Deauthorise),
                    _ => Some(SlotInput::Stop),
                };
                text(journal::POWER_OFF, format_args!("{reason:?}"))
            }
            SeccEvent::Receipt(signed) => match receipt(&signed) {
                Some(body) => Wanted::Journal(journal::RECEIPT, content(&[&body])),
                None => Wanted::Nothing,
            },
            SeccEvent::Countersigned(signed, by) => match receipt(&signed) {
                Some(body) => {
                    Wanted::Journal(journal::COUNTERSIGNED, content(&[by.bytes(), &body]))
                }
                None => Wanted::Nothing,
            },
            SeccEvent::Battery(battery) => {
                let request = Request::from(ChargingStatusReq { battery });
                request.emit().map_or(Wanted::Nothing, |body| {
                    Wanted::Say(journal::BATTERY, content(&[&body]))
                })
            }
            SeccEvent::BatteryData(car, data) => {
                let name = car.as_str().as_bytes();
                let length = u8::try_from(name.len()).unwrap_or(0);
                Request::from(data).emit().map_or(Wanted::Nothing, |body| {
                    let content = content(&[&[length], name, &body]);
                    Wanted::Journal(journal::BATTERY_DATA, content)
                })
            }
            // What the car wishes is known again whenever it asks; a journal is for what counts.
            SeccEvent::Wishes(_) => Wanted::Nothing,
            // Whoever likes can bring it about: it costs no flash.
            SeccEvent::CarRefused(_) | SeccEvent::Refused { .. } => {
                Wanted::Say(journal::NOTE, text_of(format_args!("{event:?}")))
            }
            other => text(journal::NOTE, format_args!("{other:?}")),
        }
    }
}

/// Whether a plug is in the slot; `None` while nobody can say.
fn has_plug(view: &View<'_>) -> Option<bool> {
    if view.has_plug_input {
        return view.plug;
    }
    if view.config.has_relay && view.config.policy != Policy::FreeVend {
        return Some(true);
    }
    match view.slot.state()? {
        SlotState::Preparing
        | SlotState::Charging
        | SlotState::SuspendedEv
        | SlotState::SuspendedEvse => Some(true),
        SlotState::Available | SlotState::Finishing => Some(false),
        SlotState::Unavailable(_) | SlotState::Faulted(_) => None,
    }
}

fn receipt(signed: &v2x_proto::v2g::message::SignedReceipt) -> Option<v2x_proto::secure::Body> {
    Response::from(MeteringReceiptRes::Receipt(signed.clone()))
        .emit()
        .ok()
}

/// Parts as one content; what an entry has no room for is left out, which no part of ours reaches.
fn content(parts: &[&[u8]]) -> Content {
    let mut content = Content::new();
    for part in parts {
        content.extend_from_slice(part).unwrap_or_default();
    }
    content
}

fn text(kind: u8, what: core::fmt::Arguments<'_>) -> Wanted {
    Wanted::Journal(kind, text_of(what))
}

fn text_of(what: core::fmt::Arguments<'_>) -> Content {
    content(&[Text::cut(what).as_str().as_bytes()])
}
