//! Who may log in, and what they may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::{Answer, Refusal};

/// What an account may do; each may do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Command devices, acknowledge alarms, set prices.
    Operator,
    /// Let devices and people in and out, back up.
    Admin,
}

impl Role {
    /// All of them, from the least.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| format!("`{text}` is no role; they are viewer, operator and admin"))
    }
}

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub user: String,
    /// What it may do.
    pub role: Role,
    /// The hash of its password, as [`crate::password::hash`] makes it.
    pub hash: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Where accounts are kept. Called on threads that may block; asked at every request, so that an
/// account that is taken away is out at once.
pub trait Accounts: Send + Sync + 'static {
    /// The account of this name.
    ///
    /// # Errors
    /// When they cannot be read.
    fn find(&self, user: &str) -> Answer<Option<Account>>;

    /// All of them, by name.
    ///
    /// # Errors
    /// When they cannot be read, or are not shown here.
    fn list(&self) -> Answer<Vec<Account>> {
        Err(Refusal::NotKnownHere("accounts"))
    }

    /// Adds an account whose name is free.
    ///
    /// # Errors
    /// When the name is taken, or they cannot be written or are not changed here.
    fn add(&self, _account: Account) -> Answer<()> {
        Err(Refusal::NotKnownHere("accounts"))
    }

    /// Changes role, password or both of an account.
    ///
    /// # Errors
    /// When there is no such account, when nobody would be left who may let people in, or when they
    /// cannot be written or are not changed here.
    fn change(&self, _user: &str, _role: Option<Role>, _hash: Option<String>) -> Answer<()> {
        Err(Refusal::NotKnownHere("accounts"))
    }

    /// Takes an account away.
    ///
    /// # Errors
    /// As [`Accounts::change`].
    fn remove(&self, _user: &str) -> Answer<()> {
        Err(Refusal::NotKnownHere("accounts"))
    }
}

/// The longest name of an account.
const NAME_MAX: usize = 64;

/// A name that an account may have.
///
/// # Errors
/// Says what a name is made of.
pub fn check_name(user: &str) -> Result<(), String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    if (1..=NAME_MAX).contains(&user.len()) && user.chars().all(is_fine) {
        return Ok(());
    }
    let seen: String = user.chars().take(NAME_MAX).collect();
    Err(format!(
        "{seen:?} is no name of an account; it has 1 to 64 letters of ASCII, digits, `.`, `-`, `_` \
         and `@`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_those_before_it_may() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn name_with_a_quote_a_line_break_or_nothing_is_refused() {
        assert!(check_name("amal.b-1@example").is_ok());
        for name in ["", "a\"b", "a\nb", "a b", "ö", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
