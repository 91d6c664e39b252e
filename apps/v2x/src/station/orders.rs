//! Commands of the operator from the server: checked, noted as an event, carried out, answered.
//!
//! | method | parameters | does |
//! |---|---|---|
//! | `stop` | `slot` | ends the session; opens the relay where there is one |
//! | `pause`, `resume` | `slot` | interrupts the session; lets it go on |
//! | `release`, `withdraw` | `slot` | releases the slot for one session; takes that back |
//! | `outOfService`, `inService` | `slot` | takes the slot out of use; puts it back |
//! | `clearFault` | `slot` | somebody has looked at the fault |
//! | `setTariff` | `slot`, `tariff` | chooses the tariff of the next sessions |
//!
//! A command to a slot's own device, or to a station with one slot, needs no `slot`. Commands come
//! at least once; each of these does the same when it comes again.
//!
//! A command that moves a relay is answered when the board has acknowledged it, or when it is
//! certain that something is wrong: `ok` means that the current is cut, or may flow.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tracing::warn;
use v2x_charging::{Effect, RelayPlace, SlotState};
use v2x_proto::link::message::SlotWish;
use v2x_roles::station::{Order, SlotNumber, SlotView};
use v2x_store::Event;
use v2x_units::Instant;
use v2x_uplink::thingsboard::rpc::{Asked, Call, Command};

use super::keeper::Keeper;
use crate::clock::Clock;
use crate::daemon::command_desk::refusal;

/// The kind of event that a command leaves behind.
const EVENT: &str = "station_command";

/// How long a command waits for the board: a server gives up after 5 s or more.
const RELAY_WITHIN: Duration = Duration::from_secs(4);
/// Commands that may wait at once: one for each slot that a station can have.
const AWAITED_MAX: usize = 16;

const METHODS: &str = "stop, pause, resume, release, withdraw, outOfService, inService, \
                       clearFault, setTariff";

/// What a method is to do.
enum Wish {
    Order(Order),
    SetTariff(String),
}

/// A command that waits for the answer of a relay's board.
pub(super) struct Awaited {
    command: Command,
    answer: Json,
    slot: SlotNumber,
    closed: bool,
    until: Instant,
}

/// Carries out a command and answers it, or lets it wait for its relay.
pub(super) fn carry_out(keeper: &mut Keeper, command: Command) {
    let outcome = match &command.call {
        Ok(call) => attempt(keeper, &command.asked, call),
        Err(problem) => Err(problem.clone()),
    };
    let (slot, answer) = match outcome {
        Ok(done) => done,
        Err(problem) => return finish(keeper, &command, &refusal(&problem)),
    };
    let relay = slot.and_then(|slot| relay_of(keeper, slot));
    match (slot, relay) {
        (Some(slot), Some(relay)) if !relay.confirmed => {
            let awaited = Awaited {
                command,
                answer,
                slot,
                closed: relay.closed,
                until: keeper.clock.now().instant + RELAY_WITHIN,
            };
            if keeper.awaited.len() < AWAITED_MAX {
                keeper.awaited.push(awaited);
            } else {
                let problem = "too many commands wait for relays; ask again later";
                finish(keeper, &awaited.command, &refusal(problem));
            }
        }
        (_, relay) => finish(keeper, &command, &with_relay(answer, relay)),
    }
}

/// Answers the commands whose relays have answered, or have had their time.
pub(super) fn settle(keeper: &mut Keeper) {
    for awaited in std::mem::take(&mut keeper.awaited) {
        match verdict(keeper, &awaited) {
            None => keeper.awaited.push(awaited),
            Some(answer) => finish(keeper, &awaited.command, &answer),
        }
    }
}

/// Answers the commands that still wait when the station stops.
pub(super) fn abandon(keeper: &mut Keeper) {
    for awaited in std::mem::take(&mut keeper.awaited) {
        let problem = "the station stops; the relay's order was sent and not acknowledged";
        finish(keeper, &awaited.command, &refusal(problem));
    }
}

/// What can be answered by now.
fn verdict(keeper: &Keeper, awaited: &Awaited) -> Option<Json> {
    let now = keeper.clock.now().instant;
    let view = view_of(keeper, awaited.slot)?;
    if let Some(SlotState::Faulted(fault)) = view.state {
        return Some(refusal(&fault.to_string()));
    }
    let relay = view.relay.filter(|relay| relay.closed == awaited.closed);
    match relay {
        Some(relay) if relay.confirmed => Some(with_relay(awaited.answer.clone(), Some(relay))),
        Some(_) if now < awaited.until => None,
        Some(relay) if relay.closed => Some(refusal(
            "the relay is not closed yet: those of different slots close 8 s apart, and an order \
             is repeated until the board acknowledges it",
        )),
        Some(_) => Some(refusal(
            "the board has not acknowledged the relay's order yet; it is being repeated",
        )),
        None => Some(refusal("another command has overtaken this one")),
    }
}

fn view_of(keeper: &Keeper, slot: SlotNumber) -> Option<SlotView<'_>> {
    let now = keeper.clock.now().instant;
    let mut views = keeper.station.views(now);
    views.find(|view| view.setup.number == slot)
}

fn relay_of(keeper: &Keeper, slot: SlotNumber) -> Option<RelayPlace> {
    view_of(keeper, slot)?.relay
}

/// The answer with the place of a relay that its board has confirmed.
fn with_relay(mut answer: Json, relay: Option<RelayPlace>) -> Json {
    if let (Some(relay), Some(fields)) = (relay, answer.as_object_mut()) {
        let place = if relay.closed { "closed" } else { "open" };
        fields.insert("relay".to_owned(), place.into());
    }
    answer
}

/// Notes a command and answers it; the event is on disk before the answer goes.
pub(super) fn finish(keeper: &mut Keeper, command: &Command, answer: &Json) {
    let event = Event {
        at: Clock::wall(),
        kind: EVENT.to_owned(),
        detail: keeper.desk.note(command, answer),
        upload: None,
    };
    if let Err(error) = keeper.store.record_event(&event) {
        warn!(%error, "command not noted");
    }
    keeper.desk.answer(command, answer);
}

/// The slot and the wish of a command that is for a slot controller.
pub(super) fn slot_wish(keeper: &Keeper, command: &Command) -> Option<(SlotNumber, SlotWish)> {
    let call = command.call.as_ref().ok()?;
    let slot = slot(keeper, &command.asked, &call.params).ok()?;
    let Ok(Wish::Order(order)) = wish(call) else {
        return None;
    };
    let wish = match order {
        Order::Stop => SlotWish::Stop,
        Order::Pause => SlotWish::Pause,
        Order::Resume => SlotWish::Resume,
        Order::Release => SlotWish::Release,
        Order::Withdraw => SlotWish::Withdraw,
        Order::InService(true) => SlotWish::InService,
        Order::InService(false) => SlotWish::OutOfService,
        Order::ClearFault => SlotWish::ClearFault,
        // No server can prove that it is a car.
        Order::ReleaseFor(_) => return None,
    };
    keeper.station.is_followed(slot).then_some((slot, wish))
}

fn attempt(
    keeper: &mut Keeper,
    asked: &Asked,
    call: &Call,
) -> Result<(Option<SlotNumber>, Json), String> {
    let slot = slot(keeper, asked, &call.params)?;
    let wish = wish(call)?;
    let moves_relay = matches!(wish, Wish::Order(_));
    let done = match wish {
        Wish::Order(order) => give(keeper, slot, order)?,
        Wish::SetTariff(id) => {
            if keeper.station.tariffs().get(&id).is_none() {
                let known: Vec<_> = keeper.station.tariffs().ids().collect();
                return Err(format!(
                    "there is no tariff `{id}`; there are: {}",
                    known.join(", ")
                ));
            }
            let kept = keeper.store.choose_tariff(slot.get(), &id);
            kept.map_err(|error| error.to_string())?;
            keeper.station.choose_tariff(slot, &id);
            keeper.describe();
            let note = "holds from the next session on";
            json!({ "ok": true, "slot": slot.get(), "tariff": id, "note": note })
        }
    };
    keeper.step();
    let mut done = done;
    if moves_relay && !keeper.is_standing_kept(slot) {
        done["note"] = "it holds, and is forgotten at a restart: the disk refuses it".into();
    }
    Ok((moves_relay.then_some(slot), done))
}

/// Gives an order to a slot, and says what it cannot do there.
fn give(keeper: &mut Keeper, slot: SlotNumber, order: Order) -> Result<Json, String> {
    let now = keeper.clock.now().instant;
    let view = view_of(keeper, slot).ok_or_else(|| no_slot(keeper, &slot.to_string()))?;
    let lets_flow = matches!(order, Order::Release | Order::Resume);
    if let (true, Some(SlotState::Faulted(fault))) = (lets_flow, view.state) {
        return Err(format!("{fault}; look at it, then send clearFault"));
    }
    let only_watches = !view.setup.config.has_relay;
    let effect = keeper.station.order(now, slot, order);
    let effect = effect.ok_or_else(|| no_slot(keeper, &slot.to_string()))?;
    let effect = effect.map_err(|refused| refused.to_string())?;
    let note = match (effect, order) {
        (Effect::BooksOnly, _) => {
            Some("the slot has no relay: the books are closed, the current flows on")
        }
        (Effect::Full, Order::Release | Order::Withdraw) if only_watches => {
            Some("the slot has no relay: it can only watch, current flows for anyone")
        }
        (Effect::Full, _) => None,
    };
    let mut answer = json!({ "ok": true, "slot": slot.get() });
    if let Some(note) = note {
        answer["note"] = note.into();
    }
    Ok(answer)
}

fn wish(call: &Call) -> Result<Wish, String> {
    Ok(Wish::Order(match call.method.as_str() {
        "stop" | "stopCharging" => Order::Stop,
        "pause" => Order::Pause,
        "resume" | "resumeCharging" => Order::Resume,
        "release" => Order::Release,
        "withdraw" => Order::Withdraw,
        "outOfService" => Order::InService(false),
        "inService" => Order::InService(true),
        "clearFault" => Order::ClearFault,
        "setTariff" => {
            let id = call.params.get("tariff").and_then(Json::as_str);
            let id = id.ok_or("setTariff needs the parameter `tariff`, a tariff's id")?;
            return Ok(Wish::SetTariff(id.to_owned()));
        }
        other => {
            let seen: String = other.chars().take(40).collect();
            return Err(format!("there is no method `{seen}`; there are: {METHODS}"));
        }
    }))
}

/// The slot that a command is for.
fn slot(keeper: &Keeper, asked: &Asked, params: &Json) -> Result<SlotNumber, String> {
    let slots = &keeper.setup.slots;
    if let Some(device) = &asked.device {
        let found = slots.iter().find(|slot| slot.name == *device);
        return found
            .map(|slot| slot.number)
            .ok_or_else(|| no_slot(keeper, device));
    }
    match (params.get("slot"), slots.as_slice()) {
        (None, [only]) => Ok(only.number),
        (None, _) => Err("the parameter `slot` is missing; it must be a slot's number".to_owned()),
        (Some(number), _) => number
            .as_u64()
            .and_then(|number| SlotNumber::new(u8::try_from(number).ok()?))
            .filter(|number| slots.iter().any(|slot| slot.number == *number))
            .ok_or_else(|| no_slot(keeper, &number.to_string())),
    }
}

fn no_slot(keeper: &Keeper, seen: &str) -> String {
    let seen: String = seen.chars().take(40).collect();
    let known = keeper.setup.slots.iter();
    let known: Vec<_> = known.map(|slot| slot.number.to_string()).collect();
    format!("there is no slot `{seen}`; there are: {}", known.join(", "))
}
