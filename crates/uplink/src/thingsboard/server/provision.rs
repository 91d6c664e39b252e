//! Asking to be let in. The hub lets nobody in by itself: an admin does.

use serde_json::{Value as Json, json};

use super::{Malformed, name, object};

/// Who asks to be let in logs in with this as user name or as client id.
pub const PROVISION_USER: &str = "provision";

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionRequest {
    /// The name that the device wants; where it names none, the hub makes one.
    pub device: Option<String>,
    /// The key of those who may ask.
    pub key: String,
    /// And its secret.
    pub secret: String,
    /// The token that the device chose for itself.
    pub token: Option<String>,
}

/// What the device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisionAnswer {
    /// It is let in and has this token.
    Token(String),
    /// It is not, for this reason.
    Refused(String),
    /// Nobody of this key may ask.
    NotFound,
}

impl ProvisionRequest {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let asked = object(payload)?;
        let text = |member: &str| asked.get(member).and_then(Json::as_str);
        let needed = |member: &str| {
            let missing = || Malformed(format!("the request has no `{member}`"));
            text(member).map(str::to_owned).ok_or_else(missing)
        };
        let kind = text("credentialsType").unwrap_or("ACCESS_TOKEN");
        if kind != "ACCESS_TOKEN" {
            return Err(Malformed(format!(
                "credentialsType is {kind:?}; only ACCESS_TOKEN is given"
            )));
        }
        Ok(Self {
            device: text("deviceName").map(name).transpose()?,
            key: needed("provisionDeviceKey")?,
            secret: needed("provisionDeviceSecret")?,
            token: text("token").map(str::to_owned),
        })
    }
}

impl ProvisionAnswer {
    /// Topic and payload of the answer.
    #[must_use]
    pub fn message(&self) -> (String, String) {
        let answer = match self {
            Self::Token(token) => json!({
                "status": "SUCCESS",
                "credentialsType": "ACCESS_TOKEN",
                "credentialsValue": token,
            }),
            Self::Refused(why) => json!({ "status": "FAILURE", "errorMsg": why }),
            Self::NotFound => json!({
                "status": "NOT_FOUND",
                "errorMsg": "nobody of this key and secret may ask here",
            }),
        };
        ("/provision/response".to_owned(), answer.to_string())
    }
}
