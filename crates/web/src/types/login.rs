//! Who serves, who asks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Role;

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// The hub of a fleet.
    Hub,
    /// The computer of one vehicle.
    Vehicle,
    /// The computer of one charging station.
    Station,
}

/// What a site can tell or do. What is not among them answers 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// More than one device.
    Fleet,
    /// Values of the past, and their export.
    History,
    /// Drives.
    Trips,
    /// Charges, as the vehicle sees them.
    Charges,
    /// The battery's health over time.
    Battery,
    /// Neighbours, warnings and the security of the radio.
    V2x,
    /// How the parts of a daemon do.
    Health,
    /// The slots of a station.
    Slots,
    /// Charging sessions, as the station sees them.
    Sessions,
    /// Prices.
    Tariff,
    /// The month's report of a station.
    Report,
    /// Alarms with acknowledgement.
    Alarms,
    /// Commands to devices.
    Rpc,
    /// Settings of devices.
    Shared,
    /// Devices that ask to be let in.
    Provisioning,
    /// Accounts that can be changed over the API.
    Users,
    /// Who did what.
    Audit,
    /// A consistent copy of the database.
    Backup,
}

/// What everybody may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// The product's name.
    pub product: String,
    /// Its version.
    pub version: String,
    /// Who serves.
    pub role: SiteKind,
}

/// A name and a password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Credentials {
    /// The name of the account.
    #[schema(max_length = 64)]
    pub user: String,
    /// The password of the account.
    #[schema(max_length = 1024, format = Password)]
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Who is logged in, and what the site can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The name of the account.
    pub user: String,
    /// What it may do.
    pub role: Role,
    /// To be sent as header `X-CSRF` with everything that changes something.
    pub csrf: String,
    /// Who serves.
    pub site: SiteShown,
    /// The server's clock, in ms since 1970.
    pub now: i64,
}

/// Who serves, in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SiteShown {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SiteKind,
    /// What it can tell and do.
    pub features: Vec<Feature>,
    /// Where map tiles come from, if the operator has turned them on. Without, the map has none.
    pub tiles: Option<Tiles>,
}

/// Where map tiles come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tiles {
    /// The address of a tile with `{z}`, `{x}` and `{y}`.
    pub url: String,
    /// Whom the map has to name.
    pub attribution: String,
}
