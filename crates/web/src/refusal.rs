//! Why a site does not do what it is asked, and what to do about it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::sentence::Said;

/// What a site answers.
pub type Answer<T> = Result<T, Refusal>;

/// Why not, in words for the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This site never knows such a thing.
    #[error("{0} are not known here; /api/v1/me lists what is, among `features`")]
    NotKnownHere(&'static str),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// What was asked makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It does not go with how things are.
    #[error("{0}")]
    Conflict(String),
    /// Not logged in.
    #[error("{0}")]
    NotLoggedIn(&'static str),
    /// Logged in, and not allowed to.
    #[error("{0}")]
    NotAllowed(String),
    /// Too often, or too many at once.
    #[error("{what}; try again in {retry_s} s")]
    TooMany {
        /// What there was too much of.
        what: String,
        /// When to try again, in seconds.
        retry_s: u64,
    },
    /// The body is too large.
    #[error("{0}")]
    TooLarge(String),
    /// A device was asked and said nothing.
    #[error("{0}")]
    NoAnswer(String),
    /// The disk or a part of the daemon does not do its work now.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotKnownHere(_) | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::NotLoggedIn(_) => StatusCode::UNAUTHORIZED,
            Self::NotAllowed(_) => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoAnswer(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The body of every answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ErrorShown {
    /// What was wrong, and what to do.
    pub error: String,
    /// Which sentence that is, where it has a code.
    pub said: Option<Said>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = self.to_string();
        let said = Said::of(&error);
        let shown = ErrorShown { error, said };
        let mut response = (self.status(), Json(shown)).into_response();
        if let Self::TooMany { retry_s, .. } = self {
            let seconds = HeaderValue::from(retry_s);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// The answers that any route may give in place of its own, for its description.
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let content = || {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("ErrorShown")))
                .build()
        };
        [
            ("400", "What was asked makes no sense."),
            ("401", "Not logged in."),
            ("403", "The account may not do this, or X-CSRF is missing."),
            (
                "404",
                "There is no such thing, or this site never knows it.",
            ),
            ("409", "It does not go with how things are."),
            ("413", "The body is too large."),
            ("429", "Too often; see Retry-After."),
            ("503", "A part of the daemon does not do its work now."),
        ]
        .into_iter()
        .map(|(status, description)| {
            let response = ResponseBuilder::new()
                .description(description)
                .content("application/json", content())
                .build();
            (status.to_owned(), RefOr::T(response))
        })
        .collect()
    }
}
