//! What a route takes out of a request: who asks, and what, with errors in our own words.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::accounts::Role;
use crate::app::BODY_BYTES;
use crate::refusal::Refusal;
use crate::site::Actor;

/// Whoever is logged in.
pub(crate) struct Viewer(pub(crate) Actor);
/// Who may command.
pub(crate) struct Operator(pub(crate) Actor);
/// Who may let others in.
pub(crate) struct Admin(pub(crate) Actor);

fn actor(parts: &Parts, least: Role) -> Result<Actor, Refusal> {
    let actor = parts.extensions.get::<Actor>();
    let actor = actor.ok_or(Refusal::NotLoggedIn("log in first: POST /api/v1/login"))?;
    if actor.role < least {
        let (have, need) = (actor.role.word(), least.word());
        return Err(Refusal::NotAllowed(format!(
            "this needs the role {need}; the account is a {have}"
        )));
    }
    Ok(actor.clone())
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        actor(parts, Role::Viewer).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        actor(parts, Role::Operator).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        actor(parts, Role::Admin).map(Self)
    }
}

/// The names in the path.
pub(crate) struct Names<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let names = Path::from_request_parts(parts, state).await;
        let names = names.map(|Path(names)| Self(names));
        names.map_err(|rejection| Refusal::Invalid(format!("the path: {}", rejection.body_text())))
    }
}

/// What follows the `?`.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let asked = Query::from_request_parts(parts, state).await;
        let asked = asked.map(|Query(asked)| Self(asked));
        asked.map_err(|rejection| Refusal::Invalid(rejection.body_text()))
    }
}

/// The JSON of the body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(body)| Self(body)).map_err(refused_body)
    }
}

fn refused_body(rejection: JsonRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::TooLarge(format!(
            "the body is too large; it may have {BODY_BYTES} bytes"
        ));
    }
    Refusal::Invalid(format!("the body: {}", rejection.body_text()))
}
