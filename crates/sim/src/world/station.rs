//! A station's computer in virtual time: the product's link, slots, relays, conversations with cars
//! and announcements, between the boards' lines and a disk.
//!
//! Not here: any decision. A slot that lets known cars only is released by its conversation; one
//! for everybody by nobody.

use std::sync::Arc;

use rust_decimal::Decimal;
use v2x_charging::{MeterLimits, MeterSample, Policy, SessionRecord, SlotConfig};
use v2x_proto::link::message::{Command, Message, Order as BoardOrder, Plug};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Notice};
use v2x_proto::secure::{Identity, Trust};
use v2x_proto::v2g::message::SignedReceipt;
use v2x_proto::v2v::Pseudonym;
use v2x_roles::station::v2g::{Announcement, Onsets, SlotV2g, Told, Wanted, offer};
use v2x_roles::station::{
    Do, Order, PortId, RelayControl, RelayDo, Sessions, SlotNumber, SlotSetup, Station,
    StationSetup, Tariffs, Tell, samples, settle,
};
use v2x_tariff::{Tariff, parse_tariffs};
use v2x_units::{BootId, Instant, MacAddress, Position, UtcTime, WattHours};

use super::Defect;
use super::radio_line::RadioLine;
use crate::chance::Chance;
use crate::scenario::Lets;

/// How often the time and the slots are told to cars and conversations.
const TELL: core::time::Duration = core::time::Duration::from_secs(1);
/// What everything costs.
const TARIFF: &str =
    "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 1.5\n";

/// A slot of a station, and who it is on the radio.
pub(super) struct SlotPapers {
    /// Its number in the world, from 0.
    pub(super) slot: usize,
    pub(super) lets: Lets,
    pub(super) identity: Identity,
    pub(super) trust: Trust,
}

/// What a station has to say to the world.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ToldByStation {
    Slot(Tell),
    /// A session has ended, and costs so much.
    Ended(Box<SessionRecord>, Option<Decimal>),
    V2g(Told),
}

/// One slot's line.
struct Line {
    /// The slot's number in the world.
    slot: usize,
    link: LinkDecoder,
    encoder: LinkEncoder,
    relay: RelayControl,
    to_board: Vec<u8>,
    talk: SlotV2g,
    /// The records of the session that is open, and its tariff.
    open: Option<(Arc<Tariff>, Vec<SessionRecord>)>,
}

/// The computer of a station.
pub(super) struct StationComputer {
    station: Station,
    lines: Vec<Line>,
    radio: RadioLine,
    announcement: Announcement,
    onsets: Onsets,
    chance: Chance,
    due: Instant,
    utc_at_boot: UtcTime,
    defect: Option<Defect>,
    /// Every step that is on disk, in order.
    pub(super) kept: Vec<SessionRecord>,
    /// Receipts with both signatures, as the disk has them.
    pub(super) receipts: Vec<SignedReceipt>,
    pub(super) told: Vec<(Instant, usize, ToldByStation)>,
}

impl StationComputer {
    pub(super) fn new(
        slots: Vec<SlotPapers>,
        ticket: Pseudonym,
        position: Position,
        utc_at_boot: UtcTime,
        defect: Option<Defect>,
        chance: Chance,
    ) -> Self {
        use rand_core::Rng as _;
        let mut chance = chance;
        let setup = setup(&slots, position);
        let tariffs = parse_tariffs("tariffs.toml", TARIFF).expect("this tariff is one");
        let boot = BootId::new(chance.next_u32());
        let draw = || chance.next_u64();
        let now = Instant::BOOT;
        let mut station = Station::new(&setup, Tariffs::new(tariffs), boot, draw, now)
            .expect("the tariff of every slot is among the tariffs");
        station.clock(now, Some(utc_at_boot));
        let line = |(papers, of_slot): (SlotPapers, &SlotSetup)| {
            let who = (papers.identity, papers.trust);
            let mut line = Line {
                slot: papers.slot,
                link: LinkDecoder::new(),
                encoder: LinkEncoder::new(boot),
                relay: RelayControl::default(),
                to_board: Vec::new(),
                talk: SlotV2g::new(of_slot, &setup, who, None, None, now),
                open: None,
            };
            line.relay.line_opened(now);
            line
        };
        let lines = slots.into_iter().zip(&setup.slots).map(line).collect();
        let announcement = Announcement::new(ticket, position, setup.name.clone(), now)
            .expect("the operator's tickets for stations permit it");
        Self {
            station,
            lines,
            radio: RadioLine::new(boot),
            announcement,
            onsets: Onsets::default(),
            chance,
            due: now,
            utc_at_boot,
            defect,
            kept: Vec::new(),
            receipts: Vec::new(),
            told: Vec::new(),
        }
    }

    fn utc(&self, now: Instant) -> UtcTime {
        self.utc_at_boot + now.since(Instant::BOOT)
    }

    /// Takes what the radio board said.
    pub(super) fn hear_radio(&mut self, now: Instant, bytes: &[u8]) {
        for heard in self.radio.hear(now, bytes) {
            for line in &mut self.lines {
                let talk = &mut line.talk;
                talk.hear(now, heard.from, &heard.payload, &mut self.chance);
            }
        }
    }

    /// Whether one of its slots has this number in the world.
    pub(super) fn has(&self, slot: usize) -> bool {
        self.lines.iter().any(|line| line.slot == slot)
    }

    /// Takes what a slot's board said.
    pub(super) fn hear(&mut self, now: Instant, slot: usize, mut bytes: &[u8]) {
        let Self {
            station,
            lines,
            defect,
            ..
        } = self;
        let Some(index) = lines.iter().position(|line| line.slot == slot) else {
            return;
        };
        let (line, port) = (&mut lines[index], PortId(index));
        while let Some(event) = line.link.next(&mut bytes) {
            let frame = match event {
                Event::Frame(frame) => frame,
                Event::Notice(Notice::Rebooted { .. }) => {
                    line.relay.board_restarted(now);
                    continue;
                }
                Event::Notice(_) => continue,
            };
            match frame.message {
                Message::MeterReading(reading) => {
                    if let Ok(values) = &reading.values {
                        let sample = measured(samples::of_values(now, values), *defect);
                        // Each line belongs to a slot.
                        let _slot = station.sample(now, port, None, &sample, None);
                    }
                }
                Message::SlotState(state) => {
                    let plugged = state.plug == Plug::In;
                    station.plug(now, port, plugged);
                    line.talk.plug_input(plugged);
                    line.relay.slot_state(now, &state);
                }
                Message::Acknowledgement(answer) => {
                    line.relay.acknowledged(now, answer.id, answer.result);
                }
                _ => {}
            }
        }
    }

    /// Does what is due; gives what goes to each slot's board.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<(usize, Vec<u8>)> {
        let is_due = now >= self.due;
        if is_due {
            self.due = now + TELL;
            let utc = self.utc(now);
            self.station.clock(now, Some(utc));
        }
        self.step_slots(now);
        loop {
            let orders = self.converse(now, is_due);
            if orders.is_empty() {
                break;
            }
            for (number, order) in orders {
                // A slot that refuses says so in its state.
                let _refused = self.station.order(now, number, order);
            }
            self.step_slots(now);
        }
        self.announce(now, is_due);
        let mut out = Vec::new();
        for (index, line) in self.lines.iter_mut().enumerate() {
            while let Some(next) = line.relay.poll(now) {
                match next {
                    RelayDo::Report(report) => self.station.relay(now, PortId(index), report),
                    RelayDo::Send { id, closed } => {
                        let order = BoardOrder::Relay { closed };
                        if let Ok(wire) = line.encoder.send(now, Command { id, order }) {
                            line.to_board.extend_from_slice(wire);
                        }
                    }
                }
            }
            if !line.to_board.is_empty() {
                out.push((line.slot, std::mem::take(&mut line.to_board)));
            }
        }
        out
    }

    /// What is to be written to the radio board.
    pub(super) fn take_for_radio(&mut self) -> Vec<u8> {
        self.radio.take()
    }

    fn step_slots(&mut self, now: Instant) {
        loop {
            match self.station.poll(now) {
                Do::Keep(keep) => {
                    self.kept.push(keep.record);
                    if self.defect == Some(Defect::KeepsTwice) {
                        self.kept.push(keep.record);
                    }
                    if let Some(line) = self.line_mut(keep.slot) {
                        let fresh = || (Arc::clone(&keep.tariff), Vec::new());
                        let open = line.open.get_or_insert_with(fresh);
                        open.1.push(keep.record);
                    }
                    self.station.persisted(keep.slot, &keep.record);
                }
                Do::Relay { slot, closed } => {
                    if let Some(line) = self.line_mut(slot) {
                        line.relay.want(now, closed);
                    }
                }
                Do::Tell(slot, tell) => self.tell(now, slot, tell),
                Do::WakeAt(_) => return,
            }
        }
    }

    fn tell(&mut self, now: Instant, slot: SlotNumber, tell: Tell) {
        let Some(line) = self.line_mut(slot) else {
            return;
        };
        let number = line.slot;
        let told = match tell {
            Tell::Ended(record) => {
                let bill = line
                    .open
                    .take()
                    .map(|(tariff, steps)| settle(&tariff, &steps));
                let total = bill.and_then(Result::ok).map(|bill| bill.total);
                let cost = total.as_ref().map(v2x_tariff::Money::amount);
                let on_air =
                    total.and_then(|total| offer::money(total.amount(), total.currency().code()));
                line.talk.ended(&record, on_air);
                ToldByStation::Ended(Box::new(record), cost)
            }
            tell => ToldByStation::Slot(tell),
        };
        self.told.push((now, number, told));
    }

    /// Tells each conversation how its slot is; gives what they want of their slots.
    fn converse(&mut self, now: Instant, is_due: bool) -> Vec<(SlotNumber, Order)> {
        let utc = self.utc(now);
        let Self {
            station,
            lines,
            radio,
            onsets,
            chance,
            receipts,
            told,
            ..
        } = self;
        let mut orders = Vec::new();
        for (line, view) in lines.iter_mut().zip(station.views(now)) {
            onsets.see(line.talk.number(), line.talk.onset(now, &view));
        }
        for (line, view) in lines.iter_mut().zip(station.views(now)) {
            let live = onsets.alone(line.talk.number());
            line.talk.look(now, &view, live, chance);
            if is_due {
                line.talk.clock(now, Some(utc), chance);
            }
            for wanted in line.talk.poll(now) {
                match wanted {
                    Wanted::Send(to, payload) => radio.send(now, to, &payload),
                    Wanted::Order(order) => orders.push((line.talk.number(), order)),
                    Wanted::Keep(what) => {
                        if let Told::Receipt(signed, Some(_)) = &what {
                            receipts.push((**signed).clone());
                        }
                        told.push((now, line.slot, ToldByStation::V2g(what)));
                    }
                }
            }
        }
        orders
    }

    fn announce(&mut self, now: Instant, is_due: bool) {
        if is_due {
            let (utc, address) = (self.utc(now), self.radio.address());
            let lines = &self.lines;
            let is_taken = |number| {
                let mut lines = lines.iter().filter(|line| line.talk.number() == number);
                lines.any(|line| line.talk.is_taken())
            };
            let views = self.station.views(now);
            self.announcement
                .look(now, (Some(utc), address), views, is_taken);
        }
        if now >= self.announcement.wake_at() {
            for frame in self.announcement.poll(now) {
                self.radio.send(now, MacAddress::BROADCAST, &frame);
            }
        }
    }

    fn line_mut(&mut self, slot: SlotNumber) -> Option<&mut Line> {
        self.lines.get_mut(usize::from(slot.get()).checked_sub(1)?)
    }
}

/// What the station and its slots are.
fn setup(slots: &[SlotPapers], position: Position) -> StationSetup {
    let numbers = (1..=u8::MAX).filter_map(SlotNumber::new);
    let setups = numbers.zip(slots).enumerate();
    let setups = setups.map(|(index, (number, papers))| SlotSetup {
        number,
        name: papers.identity.credential().subject.name.to_string(),
        port: PortId(index),
        sessions: Sessions::Computer,
        energy_limit: None,
        config: SlotConfig {
            has_relay: true,
            policy: match papers.lets {
                Lets::Everybody => Policy::FreeVend,
                Lets::KnownCars => Policy::KnownCars,
            },
            ..SlotConfig::ev()
        },
        limits: MeterLimits::pzem_004t_100a(),
        tariff: "day".to_owned(),
        plug: "Type_F_schuko_3Kwh".to_owned(),
    });
    StationSetup {
        name: "yard".to_owned(),
        position: Some(position),
        time_zone: "UTC".to_owned(),
        fast_charge: false,
        slots: setups.collect(),
    }
}

/// A sample as it was measured, or as a planted defect bends it.
fn measured(sample: MeterSample, defect: Option<Defect>) -> MeterSample {
    if defect != Some(Defect::Overcharges) {
        return sample;
    }
    MeterSample {
        energy: sample
            .energy
            .map(|energy| WattHours::new(energy.get() * 1.1)),
        ..sample
    }
}
