//! Carrying out commands of the server: each is noted in the store, then answered.
//!
//! Which there are is in [`super::methods`]. A command that waits for a row is answered when the
//! row is there, or after a few seconds with what hinders it; the server gives up after 5 s or
//! more. Whether a command came twice or too late is decided before it comes here.

use std::time::Duration;

use serde_json::{Value as Json, json};
use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_units::{Instant, UtcTime};
use v2x_uplink::thingsboard::rpc::Command;
use v2x_uplink::thingsboard::{Value, Values};

use super::methods::{Wish, wish};
use crate::config::remote::{By, REMOTE_KEYS};
use crate::daemon::command_desk::refusal;
use crate::vehicle::keeper::{Groups, Keeper};

/// The kind of event that a command leaves behind.
const EVENT: &str = "vehicle_command";
/// The kind of event that a mark is.
const MARK: &str = "mark";
/// The setting that `setInterval` sets.
const INTERVAL: &str = REMOTE_KEYS[0];

/// How long a command waits for its row.
const ROW_WITHIN: Duration = Duration::from_secs(4);

/// A command that waits for a row.
pub(in crate::vehicle) struct Awaited {
    command: Command,
    until: Instant,
}

/// Carries out a command and answers it, or lets it wait for its row.
pub(in crate::vehicle) fn carry_out(keeper: &mut Keeper, groups: &mut Groups, command: Command) {
    let wished = match &command.call {
        Ok(call) if keeper.remote.obeys => wish(call),
        Ok(_) => Err("remote.commands is false on this computer: it obeys none".to_owned()),
        Err(problem) => Err(problem.clone()),
    };
    let wished = match wished {
        Ok(wished) => wished,
        Err(problem) => return finish(keeper, groups, &command, &refusal(&problem), false),
    };
    if wished == Wish::UploadNow {
        keeper.remote.live.want_row();
        let until = keeper.now() + ROW_WITHIN;
        return keeper.remote.awaited.push(Awaited { command, until });
    }
    let answer = match attempt(keeper, groups, &wished) {
        Ok(answer) => answer,
        Err(problem) => refusal(&problem),
    };
    finish(keeper, groups, &command, &answer, wished.only_reads());
}

/// A row has come: whoever waited for it is answered.
pub(in crate::vehicle) fn row_has_come(keeper: &mut Keeper, groups: &mut Groups) {
    if keeper.remote.awaited.is_empty() {
        return;
    }
    keeper.remote.live.row_is_made();
    keeper.send_all(groups);
    for awaited in std::mem::take(&mut keeper.remote.awaited) {
        let mut answer = outbox(keeper);
        answer["ts"] = json!(date_of_last_row(keeper).map(UtcTime::as_millis));
        finish(keeper, groups, &awaited.command, &answer, false);
    }
}

/// Answers commands that have waited long enough; `all`: those that still wait when the daemon
/// stops.
pub(in crate::vehicle) fn settle(keeper: &mut Keeper, groups: &mut Groups, all: bool) {
    let now = keeper.now();
    let waiting = std::mem::take(&mut keeper.remote.awaited);
    let (over, waiting) = waiting
        .into_iter()
        .partition::<Vec<_>, _>(|awaited| all || now >= awaited.until);
    keeper.remote.awaited = waiting;
    if over.is_empty() {
        return;
    }
    if keeper.remote.awaited.is_empty() {
        keeper.remote.live.row_is_made();
    }
    keeper.send_all(groups);
    for awaited in over {
        let mut answer = refusal(
            "there is no new row: nothing was heard of the car since the last one; what waits is \
             being sent",
        );
        answer["waiting"] = outbox(keeper)["waiting"].clone();
        finish(keeper, groups, &awaited.command, &answer, false);
    }
}

/// Does what can be done at once.
fn attempt(keeper: &mut Keeper, groups: &mut Groups, wished: &Wish) -> Result<Json, String> {
    match wished {
        Wish::State => state(keeper),
        Wish::Health => Ok(health(keeper)),
        Wish::Outbox | Wish::UploadNow => Ok(outbox(keeper)),
        Wish::Versions => Ok(versions(keeper)),
        Wish::Settings => Ok(settings(keeper)),
        Wish::MarkEvent(text) => mark(keeper, groups, text),
        Wish::SetInterval(seconds) => {
            let changed = keeper.remote.settings.set(INTERVAL, seconds, By::Command)?;
            keeper.remote.refused.remove(INTERVAL);
            keeper.apply_settings();
            keeper.remote.tell_about();
            Ok(json!({ "ok": true, "key": INTERVAL, "value": seconds, "changed": changed }))
        }
    }
}

fn state(keeper: &Keeper) -> Result<Json, String> {
    let row = keeper.remote.last_row.as_ref();
    let row = row.ok_or("nothing was heard of the car since the start")?;
    let values: Json = serde_json::from_str(&row.values).map_err(|error| error.to_string())?;
    Ok(json!({
        "ok": true,
        "ts": date_of_last_row(keeper).map(UtcTime::as_millis),
        "age_s": keeper.now().since(row.at).as_secs_f64(),
        "values": values,
    }))
}

/// That with which it was sent, or the one that it has by now.
fn date_of_last_row(keeper: &Keeper) -> Option<UtcTime> {
    let row = keeper.remote.last_row.as_ref()?;
    let by_now = || Some(keeper.clock.trusted_date(row.at)?.utc);
    row.utc.or_else(by_now)
}

fn health(keeper: &Keeper) -> Json {
    let parts = keeper.remote.watched.parts();
    let status = parts.iter().map(|part| part.status).max();
    json!({ "ok": true, "status": status, "parts": parts })
}

fn outbox(keeper: &Keeper) -> Json {
    let uplink = &keeper.health.uplink;
    let count =
        |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    json!({
        "ok": true,
        "waiting": uplink.waiting(),
        "waiting_bytes": count(&uplink.waiting_bytes),
        "acknowledged": uplink.acknowledged(),
        "set_aside": count(&uplink.set_aside),
        "evicted": count(&uplink.evicted),
    })
}

fn versions(keeper: &Keeper) -> Json {
    let values = keeper.remote.about.values(&keeper.remote.settings, "");
    let mut answer: Json = serde_json::from_str(&values.into_json()).unwrap_or_default();
    for key in ["settings_of_server", "settings_refused", "row_interval_s"] {
        if let Some(members) = answer.as_object_mut() {
            members.remove(key);
        }
    }
    answer["ok"] = true.into();
    answer
}

fn settings(keeper: &Keeper) -> Json {
    let remote = &keeper.remote;
    let tuning = remote.settings.tuning();
    let alarms = &tuning.alarms;
    let values = [
        tuning.row_interval.as_secs_f64(),
        alarms.cell_spread.get(),
        alarms.hot.get(),
        alarms.cold.get(),
        alarms.low_charge.percent(),
    ];
    let mut list = serde_json::Map::new();
    for (key, value) in REMOTE_KEYS.into_iter().zip(values) {
        let is_of_server = remote.settings.shown().any(|(shown, _)| shown == key);
        let from = if is_of_server {
            "server"
        } else {
            "this computer"
        };
        list.insert(key.to_owned(), json!({ "value": value, "from": from }));
    }
    json!({ "ok": true, "settings": list, "refused": remote.refused })
}

/// Keeps a text as an event of this moment, and sends it if there is a date for it.
fn mark(keeper: &mut Keeper, groups: &mut Groups, text: &str) -> Result<Json, String> {
    let value = Value::text(text).map_err(|error| error.to_string())?;
    let upload = |at: UtcTime| {
        let mut values = Values::new();
        values.put("event", Value::text(MARK).ok());
        values.put("text", Some(value));
        let points = values.points();
        let (class, kind) = (Class::Event, PayloadKind::Telemetry);
        NewEntry::new(class, kind, at, points, values.into_json()).ok()
    };
    let detail = json!({ "text": text }).to_string();
    let kept = keeper.happened_and_upload(groups, MARK, detail, upload);
    let mut answer = json!({ "ok": true, "ts": kept.at.map(UtcTime::as_millis) });
    if kept.at.is_none() {
        answer["note"] = "the time is not known yet: it is kept here, and not sent".into();
    }
    if !kept.is_on_disk {
        answer["note"] = "the disk refuses: it waits in memory for it".into();
    }
    Ok(answer)
}

/// Notes a command and answers it. Of one that only reads it is noted that it was answered.
fn finish(
    keeper: &mut Keeper,
    groups: &mut Groups,
    command: &Command,
    answer: &Json,
    only_reads: bool,
) {
    let brief = json!({ "ok": answer["ok"] });
    let noted = if only_reads { &brief } else { answer };
    let detail = keeper.remote.desk.note(command, noted);
    keeper.happened(groups, EVENT, detail);
    keeper.remote.desk.answer(command, answer);
}
