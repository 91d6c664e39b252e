//! The thread that owns the slots and the store: readings in, steps to the disk, and from there to
//! the broker.
//!
//! A step of a session is on disk before the slot goes on: one transaction holds its record, its
//! samples, its bill and what is told to the server. When the disk refuses, the step waits and is
//! tried again; samples go on being counted. Rows of telemetry come in groups, as the vehicle's.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, never, select};
use tracing::{error, info, warn};
use v2x_charging::RelayReport;
use v2x_outbox::{GroupCommit, Storage as _};
use v2x_roles::station::{Do, Keep, PortId, SlotNumber, Station, StationSetup, Tariffs, Tell};
use v2x_store::{Store, TelemetryRow};
use v2x_units::{BootId, Instant};

use super::controllers::{self, Controllers};
use super::health::Health;
use super::line::{Heard, RelayWish, What};
use super::restart::Standings;
use super::site::{self, NewPrices, Shown};
use super::v2g::V2g;
use super::{books, orders, rows};
use crate::clock::{Clock, SystemClock};
use crate::daemon::heartbeat::Heart;
use crate::daemon::{CommandDesk, Delivery, Housekeeping};

/// The longest wait: how late a group of rows may be committed.
const GLANCE: Duration = Duration::from_millis(250);
/// How often a step that the disk refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often the slots are told what the wall clock says.
const TELL_CLOCK: Duration = Duration::from_secs(10);
/// How often the counters go to the log.
const TELL_HEALTH: Duration = Duration::from_secs(600);

/// The station's slots, its store and what waits to enter it.
pub(super) struct Keeper {
    pub(super) setup: Arc<StationSetup>,
    pub(super) station: Station,
    pub(super) store: Store,
    pub(super) delivery: Delivery,
    pub(super) housekeeping: Housekeeping,
    /// Says whether somebody keeps the clock: rows are too old only by such a one.
    pub(super) system: SystemClock,
    /// Where the server's commands come in.
    pub(super) desk: CommandDesk,
    /// Where the relay of each line's board is moved.
    pub(super) relays: Vec<Arc<RelayWish>>,
    /// Slots whose controllers keep their sessions.
    pub(super) controllers: Controllers,
    pub(super) boot: BootId,
    /// The station's folder.
    pub(super) out: PathBuf,
    pub(super) rows: rows::Rows,
    pub(super) clock: Clock,
    pub(super) heart: Heart,
    pub(super) health: Arc<Health>,
    /// What holds at each slot beside its sessions, as the disk has it.
    pub(super) standings: Standings,
    /// Steps that the disk refused, at most one a slot.
    pub(super) unwritten: Vec<Keep>,
    /// Commands that wait for a relay.
    pub(super) awaited: Vec<orders::Awaited>,
    pub(super) group: GroupCommit<TelemetryRow>,
    /// What slots say to cars over the radio.
    pub(super) v2g: Option<V2g>,
    pub(super) due: Due,
    /// What those who look see, where the dashboard is switched on, and prices that they set.
    pub(super) site: Option<(Arc<Shown>, Receiver<NewPrices>)>,
}

/// When the keeper does what it does by the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    station: Option<Instant>,
    retry: Instant,
    clock: Instant,
    health: Instant,
}

impl Due {
    /// Everything at once, but the counters.
    pub(super) fn at_start(now: Instant) -> Self {
        Self {
            station: None,
            retry: now,
            clock: now,
            health: now + TELL_HEALTH,
        }
    }
}

impl Keeper {
    /// Keeps until no line is heard any more; then commits the last rows and gives the session with
    /// the broker a chance to deliver. Open sessions stay open: the next start goes on with them.
    pub(super) fn run(mut self, heard: &Receiver<Heard>) {
        self.tell_clock();
        self.describe();
        self.step();
        loop {
            self.heart.beat(self.clock.now().instant);
            let requests = self.delivery.requests();
            let on_air = self.v2g.as_ref().map_or_else(never, V2g::heard);
            let commands = self.desk.received();
            let prices = self
                .site
                .as_ref()
                .map_or_else(never, |(_, prices)| prices.clone());
            select! {
                recv(heard) -> what => match what {
                    Ok(what) => self.take(what),
                    Err(_) => break,
                },
                recv(on_air) -> packet => if let Some(v2g) = &mut self.v2g {
                    v2g.hear(packet.ok().as_ref());
                },
                recv(requests) -> request => self.delivery.hear(request, &mut self.store),
                recv(commands) -> command => {
                    let now = self.clock.now().instant;
                    if let Some(command) = self.desk.take(command, now)
                        && let Some(command) = controllers::pass_on(&mut self, command)
                    {
                        orders::carry_out(&mut self, command);
                    }
                }
                recv(prices) -> new => match new {
                    Ok(new) => self.take_prices(&new),
                    // Nobody sets prices any more.
                    Err(_) => self.site = None,
                },
                default(self.wait()) => {}
            }
            self.by_the_clock();
            self.step();
            self.commit(false);
            self.housekeeping.look(self.clock, &mut self.store);
        }
        orders::abandon(&mut self);
        controllers::settle(&mut self, true);
        self.commit(true);
        self.delivery.deliver_the_rest(self.clock, &mut self.store);
    }

    /// How long nothing has to be done by the clock.
    fn wait(&self) -> Duration {
        let now = self.clock.now().instant;
        let station = self.due.station.map(|at| at.since(now));
        let row = self.rows.due().since(now);
        let v2g = self.v2g.as_ref().and_then(V2g::wake_at);
        let v2g = v2g.map_or(GLANCE, |at| at.since(now));
        GLANCE.min(row).min(station.unwrap_or(GLANCE)).min(v2g)
    }

    fn by_the_clock(&mut self) {
        let now = self.clock.now().instant;
        if now >= self.due.clock {
            self.tell_clock();
        }
        if now >= self.due.retry && !self.unwritten.is_empty() {
            for keep in std::mem::take(&mut self.unwritten) {
                self.keep(keep);
            }
        }
        if !self.awaited.is_empty() {
            orders::settle(self);
        }
        controllers::settle(self, false);
        if now >= self.rows.due() {
            self.make_rows();
        }
        if now >= self.due.health {
            self.due.health = now + TELL_HEALTH;
            self.health.tell("station runs");
        }
    }

    fn tell_clock(&mut self) {
        let now = self.clock.now().instant;
        self.due.clock = now + TELL_CLOCK;
        self.show();
        self.station.clock(now, Clock::wall());
        self.clock.hear_system(&mut self.system);
        self.controllers.tell_time();
        controllers::send_prices(self);
        controllers::send_revocations(self);
    }

    /// Shows the slots as they are now.
    fn show(&self) {
        let now = self.clock.now().instant;
        self.health.shown.slots(self.station.views(now));
        if let Some((shown, _)) = &self.site {
            shown.slots(self.station.views(now), &self.clock);
        }
    }

    /// Puts prices in place that were set over the dashboard: on the disk first. What the pages
    /// show is set here, so that of two who set prices the same one wins everywhere.
    fn take_prices(&mut self, new: &NewPrices) {
        if !new.take() {
            return;
        }
        let tariffs = Tariffs::new(new.tariffs.iter().cloned());
        let put = match self.station.without_tariff(&tariffs) {
            Some((slot, id)) => Err(format!(
                "slot {slot} has the tariff `{id}`, chosen by the operator, which is not among \
                 these"
            )),
            None => site::put_in_place(&mut self.store, &self.out, new),
        };
        if put.is_ok() && self.station.offer_tariffs(tariffs) {
            info!("tariffs set over the dashboard");
            if let Some((shown, _)) = &self.site {
                shown.set_tariffs(&new.document);
            }
            self.rows.set_tariffs(&new.document);
            self.describe();
            controllers::send_prices(self);
        }
        new.answer(put);
    }

    fn take(&mut self, heard: Heard) {
        let (port, at) = (heard.port, heard.at);
        match heard.what {
            What::Lost => {
                self.station.port_lost(at, port);
                if let Some(v2g) = &mut self.v2g {
                    v2g.board_lost(port);
                }
            }
            What::Plug(plugged) => {
                self.station.plug(at, port, plugged);
                if let Some(v2g) = &mut self.v2g {
                    v2g.plug(port, plugged);
                }
            }
            What::Relay(report) => self.hear_relay(at, port, report),
            What::Report(report) => controllers::report(self, port, &report),
            What::Journal(entry) => controllers::take(self, port, at, &entry),
            What::Answered { id, result, detail } => {
                controllers::answered(self, id, result, &detail);
            }
            What::Started => {
                info!(line = port.0 + 1, "a board has started, or is heard anew");
                if let Some(v2g) = &mut self.v2g {
                    v2g.board_lost(port);
                }
                self.controllers.started(port);
                self.controllers.tell_time();
                controllers::send_prices(self);
                controllers::send_revocations(self);
            }
            What::Reading {
                slot,
                sample,
                vehicle_connected,
            } => {
                let taken = self
                    .station
                    .sample(at, port, slot, &sample, vehicle_connected);
                match taken {
                    Ok(_) => Health::add(&self.health.readings, 1),
                    Err(unrouted) => {
                        if self.health.unrouted.fetch_add(1, Ordering::Relaxed) == 0 {
                            warn!(%unrouted, hint = "name it with --slot N=PORT", "not used");
                        }
                    }
                }
            }
        }
    }

    /// Does what slots and their conversations want until they want nothing more.
    pub(super) fn step(&mut self) {
        self.step_slots();
        self.keep_standings();
        while let Some(v2g) = &mut self.v2g {
            let now = self.clock.now().instant;
            let orders = v2g.step(now, &self.station, &mut self.store);
            if orders.is_empty() {
                return;
            }
            for (slot, order) in orders {
                if let Some(Err(refused)) = self.station.order(now, slot, order) {
                    info!(%slot, ?order, %refused, "V2G");
                }
            }
            self.step_slots();
            self.keep_standings();
        }
    }

    /// Whether the disk has what operator and faults have changed at a slot.
    pub(super) fn is_standing_kept(&self, slot: SlotNumber) -> bool {
        let mut standings = self.station.standings();
        let kept = self.standings.get(&slot).copied().unwrap_or_default();
        standings.all(|(number, standing)| number != slot || standing == kept)
    }

    /// Keeps what operator and faults have changed at a slot, before a command is answered.
    /// Where the disk refuses, it is asked again with the steps that wait for it.
    fn keep_standings(&mut self) {
        let now = self.clock.now().instant;
        if now < self.due.retry {
            return;
        }
        for (slot, standing) in self.station.standings() {
            if self.standings.get(&slot).copied().unwrap_or_default() == standing {
                continue;
            }
            match self.store.keep_standing(slot.get(), &standing) {
                Ok(()) => drop(self.standings.insert(slot, standing)),
                Err(error) => {
                    warn!(%error, %slot, ?standing, "waits for the disk");
                    self.due.retry = now + RETRY;
                }
            }
        }
    }

    fn step_slots(&mut self) {
        loop {
            let now = self.clock.now().instant;
            match self.station.poll(now) {
                Do::Keep(keep) => self.keep(*keep),
                Do::Relay { slot, closed } => self.move_relay(slot, closed),
                Do::Tell(slot, tell) => {
                    tell_person(slot, &tell);
                    self.show();
                    if let (Tell::Ended(record), Some(v2g)) = (&tell, &mut self.v2g) {
                        v2g.ended(slot, record, &self.store);
                    }
                }
                Do::WakeAt(at) => {
                    self.due.station = at;
                    return;
                }
            }
        }
    }

    fn keep(&mut self, keep: Keep) {
        match books::write(&mut self.store, &self.setup, self.boot, &keep) {
            Ok(()) => {
                self.station.persisted(keep.slot, &keep.record);
                self.delivery.offer(&self.store);
            }
            Err(error) if error.is_for_good() => {
                // It would be refused for ever, and its slot would stand still: all of it is here.
                let (slot, record) = (keep.slot, &keep.record);
                error!(%error, %slot, ?record, "a step of a session is left out of the store");
                Health::add(&self.health.steps_left_out, 1);
                self.station.persisted(keep.slot, &keep.record);
            }
            Err(error) => {
                error!(%error, slot = %keep.slot, "a step of a session waits for the disk");
                self.due.retry = self.clock.now().instant + RETRY;
                self.unwritten.push(keep);
            }
        }
    }

    fn move_relay(&self, slot: SlotNumber, closed: bool) {
        let setup = self.setup.slots.iter().find(|setup| setup.number == slot);
        let relay = setup.and_then(|setup| self.relays.get(setup.port.0));
        if let Some(relay) = relay {
            relay.set(closed);
        }
        info!(%slot, closed, "relay ordered");
    }

    fn hear_relay(&mut self, at: Instant, port: PortId, report: RelayReport) {
        let line = port.0 + 1;
        match report {
            RelayReport::Obeyed { closed } => info!(line, closed, "relay obeyed"),
            RelayReport::Failed(failure) => error!(line, %failure, "relay"),
        }
        self.station.relay(at, port, report);
    }

    /// Tells the server what the station is.
    pub(super) fn describe(&mut self) {
        let entries = self
            .rows
            .attributes(&self.setup, &self.station, &self.clock);
        if let Err(error) = self.store.push(&entries) {
            warn!(%error, "attributes not kept");
        }
        self.delivery.offer(&self.store);
    }

    fn make_rows(&mut self) {
        let made = self.rows.make(&self.setup, &self.station, &self.clock);
        let counter = if made.is_undated {
            &self.health.rows_undated
        } else {
            &self.health.rows
        };
        Health::add(counter, 1);
        let now = self.clock.now().instant;
        self.show();
        for row in made.rows {
            if let Some((shown, _)) = self.site.as_ref().filter(|_| row.source == rows::STATION) {
                shown.row(row.at, &row.values);
            }
            self.group.push(now, row);
        }
        if !made.alarms.is_empty() {
            if let Err(error) = self.store.push(&made.alarms) {
                warn!(%error, "alarm not kept");
            }
            self.delivery.offer(&self.store);
        }
    }

    /// Commits the rows that are due, or all of them, and with them the samples of open sessions.
    fn commit(&mut self, all: bool) {
        let now = self.clock.now().instant;
        if self.group.rows().is_empty() || !(all || self.group.is_due(now)) {
            return;
        }
        match self.store.record_telemetry(self.group.rows()) {
            Ok(_) => self.group.committed(),
            Err(error) => {
                warn!(%error, rows = self.group.rows().len(), "rows wait for the disk");
                self.group.failed(now);
            }
        }
        for (record, values) in self.station.take_values() {
            if let Err(error) = books::write_values(&mut self.store, self.boot, &record, &values) {
                warn!(%error, samples = values.len(), "samples of a session not kept");
            }
        }
        let dropped = self.group.dropped();
        self.health.rows_dropped.store(dropped, Ordering::Relaxed);
        self.delivery.enforce_budget(&mut self.store, Clock::wall());
        self.delivery.offer(&self.store);
    }
}

pub(super) fn tell_person(slot: SlotNumber, tell: &Tell) {
    match tell {
        Tell::Started(record) => info!(%slot, session = %record.transaction, "session started"),
        Tell::Resumed(record) => info!(%slot, session = %record.transaction, "session goes on"),
        Tell::Ended(record) => {
            let reason = record.ended.map(|reason| reason.to_string());
            let energy = record.energy.plausible;
            info!(%slot, session = %record.transaction, %energy, reason, "session ended");
        }
        Tell::State(state) => match super::telemetry::reason(*state) {
            Some(reason) => warn!(%slot, %state, reason, "slot"),
            None => info!(%slot, %state, "slot"),
        },
    }
}
