//! Keys and values as ThingsBoard stores them: what is not known is left out, never a stand-in.
//!
//! ThingsBoard turns a text that reads as a number into one (`"00"` into 0), so such texts are
//! refused here; and it tells whole numbers from others, so a number keeps its decimals.

use std::fmt::Write;

/// The most decimals of a number: a double has no more to give.
const DECIMALS_MAX: u8 = 15;

/// A value of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(Form);

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Bool(bool),
    Integer(i64),
    Number { value: f64, decimals: u8 },
    Text(String),
    Json(serde_json::Value),
}

/// A text that ThingsBoard would turn into a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` reads as a number and would be stored as one; send a number or prefix it, as 0x{0}")]
pub struct NumericText(pub String);

impl Value {
    /// True or false.
    #[must_use]
    pub const fn bool(value: bool) -> Self {
        Self(Form::Bool(value))
    }

    /// A whole number.
    #[must_use]
    pub const fn integer(value: i64) -> Self {
        Self(Form::Integer(value))
    }

    /// A number of at most so many decimals, 1 to 15, without zeros at their end; `None` for what
    /// is no number.
    #[must_use]
    pub fn number(value: f64, decimals: u8) -> Option<Self> {
        let decimals = decimals.clamp(1, DECIMALS_MAX);
        value
            .is_finite()
            .then_some(Self(Form::Number { value, decimals }))
    }

    /// A text.
    ///
    /// # Errors
    /// Refuses a text that would be stored as a number.
    pub fn text(text: impl Into<String>) -> Result<Self, NumericText> {
        let text = text.into();
        if text.trim().parse::<f64>().is_ok() {
            return Err(NumericText(text));
        }
        Ok(Self(Form::Text(text)))
    }

    /// An object or an array, which is stored as it is; `None` when its text has more than `most`
    /// bytes: a row must never be too large for its message.
    #[must_use]
    pub fn json(value: serde_json::Value, most: usize) -> Option<Self> {
        (value.to_string().len() <= most).then_some(Self(Form::Json(value)))
    }

    fn write(&self, json: &mut String) {
        match &self.0 {
            Form::Bool(value) => append(json, format_args!("{value}")),
            Form::Integer(value) => append(json, format_args!("{value}")),
            Form::Number { value, decimals } => {
                let start = json.len();
                let decimals = usize::from(*decimals);
                append(json, format_args!("{value:.decimals$}"));
                // One decimal stays, for a key that changes between 12.0 and 12 changes its type.
                while json.ends_with('0') && !json.ends_with(".0") {
                    json.pop();
                }
                // A small negative number rounds to "-0.0", which is no number of its own.
                let rounded = &json[start..];
                if rounded.starts_with('-') && rounded.bytes().all(|b| b"-0.".contains(&b)) {
                    json.remove(start);
                }
            }
            Form::Text(text) => append_quoted(json, text),
            Form::Json(value) => append(json, format_args!("{value}")),
        }
    }
}

fn append(json: &mut String, text: std::fmt::Arguments<'_>) {
    json.write_fmt(text)
        .expect("a String takes whatever is written");
}

fn append_quoted(json: &mut String, text: &str) {
    append(
        json,
        format_args!("{}", serde_json::Value::String(text.to_owned())),
    );
}

/// A JSON object of keys and values in the order in which they were put.
///
/// ```
/// use v2x_uplink::thingsboard::{Value, Values};
///
/// let mut values = Values::new();
/// values.put("soc", Value::number(64.42, 2));
/// values.put("brake", Value::bool(false));
/// values.put("speed", Value::number(f64::NAN, 1));
/// assert_eq!(values.points(), 2);
/// assert_eq!(values.into_json(), r#"{"soc":64.42,"brake":false}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    json: String,
    points: u32,
}

impl Default for Values {
    fn default() -> Self {
        Self::new()
    }
}

impl Values {
    /// No keys yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            json: "{".to_owned(),
            points: 0,
        }
    }

    /// Puts a key with its value; without a value the key is left out.
    pub fn put(&mut self, key: &str, value: impl Into<Option<Value>>) {
        let Some(value) = value.into() else {
            return;
        };
        if self.points > 0 {
            self.json.push(',');
        }
        append_quoted(&mut self.json, key);
        self.json.push(':');
        value.write(&mut self.json);
        self.points += 1;
    }

    /// How many keys: each is one data point in ThingsBoard's limits.
    #[must_use]
    pub const fn points(&self) -> u32 {
        self.points
    }

    /// The JSON object.
    #[must_use]
    pub fn into_json(mut self) -> String {
        self.json.push('}');
        self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64, decimals: u8) -> String {
        let mut values = Values::new();
        values.put("k", Value::number(value, decimals));
        values.into_json()
    }

    #[test]
    fn numbers_keep_their_decimals_and_no_more() {
        // 11.1 * 5.8036 is 64.41996 in decimal and 64.41995999999999 in binary.
        assert_eq!(number(64.419_96, 2), r#"{"k":64.42}"#);
        assert_eq!(number(0.1 + 0.2, 2), r#"{"k":0.3}"#);
        assert_eq!(number(12.0, 1), r#"{"k":12.0}"#);
        assert_eq!(number(12.0, 0), r#"{"k":12.0}"#, "a key keeps its type");
        assert_eq!(number(-0.04, 1), r#"{"k":0.0}"#);
        assert_eq!(number(-0.06, 1), r#"{"k":-0.1}"#);
    }

    #[test]
    fn value_that_is_no_number_leaves_its_key_out() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(value, 1), "{}");
        }
    }

    #[test]
    fn text_that_the_server_would_turn_into_a_number_is_refused() {
        for text in ["00", "10", "1756370845.373796231", "-1", "1e5", " 7 "] {
            assert_eq!(Value::text(text), Err(NumericText(text.to_owned())));
        }
        for text in ["2A", "0x00", "Drive", ""] {
            assert!(Value::text(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn keys_and_texts_are_escaped_so_that_another_parser_reads_them() {
        let mut values = Values::new();
        let nasty = "a \"quoted\"\\ line\nand \u{1} µ";
        values.put(nasty, Value::text(nasty).unwrap());
        values.put("n", Value::integer(-5));
        let parsed: serde_json::Value = serde_json::from_str(&values.into_json()).unwrap();
        assert_eq!(parsed[nasty], nasty);
        assert_eq!(parsed["n"], -5);
    }
}
