//! What the API says, as types: their JSON is the contract, their comments its description.
//!
//! Times are milliseconds since 1970 in UTC. Numbers have the units of their names, or of the keys
//! of telemetry (km/h, %, A, V, W, °C, km). What is not known is `null` or left out, never 0.
//! Amounts of money are decimal texts, so that nothing is lost on the way.

mod administration;
mod alarm;
mod charging;
mod device;
mod driving;
mod health;
mod live;
mod login;
mod station;
mod traffic;

pub use administration::{
    Audit, AuditQuery, NewDevice, NewToken, NewUser, PendingDevice, RpcAnswer, RpcCall,
    SharedChange, UserChange, UserShown,
};
pub use alarm::{Alarm, AlarmState, AlarmsQuery, Severity};
pub use charging::{
    BillLine, Receipt, Session, SessionDetail, SessionsQuery, SignedBytes, Slot, TariffPreview,
    TariffPrice, TariffShown, TariffText,
};
pub use device::{
    CsvQuery, Device, DeviceKind, History, HistoryQuery, Point, Reading, Resolution, Span,
};
pub use driving::{BatteryHealth, Charge, TrackPoint, Trip};
pub use health::{HealthShown, PartShown, PartStatus};
pub use live::{LiveEvent, LiveQuery};
pub use login::{About, Credentials, Feature, Me, SiteKind, SiteShown, Tiles};
pub use station::{DayShare, MonthQuery, MonthReport, Share};
pub use traffic::{LinkAtDistance, Neighbour, NeighbourKind, Position, V2x, Warning};
