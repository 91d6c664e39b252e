//! The station's end of V2G in the station computer: one conversation for each slot with keys.
//!
//! ```text
//! air ────────► payloads ─┐                 ┌─► air
//! slots' views, plugs ────┼─► SECC of each ─┼─► orders to the slot (release, stop, pause)
//! clock, revocations ─────┘    slot         └─► store: sessions, receipts, battery data
//! ```
//!
//! It runs in the keeper's thread, which owns slots and store, so that a release and the session
//! that follows from it are one step. A slot controller with keys
//! runs the same types; its slot has no conversation here (`super::controllers`).
//!
//! | file | what it holds |
//! |---|---|
//! | `legacy.rs` | prototype cars, where the operator speaks with them; no way to an order |
//! | `books.rs` | what is kept |
//!
//! What a conversation is fed with and what it wants of its slot is `v2x_roles::station::v2g`.

pub(super) mod books;
mod legacy;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, never};
use tracing::{info, warn};
use v2x_charging::SessionRecord;
use v2x_proto::announcement::Quiet;
use v2x_proto::secure::Role;
use v2x_proto::v2g::Money;
use v2x_proto::v2v::Pseudonym;
use v2x_roles::station::v2g::{Announcement, Onsets, SlotV2g, Told, Wanted, offer};
use v2x_roles::station::{Order, PortId, SlotNumber, Station, StationSetup};
use v2x_store::{Store, StoreError, Total};
use v2x_units::{Instant, MacAddress, UtcTime};

use crate::air::{Air, AirHealth, Packet};
use crate::clock::Clock;
use crate::config::station::StationConfig;
use crate::daemon::payload::is_of_no_protocol_of_ours;
use crate::daemon::waiting::{ForStore, Waiting};
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::{Drawn, RevocationFile, Ticket, UnitKeys};
use legacy::Legacy;

/// How often time and settings are told to the conversations.
const TELL: Duration = Duration::from_secs(1);

/// The conversations of a station.
pub(super) struct V2g {
    air: Option<Air>,
    health: Arc<AirHealth>,
    setup: StationSetup,
    /// Each with the revocation list of its slot's folder.
    slots: Vec<(SlotV2g, RevocationFile)>,
    legacy: Option<Legacy>,
    announcement: Option<Announcement>,
    quiet: Option<Quiet>,
    onsets: Onsets,
    /// What the store has not taken yet.
    unwritten: Waiting<Unwritten>,
    rng: Drawn,
    due: Instant,
}

/// Something for the store, with its date.
struct Unwritten {
    slot: SlotNumber,
    at: Option<UtcTime>,
    told: Told,
}

impl ForStore for Unwritten {
    fn is_book(&self) -> bool {
        matches!(self.told, Told::Save(_) | Told::Receipt(..))
    }
}

impl V2g {
    /// A conversation for each slot that has keys, gone on with from the store; and legacy mode
    /// where it is switched on.
    pub(super) fn open(
        (air, health): (Air, Arc<AirHealth>),
        config: &StationConfig,
        store: &Store,
        now: Instant,
    ) -> Result<Self, Failure> {
        let (setup, policy) = (&config.setup, config.radio.policy);
        if config.radio.legacy {
            health.legacy.switched_on();
        }
        let mut slots = Vec::new();
        let mut ticket = None;
        for radio in &config.slot_radios {
            let Some(of_slot) = setup.slots.iter().find(|slot| slot.number == radio.slot) else {
                continue;
            };
            let keys = UnitKeys::load(&radio.keys, Role::Station, policy, Clock::wall())?;
            let name = keys.identity.credential().subject.name.to_string();
            info!(slot = %radio.slot, evse = name, "the slot has its keys");
            ticket = ticket.or_else(|| keys.pseudonyms.first().cloned());
            let saved = store.v2g_session(&books::owner(radio.slot));
            let saved = saved.blame(Blame::Runtime, "store")?;
            let saved = saved.as_ref().and_then(books::saved);
            let who = (keys.identity, keys.trust);
            let slot = SlotV2g::new(of_slot, setup, who, radio.energy_limit, saved, now);
            slots.push((slot, keys.revocations));
        }
        let mut opened = Self {
            air: Some(air),
            health,
            setup: setup.clone(),
            slots,
            legacy: config.radio.legacy.then(Legacy::new),
            announcement: announcement(ticket, setup, now)?,
            quiet: None,
            onsets: Onsets::default(),
            unwritten: Waiting::default(),
            rng: Drawn::from_kernel()?,
            due: now,
        };
        opened.recall_ended(store).blame(Blame::Runtime, "store")?;
        Ok(opened)
    }

    /// Takes the slots' ended sessions from the books where a conversation outlived them: its
    /// receipt is still to be signed.
    fn recall_ended(&mut self, store: &Store) -> Result<(), StoreError> {
        for (slot, _) in &mut self.slots {
            let session = store.newest_session(slot.number().get())?;
            let record = session.map(|session| session.newest);
            if let Some(record) = record.filter(|record| slot.outlived(record)) {
                let bill = store.bill(record.transaction)?;
                let total = bill.and_then(|bill| bill.total.ok());
                slot.ended(&record, total.as_ref().and_then(cost));
            }
        }
        Ok(())
    }

    /// Whether prototypes are spoken with.
    pub(super) const fn is_legacy(&self) -> bool {
        self.legacy.is_some()
    }

    /// Where payloads are heard.
    pub(super) fn heard(&self) -> Receiver<Packet> {
        self.air
            .as_ref()
            .map_or_else(never, |air| air.heard.clone())
    }

    /// Takes a payload; each conversation knows its own. `None`: the air has ended.
    pub(super) fn hear(&mut self, packet: Option<&Packet>) {
        let Some(packet) = packet else {
            self.air = None;
            return;
        };
        for (slot, _) in &mut self.slots {
            slot.hear(packet.at, packet.from, &packet.payload, &mut self.rng);
        }
        if let Some(legacy) = &mut self.legacy
            && is_of_no_protocol_of_ours(&packet.payload)
        {
            legacy.hear(packet.at, packet.from, &packet.payload);
        }
    }

    /// Takes what the plug detector of a line sees.
    pub(super) fn plug(&mut self, port: PortId, plugged: bool) {
        let of_line = |(slot, _): &&mut (SlotV2g, _)| slot.port() == port;
        for (slot, _) in self.slots.iter_mut().filter(of_line) {
            slot.plug_input(plugged);
        }
        if let Some(legacy) = &mut self.legacy {
            legacy.plug(port, plugged);
        }
    }

    /// A line is gone, or its board has started anew.
    pub(super) fn board_lost(&mut self, port: PortId) {
        let slots = self.slots.iter_mut().map(|(slot, _)| slot);
        for slot in slots.filter(|slot| slot.port() == port) {
            slot.board_lost();
        }
    }

    /// Takes the last record of a slot's session, with what it costs.
    pub(super) fn ended(&mut self, number: SlotNumber, record: &SessionRecord, store: &Store) {
        let bill = store.bill(record.transaction).unwrap_or_else(|error| {
            warn!(%error, slot = %number, "bill not read: the receipt says no cost");
            None
        });
        let total = bill.and_then(|bill| bill.total.ok());
        let is_meant = |(slot, _): &&mut (SlotV2g, _)| slot.number() == number;
        for (slot, _) in self.slots.iter_mut().filter(is_meant) {
            slot.ended(record, total.as_ref().and_then(cost));
        }
    }

    /// When something is to be done without anything coming in.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let slots = self.slots.iter().filter_map(|(slot, _)| slot.wake_at());
        let legacy = self.legacy.as_ref().and_then(Legacy::wake_at);
        let announcement = self.announcement.as_ref().map(Announcement::wake_at);
        slots
            .chain(legacy)
            .chain(announcement)
            .chain([self.due])
            .min()
    }

    /// Tells each conversation how its slot is, and does what it wants. The orders come back: after
    /// them the slots have to be asked what they want, and then this again.
    pub(super) fn step(
        &mut self,
        now: Instant,
        station: &Station,
        store: &mut Store,
    ) -> Vec<(SlotNumber, Order)> {
        let is_due = now >= self.due;
        if is_due {
            self.due = now + TELL;
        }
        let mut orders = Vec::new();
        for view in station.views(now) {
            let number = view.setup.number;
            let is_meant = |(slot, _): &&mut (SlotV2g, _)| slot.number() == number;
            if let Some((slot, _)) = self.slots.iter_mut().find(is_meant) {
                self.onsets.see(number, slot.onset(now, &view));
            }
        }
        for (slot, revocations) in &mut self.slots {
            let mut views = station.views(now);
            let Some(view) = views.find(|view| view.setup.number == slot.number()) else {
                continue;
            };
            let live = self.onsets.alone(slot.number());
            slot.look(now, &view, live, &mut self.rng);
            if is_due {
                slot.clock(now, Clock::wall(), &mut self.rng);
                match revocations.changed() {
                    Ok(None) => {}
                    Ok(Some(list)) => slot.revocations(now, &list, &mut self.rng),
                    Err(failure) => {
                        warn!(slot = %slot.number(), ?failure, "revocation list not read");
                    }
                }
            }
            for wanted in slot.poll(now) {
                match wanted {
                    Wanted::Send(to, payload) => {
                        if let Some(air) = &self.air {
                            air.sender.send(to, payload);
                        }
                    }
                    Wanted::Order(order) => orders.push((slot.number(), order)),
                    Wanted::Keep(told) => {
                        log(slot.number(), &told);
                        self.unwritten.push(Unwritten {
                            slot: slot.number(),
                            at: Clock::wall(),
                            told,
                        });
                    }
                }
            }
        }
        self.unwritten
            .write(|it| books::write(store, it.slot, it.at, &it.told));
        self.announce(now, is_due, station);
        self.step_legacy(now, station, store);
        orders
    }

    /// Says what the station is to everybody who comes by.
    fn announce(&mut self, now: Instant, is_due: bool, station: &Station) {
        let Some(announcement) = &mut self.announcement else {
            return;
        };
        if is_due {
            let slots = &self.slots;
            let is_taken = |number| {
                let mut slots = slots.iter().filter(|(slot, _)| slot.number() == number);
                slots.any(|(slot, _)| slot.is_taken())
            };
            let (address, utc) = (self.health.address(), Clock::wall());
            announcement.look(now, (utc, address), station.views(now), is_taken);
        }
        for frame in announcement.poll(now) {
            if let Some(air) = &self.air {
                air.sender.send(MacAddress::BROADCAST, frame);
            }
        }
        if announcement.quiet() != self.quiet {
            self.quiet = announcement.quiet();
            match self.quiet {
                Some(why) => warn!(?why, "the station does not announce itself"),
                None => info!("the station announces itself again"),
            }
        }
        let announced = &self.health.announced;
        announced.store(announcement.sent(), Ordering::Relaxed);
    }

    /// The same for prototypes. Nothing that comes of it is an order.
    fn step_legacy(&mut self, now: Instant, station: &Station, store: &mut Store) {
        let Some(legacy) = &mut self.legacy else {
            return;
        };
        let slots = &self.slots;
        let is_proven = |number| {
            let mut slots = slots.iter().filter(|(slot, _)| slot.number() == number);
            slots.any(|(slot, _)| slot.has_proven_car())
        };
        let address = self.health.address();
        legacy.look(now, address, &self.setup, station.views(now), is_proven);
        let (air, mut unwritten) = (&self.air, 0);
        legacy.poll(now, Clock::wall(), |wanted| {
            let written = match wanted {
                legacy::Wanted::Send(to, payload) => {
                    if let Some(air) = air {
                        air.sender.send(to, payload);
                    }
                    Ok(())
                }
                legacy::Wanted::Row(row) => store.record_telemetry(&[row]).map(|_| ()),
                legacy::Wanted::Event(event) => store.record_event(&event),
            };
            if let Err(error) = written {
                warn!(%error, "legacy mode waits for no disk: not kept");
                unwritten += 1;
            }
        });
        legacy.lose(unwritten);
        let (heard, unrecorded, counters) = legacy.counters();
        self.health.legacy.note(heard, unrecorded, &counters);
    }
}

/// Announces under the ticket of a slot's folder; `None`, with the reason told, where there is
/// none, or no place.
fn announcement(
    ticket: Option<Ticket>,
    setup: &StationSetup,
    now: Instant,
) -> Result<Option<Announcement>, Failure> {
    let Some((key, ticket)) = ticket else {
        info!("no slot's folder of keys holds a ticket: the station does not announce itself");
        return Ok(None);
    };
    let Some(position) = setup.position else {
        warn!("station.latitude and longitude are not set: the station does not announce itself");
        return Ok(None);
    };
    let what = "the station's ticket";
    let pseudonym = Pseudonym::new(ticket, key).blame(Blame::Configuration, what)?;
    let announcement = Announcement::new(pseudonym, position, setup.name.clone(), now);
    let announcement = announcement.blame(Blame::Configuration, what)?;
    info!(
        station = announcement.station().raw(),
        "the station announces itself"
    );
    Ok(Some(announcement))
}

/// What a session costs, as the radio carries it.
fn cost(total: &Total) -> Option<Money> {
    offer::money(total.amount.parse().ok()?, &total.currency)
}

/// Tells a person what happened between the slot and a car.
fn log(slot: SlotNumber, told: &Told) {
    match told {
        Told::Receipt(_, Some(_)) => info!(%slot, "receipt countersigned"),
        Told::Event("v2g_car_proven", detail) => info!(%slot, %detail, "car proven"),
        Told::Event(kind, detail) => info!(%slot, kind, %detail, "V2G"),
        Told::Save(_) | Told::Receipt(..) | Told::Battery(..) | Told::BatteryData(..) => {}
    }
}
