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

use serde_json::{Value as Json, json};
use tracing::{info, warn};
use v2x_charging::Effect;
use v2x_roles::station::{Order, SlotNumber};
use v2x_store::Event;
use v2x_uplink::thingsboard::rpc::{Asked, Call, Command};

use super::keeper::Keeper;
use crate::clock::Clock;

/// The kind of event that a command leaves behind.
const EVENT: &str = "station_command";

const METHODS: &str = "stop, pause, resume, release, withdraw, outOfService, inService, \
                       clearFault, setTariff";

/// What a method is to do.
enum Wish {
    Order(Order),
    SetTariff(String),
}

/// Carries out a command; the event is on disk before the answer goes.
pub(super) fn carry_out(keeper: &mut Keeper, command: &Command) {
    let outcome = match &command.call {
        Ok(call) => attempt(keeper, &command.asked, call),
        Err(problem) => Err(problem.clone()),
    };
    let answer = match &outcome {
        Ok(answer) => answer.clone(),
        Err(problem) => json!({ "ok": false, "error": problem }),
    };
    let method = command.call.as_ref().map_or("?", |call| &call.method);
    info!(method, ok = outcome.is_ok(), "command");
    let detail = json!({
        "by": "server",
        "device": command.asked.device,
        "method": method,
        "params": command.call.as_ref().map_or(&Json::Null, |call| &call.params),
        "answer": answer,
    });
    let event = Event {
        at: Clock::wall(),
        kind: EVENT.to_owned(),
        detail: detail.to_string(),
        upload: None,
    };
    if let Err(error) = keeper.store.record_event(&event) {
        warn!(%error, "command not noted");
    }
    if let Some(commands) = &keeper.commands
        && !commands.answer(&command.asked, &answer)
    {
        warn!(method, "the answer found no room; the server will time out");
    }
}

fn attempt(keeper: &mut Keeper, asked: &Asked, call: &Call) -> Result<Json, String> {
    let slot = slot(keeper, asked, &call.params)?;
    let done = match wish(call)? {
        Wish::Order(order) => {
            let now = keeper.clock.now().instant;
            let effect = keeper.station.order(now, slot, order);
            let effect = effect.ok_or_else(|| no_slot(keeper, &slot.to_string()))?;
            match effect.map_err(|refused| refused.to_string())? {
                Effect::Full => json!({ "ok": true, "slot": slot.get() }),
                Effect::BooksOnly => json!({
                    "ok": true,
                    "slot": slot.get(),
                    "note": "the slot has no relay: the books are closed, the current flows on",
                }),
            }
        }
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
    Ok(done)
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
