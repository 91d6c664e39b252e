//! The ThingsBoard gateway API: one connection that speaks for many devices.
//!
//! The device of the connection must have `additionalInfo.gateway = true`; a device behind it is
//! made when it is first named. Not here: commands to those devices ([`super::rpc`]). Behaviour
//! after the ThingsBoard reference "MQTT Gateway API".

use serde_json::Value as Json;
use v2x_units::UtcTime;

use super::Values;

/// Where telemetry of devices is published.
pub const GATEWAY_TELEMETRY_TOPIC: &str = "v1/gateway/telemetry";

/// Where attributes of devices are published.
pub const GATEWAY_ATTRIBUTES_TOPIC: &str = "v1/gateway/attributes";

/// The payload of one row for each device, with the time of its measurement; devices without
/// values are left out.
#[must_use]
pub fn telemetry(devices: impl IntoIterator<Item = (String, UtcTime, Values)>) -> Payload {
    let devices = devices.into_iter();
    Payload::of(
        devices.map(|(name, ts, values)| (name, (ts, values))),
        |(_, values)| values.points(),
        |(ts, values)| {
            let (ts, values) = (ts.as_millis(), values.into_json());
            format!(r#"[{{"ts":{ts},"values":{values}}}]"#)
        },
    )
}

/// The payload that describes several devices.
#[must_use]
pub fn attributes(devices: impl IntoIterator<Item = (String, Values)>) -> Payload {
    Payload::of(devices, Values::points, Values::into_json)
}

/// A payload with the data points that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The JSON object.
    pub json: String,
    /// How many keys of how many devices: 0 when there is nothing to send.
    pub points: u32,
}

impl Payload {
    fn of<T>(
        devices: impl IntoIterator<Item = (String, T)>,
        points_of: impl Fn(&T) -> u32,
        frame: impl Fn(T) -> String,
    ) -> Self {
        let mut json = "{".to_owned();
        let mut points = 0;
        for (name, values) in devices {
            let more = points_of(&values);
            if more == 0 {
                continue;
            }
            if points > 0 {
                json.push(',');
            }
            points += more;
            json += &Json::String(name).to_string();
            json.push(':');
            json += &frame(values);
        }
        json.push('}');
        Self { json, points }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;

    fn voltage(volts: f64) -> Values {
        let mut values = Values::new();
        values.put("voltage", Value::number(volts, 1));
        values
    }

    #[test]
    fn telemetry_of_devices_is_an_array_of_stamped_rows_under_each_name() {
        let ts = UtcTime::from_millis(1_756_370_845_373);
        let devices = [
            ("slot \"1\"".to_owned(), ts, voltage(230.04)),
            ("slot 2".to_owned(), ts, voltage(f64::NAN)),
            ("slot 3".to_owned(), ts, voltage(231.0)),
        ];
        let payload = telemetry(devices);
        assert_eq!(payload.points, 2);
        // The form of the reference's example.
        assert_eq!(
            payload.json,
            "{\"slot \\\"1\\\"\":[{\"ts\":1756370845373,\"values\":{\"voltage\":230.0}}],\
             \"slot 3\":[{\"ts\":1756370845373,\"values\":{\"voltage\":231.0}}]}"
        );
    }

    #[test]
    fn attributes_of_devices_stand_under_each_name_without_a_time() {
        let payload = attributes([("slot 1".to_owned(), voltage(230.0))]);
        assert_eq!(payload.json, r#"{"slot 1":{"voltage":230.0}}"#);
    }
}
