//! Slots whose controller keeps their sessions: its journal into the books, prices, time and the
//! operator's wishes to it.
//!
//! Not here: the line (`board/controller.rs`), the revocation list (`controllers/revocations.rs`)
//! and what a controller decides (`v2x_boards`).
//! An entry is acknowledged once it is on disk. One that comes again is acknowledged again and
//! booked no second time: a step by its transaction and sequence, an event by its entry's number,
//! a receipt by its session.

mod proven_car;
mod revocations;

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::Sender;
use serde_json::json;
use tracing::{error, info, warn};
use v2x_boards::slot_controller::{journal, step_bytes};
use v2x_charging::{Energy, SessionRecord, TransactionId};
use v2x_proto::link::message::{CommandResult, JournalKept, SlotReport};
use v2x_proto::secure::Signature;
use v2x_proto::v2g::message::{MeteringReceiptRes, Request, Response};
use v2x_roles::station::{PortId, SlotNumber, Tell};
use v2x_units::{BootId, Instant};
use v2x_uplink::thingsboard::rpc::Command;

use super::keeper::{Keeper, tell_person};
use super::line::Say;
use super::orders;
use super::prices::Schedule;
use super::v2g::books::{self as v2g_books, Told};
use crate::clock::Clock;
use crate::daemon::command_desk::refusal;
use proven_car::CAR_PROVEN;
use revocations::List;

pub(super) use proven_car::proven_car;
pub(super) use revocations::send_revocations;

/// How long a command waits for the controller: a server gives up after 5 s or more.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// Wishes count from here on: below are the ids of orders to a relay.
pub(super) const FIRST_TICKET: u16 = 0x8000;
/// The type numbers of bodies in the journal (docs/protocol/v2g.md).
const CHARGING_STATUS_REQ: u8 = 0x14;
const BATTERY_DATA_REQ: u8 = 0x17;
const METERING_RECEIPT_RES: u8 = 0x95;

/// An entry of a journal as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) boot: BootId,
    pub(super) number: u32,
    pub(super) kind: u8,
    pub(super) content: Vec<u8>,
    /// The boot of the board that says it, and the time on its clock.
    pub(super) said: (BootId, Instant),
}

/// What the keeper knows of controllers.
pub(super) struct Controllers {
    says: Vec<Sender<Say>>,
    /// The schedule that each line's board has got.
    schedules: Vec<Option<Schedule>>,
    /// The car that was proven last on each line.
    cars: Vec<String>,
    tickets: u16,
    awaited: Vec<Awaited>,
    lists: Vec<List>,
}

/// A command that waits for a controller.
struct Awaited {
    ticket: u16,
    command: Command,
    slot: SlotNumber,
    until: Instant,
}

impl Controllers {
    /// `cars`: the car that was proven last on each line, as far as it is known; `lists`: the
    /// revocation lists for the boards on some.
    pub(super) fn new(
        says: Vec<Sender<Say>>,
        cars: Vec<String>,
        lists: Vec<(PortId, PathBuf)>,
    ) -> Self {
        Self {
            schedules: vec![None; says.len()],
            cars,
            says,
            tickets: FIRST_TICKET,
            awaited: Vec::new(),
            lists: lists.into_iter().map(List::new).collect(),
        }
    }

    fn ticket(&mut self) -> u16 {
        self.tickets = self.tickets.wrapping_add(1).max(FIRST_TICKET);
        self.tickets
    }

    /// Gives something to a line; a line that takes nothing is gone, and its board asks again.
    fn say(&self, port: PortId, say: Say) {
        if let Some(line) = self.says.get(port.0) {
            line.try_send(say).ok();
        }
    }

    /// Tells every line the time; a board that hears it knows that somebody is there.
    pub(super) fn tell_time(&self) {
        for line in &self.says {
            line.try_send(Say::Clock(Clock::wall())).ok();
        }
    }

    /// A board has started anew: it may have lost what it was told last.
    pub(super) fn started(&mut self, port: PortId) {
        if let Some(schedule) = self.schedules.get_mut(port.0) {
            *schedule = None;
        }
        let lists = self.lists.iter_mut();
        lists
            .filter(|list| list.port == port)
            .for_each(List::give_anew);
    }
}

/// Sends the controllers their prices where they have changed.
pub(super) fn send_prices(keeper: &mut Keeper) {
    let now = keeper.clock.now().instant;
    let mut news = Vec::new();
    for view in keeper.station.views(now) {
        let port = view.setup.port;
        if !keeper.station.is_followed(view.setup.number) {
            continue;
        }
        // What the operator chooses meanwhile is for the session after this one.
        let open = view
            .session
            .as_ref()
            .and_then(|open| open.tariff.as_deref());
        let tariff = open.unwrap_or(view.tariff);
        let schedule = Schedule::of(&keeper.setup, view.setup, tariff, Clock::wall());
        let known = keeper.controllers.schedules.get(port.0);
        if let Some(schedule) = schedule
            && known != Some(&Some(schedule.clone()))
        {
            news.push((port, schedule));
        }
    }
    for (port, schedule) in news {
        keeper.controllers.say(port, Say::Prices(schedule.clone()));
        if let Some(known) = keeper.controllers.schedules.get_mut(port.0) {
            *known = Some(schedule);
        }
    }
}

/// Takes what a controller says of its slot.
pub(super) fn report(keeper: &mut Keeper, port: PortId, report: &SlotReport) {
    let Some(slot) = keeper.station.followed_on(port) else {
        return;
    };
    let Some(state) = step_bytes::state_of(report.state) else {
        return;
    };
    let session = report.session.map(|(transaction, energy)| {
        let energy = Energy::from_milliwatt_hours(energy);
        (TransactionId::from_bytes(transaction), energy)
    });
    if let Some(tell) = keeper
        .station
        .report(keeper.clock.now().instant, slot, state, session)
    {
        tell_person(slot, &tell);
    }
}

/// Takes an entry of a journal into the books, and acknowledges it once it is on disk.
pub(super) fn take(keeper: &mut Keeper, port: PortId, at: Instant, entry: &Entry) {
    // A slot whose sessions are the computer's has them in its books already.
    let done = match keeper.station.followed_on(port) {
        None => true,
        Some(slot) if entry.kind == journal::STEP => step(keeper, slot, at, entry),
        Some(slot) => told(keeper, slot, port, entry),
    };
    if done && entry.number != 0 {
        let (boot, number) = (entry.boot, entry.number);
        let kept = JournalKept { boot, number };
        keeper.controllers.say(port, Say::Kept(kept));
    }
}

/// Books a step; whether it is on disk.
fn step(keeper: &mut Keeper, slot: SlotNumber, at: Instant, entry: &Entry) -> bool {
    let Some(mut record) = step_bytes::read(&entry.content) else {
        warn!(%slot, "a step of another version of the firmware: not booked; update the station");
        return true;
    };
    date(&mut record, at, entry);
    let known = match keeper.store.session_records(record.transaction) {
        Ok(known) => known,
        Err(error) => {
            error!(%error, %slot, "a step of a controller waits for the disk");
            return false;
        }
    };
    if known.iter().any(|before| before.seq >= record.seq) {
        return true;
    }
    let opens = known.is_empty();
    let Some(keep) = keeper.station.follow(at, slot, &record, opens) else {
        return true;
    };
    let written = super::books::write(&mut keeper.store, &keeper.setup, keeper.boot, &keep);
    if let Err(error) = written {
        error!(%error, %slot, "a step of a controller waits for the disk");
        return false;
    }
    keeper.station.persisted(slot, &record);
    keeper.delivery.offer(&keeper.store);
    if opens {
        tell_person(slot, &Tell::Started(record));
    }
    if record.ended.is_some() {
        tell_person(slot, &Tell::Ended(record));
        send_prices(keeper);
    }
    true
}

/// Dates a step that the board could not, as far as its clock is known: that of the boot which
/// says it.
fn date(record: &mut SessionRecord, at: Instant, entry: &Entry) {
    let (boot, said_at) = entry.said;
    if record.utc.is_none() && record.boot == boot {
        let age = said_at.since(record.at);
        record.utc = Clock::wall().map(|now| now - age);
    }
    record.started = record
        .started
        .or(record.utc.map(|utc| utc - record.elapsed));
    // Times of the board's clock mean nothing to this computer's; the newest of them is now.
    record.at = at;
}

/// Keeps what V2G has brought; whether it is on disk.
fn told(keeper: &mut Keeper, slot: SlotNumber, port: PortId, entry: &Entry) -> bool {
    let Some(told) = meaning(keeper, slot, port, entry) else {
        warn!(%slot, kind = entry.kind, "an entry of the journal is not understood: not kept");
        return true;
    };
    // What is said once has no number, and may be the same as before.
    if let Told::Event(kind, detail) = &told
        && entry.number != 0
        && keeper
            .store
            .has_event(kind, &detail.to_string())
            .unwrap_or(false)
    {
        return true;
    }
    match v2g_books::write(&mut keeper.store, slot, Clock::wall(), &told) {
        Ok(()) => {
            keeper.delivery.offer(&keeper.store);
            true
        }
        Err(error) => {
            warn!(%error, %slot, "an entry of the journal waits for the disk");
            false
        }
    }
}

fn meaning(keeper: &mut Keeper, slot: SlotNumber, port: PortId, entry: &Entry) -> Option<Told> {
    let number = (entry.number != 0).then(|| format!("{}-{}", entry.boot, entry.number));
    let event = |kind, key: &str, text: &str| {
        Told::Event(
            kind,
            json!({ "slot": slot.get(), key: text, "entry": number }),
        )
    };
    let text = || String::from_utf8_lossy(&entry.content).into_owned();
    Some(match entry.kind {
        journal::CAR_PROVEN => {
            let text = text();
            let (print, name) = text.split_once(' ')?;
            info!(%slot, car = name, "car proven by the controller");
            if let Some(car) = keeper.controllers.cars.get_mut(port.0) {
                name.clone_into(car);
            }
            Told::Event(
                CAR_PROVEN,
                json!({
                    "slot": slot.get(), "evcc": name, "fingerprint": print, "entry": number,
                }),
            )
        }
        journal::POWER_OFF => event("v2g_power_off", "why", &text()),
        journal::NOTE => event("v2g", "what", &text()),
        journal::RECEIPT => receipt(&entry.content, None)?,
        journal::COUNTERSIGNED => {
            let (by, body) = entry.content.split_first_chunk()?;
            info!(%slot, "receipt countersigned");
            receipt(body, Some(Signature::from_bytes(*by)))?
        }
        journal::BATTERY => {
            let car = keeper.controllers.cars.get(port.0)?.clone();
            match Request::parse(CHARGING_STATUS_REQ, &entry.content) {
                Ok(Some(Request::ChargingStatus(said))) => {
                    Told::Battery(name_of(keeper, slot), car, said.battery)
                }
                _ => return None,
            }
        }
        journal::BATTERY_DATA => {
            let (length, rest) = entry.content.split_first()?;
            let (car, body) = rest.split_at_checked(usize::from(*length))?;
            let car = String::from_utf8(car.to_vec()).ok()?;
            match Request::parse(BATTERY_DATA_REQ, body) {
                Ok(Some(Request::BatteryData(data))) => {
                    Told::BatteryData(name_of(keeper, slot), car, data, number.clone())
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn receipt(body: &[u8], by: Option<Signature>) -> Option<Told> {
    match Response::parse(METERING_RECEIPT_RES, body) {
        Ok(Some(Response::MeteringReceipt(MeteringReceiptRes::Receipt(signed)))) => {
            Some(Told::Receipt(Box::new(signed), by))
        }
        _ => None,
    }
}

fn name_of(keeper: &Keeper, slot: SlotNumber) -> String {
    let mut slots = keeper.setup.slots.iter();
    let found = slots.find(|setup| setup.number == slot);
    found.map(|setup| setup.name.clone()).unwrap_or_default()
}

/// Passes a command on to the controller that it is for; gives it back where it is for the
/// computer.
pub(super) fn pass_on(keeper: &mut Keeper, command: Command) -> Option<Command> {
    let Some((slot, wish)) = orders::slot_wish(keeper, &command) else {
        return Some(command);
    };
    let setup = keeper.setup.slots.iter().find(|setup| setup.number == slot);
    let Some(port) = setup.map(|setup| setup.port) else {
        return Some(command);
    };
    let until = keeper.clock.now().instant + ANSWER_WITHIN;
    let controllers = &mut keeper.controllers;
    let ticket = controllers.ticket();
    controllers.say(port, Say::Wish(ticket, wish));
    controllers.awaited.push(Awaited {
        ticket,
        command,
        slot,
        until,
    });
    None
}

/// Takes a controller's answer.
pub(super) fn answered(keeper: &mut Keeper, ticket: u16, result: CommandResult, detail: &str) {
    for list in &mut keeper.controllers.lists {
        list.answered(ticket, result, detail);
    }
    let awaited = &mut keeper.controllers.awaited;
    let Some(place) = awaited.iter().position(|it| it.ticket == ticket) else {
        return;
    };
    let awaited = awaited.swap_remove(place);
    let answer = match result {
        CommandResult::Done if detail.is_empty() => {
            json!({ "ok": true, "slot": awaited.slot.get() })
        }
        CommandResult::Done => json!({ "ok": true, "slot": awaited.slot.get(), "note": detail }),
        CommandResult::UnknownOrder => refusal("the controller's firmware is too old"),
        _ => refusal(detail),
    };
    orders::finish(keeper, &awaited.command, &answer);
}

/// Answers commands whose controller is silent; all of them when the station stops.
pub(super) fn settle(keeper: &mut Keeper, all: bool) {
    let now = keeper.clock.now().instant;
    let is_over = |it: &mut Awaited| all || now >= it.until;
    let over: Vec<_> = keeper.controllers.awaited.extract_if(.., is_over).collect();
    for awaited in over {
        let problem = "the slot controller does not answer; it may still do as it was told";
        orders::finish(keeper, &awaited.command, &refusal(problem));
    }
}
