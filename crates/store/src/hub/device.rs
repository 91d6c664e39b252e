//! Which devices there are, and by what they log in. Tokens stand here as SHA-256 only: they are
//! long and drawn by chance, so that a slow hash would protect nothing.

use rusqlite::{Connection, OptionalExtension as _, Row};
use v2x_roles::hub::{DeviceId, DeviceKind};
use v2x_units::UtcTime;

use super::HubStore;
use crate::error::StoreError;

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its number.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The gateway that speaks for it.
    pub parent: Option<DeviceId>,
    /// When it was last heard.
    pub last_seen: Option<UtcTime>,
    /// When what it logs in by was made; `None` where it has no login of its own.
    pub login_made: Option<UtcTime>,
}

/// By what a device logs in, already hashed by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The hash of an access token.
    Token([u8; 32]),
    /// The hash of the user name, and the hash of both it and the password.
    Basic([u8; 32], [u8; 32]),
    /// The hash of a client certificate.
    Certificate([u8; 32]),
}

/// The name belongs to another device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is a device of the name `{0}` already; choose another, or remove that one")]
pub struct NameTaken(pub String);

/// What a device is to be let in with belongs to another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// Its name.
    #[error(transparent)]
    Name(#[from] NameTaken),
    /// What it logs in by.
    #[error("the token is taken: another device logs in by it; choose another for each device")]
    Login,
}

impl Credential {
    fn parts(&self) -> (&'static str, &[u8; 32], Option<&[u8; 32]>) {
        match self {
            Self::Token(lookup) => ("token", lookup, None),
            Self::Basic(lookup, secret) => ("basic", lookup, Some(secret)),
            Self::Certificate(lookup) => ("certificate", lookup, None),
        }
    }
}

impl HubStore {
    /// Adds a device with what it logs in by.
    ///
    /// # Errors
    /// The disk's; a name that is taken comes back inside.
    pub fn add_device(
        &mut self,
        name: &str,
        kind: DeviceKind,
        credential: Option<&Credential>,
        now: UtcTime,
    ) -> Result<Result<DeviceId, NameTaken>, StoreError> {
        self.database.transaction(|tx| {
            if find(tx, None, name)?.is_some() {
                return Ok(Err(NameTaken(name.to_owned())));
            }
            let id = insert(tx, name, kind, None, now)?;
            if let Some(credential) = credential {
                add_credential(tx, id, credential, now)?;
            }
            Ok(Ok(id))
        })
    }

    /// The device of this name behind a gateway; a new name becomes a new device, as long as there
    /// are fewer than `most`. `None` when there are too many.
    ///
    /// # Errors
    /// The disk's.
    pub fn behind_gateway(
        &mut self,
        gateway: DeviceId,
        name: &str,
        most: usize,
        now: UtcTime,
    ) -> Result<Option<DeviceId>, StoreError> {
        self.database.transaction(|tx| {
            if let Some(found) = find(tx, Some(gateway), name)? {
                return Ok(Some(found));
            }
            let sql = "SELECT count(*) FROM device WHERE parent = ?1";
            let count: usize = tx.query_row(sql, [gateway.get()], |row| row.get(0))?;
            if count >= most {
                return Ok(None);
            }
            insert(tx, name, DeviceKind::Unknown, Some(gateway), now).map(Some)
        })
    }

    /// Removes a device, those behind it and all that they said; `false` when there is none.
    /// Messages go later, piece by piece, with [`HubStore::prune`].
    ///
    /// # Errors
    /// The disk's.
    pub fn remove_device(&mut self, id: DeviceId) -> Result<bool, StoreError> {
        self.database.transaction(|tx| {
            let note = "INSERT OR IGNORE INTO gone (device)
                        SELECT id FROM device WHERE id = ?1 OR parent = ?1";
            tx.execute(note, [id.get()])?;
            tx.execute(
                "DELETE FROM latest WHERE device IN (SELECT device FROM gone)",
                [],
            )?;
            Ok(tx.execute("DELETE FROM device WHERE id = ?1", [id.get()])? > 0)
        })
    }

    /// Gives a device another credential in the place of those that it had.
    ///
    /// # Errors
    /// The disk's.
    pub fn replace_credential(
        &mut self,
        id: DeviceId,
        credential: &Credential,
        now: UtcTime,
    ) -> Result<(), StoreError> {
        self.database.transaction(|tx| {
            tx.execute("DELETE FROM credential WHERE device = ?1", [id.get()])?;
            add_credential(tx, id, credential, now)
        })
    }

    /// The device of a credential; `None` when nobody has it.
    ///
    /// # Errors
    /// The disk's.
    pub fn device_of(&self, credential: &Credential) -> Result<Option<DeviceId>, StoreError> {
        let (kind, lookup, secret) = credential.parts();
        let sql = "SELECT device, secret FROM credential WHERE kind = ?1 AND lookup = ?2";
        let found = self.database.ask(|db| {
            db.prepare_cached(sql)?
                .query_row((kind, lookup.as_slice()), |row| {
                    Ok((row.get(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
                })
                .optional()
        })?;
        let is_right = |kept: &Option<Vec<u8>>| kept.as_deref() == secret.map(|it| it.as_slice());
        Ok(found
            .filter(|(_, kept)| is_right(kept))
            .map(|(device, _)| DeviceId::new(device)))
    }

    /// Says what a device is.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_kind(&mut self, id: DeviceId, kind: DeviceKind) -> Result<(), StoreError> {
        self.database.transaction(|tx| {
            let sql = "UPDATE device SET kind = ?2 WHERE id = ?1";
            tx.execute(sql, (id.get(), kind.word())).map(drop)
        })
    }

    /// Notes when devices were last heard.
    ///
    /// # Errors
    /// The disk's.
    pub fn note_seen(&mut self, seen: &[(DeviceId, UtcTime)]) -> Result<(), StoreError> {
        self.database.transaction(|tx| {
            let sql = "UPDATE device SET last_seen_ms = max(coalesce(last_seen_ms, ?2), ?2)
                       WHERE id = ?1";
            let mut statement = tx.prepare_cached(sql)?;
            for (id, at) in seen {
                statement.execute((id.get(), at.as_millis()))?;
            }
            Ok(())
        })
    }

    /// All devices, in the order of their making.
    ///
    /// # Errors
    /// The disk's.
    pub fn devices(&self) -> Result<Vec<DeviceRow>, StoreError> {
        let sql = "SELECT id, name, kind, parent, last_seen_ms,
                       (SELECT max(made_ms) FROM credential AS login
                        WHERE login.device = device.id)
                   FROM device ORDER BY id";
        self.database.rows(sql, [], device)
    }

    /// The device of a name that has a login of its own.
    ///
    /// # Errors
    /// The disk's.
    pub fn device_named(&self, name: &str) -> Result<Option<DeviceId>, StoreError> {
        self.database.ask(|db| find(db, None, name))
    }
}

fn device(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    let kind: String = row.get(2)?;
    Ok(DeviceRow {
        id: DeviceId::new(row.get(0)?),
        name: row.get(1)?,
        kind: DeviceKind::of_word(&kind).unwrap_or_default(),
        parent: row.get::<_, Option<i64>>(3)?.map(DeviceId::new),
        last_seen: row.get::<_, Option<i64>>(4)?.map(UtcTime::from_millis),
        login_made: row.get::<_, Option<i64>>(5)?.map(UtcTime::from_millis),
    })
}

pub(super) fn find(
    db: &Connection,
    parent: Option<DeviceId>,
    name: &str,
) -> rusqlite::Result<Option<DeviceId>> {
    let sql = "SELECT id FROM device WHERE coalesce(parent, 0) = ?1 AND name = ?2";
    let parent = parent.map_or(0, DeviceId::get);
    db.prepare_cached(sql)?
        .query_row((parent, name), |row| row.get(0).map(DeviceId::new))
        .optional()
}

pub(super) fn insert(
    db: &Connection,
    name: &str,
    kind: DeviceKind,
    parent: Option<DeviceId>,
    now: UtcTime,
) -> rusqlite::Result<DeviceId> {
    let sql = "INSERT INTO device (name, kind, parent, made_ms) VALUES (?1, ?2, ?3, ?4)";
    let parent = parent.map(DeviceId::get);
    db.execute(sql, (name, kind.word(), parent, now.as_millis()))?;
    Ok(DeviceId::new(db.last_insert_rowid()))
}

/// Whether some device logs in by it.
pub(super) fn is_used(db: &Connection, credential: &Credential) -> rusqlite::Result<bool> {
    let lookup = credential.parts().1;
    let sql = "SELECT 1 FROM credential WHERE lookup = ?1";
    db.prepare_cached(sql)?.exists([lookup.as_slice()])
}

pub(super) fn add_credential(
    db: &Connection,
    id: DeviceId,
    credential: &Credential,
    now: UtcTime,
) -> rusqlite::Result<()> {
    let (kind, lookup, secret) = credential.parts();
    let sql = "INSERT INTO credential (device, kind, lookup, secret, made_ms)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let secret = secret.map(|secret| secret.as_slice());
    let values = (id.get(), kind, lookup.as_slice(), secret, now.as_millis());
    db.execute(sql, values).map(drop)
}
