//! The station's end of V2G in the station computer: one conversation for each slot with keys.
//!
//! ```text
//! air ────────► payloads ─┐                 ┌─► air
//! slots' views, plugs ────┼─► SECC of each ─┼─► orders to the slot (release, stop, pause)
//! clock, revocations ─────┘    slot         └─► store: sessions, receipts, battery data
//! ```
//!
//! It runs in the keeper's thread, which owns slots and store, so that a release and the session
//! that follows from it are one step. Later the slot controller runs the same types
//! (design: placement is wiring).
//!
//! | file | what it holds |
//! |---|---|
//! | `slot.rs` | one slot's conversation: what it is told of the slot, what it wants |
//! | `offer.rs` | what a slot offers: limits and price from its set-up and tariff |
//! | `books.rs` | what is kept |

mod books;
mod offer;
mod slot;

use std::time::Duration;

use crossbeam_channel::{Receiver, never};
use tracing::{info, warn};
use v2x_charging::SessionRecord;
use v2x_proto::secure::Role;
use v2x_roles::station::{Order, PortId, SlotNumber, Station, StationSetup};
use v2x_store::Store;
use v2x_units::Instant;

use crate::air::{Air, Packet};
use crate::clock::Clock;
use crate::config::station::SlotRadio;
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::{Drawn, TrustPolicy, UnitKeys};
use slot::{SlotV2g, Wanted};

/// How often time and settings are told to the conversations.
const TELL: Duration = Duration::from_secs(1);

/// The conversations of a station.
pub(super) struct V2g {
    air: Option<Air>,
    slots: Vec<SlotV2g>,
    rng: Drawn,
    due: Instant,
}

impl V2g {
    /// A conversation for each slot that has keys, gone on with from the store.
    pub(super) fn open(
        air: Air,
        radios: &[SlotRadio],
        policy: TrustPolicy,
        setup: &StationSetup,
        store: &Store,
        now: Instant,
    ) -> Result<Self, Failure> {
        let mut slots = Vec::new();
        for radio in radios {
            let Some(of_slot) = setup.slots.iter().find(|slot| slot.number == radio.slot) else {
                continue;
            };
            let keys = UnitKeys::load(&radio.keys, Role::Station, policy, Clock::wall())?;
            let name = keys.identity.credential().subject.name.to_string();
            info!(slot = %radio.slot, evse = name, "the slot has its keys");
            let saved = store.v2g_session(&books::owner(radio.slot));
            let saved = saved.blame(Blame::Runtime, "store")?;
            slots.push(SlotV2g::new(
                of_slot,
                setup,
                keys,
                radio.energy_limit,
                saved,
                now,
            ));
        }
        Ok(Self {
            air: Some(air),
            slots,
            rng: Drawn::from_kernel()?,
            due: now,
        })
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
        for slot in &mut self.slots {
            slot.hear(packet.at, packet.from, &packet.payload, &mut self.rng);
        }
    }

    /// Takes what the plug detector of a line sees.
    pub(super) fn plug(&mut self, port: PortId, plugged: bool) {
        for slot in self.slots.iter_mut().filter(|slot| slot.port() == port) {
            slot.plug_input(plugged);
        }
    }

    /// Takes the last record of a slot's session, with what it costs.
    pub(super) fn ended(&mut self, number: SlotNumber, record: &SessionRecord, store: &Store) {
        let cost = store.bill(record.transaction).ok().flatten();
        let cost = cost.and_then(|bill| bill.total.ok());
        for slot in self.slots.iter_mut().filter(|slot| slot.number() == number) {
            slot.ended(record, cost.as_ref());
        }
    }

    /// When something is to be done without anything coming in.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let slots = self.slots.iter().filter_map(SlotV2g::wake_at);
        slots.chain([self.due]).min()
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
        for slot in &mut self.slots {
            let mut views = station.views(now);
            let Some(view) = views.find(|view| view.setup.number == slot.number()) else {
                continue;
            };
            slot.look(now, &view, &mut self.rng);
            if is_due {
                slot.by_the_clock(now, &view, Clock::wall(), &mut self.rng);
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
                        if let Err(error) = books::write(store, slot.number(), &told) {
                            warn!(%error, slot = %slot.number(), "V2G waits for no disk: not kept");
                        }
                    }
                }
            }
        }
        orders
    }
}
