//! What the driver wants of a charge, in place of the settings: how full, until when, for how much.
//!
//! Kept in the daemon's folder, so that a restart does not forget it. A departure that has passed
//! is none any more.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use tracing::warn;
use v2x_proto::secure::UtcSecond;
use v2x_proto::v2g::Money;
use v2x_units::StateOfCharge;

use crate::config::{V2gConfig, amount};

const FILE: &str = "charge_wishes.json";
const MODE: u32 = 0o600;
const KEYS: [&str; 3] = ["desired_soc", "departure", "cost_limit"];

/// The driver's wishes; what is not among them is as the settings say.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::vehicle) struct Wishes {
    desired_soc: Option<Option<StateOfCharge>>,
    departure: Option<Option<UtcSecond>>,
    cost_limit: Option<Option<Money>>,
}

impl Wishes {
    /// Those that were kept; a file that makes no sense is told and left alone.
    pub(in crate::vehicle) fn read(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                warn!(%error, path = %path.display(), "the driver's wishes cannot be read");
                return Self::default();
            }
        };
        let kept: Result<Json, _> = serde_json::from_str(&text);
        let kept = kept.map_err(|error| error.to_string());
        let wishes = kept.and_then(|kept| Self::default().with(&kept));
        wishes.unwrap_or_else(|problem| {
            warn!(problem, path = %path.display(), "the driver's wishes make no sense");
            Self::default()
        })
    }

    /// Keeps them: a power cut leaves the old ones or the new ones.
    pub(in crate::vehicle) fn keep(&self, folder: &Path) -> std::io::Result<()> {
        let (path, fresh) = (folder.join(FILE), fresh(folder));
        let mut open = OpenOptions::new();
        open.write(true).create(true).truncate(true).mode(MODE);
        let mut file = open.open(&fresh)?;
        file.write_all(format!("{:#}\n", self.json()).as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    }

    /// These with what a request changes: a value, `null` for none, `"settings"` for what the
    /// settings say.
    pub(in crate::vehicle) fn with(mut self, request: &Json) -> Result<Self, String> {
        let fields = request.as_object().ok_or("wishes are a JSON object")?;
        if let Some(unknown) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let seen: String = unknown.chars().take(40).collect();
            return Err(format!(
                "there is no wish `{seen}`; there are: {}",
                KEYS.join(", ")
            ));
        }
        if let Some(value) = fields.get("desired_soc") {
            self.desired_soc = wish(value, |value| {
                let percent = value.as_f64().filter(|percent| *percent >= 1.0);
                let level = percent.and_then(StateOfCharge::from_percent);
                level.ok_or("desired_soc must be 1 to 100 percent")
            })?;
        }
        if let Some(value) = fields.get("departure") {
            self.departure = wish(value, |value| {
                let seconds = value.as_u64().and_then(|it| u32::try_from(it).ok());
                let seconds = seconds.filter(|it| *it < u32::MAX).map(UtcSecond);
                seconds.ok_or("departure must be seconds since 1970")
            })?;
        }
        if let Some(value) = fields.get("cost_limit") {
            self.cost_limit = wish(value, |value| {
                let limit = value.as_str().and_then(amount);
                limit.ok_or("cost_limit must be digits and a currency, as \"20.00 MAD\"")
            })?;
        }
        Ok(self)
    }

    /// How full the battery shall be.
    pub(super) fn desired_soc(&self, config: &V2gConfig) -> Option<StateOfCharge> {
        self.desired_soc.unwrap_or(config.desired_soc)
    }

    /// When the driver wants to leave, if that is still to come.
    pub(super) fn departure(&self, now: Option<UtcSecond>) -> Option<UtcSecond> {
        let departure = self.departure.flatten()?;
        let is_over = now.is_some_and(|now| departure.0 <= now.0);
        (!is_over).then_some(departure)
    }

    /// The most that a charge may cost.
    pub(super) fn cost_limit(&self, config: &V2gConfig) -> Option<Money> {
        self.cost_limit.unwrap_or(config.cost_limit)
    }

    fn json(&self) -> Json {
        let mut fields = Map::new();
        if let Some(level) = self.desired_soc {
            fields.insert(KEYS[0].to_owned(), json!(level.map(StateOfCharge::percent)));
        }
        if let Some(departure) = self.departure {
            fields.insert(KEYS[1].to_owned(), json!(departure.map(|it| it.0)));
        }
        if let Some(limit) = self.cost_limit {
            let limit = limit.map(|limit| limit.to_string());
            fields.insert(KEYS[2].to_owned(), json!(limit));
        }
        Json::Object(fields)
    }
}

fn fresh(folder: &Path) -> PathBuf {
    folder.join(format!("{FILE}.new"))
}

/// A value of a request: `None` for what the settings say, `Some(None)` for none at all.
fn wish<T>(
    value: &Json,
    read: impl FnOnce(&Json) -> Result<T, &'static str>,
) -> Result<Option<Option<T>>, String> {
    match value {
        Json::Null => Ok(Some(None)),
        Json::String(text) if text == "settings" => Ok(None),
        value => read(value)
            .map(|value| Some(Some(value)))
            .map_err(|problem| {
                let seen: String = value.to_string().chars().take(40).collect();
                format!("{problem}; it is {seen}")
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_outlive_the_daemon_and_wrong_ones_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Wishes::read(folder.path()), Wishes::default());
        let config = V2gConfig {
            cost_limit: amount("9 EUR"),
            ..V2gConfig::default()
        };
        let asked = json!({ "desired_soc": 80, "cost_limit": null, "departure": 1_800_000_000 });
        let wishes = Wishes::default().with(&asked).unwrap();
        wishes.keep(folder.path()).unwrap();
        let kept = Wishes::read(folder.path());
        assert_eq!(kept, wishes);
        assert_eq!(kept.desired_soc(&config).unwrap().percent(), 80.0);
        assert_eq!(
            kept.cost_limit(&config),
            None,
            "none, whatever the settings say"
        );
        let before = Some(UtcSecond(1_799_999_999));
        assert_eq!(kept.departure(before), Some(UtcSecond(1_800_000_000)));
        assert_eq!(kept.departure(Some(UtcSecond(1_800_000_000))), None);
        let back = kept
            .clone()
            .with(&json!({ "cost_limit": "settings" }))
            .unwrap();
        assert_eq!(back.cost_limit(&config), config.cost_limit);
        for wrong in [
            json!({ "desired_soc": 101 }),
            json!({ "desired_soc": 0 }),
            json!({ "desired_soc": "full" }),
            json!({ "departure": -1 }),
            json!({ "cost_limit": "20" }),
            json!({ "speed": 3 }),
            json!([]),
        ] {
            assert!(kept.clone().with(&wrong).is_err(), "{wrong}");
        }
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(Wishes::read(folder.path()), Wishes::default());
    }
}
