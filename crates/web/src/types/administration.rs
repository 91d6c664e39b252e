//! Devices, accounts and commands as an administrator sees them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::DeviceKind;
use crate::accounts::Role;

/// A command to a device.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct RpcCall {
    /// Its name.
    #[schema(min_length = 1, max_length = 128)]
    pub method: String,
    /// What goes with it.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    pub params: Value,
}

/// What a device answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RpcAnswer {
    /// Its words.
    pub answer: Value,
}

/// Settings of a device to be set; `null` takes one away.
pub type SharedChange = BTreeMap<String, Value>;

/// A device that asks to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingDevice {
    /// The number of the request.
    pub id: String,
    /// The name that the device gives itself.
    pub name: String,
    /// When it asked, in ms since 1970.
    pub asked_at: i64,
    /// The address that it asked from.
    pub from: String,
}

/// A device to be made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct NewDevice {
    /// Its name.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
}

/// The token of a device, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The device.
    pub id: String,
    /// Its token.
    pub token: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// An account to be made.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct NewUser {
    /// Its name: 1 to 64 letters, digits, `.`, `-`, `_` and `@`.
    #[schema(min_length = 1, max_length = 64)]
    pub user: String,
    /// What it may do.
    pub role: Role,
    /// Its password, 10 to 1024 bytes.
    #[schema(min_length = 10, max_length = 1024, format = Password)]
    pub password: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("user", &self.user)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A change of an account: what is left out stays.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserChange {
    /// What it may do.
    pub role: Option<Role>,
    /// Its new password, 10 to 1024 bytes.
    #[schema(min_length = 10, max_length = 1024, format = Password)]
    pub password: Option<String>,
}

impl std::fmt::Debug for UserChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserChange")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserShown {
    /// Its name.
    pub user: String,
    /// What it may do.
    pub role: Role,
}

/// Which entries of the audit log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Those older than this one, for the next page.
    pub before: Option<i64>,
    /// The most answers, 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
}

/// Who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Its number; later ones are higher.
    pub id: i64,
    /// When, in ms since 1970; `null` when the time was not known.
    pub ts: Option<i64>,
    /// The name of the account.
    pub user: String,
    /// What was done, as `login` or `set_tariff`.
    pub action: String,
    /// With what: a device, an alarm, an account.
    pub subject: String,
    /// More of it, in words.
    pub detail: String,
    /// The address that it was done from.
    pub from: String,
}
