//! What describes the vehicle to the broker: its client attributes.
//!
//! Told at each connection, and again when something of it changes. The car is told by a hash of
//! the end of its VIN with a key of this computer: the same car is recognised, and the ten million
//! possible serials cannot be tried without the key.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;
use v2x_can::vss::VinSerial;
use v2x_units::Instant;
use v2x_uplink::thingsboard::{Value, Values};

use super::methods::METHODS;
use crate::config::VehicleConfig;
use crate::config::remote::RemoteSettings;
use crate::keys::{device_key, keyed_hash};
use crate::vehicle::health::Health;

/// How often it is looked whether something has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long after a disk that refuses the key is asked for again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// The key of the hash, among the secrets in the folder of the data.
const VIN_KEY: &str = "vin.key";
/// The longest text of one attribute, in characters.
const TEXT_MAX: usize = 1000;

/// The program's version.
const SOFTWARE: &str = concat!("v2x ", env!("CARGO_PKG_VERSION"));

/// What the description is made of.
pub(in crate::vehicle) struct About {
    out: PathBuf,
    /// What does not change while the daemon runs.
    fixed: Values,
    vin_in_clear: bool,
    /// The end of the VIN, until its hash is there.
    serial: Option<VinSerial>,
    /// What is told of it: as it is, and as a hash.
    vin: Option<[Option<String>; 2]>,
    next_try: Instant,
    health: Arc<Health>,
    /// What was told last.
    told: String,
    next: Instant,
    tell: watch::Sender<String>,
}

impl About {
    /// What is known at the start; `vss` is the release of the quantities.
    pub(in crate::vehicle) fn new(
        config: &VehicleConfig,
        vss: &str,
        health: Arc<Health>,
        tell: watch::Sender<String>,
    ) -> Self {
        let mut fixed = Values::new();
        let mut put = |key: &str, text: String| fixed.put(key, Value::text(text).ok());
        put("software", SOFTWARE.to_owned());
        put(
            "dbc",
            table_name(config.dbc.as_deref(), "renault_twizy.dbc"),
        );
        put(
            "vss_mapping",
            table_name(config.vss.as_deref(), "renault_twizy.toml"),
        );
        put("vss", format!("VSS {vss}"));
        put("capabilities", capabilities(config));
        if config.remote.commands {
            put("methods", METHODS.to_owned());
        }
        Self {
            out: config.out.clone(),
            fixed,
            vin_in_clear: config.remote.vin_in_clear,
            serial: None,
            vin: None,
            next_try: Instant::BOOT,
            health,
            told: String::new(),
            next: Instant::BOOT,
            tell,
        }
    }

    /// The car has said who it is.
    pub(in crate::vehicle) fn hear_vin(&mut self, serial: VinSerial) {
        self.serial = Some(serial);
        self.next_try = Instant::BOOT;
    }

    /// Makes of the end of the VIN what may be told; without its key it is tried again.
    fn hide_vin(&mut self, now: Instant) {
        let Some(serial) = self.serial.as_ref().filter(|_| now >= self.next_try) else {
            return;
        };
        if self.vin_in_clear {
            // Digits alone would become a number and lose their zeros.
            let text = format!("…{}", serial.reveal());
            self.vin = Some([Some(text), None]);
            self.serial = None;
            return;
        }
        self.next_try = now + TRY_AGAIN_AFTER;
        match device_key(&self.out, VIN_KEY) {
            Ok(key) => {
                let hash = keyed_hash(key.as_slice(), serial.reveal());
                self.vin = Some([None, Some(format!("hmac-sha256:{hash}"))]);
                self.serial = None;
            }
            Err(failure) => {
                let (why, hint) = (failure.what(), failure.hint_text());
                warn!(why, hint, "the broker hears no hash of the VIN");
            }
        }
    }

    /// Whether it is time to look whether something has changed.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = now >= self.next;
        if is_due {
            self.next = now + LOOK_EVERY;
            self.hide_vin(now);
        }
        is_due
    }

    /// Tells what has changed.
    pub(super) fn tell(&mut self, settings: &RemoteSettings, refused: &str) {
        let text = self.values(settings, refused).into_json();
        if self.told != text {
            self.told.clone_from(&text);
            self.tell.send_replace(text);
        }
    }

    /// All attributes as they are now.
    pub(super) fn values(&self, settings: &RemoteSettings, refused: &str) -> Values {
        let mut values = self.fixed.clone();
        let board = self.health.board.lock();
        let board = *board.unwrap_or_else(PoisonError::into_inner);
        let firmware = board.map(|board| format!("v{}", board.firmware));
        let radio = self.health.air.firmware.get();
        for (key, text) in [
            ("board_firmware", firmware),
            ("radio_board_firmware", radio),
        ] {
            values.put(key, text.and_then(|text| Value::text(text).ok()));
        }
        if let Some([serial, hash]) = &self.vin {
            // What was told before and may not be any more is overwritten.
            values.put("vin_serial", list(serial.as_deref().unwrap_or_default()));
            values.put("vin_hash", list(hash.as_deref().unwrap_or_default()));
        }
        let changed: Vec<_> = settings
            .shown()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        values.put("settings_of_server", list(&changed.join(", ")));
        values.put("settings_refused", list(refused));
        let interval = settings.tuning().row_interval.as_secs_f64();
        values.put("row_interval_s", Value::number(interval, 3));
        values
    }
}

/// A text, or the word that there is none: an attribute that is left out would stay as it was.
fn list(text: &str) -> Option<Value> {
    let text: String = text.chars().take(TEXT_MAX).collect();
    let word = if text.is_empty() { "none" } else { &text };
    Value::text(word).ok()
}

fn table_name(path: Option<&Path>, built_in: &str) -> String {
    let Some(path) = path else {
        return format!("{built_in} (built in)");
    };
    // The folder is this computer's own matter.
    let name = path.file_name().unwrap_or(path.as_os_str());
    format!("file {}", name.to_string_lossy())
}

/// What this computer can do, in words.
fn capabilities(config: &VehicleConfig) -> String {
    let has_radio = config.radio.medium().is_some() && config.radio.keys.is_some();
    let all = [
        ("recording", true),
        ("commands", config.remote.commands),
        ("settings", config.remote.settings),
        ("v2v", has_radio),
        ("v2g", has_radio),
        ("legacy radio", has_radio && config.radio.legacy),
    ];
    let able = all.into_iter().filter(|(_, is_able)| *is_able);
    let words: Vec<_> = able.map(|(word, _)| word).collect();
    words.join(", ")
}
