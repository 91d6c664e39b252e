//! The configuration as TOML. Unknown keys and wrong values are refused with their line.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use v2x_uplink::BrokerUrl;

use super::FileConfig;

/// The shortest interval between merged rows: faster than the slowest signals change is waste.
const SHORTEST_INTERVAL_S: f64 = 0.1;
/// The longest: ThingsBoard shows a device as inactive after ten minutes of silence.
const LONGEST_INTERVAL_S: f64 = 600.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    vehicle: VehicleTable,
    #[serde(default)]
    mqtt: MqttTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct VehicleTable {
    collector: Option<PathBuf>,
    baud: Option<u32>,
    out: Option<PathBuf>,
    row_interval_s: Option<f64>,
    dbc: Option<PathBuf>,
    vss: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MqttTable {
    url: Option<toml::Spanned<String>>,
    token_file: Option<PathBuf>,
}

/// Parses the text of a TOML configuration.
pub(super) fn parse(text: &str) -> Result<FileConfig, String> {
    let document: Document = toml::from_str(text).map_err(|error| {
        // The error's own text quotes the line, which may hold a secret at a wrong place.
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        format!("line {line}: {}", error.message())
    })?;
    let row_interval = document.vehicle.row_interval_s.map(interval).transpose()?;
    let broker = (document.mqtt.url)
        .map(|url| {
            url.get_ref().parse::<BrokerUrl>().map_err(|error| {
                format!(
                    "line {}: mqtt.url: {error}",
                    line_of(text, url.span().start)
                )
            })
        })
        .transpose()?;
    Ok(FileConfig {
        collector: document.vehicle.collector,
        baud: document.vehicle.baud,
        out: document.vehicle.out,
        row_interval,
        dbc: document.vehicle.dbc,
        vss: document.vehicle.vss,
        broker,
        token_file: document.mqtt.token_file,
        ..FileConfig::default()
    })
}

/// Checks an interval between merged rows.
pub(super) fn interval(seconds: f64) -> Result<Duration, String> {
    if (SHORTEST_INTERVAL_S..=LONGEST_INTERVAL_S).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!(
            "the interval between rows is {seconds} s; \
             it must be {SHORTEST_INTERVAL_S} to {LONGEST_INTERVAL_S} s"
        ))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_key_is_refused_with_its_line() {
        let error = parse("[vehicle]\nout = \"data\"\nspeed = 3\n").unwrap_err();
        assert!(
            error.contains("line 3") && error.contains("speed"),
            "{error}"
        );
    }

    #[test]
    fn secret_at_a_wrong_place_is_not_repeated() {
        for text in [
            "[mqtt]\ntoken = \"s3cret\"\n",
            "[mqtt]\ntoken_file = s3cret\n",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with("line 2: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn broker_url_without_scheme_is_refused_with_its_line() {
        let error = parse("[mqtt]\n\nurl = \"broker:1883\"\n").unwrap_err();
        assert!(error.starts_with("line 3: mqtt.url"), "{error}");
    }

    #[test]
    fn interval_of_zero_is_refused_with_the_range() {
        let error = parse("[vehicle]\nrow_interval_s = 0\n").unwrap_err();
        assert!(error.contains("0.1 to 600"), "{error}");
    }

    #[test]
    fn empty_file_leaves_everything_to_the_command_line() {
        let config = parse("").unwrap();
        assert!(config.collector.is_none() && config.broker.is_none());
    }
}
