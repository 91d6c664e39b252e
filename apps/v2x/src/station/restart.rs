//! Going on after a restart: the open sessions in the store, and how long nobody watched them.
//!
//! Whether a session goes on or is closed is `charging`'s decision. Linux names each start of the
//! computer; when the name has changed since the session's last record, its power was off.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::{info, warn};
use v2x_charging::{Interruption, Restart, SessionRecord, Standing, TransactionIds};
use v2x_roles::station::{Resumption, SlotNumber, Station, StationSetup};
use v2x_store::{Store, StoreError, StoredSession};
use v2x_tariff::{Tariff, parse_tariffs};
use v2x_units::{BootId, Instant, UtcTime};

use crate::clock::Clock;

/// Where Linux names the start of the computer.
const HOST_BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// What holds at each slot beside its sessions, as the disk has it.
pub(super) type Standings = BTreeMap<SlotNumber, Standing>;

/// The name of this start of the computer; `None` where there is none.
pub(super) fn host_boot() -> Option<String> {
    let text = std::fs::read_to_string(HOST_BOOT).ok()?;
    Some(text.trim().to_owned())
}

/// Takes up every open session of the store.
pub(super) fn resume(
    station: &mut Station,
    setup: &StationSetup,
    store: &Store,
    boot: BootId,
    now: Instant,
    mut draw: impl FnMut() -> u64,
) -> Result<(), StoreError> {
    for slot in &setup.slots {
        let Some(open) = store
            .newest_session(slot.number.get())?
            .filter(|session| session.newest.ended.is_none())
        else {
            continue;
        };
        let Some(tariff) = tariff_of(store, &open)? else {
            warn!(slot = %slot.number, session = %open.head.transaction,
                  "the tariff of the open session is not readable; it stays open in the store");
            continue;
        };
        let interruption = interruption(store, &open.newest)?;
        info!(slot = %slot.number, session = %open.head.transaction, ?interruption, "open session");
        let from = Resumption {
            records: store.session_records(open.head.transaction)?,
            tariff: Arc::new(tariff),
            interruption,
        };
        let ids = TransactionIds::new(boot, draw());
        station.resume(slot.number, ids, now, from);
    }
    Ok(())
}

/// Takes up what operator and faults have left behind at each slot.
pub(super) fn stand(station: &mut Station, store: &Store) -> Result<Standings, StoreError> {
    let mut kept = Standings::new();
    for (number, standing) in store.standings()? {
        let Some(slot) = SlotNumber::new(number) else {
            continue;
        };
        if standing != Standing::default() {
            warn!(%slot, ?standing, "as it was before the restart");
        }
        station.stand(slot, standing);
        kept.insert(slot, standing);
    }
    Ok(kept)
}

/// The tariff under which a session was opened, from the document of its version.
pub(crate) fn tariff_of(
    store: &Store,
    session: &StoredSession,
) -> Result<Option<Tariff>, StoreError> {
    let (id, version) = (&session.head.tariff_id, &session.head.tariff_version);
    let Some(document) = store.tariff_document(id, version)? else {
        return Ok(None);
    };
    let tariffs = parse_tariffs("the store's tariff", &document).unwrap_or_default();
    Ok(tariffs.into_iter().find(|tariff| tariff.id == *id))
}

fn interruption(store: &Store, newest: &SessionRecord) -> Result<Interruption, StoreError> {
    let then = store.host_boot_of(newest.boot)?;
    let is_same = then.is_some() && then == host_boot();
    let length = Clock::wall().zip(newest.utc).and_then(|(now, then)| {
        let micros = u64::try_from(UtcTime::micros_since(now, then)).ok()?;
        Some(std::time::Duration::from_micros(micros))
    });
    Ok(Interruption {
        cause: if is_same {
            Restart::Reboot
        } else {
            Restart::PowerLoss
        },
        length,
    })
}
