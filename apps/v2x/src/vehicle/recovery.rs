//! Rows and fixes that a kill or a power cut left in the journal of rows: into the store, unless
//! they are there.
//!
//! A row that has its date keeps it, since the broker may have it. One without a date of an earlier
//! boot waits in the store for what is said of that boot.

use std::fmt::Display;
use std::time::Duration;

use tracing::{debug, info, warn};
use v2x_roles::timekeeping::{BoardClock, Dated, TimeSource};
use v2x_roles::vehicle::FixQuality;
use v2x_store::{DatedRow, Group, Store, StoreError, UndatedRow};
use v2x_units::{
    BootId, Degrees, GnssFix, Instant, KilometersPerHour, Meters, Position, Stamp, UtcTime,
};

use super::dating::{Dating, mark};
use super::measured::{GroupRow, MeasuredFix, MeasuredRow};
use super::row_journal::{JournalDate, JournalFix, JournalRow, Kept};
use super::source::BoardTime;
use super::telemetry::{self, SOURCE};

/// A row as the journal keeps it.
pub(super) fn journal_row(dating: &Dating, row: &MeasuredRow, dated: Option<&DatedRow>) -> Kept {
    let date = dated.and_then(|dated| {
        let mark = dated.when.mark?;
        Some(JournalDate {
            utc_us: dated.row.at.as_micros(),
            source: mark.source.to_owned(),
            error_us: mark
                .error_ms
                .map(|ms| ms.unsigned_abs().saturating_mul(1000)),
        })
    });
    let unsure = dating.unsure(row.at.instant).filter(|_| date.is_none());
    Kept::Row(JournalRow {
        boot: dating.boot().to_owned(),
        since_us: row.at.instant.as_micros(),
        provisional_us: row.at.utc.as_micros(),
        board: on_board(row.board),
        points: row.points,
        values: row.values.clone(),
        unsure_us: unsure.map(UtcTime::as_micros),
        date,
    })
}

/// A fix as the journal keeps it.
pub(super) fn journal_fix(boot: &str, measured: &MeasuredFix, date: Option<Dated>) -> Kept {
    let fix = &measured.fix;
    Kept::Fix(JournalFix {
        boot: boot.to_owned(),
        since_us: measured.at.instant.as_micros(),
        provisional_us: measured.at.utc.as_micros(),
        board: on_board(measured.board),
        position: (
            fix.position.latitude().get(),
            fix.position.longitude().get(),
        ),
        altitude: fix.altitude.map(Meters::get),
        speed: fix.speed.map(KilometersPerHour::get),
        satellites: fix.satellites,
        hdop: fix.hdop,
        receiver_us: fix.utc.map(UtcTime::as_micros),
        valid: fix.valid,
        quality: measured.quality.word().to_owned(),
        date: date.map(|date| JournalDate {
            utc_us: date.utc.as_micros(),
            source: date.source.word().to_owned(),
            error_us: (date.error).map(|it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX)),
        }),
    })
}

fn on_board(time: Option<BoardTime>) -> Option<(u32, u64)> {
    time.map(|board| (board.boot.get(), board.at.as_micros()))
}

/// What became of what was left.
#[derive(Default)]
pub(super) struct Taken {
    /// For the next group, oldest first.
    pub(super) rows: Vec<GroupRow>,
    pub(super) fixes: Vec<MeasuredFix>,
    /// The disk did not take it now.
    pub(super) refused: Vec<Kept>,
}

/// Takes up what was left, oldest first: gives the rows and fixes for the next group that are not
/// in the store.
pub(super) fn recover(left: Vec<Kept>, store: &mut Store, dating: &mut Dating) -> Taken {
    let take = |kept: &Kept, taken: &mut Taken| match kept {
        Kept::Row(row) => recover_row(row, store, dating).map(|row| row.add_to(&mut taken.rows)),
        Kept::Fix(fix) => recover_fix(fix, store, dating).map(|fix| fix.add_to(&mut taken.fixes)),
    };
    take_each(left, take)
}

/// Takes one after the other up to the first that is refused; `take` says whether it has written.
fn take_each<E: Display>(
    left: Vec<Kept>,
    mut take: impl FnMut(&Kept, &mut Taken) -> Result<bool, E>,
) -> Taken {
    let (mut taken, mut written) = (Taken::default(), 0);
    let mut left = left.into_iter();
    while let Some(kept) = left.next() {
        match take(&kept, &mut taken) {
            Ok(is_written) => written += usize::from(is_written),
            Err(error) => {
                taken.refused.push(kept);
                taken.refused.extend(left.by_ref());
                let count = taken.refused.len();
                debug!(%error, count, "rows and fixes of the last run wait for the disk");
            }
        }
    }
    let count = taken.rows.len() + taken.fixes.len() + written;
    if count > 0 {
        info!(
            count,
            "rows and fixes that the last run did not commit are taken up"
        );
    }
    taken
}

/// What became of something that was left.
enum Recovered<T> {
    /// It is in the store already.
    Known,
    /// It was put there just now.
    Written,
    /// It belongs into the next group.
    Waits(T),
}

impl<T> Recovered<T> {
    /// Adds what waits; says whether it was written instead.
    fn add_to(self, waiting: &mut Vec<T>) -> bool {
        let is_written = matches!(self, Self::Written);
        if let Self::Waits(what) = self {
            waiting.push(what);
        }
        is_written
    }
}

fn recover_row(
    left: &JournalRow,
    store: &mut Store,
    dating: &mut Dating,
) -> Result<Recovered<GroupRow>, StoreError> {
    let host = store.host_boot(&left.boot)?;
    let since_boot = Instant::from_micros(left.since_us);
    let board = board_time(left.board);
    let Some(date) = left.date.as_ref().and_then(date) else {
        return recover_undated(left, store, dating);
    };
    let stored = store.telemetry(SOURCE, date.utc, 1)?;
    if stored.first().is_some_and(|row| row.at == date.utc) {
        return Ok(Recovered::Known);
    }
    let mut when = dating.when(store, since_boot, board, Some(date));
    when.host = Some((host, since_boot));
    let dated = DatedRow {
        row: telemetry::dated(date, &left.values, left.points),
        when,
        place: None,
    };
    Ok(Recovered::Waits(GroupRow {
        measured: measured(left.clone()),
        dated: Some(dated),
    }))
}

fn recover_undated(
    left: &JournalRow,
    store: &mut Store,
    dating: &Dating,
) -> Result<Recovered<GroupRow>, StoreError> {
    let host = store.host_boot(&left.boot)?;
    let since_boot = Instant::from_micros(left.since_us);
    if store.has_measured((host, &left.boot), since_boot)? {
        return Ok(Recovered::Known);
    }
    if left.boot == dating.boot() {
        return Ok(Recovered::Waits(GroupRow {
            measured: measured(left.clone()),
            dated: None,
        }));
    }
    store.keep_undated(&[UndatedRow {
        source: SOURCE.to_owned(),
        board: board_time(left.board).map(|board| (board.boot, board.at)),
        unsure: left.unsure_us.map(UtcTime::from_micros),
        boot: left.boot.clone(),
        since_boot,
        points: left.points,
        values: left.values.clone(),
    }])?;
    Ok(Recovered::Written)
}

fn measured(left: JournalRow) -> MeasuredRow {
    MeasuredRow {
        at: stamp(left.since_us, left.provisional_us),
        board: board_time(left.board),
        values: left.values,
        points: left.points,
    }
}

fn recover_fix(
    left: &JournalFix,
    store: &mut Store,
    dating: &mut Dating,
) -> Result<Recovered<MeasuredFix>, StoreError> {
    let host = store.host_boot(&left.boot)?;
    let Some(measured) = measured_fix(left) else {
        // Its checksum was right, so a version to come wrote it.
        warn!("a fix that this version does not understand is left alone");
        return Ok(Recovered::Known);
    };
    let instant = measured.at.instant;
    if store.has_fix(host, instant)? {
        return Ok(Recovered::Known);
    }
    let date = left.date.as_ref().and_then(date);
    if date.is_none() && left.boot == dating.boot() {
        return Ok(Recovered::Waits(measured));
    }
    let mut when = dating.when(store, instant, measured.board, date);
    when.mark = date.map(mark);
    when.host = Some((host, instant));
    store.record_group(Group {
        fixes: &[(measured.dated(date), when)],
        ..Group::default()
    })?;
    Ok(Recovered::Written)
}

fn measured_fix(left: &JournalFix) -> Option<MeasuredFix> {
    let (latitude, longitude) = left.position;
    let position = Position::new(Degrees::new(latitude), Degrees::new(longitude)).ok()?;
    Some(MeasuredFix {
        at: stamp(left.since_us, left.provisional_us),
        board: board_time(left.board),
        fix: GnssFix {
            position,
            altitude: left.altitude.map(Meters::new),
            speed: left.speed.map(KilometersPerHour::new),
            satellites: left.satellites,
            hdop: left.hdop,
            utc: left.receiver_us.map(UtcTime::from_micros),
            valid: left.valid,
        },
        quality: FixQuality::of_word(&left.quality)?,
    })
}

const fn stamp(since_us: u64, provisional_us: i64) -> Stamp {
    Stamp {
        instant: Instant::from_micros(since_us),
        utc: UtcTime::from_micros(provisional_us),
    }
}

fn board_time(kept: Option<(u32, u64)>) -> Option<BoardTime> {
    kept.map(|(boot, since)| BoardTime {
        boot: BootId::new(boot),
        at: Instant::from_micros(since),
        // How well its clock was known then is forgotten.
        error: BoardClock::ERROR_MAX,
    })
}

fn date(kept: &JournalDate) -> Option<Dated> {
    let sources = [
        TimeSource::Gnss,
        TimeSource::Ntp,
        TimeSource::SystemUnsynchronised,
    ];
    let source = sources
        .into_iter()
        .find(|source| source.word() == kept.source)?;
    Some(Dated {
        utc: UtcTime::from_micros(kept.utc_us),
        source,
        error: kept.error_us.map(Duration::from_micros),
    })
}

#[cfg(test)]
mod tests {
    use v2x_roles::timekeeping::TimeSource;

    use super::*;
    use crate::clock::Clock;

    const EARLIER: &str = "an-earlier-boot";

    struct Place {
        _folder: tempfile::TempDir,
        store: Store,
        dating: Dating,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("v2x.db")).unwrap();
            let dating = Dating::new(Clock::start(), Duration::from_secs(300));
            Self {
                _folder: folder,
                store,
                dating,
            }
        }

        fn recover(&mut self, left: &[Kept]) -> (Vec<GroupRow>, Vec<MeasuredFix>) {
            let taken = recover(left.to_vec(), &mut self.store, &mut self.dating);
            assert!(taken.refused.is_empty());
            (taken.rows, taken.fixes)
        }
    }

    fn of_earlier_boot(kept: Kept) -> Kept {
        match kept {
            Kept::Row(row) => Kept::Row(JournalRow {
                boot: EARLIER.to_owned(),
                ..row
            }),
            Kept::Fix(fix) => Kept::Fix(JournalFix {
                boot: EARLIER.to_owned(),
                ..fix
            }),
        }
    }

    fn row(dating: &Dating) -> Kept {
        let measured = MeasuredRow {
            at: stamp(5_000_000, 7),
            board: None,
            values: r#"{"soc":64.4}"#.to_owned(),
            points: 1,
        };
        journal_row(dating, &measured, None)
    }

    fn measured() -> MeasuredFix {
        MeasuredFix {
            at: stamp(6_000_000, 8),
            board: Some(BoardTime {
                boot: BootId::new(3),
                at: Instant::from_micros(4),
                error: Duration::from_millis(1),
            }),
            fix: GnssFix {
                position: Position::new(Degrees::new(33.5), Degrees::new(-6.25)).unwrap(),
                altitude: Some(Meters::new(12.5)),
                speed: None,
                satellites: Some(7),
                hdop: Some(0.9),
                utc: Some(UtcTime::from_millis(9)),
                valid: true,
            },
            quality: FixQuality::Frozen,
        }
    }

    #[test]
    fn row_of_an_earlier_boot_without_a_date_waits_in_the_store_once() {
        let mut place = Place::new();
        let left = [of_earlier_boot(row(&place.dating))];
        for _ in 0..2 {
            let (rows, _) = place.recover(&left);
            assert!(rows.is_empty(), "this boot cannot date it");
            let waiting = place.store.undated(0, 9).unwrap();
            assert_eq!(waiting.len(), 1);
            assert_eq!(waiting[0].1.boot, EARLIER);
            assert_eq!(waiting[0].1.since_boot, Instant::from_micros(5_000_000));
        }
    }

    #[test]
    fn row_of_this_boot_without_a_date_goes_into_the_next_group() {
        let mut place = Place::new();
        let (rows, _) = place.recover(&[row(&place.dating)]);
        assert_eq!(rows.len(), 1);
        assert!(rows[0].dated.is_none());
        assert_eq!(rows[0].measured.values, r#"{"soc":64.4}"#);
        assert_eq!(place.store.undated_count().unwrap(), 0);
    }

    #[test]
    fn fix_with_a_date_is_written_under_it_once() {
        let mut place = Place::new();
        let date = Dated {
            utc: UtcTime::from_millis(1_795_515_300_000),
            source: TimeSource::Gnss,
            error: Some(Duration::from_millis(3)),
        };
        let left = [of_earlier_boot(journal_fix("", &measured(), Some(date)))];
        for _ in 0..2 {
            let (_, fixes) = place.recover(&left);
            assert!(fixes.is_empty());
            let stored = place.store.fixes(UtcTime::from_millis(0), 9).unwrap();
            assert_eq!(stored, [measured().dated(Some(date))]);
        }
    }

    #[test]
    fn what_the_disk_refuses_comes_back_whole_and_in_order() {
        let place = Place::new();
        let left = [
            row(&place.dating),
            of_earlier_boot(row(&place.dating)),
            journal_fix("", &measured(), None),
        ];
        let mut asked = 0;
        let taken = take_each(left.to_vec(), |_, _| {
            asked += 1;
            if asked == 2 { Err("full") } else { Ok(true) }
        });
        assert_eq!((asked, &taken.refused[..]), (2, &left[1..]));
    }

    #[test]
    fn fix_of_this_boot_without_a_date_goes_into_the_next_group_as_it_was() {
        let mut place = Place::new();
        let boot = place.dating.boot().to_owned();
        let (_, fixes) = place.recover(&[journal_fix(&boot, &measured(), None)]);
        assert_eq!(fixes.len(), 1);
        assert_eq!((fixes[0].fix, fixes[0].at), (measured().fix, measured().at));
        assert_eq!(fixes[0].quality, FixQuality::Frozen);
    }
}
