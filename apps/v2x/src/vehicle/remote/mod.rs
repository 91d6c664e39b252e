//! What the server may ask and set, and what it is told of the vehicle.
//!
//! All of it happens in the keeper's thread, which owns the store and the row journal; what other
//! threads have to do differently they read from [`live`]. `docs/guide/remote.md` is the page for
//! readers.
//!
//! | file | what it holds |
//! |---|---|
//! | `methods.rs` | the commands and their parameters |
//! | `commands.rs` | carrying them out: noted, answered, in time |
//! | `settings.rs` | shared attributes that are settings: taken, refused, told |
//! | `about.rs` | what describes the vehicle |
//! | `ends.rs` | what joins the keeper with the session |
//! | `live.rs` | what other threads read |

mod about;
pub(super) mod commands;
mod ends;
mod live;
mod methods;
pub(super) mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, never};
use tracing::{info, warn};
use v2x_units::{Instant, UtcTime};
use v2x_uplink::SharedEnd;

use self::about::About;
pub(super) use self::ends::Ends;
pub(super) use self::live::Live;
use super::health::Health;
use crate::clock::Clock;
use crate::config::VehicleConfig;
use crate::config::remote::{RemoteSettings, Tuning};
use crate::daemon::CommandDesk;
use crate::monitor::Watched;

/// How often the vehicle is looked at where there is no monitor.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The newest row, for whoever asks how the car is.
#[derive(Debug, Clone)]
pub(super) struct LastRow {
    /// When its newest value was measured.
    pub(super) at: Instant,
    /// Its date, if it had one by then.
    pub(super) utc: Option<UtcTime>,
    /// Its values as a JSON object.
    pub(super) values: String,
}

/// The keeper's part of what goes on with the server beside the outbox.
pub(super) struct Remote {
    pub(super) desk: CommandDesk,
    pub(super) shared: Option<SharedEnd>,
    pub(super) settings: RemoteSettings,
    /// Why settings were refused, by their key, until the server says something else of them.
    pub(super) refused: BTreeMap<String, String>,
    pub(super) about: About,
    pub(super) live: Arc<Live>,
    /// The vehicle as the monitor sees it.
    pub(super) watched: Arc<dyn Watched>,
    /// Whether there is no monitor that looks at it.
    pub(super) is_unwatched: bool,
    pub(super) next_look: Instant,
    pub(super) last_row: Option<LastRow>,
    pub(super) awaited: Vec<commands::Awaited>,
    /// Whether commands are carried out at all.
    pub(super) obeys: bool,
}

/// What is around it in the daemon.
pub(super) struct Around<'a> {
    /// The release of VSS.
    pub(super) vss: &'a str,
    pub(super) live: Arc<Live>,
    pub(super) watched: Arc<dyn Watched>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
}

impl Remote {
    /// Reads what the server has set before; what of it is no longer right is told.
    pub(super) fn new(config: &VehicleConfig, ends: Ends, around: Around<'_>) -> Self {
        let base = Tuning {
            row_interval: config.row_interval,
            alarms: config.alarms,
        };
        let allowed = config.remote.settings;
        let (settings, notes) = RemoteSettings::load(&config.out, base, allowed);
        for note in notes {
            warn!("{note}");
        }
        for (key, value) in settings.shown() {
            info!(key, value, "set by the server");
        }
        let now = around.clock.now().instant;
        Self {
            desk: CommandDesk::new(ends.commands, now),
            shared: ends.shared,
            settings,
            refused: BTreeMap::new(),
            about: About::new(config, around.vss, around.health, ends.tell),
            live: around.live,
            watched: around.watched,
            is_unwatched: config.monitor.is_none(),
            next_look: now,
            last_row: None,
            awaited: Vec::new(),
            obeys: config.remote.commands,
        }
    }

    /// Says when settings were heard.
    pub(super) fn news(&self) -> Receiver<()> {
        (self.shared.as_ref()).map_or_else(never, |shared| shared.news().clone())
    }

    /// Tells what describes the vehicle, if it is time and something has changed.
    pub(super) fn look(&mut self, now: Instant) {
        if self.is_unwatched && now >= self.next_look {
            self.next_look = now + LOOK_EVERY;
            self.watched.look();
        }
        if self.about.is_due(now) {
            self.tell_about();
        }
    }

    /// Tells it at once, if something has changed.
    pub(super) fn tell_about(&mut self) {
        let refused = self.refused_words();
        self.about.tell(&self.settings, &refused);
    }

    fn refused_words(&self) -> String {
        let words: Vec<_> = self.refused.values().map(String::as_str).collect();
        words.join("; ")
    }
}
