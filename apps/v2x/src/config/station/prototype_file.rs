//! The prototype's `evcs_config.txt`: `key=value` lines; `#` and `/` begin comments.
//!
//! Keys that its monitors read are used; keys that stood in the file and did nothing there are
//! named in a note. Ports come from `--slot`, as they came from the command line there.

use std::time::Duration;

use v2x_units::{Degrees, Position};
use v2x_uplink::{BrokerUrlError, Token};

use super::{FileSettings, PROTOTYPE_CURRENCY, single_price};

/// The port of MQTT without TLS, the prototype's only way.
const DEFAULT_PORT: u16 = 1883;

/// Keys that the prototype's monitors ignored as well.
const IGNORED: [&str; 10] = [
    "slots_available",
    "number_of_slots",
    "keepalive",
    "qos",
    "max_retries",
    "retry_delay",
    "serial_port",
    "baud_rate",
    "charging_current_threshold",
    "session_timeout",
];

/// Keys that are used.
const USED: &str = "broker_ip, broker_port, device_token, check_interval, evcs_name, latitude, \
                    longitude, fast_charge, plug_type, cost_per_kwh";

/// What belongs together on several lines.
#[derive(Default)]
struct Parts {
    host: Option<String>,
    port: Option<u16>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// Parses the text of an `evcs_config.txt`.
pub(super) fn parse(text: &str) -> Result<FileSettings, String> {
    let mut file = FileSettings::default();
    let mut parts = Parts::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '/']) {
            continue;
        }
        let here = |problem: String| format!("line {}: {problem}", index + 1);
        let Some((key, value)) = line.split_once('=') else {
            return Err(here(format!("`{}` is not key=value", shown(line))));
        };
        take(&mut file, &mut parts, key.trim(), value.trim()).map_err(here)?;
    }
    if let Some(host) = parts.host {
        let port = parts.port.unwrap_or(DEFAULT_PORT);
        let url = if host.contains(':') {
            format!("mqtt://[{host}]:{port}")
        } else {
            format!("mqtt://{host}:{port}")
        };
        let parsed = url.parse();
        file.mqtt.broker =
            Some(parsed.map_err(|error: BrokerUrlError| format!("broker_ip: {error}"))?);
    }
    file.position = match (parts.latitude, parts.longitude) {
        (None, None) => None,
        (Some(latitude), Some(longitude)) => {
            let position = Position::new(Degrees::new(latitude), Degrees::new(longitude));
            Some(position.map_err(|error| error.to_string())?)
        }
        _ => return Err("latitude and longitude must both be given, or neither".to_owned()),
    };
    Ok(file)
}

fn take(file: &mut FileSettings, parts: &mut Parts, key: &str, value: &str) -> Result<(), String> {
    let wrong = |right: &str| format!("{key} is `{}`; it must be {right}", shown(value));
    let degrees = |most: f64| {
        let value = value.parse().ok();
        value.filter(|degrees: &f64| degrees.abs() <= most)
    };
    match key {
        "broker_ip" if value.is_empty() => return Err(wrong("a host name or address")),
        "broker_ip" => parts.host = Some(value.to_owned()),
        "broker_port" => {
            let port = value.parse().ok().filter(|port| *port != 0);
            parts.port = Some(port.ok_or_else(|| wrong("a port from 1 to 65535"))?);
        }
        "device_token" => {
            // The value stays out of the message: it is a secret.
            let token = Token::parse(value).map_err(|error| format!("device_token: {error}"))?;
            file.mqtt.token = Some(token);
        }
        "check_interval" => {
            let seconds = value.parse().ok();
            let seconds = seconds.filter(|seconds: &f64| (1.0..=600.0).contains(seconds));
            let seconds = seconds.ok_or_else(|| wrong("seconds from 1 to 600"))?;
            file.row_interval = Some(Duration::from_secs_f64(seconds));
        }
        "evcs_name" if value.is_empty() => return Err(wrong("a name")),
        "evcs_name" => file.name = Some(value.to_owned()),
        "latitude" => {
            parts.latitude = Some(degrees(90.0).ok_or_else(|| wrong("degrees, -90 to 90"))?);
        }
        "longitude" => {
            parts.longitude = Some(degrees(180.0).ok_or_else(|| wrong("degrees, -180 to 180"))?);
        }
        "fast_charge" => {
            file.fast_charge = value.parse().map_err(|_| wrong("true or false"))?;
        }
        "plug_type" => file.plug = Some(value.to_owned()),
        "cost_per_kwh" => {
            let is_price = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if !is_price || value.parse::<f64>().is_err() || value.starts_with('.') {
                return Err(wrong("a price as 1.50"));
            }
            let document = single_price(value, PROTOTYPE_CURRENCY);
            file.tariffs = Some(("cost_per_kwh".to_owned(), document));
            file.notes.push(format!(
                "cost_per_kwh has no currency: {PROTOTYPE_CURRENCY} is taken; tariffs.toml can say \
                 another"
            ));
        }
        _ if IGNORED.contains(&key) => file.notes.push(format!(
            "{key} is not used, as in the prototype; slots and ports are given with --slot"
        )),
        _ => {
            return Err(format!("unknown key `{}`; known are {USED}", shown(key)));
        }
    }
    Ok(())
}

/// The start of a text that came from a file, safe to print.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys and form of the prototype's file, with an invented token and place.
    const FILE: &str = "# EVCS\n/ also a comment\nbroker_ip=demo.example\nbroker_port=1883\n\
        device_token=abcdef\ncheck_interval=4\nevcs_name=HELECAR_ChargingStation\n\
        latitude=12.5\nlongitude=-3.25\nfast_charge=false\nplug_type=Type_F_schuko_3Kwh\n\
        cost_per_kwh=1.50\nnumber_of_slots=2\nslots_available=2\nkeepalive=60\nqos=1\n";

    #[test]
    fn file_of_the_prototype_is_understood() {
        let file = parse(FILE).unwrap();
        assert_eq!(file.name.as_deref(), Some("HELECAR_ChargingStation"));
        assert_eq!(file.row_interval, Some(Duration::from_secs(4)));
        assert_eq!(file.plug.as_deref(), Some("Type_F_schuko_3Kwh"));
        assert!(file.mqtt.token.is_some() && file.mqtt.broker.is_some() && file.position.is_some());
        let (_, document) = file.tariffs.unwrap();
        assert!(document.contains("per_kwh = 1.50\n"), "{document}");
        assert_eq!(file.notes.len(), 5);
    }

    #[test]
    fn wrong_value_is_refused_with_line_and_what_is_right() {
        for (line, right) in [
            ("check_interval=0", "seconds from 1 to 600"),
            ("latitude=91", "degrees, -90 to 90"),
            ("fast_charge=yes", "true or false"),
            ("cost_per_kwh=1,50", "a price as 1.50"),
            ("cost_per_kwh=NaN", "a price as 1.50"),
            ("broker_port=99999", "a port from 1 to 65535"),
            ("evcs_nam=x", "known are broker_ip"),
        ] {
            let said = parse(&format!("# first\n{line}\n")).unwrap_err();
            assert!(
                said.starts_with("line 2: ") && said.contains(right),
                "{said}"
            );
        }
    }

    #[test]
    fn token_never_stands_in_an_error() {
        let said = parse("device_token=sec ret\n").unwrap_err();
        assert!(!said.contains("ret"), "{said}");
    }

    #[test]
    fn half_a_position_is_refused() {
        let said = parse("latitude=12.5\n").unwrap_err();
        assert!(said.contains("both"), "{said}");
    }
}
