//! Who may see and do what. Passwords stand here only as argon2 hashes in PHC form; who makes and
//! checks them is `apps`.

use rusqlite::OptionalExtension as _;
use v2x_units::UtcTime;

use super::HubStore;
use crate::error::StoreError;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonRole {
    /// See.
    Viewer,
    /// See, command devices, acknowledge alarms.
    Operator,
    /// All of that, and devices, people, backups.
    Admin,
}

impl PersonRole {
    /// Its word in the interface and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Operator, Self::Admin]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The name to log in by.
    pub name: String,
    /// What they may do.
    pub role: PersonRole,
    /// The hash of the password.
    pub password: String,
}

impl std::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonRow({}, {:?})", self.name, self.role)
    }
}

/// The last admin cannot go: nobody could let another in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is the last admin; make another one first")]
pub struct LastAdmin(pub String);

impl HubStore {
    /// Adds a person, or changes role and password of one that is there.
    ///
    /// # Errors
    /// The disk's; that it takes the last admin's role comes back inside.
    pub fn put_person(
        &mut self,
        person: &PersonRow,
        now: UtcTime,
    ) -> Result<Result<(), LastAdmin>, StoreError> {
        self.database.transaction(|tx| {
            if person.role != PersonRole::Admin && is_last_admin(tx, &person.name)? {
                return Ok(Err(LastAdmin(person.name.clone())));
            }
            let sql = "INSERT INTO person (name, role, password, made_ms) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET role = excluded.role,
                           password = excluded.password";
            let values = (
                &person.name,
                person.role.word(),
                &person.password,
                now.as_millis(),
            );
            tx.execute(sql, values)?;
            Ok(Ok(()))
        })
    }

    /// Removes a person; `false` when there is none of the name.
    ///
    /// # Errors
    /// The disk's; that it is the last admin comes back inside.
    pub fn remove_person(&mut self, name: &str) -> Result<Result<bool, LastAdmin>, StoreError> {
        self.database.transaction(|tx| {
            if is_last_admin(tx, name)? {
                return Ok(Err(LastAdmin(name.to_owned())));
            }
            let gone = tx.execute("DELETE FROM person WHERE name = ?1", [name])?;
            Ok(Ok(gone > 0))
        })
    }

    /// All people, by name.
    ///
    /// # Errors
    /// The disk's.
    pub fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        let sql = "SELECT name, role, password FROM person ORDER BY name";
        self.database.rows(sql, [], person)
    }

    /// One person.
    ///
    /// # Errors
    /// The disk's.
    pub fn person(&self, name: &str) -> Result<Option<PersonRow>, StoreError> {
        let sql = "SELECT name, role, password FROM person WHERE name = ?1";
        self.database
            .ask(|db| db.query_row(sql, [name], person).optional())
    }
}

fn is_last_admin(db: &rusqlite::Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) = 1 AND max(name) = ?1 FROM person WHERE role = 'admin'";
    let found: Option<bool> = db.query_row(sql, [name], |row| row.get(0))?;
    Ok(found.unwrap_or(false))
}

fn person(row: &rusqlite::Row<'_>) -> rusqlite::Result<PersonRow> {
    let role: String = row.get(1)?;
    Ok(PersonRow {
        name: row.get(0)?,
        // The table takes no other words.
        role: PersonRole::of_word(&role).unwrap_or(PersonRole::Viewer),
        password: row.get(2)?,
    })
}
