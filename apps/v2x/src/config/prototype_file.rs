//! The prototype's `mqtt_config.txt`: `key=value` lines with `#` comments.
//!
//! What its keys did is kept where it was right. A fallback position is read and checked but not
//! used: a position that was not measured is missing, it is not a place.

use std::time::Duration;

use v2x_uplink::{BrokerUrl, BrokerUrlError, Token};

use super::FileConfig;
use super::toml_file::interval;

/// The port of MQTT without TLS, the prototype's only way.
const DEFAULT_PORT: u16 = 1883;
/// Every key of the prototype's file.
const KEYS: &str = "broker_ip, broker_port, device_token, csv_pattern, check_interval, \
                    use_location, latitude, longitude";

/// Parses the text of a `mqtt_config.txt`.
pub(super) fn parse(text: &str) -> Result<FileConfig, String> {
    let mut config = FileConfig::default();
    let (mut host, mut port) = (None, DEFAULT_PORT);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let here = |problem: String| format!("line {}: {problem}", index + 1);
        let Some((key, value)) = line.split_once('=') else {
            // Not shown: it may hold the token.
            return Err(here("there is no `=`; it must be key=value".into()));
        };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "broker_ip" if value.is_empty() => {
                return Err(here(
                    "broker_ip is empty; it must be a host name or address".into(),
                ));
            }
            "broker_ip" => host = Some(value.to_owned()),
            "broker_port" => {
                port = (value.parse().ok().filter(|port| *port != 0))
                    .ok_or_else(|| here(wrong(key, value, "a port from 1 to 65535")))?;
            }
            "device_token" => {
                // The value stays out of the message: it is a secret.
                let token = Token::parse(value);
                config.mqtt.token =
                    Some(token.map_err(|error| here(format!("device_token: {error}")))?);
            }
            "check_interval" => {
                config.row_interval = Some(check_interval(value).map_err(here)?);
            }
            "use_location" | "latitude" | "longitude" => {
                check_location(key, value).map_err(here)?;
                config.notes.push(format!(
                    "{key} is not used: a position that was not measured stays missing"
                ));
            }
            "csv_pattern" => config.notes.push(
                "csv_pattern is not used: rows are uploaded from the store, not from a CSV".into(),
            ),
            _ => {
                return Err(here(format!(
                    "unknown key `{}`; known are {KEYS}",
                    shown(key)
                )));
            }
        }
    }
    let host = host.ok_or("broker_ip is missing; it must name the broker's host")?;
    let url = if host.contains(':') {
        format!("mqtt://[{host}]:{port}")
    } else {
        format!("mqtt://{host}:{port}")
    };
    config.mqtt.broker = Some(parse_url(&url)?);
    Ok(config)
}

fn parse_url(url: &str) -> Result<BrokerUrl, String> {
    url.parse()
        .map_err(|error: BrokerUrlError| format!("broker_ip: {error}"))
}

fn check_interval(value: &str) -> Result<Duration, String> {
    let seconds: f64 = value
        .parse()
        .map_err(|_| wrong("check_interval", value, "a number of seconds"))?;
    interval(seconds)
}

fn check_location(key: &str, value: &str) -> Result<(), String> {
    let fine = match key {
        "use_location" => matches!(value, "true" | "false"),
        "latitude" => value
            .parse()
            .is_ok_and(|degrees: f64| degrees.abs() <= 90.0),
        _ => value
            .parse()
            .is_ok_and(|degrees: f64| degrees.abs() <= 180.0),
    };
    let right = match key {
        "use_location" => "true or false",
        "latitude" => "degrees from -90 to 90",
        _ => "degrees from -180 to 180",
    };
    if fine {
        Ok(())
    } else {
        Err(wrong(key, value, right))
    }
}

fn wrong(key: &str, value: &str, right: &str) -> String {
    format!("{key} is `{}`; it must be {right}", shown(value))
}

/// The start of a text that came from a file, safe to print.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_of_the_prototype_is_understood() {
        let config = parse(
            "# ThingsBoard\nbroker_ip=demo.example\nbroker_port=1884\ndevice_token=abc \r\n\
             csv_pattern=merged_can_data_*.csv\ncheck_interval=4\nuse_location=true\n",
        )
        .unwrap();
        let broker = config.mqtt.broker.unwrap();
        assert_eq!((broker.host(), broker.port()), ("demo.example", 1884));
        assert_eq!(config.row_interval, Some(Duration::from_secs(4)));
        assert!(config.mqtt.token.is_some());
        assert_eq!(config.notes.len(), 2);
    }

    #[test]
    fn wrong_value_is_refused_with_line_and_what_is_right() {
        let error = parse("broker_ip=host\nbroker_port=99999\n").unwrap_err();
        assert_eq!(
            error,
            "line 2: broker_port is `99999`; it must be a port from 1 to 65535"
        );
    }

    #[test]
    fn unknown_key_is_refused_with_the_known_ones() {
        let error = parse("broker=host\n").unwrap_err();
        assert!(
            error.starts_with("line 1: unknown key `broker`; known are broker_ip"),
            "{error}"
        );
    }

    #[test]
    fn token_never_stands_in_an_error() {
        let error = parse("broker_ip=host\ndevice_token=sec ret\n").unwrap_err();
        assert!(
            error.starts_with("line 2: device_token") && !error.contains("ret"),
            "{error}"
        );
    }

    #[test]
    fn fallback_position_off_the_earth_is_refused() {
        let error = parse("broker_ip=host\nlatitude=133\n").unwrap_err();
        assert!(error.contains("degrees from -90 to 90"), "{error}");
    }
}
