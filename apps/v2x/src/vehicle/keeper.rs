//! The thread that owns the store: rows in groups to the disk, and from there to the session.
//!
//! A row with a date ([`super::dating`]) is offered to the network as it comes, while it waits for
//! the commit of its group. Until then the journal of rows keeps rows and fixes through a kill, and
//! all but the last five seconds of them through a power cut. Nothing leaves the outbox before the
//! broker has it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, select};
use tracing::{error, warn};
use v2x_can::vss::VinSerial;
use v2x_outbox::{GroupCommit, GroupLimits, NewEntry, Storage as _};
use v2x_roles::vehicle::Observation;
use v2x_store::{Event, FixRow, Store, When};
use v2x_units::{Instant, Stamp, UtcTime};
use v2x_web::types::V2x;

use super::dated_journal::DatedJournal;
use super::dating::{Beside, Dating};
use super::health::Health;
use super::measured::{GroupRow, MeasuredFix, MeasuredRow, over_link};
use super::radio::{self, ToldByV2g, ToldByV2v};
use super::recovery;
use super::remote::{LastRow, Remote, commands, settings};
use super::row_journal::{self, Kept, RowJournal};
use super::site::Shown;
use super::spending::Spending;
use crate::clock::Clock;
use crate::daemon::heartbeat::Heart;
use crate::daemon::waiting::{ForStore, Waiting};
use crate::daemon::{Delivery, Housekeeping};

/// Events that wait for a disk that refuses; beyond it the oldest is given up and told.
const EVENTS_MAX: usize = 1_000;
/// Rows and fixes share a commit of a minute: each commit rewrites whole pages, so that one every
/// five seconds costs 2.5 times as much. The journal of rows keeps them meanwhile.
const GROUP: GroupLimits = GroupLimits {
    rows: 120,
    age: Duration::from_secs(60),
    retry: Duration::from_secs(5),
    kept: 3600,
};
/// What the journal does not take is committed after so long: what a kill then takes.
const UNKEPT_AT_MOST: Duration = row_journal::SYNC_EVERY;
/// How often an idle keeper looks whether a group is due.
const GLANCE: Duration = Duration::from_millis(250);

/// What is kept in the store.
#[derive(Debug)]
pub(super) enum ToKeep {
    /// A row of measurements.
    Row(MeasuredRow),
    /// Something that happened just now, with its circumstances as a JSON object.
    Event { kind: &'static str, detail: String },
    /// A fix and what it is worth.
    Fix(MeasuredFix),
    /// One moment of the car, for the journal.
    Observation(Box<Observation>),
    /// Something of the conversation about charging.
    V2g(Stamp, Box<ToldByV2g>),
    /// Something of V2V.
    V2v(Stamp, Box<ToldByV2v>),
    /// Who is around, for the server.
    Around(Stamp, Box<V2x>),
    /// Who the car is.
    Vin(VinSerial),
}

/// The store and what waits to enter it.
pub(super) struct Keeper {
    pub(super) store: Store,
    pub(super) journal: DatedJournal,
    /// Where rows are kept until their commit, and what the last run left there and no disk has
    /// taken yet.
    pub(super) row_journal: (RowJournal, Vec<Kept>),
    pub(super) delivery: Delivery,
    pub(super) housekeeping: Housekeeping,
    pub(super) clock: Clock,
    pub(super) dating: Dating,
    /// What publishing costs, where rows are thinned.
    pub(super) spending: Option<Spending>,
    pub(super) heart: Heart,
    pub(super) health: Arc<Health>,
    /// What goes on with the server beside the outbox.
    pub(super) remote: Remote,
    /// What those who look see, where the dashboard is switched on.
    pub(super) shown: Option<Arc<Shown>>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    /// Its date, if there was one.
    pub(super) at: Option<UtcTime>,
    /// Whether the disk has it.
    pub(super) is_on_disk: bool,
}

/// What waits for the next commit.
pub(super) struct Groups {
    rows: GroupCommit<GroupRow>,
    fixes: GroupCommit<MeasuredFix>,
    events: VecDeque<(Event, When)>,
    /// What the radio brought, each with its date.
    radio: Waiting<OfRadio>,
}

/// What the radio brought.
enum OfRadio {
    V2g(Option<UtcTime>, Box<ToldByV2g>),
    V2v(Option<UtcTime>, Box<ToldByV2v>),
}

impl ForStore for OfRadio {
    fn is_book(&self) -> bool {
        matches!(self, Self::V2g(_, told) if told.is_book())
    }
}

impl Keeper {
    /// Keeps until nothing more comes; then commits the last group and gives the session a chance
    /// to deliver it. What it cannot deliver now stays on disk for the next start.
    pub(super) fn run(mut self, to_keep: &Receiver<ToKeep>) {
        let mut groups = Groups {
            rows: GroupCommit::new(GROUP),
            fixes: GroupCommit::new(GROUP),
            events: VecDeque::new(),
            radio: Waiting::default(),
        };
        self.delivery.remove_in_groups();
        self.apply_settings();
        self.recover(&mut groups);
        loop {
            let now = self.clock.now().instant;
            self.heart.beat(now);
            let requests = self.delivery.requests();
            let (commands, news) = (self.remote.desk.received(), self.remote.news());
            select! {
                recv(to_keep) -> what => match what {
                    Ok(what) => self.take(&mut groups, what),
                    Err(_) => break,
                },
                recv(requests) -> request => self.delivery.hear(request, &mut self.store),
                recv(commands) -> command => {
                    if let Some(command) = self.remote.desk.take(command, now) {
                        commands::carry_out(&mut self, &mut groups, command);
                    }
                }
                recv(news) -> news => match news {
                    Ok(()) => settings::hear(&mut self, &mut groups),
                    // The session has ended.
                    Err(_) => self.remote.shared = None,
                },
                default(GLANCE) => {
                    if !self.row_journal.1.is_empty() {
                        self.recover(&mut groups);
                    }
                    self.write_events(&mut groups.events);
                    self.write_radio(&mut groups.radio);
                }
            }
            commands::settle(&mut self, &mut groups, false);
            self.commit(&mut groups, false);
            self.remote.look(now);
            if let Err(error) = self.row_journal.0.sync_overdue(now) {
                warn!(%error, "rows that wait for their commit do not reach the disk");
            }
            self.delivery.remove_overdue(now, &mut self.store);
            self.count_spending(now);
            self.housekeeping.look(self.clock, &mut self.store);
        }
        commands::settle(&mut self, &mut groups, true);
        self.commit(&mut groups, true);
        self.write_events(&mut groups.events);
        self.write_radio(&mut groups.radio);
        self.journal.close(&mut self.store);
        self.delivery.deliver_the_rest(self.clock, &mut self.store);
        let now = self.clock.now().instant;
        if let Some(spending) = &mut self.spending {
            spending.close(now, self.dating.date(now).map(|dated| dated.utc));
        }
    }

    /// Counts what was published, and lets rows be thinned accordingly.
    fn count_spending(&mut self, now: Instant) {
        let Some(spending) = &mut self.spending else {
            return;
        };
        if spending.is_due(now) {
            let date = self.dating.date(now).map(|dated| dated.utc);
            if let Some(stretch) = spending.look(now, date) {
                self.dating.stretch(stretch);
            }
        }
    }

    /// Takes up what a kill left of the last group; what the disk refuses stays in the journal and
    /// is tried again.
    fn recover(&mut self, groups: &mut Groups) {
        let left = std::mem::take(&mut self.row_journal.1);
        let now = self.clock.now().instant;
        let taken = recovery::recover(left, &mut self.store, &mut self.dating);
        self.row_journal.1 = taken.refused;
        for row in taken.rows {
            groups.rows.push(now, row);
        }
        for fix in taken.fixes {
            groups.fixes.push(now, fix);
        }
        if groups.rows.rows().is_empty() && groups.fixes.rows().is_empty() {
            self.clear_journal();
        }
        groups.rows.hurry(now);
        groups.fixes.hurry(now);
        self.commit(groups, false);
    }

    /// The store has everything that stands in the journal, except what the disk has refused.
    fn clear_journal(&mut self) {
        if self.row_journal.1.is_empty() {
            self.row_journal.0.clear();
        }
    }

    fn take(&mut self, groups: &mut Groups, what: ToKeep) {
        let now = self.clock.now().instant;
        match what {
            ToKeep::Row(row) => self.row(groups, now, row),
            ToKeep::Fix(fix) => {
                let link = fix.board.map(|board| board.error);
                let date = self.clock.date(fix.at.instant);
                let date = date.map(|date| over_link(date, link));
                let kept = recovery::journal_fix(self.dating.boot(), &fix, date);
                groups.fixes.push(now, fix);
                if self.row_journal.0.add(now, &kept).is_err() {
                    groups.fixes.hurry_until(now + UNKEPT_AT_MOST);
                }
            }
            ToKeep::V2g(at, told) => {
                let utc = self.clock.trusted_date(at.instant).map(|dated| dated.utc);
                groups.radio.push(OfRadio::V2g(utc, told));
                self.write_radio(&mut groups.radio);
            }
            ToKeep::V2v(at, told) => {
                let utc = self.clock.trusted_date(at.instant).map(|dated| dated.utc);
                groups.radio.push(OfRadio::V2v(utc, told));
                self.write_radio(&mut groups.radio);
            }
            ToKeep::Around(at, traffic) => {
                let date = self.clock.trusted_date(at.instant);
                let told = date.and_then(|dated| radio::around::told(&traffic, dated.utc));
                match self.store.push(told.as_slice()) {
                    Ok(_) => self.delivery.offer(&self.store),
                    Err(error) => warn!(%error, "who is around is not told"),
                }
            }
            ToKeep::Observation(seen) => {
                let host = self.dating.host(&mut self.store);
                let date = |at| self.dating.date(at);
                self.journal.observe(*seen, host, date, &mut self.store);
                let alarms = self.journal.take_alarms();
                if let Some(shown) = &self.shown {
                    alarms.iter().for_each(|alarm| shown.alarm(alarm));
                }
            }
            ToKeep::Event { kind, detail } => self.happened(groups, kind, detail),
            ToKeep::Vin(serial) => self.remote.about.hear_vin(serial),
        }
    }

    /// Now, on the clock of this process.
    pub(super) fn now(&self) -> Instant {
        self.clock.now().instant
    }

    /// What was set from afar holds from now on.
    pub(super) fn apply_settings(&mut self) {
        let tuning = self.remote.settings.tuning();
        self.remote.live.set_row_interval(tuning.row_interval);
        self.journal.set_limits(tuning.alarms);
    }

    /// Commits the rows that wait for their group, and gives everything to the session.
    pub(super) fn send_all(&mut self, groups: &mut Groups) {
        groups.rows.hurry(self.now());
        self.commit(groups, false);
        self.delivery.offer(&self.store);
    }

    /// Puts a row into its group, and offers it at once if its date is known and the journal keeps
    /// it.
    fn row(&mut self, groups: &mut Groups, now: Instant, measured: MeasuredRow) {
        if self.remote.awaits_a_row() {
            // Who asks for a row gets all of it.
            self.dating.report_all();
        }
        let group = groups.rows.rows();
        let mut dated = self.dating.date_now(&mut self.store, &measured, group);
        let kept = recovery::journal_row(&self.dating, &measured, dated.as_ref());
        let is_kept = self.row_journal.0.add(now, &kept).is_ok();
        if let Some(dated) = dated.as_mut().filter(|_| is_kept)
            && let Some(upload) = &dated.row.upload
        {
            dated.place = Some(self.delivery.admit(&mut self.store, upload.clone()));
        }
        self.remote.last_row = Some(LastRow {
            at: measured.at.instant,
            utc: dated.as_ref().map(|dated| dated.row.at),
            values: measured.values.clone(),
        });
        if let Some(shown) = &self.shown {
            // What has no date yet is shown under the one that the clock would give it now.
            match &dated {
                Some(dated) => shown.row(dated.row.at, &dated.row.values),
                None => shown.row(measured.at.utc, &measured.values),
            }
        }
        let could_have = dated.is_none() && self.dating.date(now).is_some();
        let dropped = groups.rows.push(now, GroupRow { measured, dated });
        for place in dropped.iter().filter_map(GroupRow::place) {
            self.delivery.give_up(place);
        }
        if !is_kept {
            groups.rows.hurry_until(now + UNKEPT_AT_MOST);
        }
        if could_have {
            // What has no date yet holds up the rows behind it.
            groups.rows.hurry(now);
        }
        self.delivery.offer(&self.store);
        commands::row_has_come(self, groups);
    }

    /// Writes what happened; events are few and commit at once, or wait for the disk.
    pub(super) fn happened(&mut self, groups: &mut Groups, kind: &str, detail: String) {
        self.happened_and_upload(groups, kind, detail, |_| None);
    }

    /// The same of something that is told to the broker too, if it has a date.
    pub(super) fn happened_and_upload(
        &mut self,
        groups: &mut Groups,
        kind: &str,
        detail: String,
        upload: impl FnOnce(UtcTime) -> Option<NewEntry>,
    ) -> Noted {
        let now = self.now();
        let date = self.clock.trusted_date(now);
        let at = date.map(|dated| dated.utc);
        let event = Event {
            at,
            kind: kind.to_owned(),
            detail,
            upload: at.and_then(upload),
        };
        let is_uploaded = event.upload.is_some();
        let when = self.dating.when(&mut self.store, now, None, date);
        if groups.events.len() >= EVENTS_MAX {
            warn!("an event is given up: the disk has refused for too long");
            groups.events.pop_front();
        }
        groups.events.push_back((event, when));
        let is_on_disk = self.write_events(&mut groups.events);
        if is_uploaded && is_on_disk {
            self.delivery.offer(&self.store);
        }
        Noted { at, is_on_disk }
    }

    /// Writes events in their order until the disk refuses; says whether the last one is on disk.
    fn write_events(&mut self, events: &mut VecDeque<(Event, When)>) -> bool {
        let mut is_on_disk = true;
        while let Some((event, when)) = events.front() {
            if let Err(error) = self.store.record_event_at(event, when) {
                if !error.is_for_good() {
                    warn!(%error, kind = event.kind, "an event waits for the disk");
                    return false;
                }
                // It would hold up all that come behind it.
                error!(%error, kind = event.kind, "an event is left out");
                is_on_disk = false;
            } else {
                is_on_disk = true;
            }
            events.pop_front();
        }
        is_on_disk
    }

    /// Writes what the radio brought, until the disk refuses.
    fn write_radio(&mut self, waiting: &mut Waiting<OfRadio>) {
        let store = &mut self.store;
        let is_written = waiting.write(|entry| match entry {
            OfRadio::V2g(utc, told) => radio::books::write(store, *utc, told),
            OfRadio::V2v(utc, told) => radio::books::write_v2v(store, *utc, told),
        });
        if is_written {
            self.delivery.offer(&self.store);
        }
    }

    /// Commits what is due, or everything: rows and fixes in one transaction, which also removes
    /// what the broker has.
    fn commit(&mut self, groups: &mut Groups, all: bool) {
        let now = self.clock.now().instant;
        let rows_are_due = !groups.rows.rows().is_empty() && (all || groups.rows.is_due(now));
        let fixes_are_due = !groups.fixes.rows().is_empty() && (all || groups.fixes.is_due(now));
        if !rows_are_due && !fixes_are_due {
            return;
        }
        let fixes = self.fixes(groups, now, all);
        let acknowledged = self.delivery.to_remove();
        let beside = Beside {
            fixes: &fixes,
            acknowledged: &acknowledged,
        };
        let must_enter = |place| self.delivery.must_enter(place);
        let rows = groups.rows.rows();
        let outcome = (self.dating).commit(&mut self.store, rows, must_enter, &beside);
        match outcome {
            Ok(()) => {
                let places = rows.iter().filter_map(GroupRow::place);
                self.delivery
                    .committed(&mut self.store, places, &acknowledged);
                groups.rows.committed();
                if fixes.len() < groups.fixes.rows().len() {
                    // They still stand in the journal, behind rows that the next start finds in
                    // the store and leaves alone.
                    groups.fixes.failed(now);
                } else {
                    groups.fixes.committed();
                    self.clear_journal();
                }
            }
            Err(error) => {
                warn!(%error, rows = rows.len(), "rows and fixes wait for the disk");
                groups.rows.failed(now);
                groups.fixes.failed(now);
            }
        }
        self.after_commit();
        let dropped = groups.rows.dropped();
        self.health.rows_dropped.store(dropped, Ordering::Relaxed);
    }

    /// The fixes to commit, all of them or none: they wait in memory until there is a date, of
    /// which three of them are one.
    fn fixes(&mut self, groups: &Groups, now: Instant, all: bool) -> Vec<(FixRow, When)> {
        if !all && self.clock.date(now).is_none() {
            return Vec::new();
        }
        let mut rows = Vec::with_capacity(groups.fixes.rows().len());
        for fix in groups.fixes.rows() {
            let instant = fix.at.instant;
            let link = fix.board.map(|board| board.error);
            let date = self.clock.date(instant).map(|date| over_link(date, link));
            let when = (self.dating).when(&mut self.store, instant, fix.board, date);
            rows.push((fix.dated(date), when));
        }
        rows
    }

    fn after_commit(&mut self) {
        // No row is too old by a clock that may be years ahead.
        let now = self.clock.trusted_date(self.clock.now().instant);
        let now = now.map(|dated| dated.utc);
        self.delivery.enforce_budget(&mut self.store, now);
        self.delivery.offer(&self.store);
    }
}
