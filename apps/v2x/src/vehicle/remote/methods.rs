//! The commands that a vehicle knows, and what their parameters must be.
//!
//! | method | parameters | does |
//! |---|---|---|
//! | `getState` | | the newest row of the car, and how old it is |
//! | `getHealth` | | what `/health` says |
//! | `getOutbox` | | what waits for the broker, what was given up |
//! | `getVersions` | | what the attributes say: software, boards, tables |
//! | `getSettings` | | what may be changed from afar, and what holds |
//! | `uploadNow` | | makes a row now and sends what waits |
//! | `markEvent` | `text` | keeps a text as an event of this moment |
//! | `setInterval` | `seconds` | the time between two rows |
//!
//! None of them can write to the car: there is no code that does. What carries them out is in
//! [`super::commands`].

use serde_json::Value as Json;
use v2x_uplink::thingsboard::rpc::Call;

/// All methods, as they are told to whoever names another.
pub(super) const METHODS: &str = "getState, getHealth, getOutbox, getVersions, getSettings, \
                                  uploadNow, markEvent, setInterval";

/// The longest text of a mark, in characters.
const TEXT_MAX: usize = 200;

/// What a command is to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    State,
    Health,
    Outbox,
    Versions,
    Settings,
    UploadNow,
    MarkEvent(String),
    /// Seconds, not checked yet: that is the settings' matter.
    SetInterval(Json),
}

impl Wish {
    /// Whether it changes nothing, so that its answer need not be kept.
    pub(super) const fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::State | Self::Health | Self::Outbox | Self::Versions | Self::Settings
        )
    }
}

/// What a call is to do, or what is wrong with it.
pub(super) fn wish(call: &Call) -> Result<Wish, String> {
    let method = call.method.as_str();
    let bare = |wish| match has_none(&call.params) {
        true => Ok(wish),
        false => Err(format!("{method} takes no parameters")),
    };
    match method {
        "getState" => bare(Wish::State),
        "getHealth" => bare(Wish::Health),
        "getOutbox" => bare(Wish::Outbox),
        "getVersions" => bare(Wish::Versions),
        "getSettings" => bare(Wish::Settings),
        "uploadNow" => bare(Wish::UploadNow),
        "markEvent" => text(only(&call.params, "markEvent", "text")?).map(Wish::MarkEvent),
        "setInterval" => {
            let seconds = only(&call.params, "setInterval", "seconds")?;
            Ok(Wish::SetInterval(seconds.clone()))
        }
        other => {
            let seen: String = other.chars().take(40).collect();
            Err(format!("there is no method `{seen}`; there are: {METHODS}"))
        }
    }
}

/// What dashboards send where there is nothing to say.
fn has_none(params: &Json) -> bool {
    match params {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The one parameter of a method: by its name, or as it is, as a dashboard's slider sends it.
fn only<'a>(params: &'a Json, method: &str, name: &str) -> Result<&'a Json, String> {
    let missing = || format!("{method} needs the parameter `{name}`");
    match params {
        Json::Null => Err(missing()),
        Json::Object(members) => {
            let other = members.keys().find(|key| *key != name);
            if let Some(other) = other {
                let seen: String = other.chars().take(40).collect();
                return Err(format!("{method} takes `{name}` alone, not `{seen}`"));
            }
            members.get(name).ok_or_else(missing)
        }
        bare => Ok(bare),
    }
}

fn text(value: &Json) -> Result<String, String> {
    let text = value.as_str().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err("the parameter `text` must be a text that is not empty".to_owned());
    }
    let length = text.chars().count();
    if length > TEXT_MAX {
        return Err(format!(
            "the parameter `text` has {length} characters; it may have at most {TEXT_MAX}"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err("the parameter `text` has a control character; it must be one line".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(method: &str, params: Json) -> Result<Wish, String> {
        wish(&Call {
            method: method.to_owned(),
            params,
        })
    }

    #[test]
    fn every_method_that_is_told_is_known() {
        for method in METHODS.split(", ") {
            let params = match method {
                "markEvent" => json!({ "text": "a" }),
                "setInterval" => json!({ "seconds": 5 }),
                _ => Json::Null,
            };
            assert!(ask(method, params).is_ok(), "{method}");
        }
        let error = ask("openDoor", Json::Null).unwrap_err();
        assert!(error.starts_with("there is no method `openDoor`; there are: getState"));
        assert!(ask(&"x".repeat(5000), Json::Null).unwrap_err().len() < 250);
    }

    #[test]
    fn empty_parameters_of_every_form_are_none_and_others_are_refused() {
        for params in [json!(null), json!({}), json!(""), json!([])] {
            assert_eq!(ask("getState", params), Ok(Wish::State));
        }
        for params in [json!({ "slot": 1 }), json!(5), json!(true)] {
            let error = ask("getState", params).unwrap_err();
            assert_eq!(error, "getState takes no parameters");
        }
    }

    #[test]
    fn mark_is_a_line_of_text_with_any_characters_that_print() {
        let mark = |text: &str| ask("markEvent", json!({ "text": text }));
        let text = "a \"quoted\" name; Ⓐ $#/+ '";
        assert_eq!(mark(text), Ok(Wish::MarkEvent(text.to_owned())));
        assert_eq!(ask("markEvent", json!("bare")), mark("bare"));
        for (params, said) in [
            (json!(null), "needs the parameter `text`"),
            (json!({}), "needs the parameter `text`"),
            (json!({ "text": "  " }), "not empty"),
            (json!({ "text": 5 }), "not empty"),
            (json!({ "text": "a\nb" }), "one line"),
            (json!({ "text": "x".repeat(201) }), "at most 200"),
            (
                json!({ "text": "a", "when": 1 }),
                "takes `text` alone, not `when`",
            ),
        ] {
            let error = ask("markEvent", params).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
