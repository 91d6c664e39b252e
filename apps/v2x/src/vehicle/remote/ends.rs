//! The ends between the session with the server and the keeper, made before either begins.

use tokio::sync::watch;
use v2x_uplink::{CommandsEnd, SharedEnd, commands, shared};

use crate::config::VehicleConfig;
use crate::config::remote::{REMOTE_KEYS, is_meant_as_setting};
use crate::daemon::uploader::Hears;

/// The ends in the keeper.
pub(in crate::vehicle) struct Ends {
    pub(super) commands: Option<CommandsEnd>,
    pub(super) shared: Option<SharedEnd>,
    pub(super) tell: watch::Sender<String>,
}

impl Ends {
    /// Makes all of them, with those for the session. Only a ThingsBoard has commands and settings;
    /// what is not allowed is heard too, so that it can be refused in words.
    pub(in crate::vehicle) fn new(config: &VehicleConfig) -> (Self, Hears) {
        let (tell, description) = watch::channel(String::new());
        let mut ends = Self {
            commands: None,
            shared: None,
            tell,
        };
        let mut hears = Hears {
            description: Some(description),
            ..Hears::default()
        };
        if config
            .mqtt
            .as_ref()
            .is_some_and(|mqtt| mqtt.is_thingsboard())
        {
            let (role, session) = commands(false);
            (ends.commands, hears.commands) = (Some(role), Some(session));
            let keys = REMOTE_KEYS.map(str::to_owned).to_vec();
            let (role, session) = shared(keys, is_meant_as_setting);
            (ends.shared, hears.shared) = (Some(role), Some(session));
        }
        (ends, hears)
    }
}
