//! Trips and charges out of the merged rows of all tables, and the rows themselves as telemetry.

use v2x_recording::{MergedRow, RecordedRow};
use v2x_roles::vehicle::{
    Change, Charge, ChargeTracker, EpisodeId, FixJudge, FixQuality, Observation, Trip, TripDetector,
};
use v2x_store::{Recorded, Store, TelemetryRow};
use v2x_units::{GnssFix, Stamp, UtcTime};

use super::merged_tables::MergedTable;
use super::report::{FileReport, Report};
use super::row_values;
use super::timeline::{Placed, Timeline};
use crate::failure::{Blame, Context as _, Failure};

/// The source of these rows in the store.
const SOURCE: &str = "import";
/// Rows that share a commit: a thousand times fewer bytes on the disk than one by one.
const GROUP: usize = 1000;

/// Follows rows and writes the trips and charges that have ended.
pub(super) struct Episodes<'a> {
    store: &'a mut Store,
    report: &'a mut Report,
    trips: TripDetector,
    charges: ChargeTracker,
}

impl<'a> Episodes<'a> {
    pub(super) fn new(store: &'a mut Store, report: &'a mut Report) -> Self {
        Self {
            store,
            report,
            trips: TripDetector::default(),
            charges: ChargeTracker::default(),
        }
    }

    /// Takes one observation.
    pub(super) fn observe(&mut self, seen: &Observation) -> Result<(), Failure> {
        for change in self.trips.observe(seen, || named_after("trip", seen.at)) {
            self.trip(change)?;
        }
        for change in self
            .charges
            .observe(seen, || named_after("charge", seen.at))
        {
            self.charge(change)?;
        }
        Ok(())
    }

    /// Writes rows into the store.
    pub(super) fn record(
        &mut self,
        source: &str,
        rows: &[(Stamp, MergedRow)],
    ) -> Result<Recorded, Failure> {
        let mut all = Recorded::default();
        for group in rows.chunks(GROUP) {
            let row = |(_, row): &(Stamp, MergedRow)| TelemetryRow {
                source: source.to_owned(),
                at: row.at,
                values: row_values::json(row),
                upload: None,
            };
            let group: Vec<_> = group.iter().map(row).collect();
            let recorded = self
                .store
                .record_telemetry(&group)
                .blame(Blame::Runtime, "store")?;
            all.written += recorded.written;
            all.repeated += recorded.repeated;
        }
        Ok(all)
    }

    /// Nothing follows: what is running ends.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Some(change) = self.trips.finish() {
            self.trip(change)?;
        }
        if let Some(change) = self.charges.finish() {
            self.charge(change)?;
        }
        Ok(())
    }

    fn trip(&mut self, change: Change<Trip>) -> Result<(), Failure> {
        let Change::Ended(trip) = change else {
            return Ok(());
        };
        self.report.trip(&trip);
        self.store
            .record_trip(&trip, None)
            .blame(Blame::Runtime, "store")
    }

    fn charge(&mut self, change: Change<Charge>) -> Result<(), Failure> {
        let Change::Ended(charge) = change else {
            return Ok(());
        };
        self.report.charge(&charge);
        self.store
            .record_charge(&charge, None)
            .blame(Blame::Runtime, "store")
    }
}

/// Names an imported trip or charge after its beginning, so that importing it again is no second
/// one (FNV-1a, 64 bits).
fn named_after(kind: &str, began: Stamp) -> EpisodeId {
    let bytes = kind.bytes().chain(began.utc.as_micros().to_be_bytes());
    EpisodeId::new(bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    }))
}

/// Imports all tables in their order.
pub(super) fn import(
    tables: &[MergedTable],
    store: &mut Store,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut timeline = Timeline::default();
    let mut fixes = FixJudge::default();
    let mut episodes = Episodes::new(store, report);
    for MergedTable { name, rows } in tables {
        timeline.begin_file();
        let file = episodes.report.of(name);
        let stamps_after = rows
            .iter()
            .skip(1)
            .map(|row| Some(row.row.at))
            .chain([None]);
        let placed = (rows.iter().zip(stamps_after))
            .filter_map(|(row, next)| place(&mut timeline, row, next, file));
        let placed: Vec<_> = placed.collect();
        let recorded = episodes.record(SOURCE, &placed)?;
        let file = episodes.report.of(name);
        file.recorded(recorded.written, recorded.repeated);
        for (at, row) in &placed {
            let fix = good_fix(&mut fixes, *at, row);
            episodes.observe(&Observation::of_row(*at, row, fix))?;
        }
    }
    episodes.finish()
}

/// Gives a row its place in time and reports what that took.
fn place(
    timeline: &mut Timeline,
    recorded: &RecordedRow,
    next: Option<UtcTime>,
    file: &mut FileReport,
) -> Option<(Stamp, MergedRow)> {
    let at = match timeline.place(recorded.row.at, next) {
        Placed::InOrder(at) => at,
        Placed::Behind(at) => {
            file.repair("stamp behind the row above, taken as its", recorded.line);
            at
        }
        Placed::ClockSetBack(at, seconds) => {
            let what = format!("clock set back by {seconds} s; taken to follow the row above");
            file.repair(what, recorded.line);
            at
        }
        Placed::Repeated => {
            file.recorded(0, 1);
            return None;
        }
    };
    Some((at, recorded.row))
}

/// The row's fix, if it is good. The prototype shows one fix in several rows: as long as it is
/// repeated it is the place of these rows too.
fn good_fix(judge: &mut FixJudge, at: Stamp, row: &MergedRow) -> Option<GnssFix> {
    let fix = row.fix?;
    let quality = judge.judge(at, &fix, row.motor_speed);
    matches!(quality, FixQuality::Good | FixQuality::Repeated).then_some(fix)
}
