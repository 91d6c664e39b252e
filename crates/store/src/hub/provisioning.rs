//! Who asked to be let in, and waits for an admin.

use std::time::Duration;

use rusqlite::Connection;
use v2x_roles::hub::{DeviceId, DeviceKind};
use v2x_units::UtcTime;

use super::device::{Credential, add_credential, find, insert, is_used};
use super::{HubStore, NameTaken, Taken};
use crate::error::StoreError;

/// The most that wait at once: more would be no work for a person.
pub const PENDING_MAX: usize = 100;
/// Decisions that are kept for devices that come back for them; the oldest are forgotten, and who
/// comes for one of those asks anew.
pub const DECIDED_MAX: usize = 1000;

/// How long an approval waits for a device that has no token of its own: whoever comes for it then
/// asks anew.
pub const APPROVAL_HOLDS: Duration = Duration::from_secs(3600);

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingState {
    /// Nothing yet.
    Waiting,
    /// It may come in.
    Approved,
    /// It may not.
    Rejected,
}

impl PendingState {
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// One that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its number.
    pub id: i64,
    /// The name that it wants.
    pub name: String,
    /// When it asked first; of a request that was decided, when that was.
    pub asked: UtcTime,
    /// From which address.
    pub origin: String,
    /// The hash of the token that it chose for itself.
    pub token: Option<[u8; 32]>,
    /// What was decided.
    pub state: PendingState,
}

impl HubStore {
    /// Notes a request, or finds the one of this name that is there; `None` when too many wait.
    ///
    /// A token tells a device from others of its name. One without is told by its address: what was
    /// asked from another, or approved too long ago, ends, and a new request begins.
    ///
    /// # Errors
    /// The disk's.
    pub fn ask_to_join(
        &mut self,
        name: &str,
        origin: &str,
        token: Option<&[u8; 32]>,
        now: UtcTime,
    ) -> Result<Option<Pending>, StoreError> {
        let all = self.pending()?;
        let known = all.iter().find(|it| it.name == name);
        let stranger = known
            .filter(|it| is_another(it, origin, now))
            .map(|it| it.id);
        if let Some(known) = known.filter(|it| stranger != Some(it.id)) {
            return Ok(Some(known.clone()));
        }
        let waiting = all.iter().filter(|it| it.state == PendingState::Waiting);
        let waiting = waiting.filter(|it| stranger != Some(it.id));
        if waiting.count() >= PENDING_MAX {
            return Ok(None);
        }
        self.database.transaction(|tx| {
            if let Some(stranger) = stranger {
                close(tx, stranger)?;
            }
            let sql = "INSERT INTO provisioning (name, asked_ms, origin, lookup, state)
                       VALUES (?1, ?2, ?3, ?4, 'waiting')";
            let lookup = token.map(|token| token.as_slice());
            tx.execute(sql, (name, now.as_millis(), origin, lookup))?;
            Ok(Some(Pending {
                id: tx.last_insert_rowid(),
                name: name.to_owned(),
                asked: now,
                origin: origin.to_owned(),
                token: token.copied(),
                state: PendingState::Waiting,
            }))
        })
    }

    /// All requests that nobody has closed, oldest first.
    ///
    /// # Errors
    /// The disk's.
    pub fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        let sql = "SELECT id, name, asked_ms, origin, lookup, state FROM provisioning ORDER BY id";
        self.database.rows(sql, [], |row| {
            let word: String = row.get(5)?;
            let states = [PendingState::Approved, PendingState::Rejected];
            let state = states.into_iter().find(|state| state.word() == word);
            let lookup: Option<Vec<u8>> = row.get(4)?;
            Ok(Pending {
                id: row.get(0)?,
                name: row.get(1)?,
                asked: UtcTime::from_millis(row.get(2)?),
                origin: row.get(3)?,
                token: lookup.and_then(|lookup| lookup.try_into().ok()),
                state: state.unwrap_or(PendingState::Waiting),
            })
        })
    }

    /// Decides a request that waits; `false` when there is none of this number.
    ///
    /// # Errors
    /// The disk's.
    pub fn decide(&mut self, id: i64, is_approved: bool, now: UtcTime) -> Result<bool, StoreError> {
        let state = if is_approved {
            PendingState::Approved
        } else {
            PendingState::Rejected
        };
        self.database.transaction(|tx| {
            let sql = "UPDATE provisioning SET state = ?2, asked_ms = ?3
                       WHERE id = ?1 AND state = 'waiting'";
            let is_decided = tx.execute(sql, (id, state.word(), now.as_millis()))? > 0;
            let sql = "DELETE FROM provisioning WHERE id IN (
                           SELECT id FROM provisioning WHERE state <> 'waiting'
                           ORDER BY id DESC LIMIT -1 OFFSET ?1)";
            let most = i64::try_from(DECIDED_MAX).unwrap_or(i64::MAX);
            tx.execute(sql, [most])?;
            Ok(is_decided)
        })
    }

    /// Lets in one that is approved, with this credential, and closes its request.
    ///
    /// # Errors
    /// The disk's; a name or a token that is taken comes back inside.
    pub fn admit(
        &mut self,
        pending: &Pending,
        credential: &Credential,
        now: UtcTime,
    ) -> Result<Result<DeviceId, Taken>, StoreError> {
        self.database.transaction(|tx| {
            if find(tx, None, &pending.name)?.is_some() {
                return Ok(Err(NameTaken(pending.name.clone()).into()));
            }
            if is_used(tx, credential)? {
                return Ok(Err(Taken::Login));
            }
            let id = insert(tx, &pending.name, DeviceKind::Unknown, None, now)?;
            add_credential(tx, id, credential, now)?;
            close(tx, pending.id)?;
            Ok(Ok(id))
        })
    }

    /// Closes a request: it was rejected, and was told.
    ///
    /// # Errors
    /// The disk's.
    pub fn close_request(&mut self, id: i64) -> Result<(), StoreError> {
        self.database.transaction(|tx| close(tx, id))
    }
}

/// Whether whoever asks from an address now is not the one that asked, as far as can be told.
fn is_another(known: &Pending, origin: &str, now: UtcTime) -> bool {
    let has_no_token = known.token.is_none();
    let is_stale = known.state == PendingState::Approved && now - APPROVAL_HOLDS > known.asked;
    has_no_token && (is_stale || known.origin != origin)
}

fn close(db: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM provisioning WHERE id = ?1";
    db.execute(sql, [id]).map(drop)
}
