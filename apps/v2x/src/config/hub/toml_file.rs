//! The hub's configuration as TOML. Unknown keys and wrong values are refused with their line, or
//! with the name of the variable that they come from.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use v2x_roles::hub::Allowance;
use v2x_store::hub::HubRetention;

use super::super::dashboard::DashboardConfig;
use super::super::keys::{DashboardTable, Key, Kind, Listen, MonitorTable, MqttTable};
use super::{FileSettings, PagesTls, keys};

/// Seconds of a day.
const DAY_S: u64 = 86_400;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    hub: HubTable,
    #[serde(default)]
    endpoint: EndpointTable,
    #[serde(default)]
    monitor: MonitorTable,
    #[serde(default)]
    dashboard: PagesTable,
    #[serde(default)]
    mqtt: MqttTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HubTable {
    name: Option<String>,
    out: Option<PathBuf>,
    inactive_after_s: Option<u64>,
    stale_after_s: Option<u64>,
    keep_messages_days: Option<u64>,
    keep_minutes_days: Option<u64>,
    provisioning: Option<bool>,
    provision_key: Option<String>,
    provision_secret_file: Option<PathBuf>,
}

/// `[dashboard]` as a hub has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PagesTable {
    listen: Option<Listen>,
    tls: Option<bool>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tiles_url: Option<String>,
    tiles_attribution: Option<String>,
}

impl PagesTable {
    fn settings(self) -> Result<(DashboardConfig, PagesTls), String> {
        let is_wanted = self.tls.unwrap_or_default();
        let usual = Listen(keys::DASHBOARD.parse().ok());
        let config = DashboardConfig::of(DashboardTable {
            listen: Some(self.listen.unwrap_or(usual)),
            tls_cert: self.tls_cert,
            tls_key: self.tls_key,
            tiles_url: self.tiles_url,
            tiles_attribution: self.tiles_attribution,
            ..DashboardTable::default()
        })?;
        let tls = match &config.tls {
            Some((certificate, key)) => PagesTls::Own(certificate.clone(), key.clone()),
            None if is_wanted => PagesTls::OfEndpoint,
            None => PagesTls::Off,
        };
        Ok((config, tls))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointTable {
    listen: Option<String>,
    listen_tls: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    connections: Option<u64>,
    messages_limit: Option<String>,
    points_limit: Option<String>,
}

/// Parses the text of a file, with the environment over it.
pub(super) fn parse(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<FileSettings, String> {
    // First the file by itself, for the lines of its errors.
    read(text).map_err(|error| with_line(text, &error))?;
    let text = with_environment(text, environment)?;
    let document = read(&text).map_err(|error| error.message().to_owned())?;
    settings(document)
}

fn read(text: &str) -> Result<Document, toml::de::Error> {
    toml::from_str(text)
}

fn with_line(text: &str, error: &toml::de::Error) -> String {
    // The error's own text quotes the line, which may hold a secret at a wrong place.
    let before = error.span().map_or(0, |span| span.start);
    let line = text
        .bytes()
        .take(before)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1;
    format!("line {line}: {}", error.message())
}

/// The text with the values of the environment in it.
fn with_environment(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| with_line(text, &error))?;
    for key in keys::all() {
        let variable = key.variable();
        let Some(value) = environment(&variable) else {
            continue;
        };
        let value = value_of(key, &value).ok_or_else(|| {
            let word = key.kind.word();
            format!("{variable} is {value:?}; it must be a {word}")
        })?;
        let tables = table.entry(key.table);
        let members = tables.or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let Some(members) = members.as_table_mut() {
            members.insert(key.name.to_owned(), value);
        }
        // One at a time, so that an error has the name of its variable.
        read(&table.to_string()).map_err(|error| format!("{variable}: {}", error.message()))?;
    }
    Ok(table.to_string())
}

fn value_of(key: &Key, value: &str) -> Option<toml::Value> {
    match key.kind {
        Kind::Number => value.parse().ok().map(toml::Value::Integer),
        Kind::Flag => value.parse().ok().map(toml::Value::Boolean),
        _ => Some(toml::Value::String(value.to_owned())),
    }
}

fn settings(document: Document) -> Result<FileSettings, String> {
    let (hub, endpoint) = (document.hub, document.endpoint);
    let default = |name: &str| {
        let key = keys::HUB_KEYS.iter().find(|key| key.path() == name);
        key.map(|key| key.default).unwrap_or_default()
    };
    let number = |name: &str, value: Option<u64>, low: u64, high: u64| {
        let value = value.or_else(|| default(name).parse().ok()).unwrap_or(low);
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        Err(format!("{name} is {value}; it must be {low} to {high}"))
    };
    let address = |name: &str, value: Option<String>| {
        let value = value.unwrap_or_else(|| default(name).to_owned());
        if value == "off" {
            return Ok(None);
        }
        let wrong =
            || format!("{name} is {value:?}; it must be address:port, as 0.0.0.0:8883, or off");
        value.parse::<SocketAddr>().map(Some).map_err(|_| wrong())
    };
    let allowance = |name: &str, value: Option<String>| -> Result<Allowance, String> {
        let value = value.unwrap_or_default();
        value.parse().map_err(|error| format!("{name}: {error}"))
    };
    let days = |name: &str, value: Option<u64>| {
        let days = number(name, value, 0, 36_500)?;
        Ok::<_, String>((days > 0).then(|| Duration::from_secs(days * DAY_S)))
    };
    let seconds = |name: &str, value: Option<u64>, low: u64| {
        number(name, value, low, DAY_S).map(Duration::from_secs)
    };
    let certificate = match (endpoint.certificate, endpoint.key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some((certificate, key)),
        _ => {
            let what = "of endpoint.certificate and endpoint.key only one is given";
            return Err(format!("{what}; give both, or neither"));
        }
    };
    let connections = number("endpoint.connections", endpoint.connections, 1, 100_000)?;
    let (pages, pages_tls) = document.dashboard.settings()?;
    let monitor = document.monitor.listen;
    let monitor = monitor.unwrap_or(Listen(keys::MONITOR.parse().ok()));
    Ok(FileSettings {
        name: hub.name.unwrap_or_else(|| default("hub.name").to_owned()),
        out: hub.out,
        inactive_after: seconds("hub.inactive_after_s", hub.inactive_after_s, 5)?,
        stale_after: seconds("hub.stale_after_s", hub.stale_after_s, 1)?,
        provisioning: hub.provisioning.unwrap_or_default(),
        provision_key: hub.provision_key,
        provision_secret_file: hub.provision_secret_file,
        listen: address("endpoint.listen", endpoint.listen)?,
        listen_tls: address("endpoint.listen_tls", endpoint.listen_tls)?,
        certificate,
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        messages_limit: allowance("endpoint.messages_limit", endpoint.messages_limit)?,
        points_limit: allowance("endpoint.points_limit", endpoint.points_limit)?,
        retention: HubRetention {
            messages: days("hub.keep_messages_days", hub.keep_messages_days)?,
            minutes: days("hub.keep_minutes_days", hub.keep_minutes_days)?,
        },
        dashboard: pages.listen,
        dashboard_tls: pages_tls,
        tiles: pages.tiles,
        monitor: monitor.0,
        mqtt: document.mqtt.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn every_documented_key_can_be_set_and_its_default_holds_without_it() {
        let set = parse("", nothing).unwrap();
        assert_eq!(set.listen, "127.0.0.1:1883".parse().ok());
        assert_eq!(set.inactive_after, Duration::from_secs(600));
        assert_eq!(set.dashboard, "127.0.0.1:8080".parse().ok());
        assert_eq!(set.monitor, "127.0.0.1:9466".parse().ok());
        for key in keys::all().filter(|key| key.table != "mqtt") {
            let value = match (key.kind, key.default) {
                _ if key.name == "tiles_url" => "\"https://t/{z}/{x}/{y}\"".to_owned(),
                (Kind::Number | Kind::Flag, default) => default.to_owned(),
                (_, "") => "\"x\"".to_owned(),
                (_, default) => format!("\"{default}\""),
            };
            let mut text = format!("[{}]\n{} = {value}\n", key.table, key.name);
            match key.name {
                "certificate" => text += "key = \"x\"\n",
                "key" => text += "certificate = \"x\"\n",
                "tls_cert" => text += "tls_key = \"x\"\n",
                "tls_key" => text += "tls_cert = \"x\"\n",
                _ => {}
            }
            let said = parse(&text, nothing).map(drop);
            assert_eq!(said, Ok(()), "{text}");
        }
    }

    #[test]
    fn environment_wins_over_the_file_and_an_error_names_its_origin() {
        let environment = |name: &str| (name == "V2X_HUB_NAME").then(|| "From \"it\"".to_owned());
        let set = parse("[hub]\nname = \"a\"\n", environment).unwrap();
        assert_eq!(set.name, "From \"it\"");
        let wrong = |name: &str| (name == "V2X_ENDPOINT_CONNECTIONS").then(|| "many".to_owned());
        let said = parse("", wrong).unwrap_err();
        assert!(
            said.contains("V2X_ENDPOINT_CONNECTIONS") && said.contains("number"),
            "{said}"
        );
        for (text, word) in [
            ("[hub]\nnam = 1\n", "line 2"),
            ("[hub]\nstale_after_s = 0\n", "1 to 86400"),
            ("[endpoint]\nlisten = \"1883\"\n", "address:port"),
            ("[endpoint]\nkey = \"a\"\n", "only one"),
            ("[endpoint]\nmessages_limit = \"many\"\n", "20:1,600:60"),
            ("[hub]\nkeep_messages_days = 40000\n", "0 to 36500"),
            ("[dashboard]\ntiles_url = \"http://a\"\n", "{z}"),
            ("[dashboard]\ntls_cert = \"a\"\n", "belong together"),
            ("[dashboard]\nusers = \"a\"\n", "unknown field"),
            ("[monitor]\nlisten = \"9466\"\n", "line 2"),
        ] {
            let said = parse(text, nothing).unwrap_err();
            assert!(said.contains(word), "{text}: {said}");
        }
    }
}
