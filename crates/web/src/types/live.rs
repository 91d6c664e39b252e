//! What happens while somebody looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{Alarm, Session, Warning};

/// Whose events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The devices whose values and sessions come, with commas between them; without them those of
    /// all. Alarms, warnings and states come of all.
    #[param(max_length = 4000)]
    pub devices: Option<String>,
}

/// Something that just happened. On the stream its kind is the `event:`, the rest the `data:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum LiveEvent {
    /// `event: warning`
    Warning {
        /// The device that warns.
        device: String,
        /// What of.
        #[serde(flatten)]
        warning: Warning,
    },
    /// `event: alarm`
    Alarm(Alarm),
    /// `event: session`
    Session(Session),
    /// `event: values`: what was measured.
    Values {
        /// The device.
        device: String,
        /// When, in ms since 1970.
        ts: i64,
        /// What is new.
        #[schema(value_type = BTreeMap<String, Object>)]
        values: BTreeMap<String, Value>,
    },
    /// `event: state`: a device came or went.
    State {
        /// The device.
        device: String,
        /// Whether it is connected.
        online: Option<bool>,
        /// When it last said anything, in ms since 1970.
        last_seen: Option<i64>,
    },
    /// `event: tick`: the server lives; every five seconds.
    Tick {
        /// The server's clock, in ms since 1970.
        now: i64,
    },
}

impl LiveEvent {
    /// The name of its kind on the stream.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Warning { .. } => "warning",
            Self::Alarm(_) => "alarm",
            Self::Session(_) => "session",
            Self::Values { .. } => "values",
            Self::State { .. } => "state",
            Self::Tick { .. } => "tick",
        }
    }

    /// Whether only those hear of it who look at its device. What people are warned of, all do.
    pub(crate) const fn is_of_one(&self) -> bool {
        matches!(self, Self::Values { .. } | Self::Session(_))
    }

    /// The device that it is of; `None` for all of them.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        match self {
            Self::Warning { device, .. }
            | Self::Values { device, .. }
            | Self::State { device, .. } => Some(device),
            Self::Alarm(alarm) => Some(&alarm.device),
            Self::Session(session) => Some(&session.station),
            Self::Tick { .. } => None,
        }
    }

    /// Whether a later event makes up for a lost one.
    #[must_use]
    pub fn is_replaceable(&self) -> bool {
        matches!(self, Self::Values { .. } | Self::Tick { .. })
    }
}
