//! Letting devices in and out, the audit log, the copy of everything.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period;
use crate::app::{App, Turn};
use crate::export;
use crate::extract::{Admin, Asked, Body, Names};
use crate::refusal::{Answer, Refusal, Refusals};
use crate::types::{Audit, AuditQuery, NewDevice, NewToken, PendingDevice};

/// The longest name of a device.
const NAME_BYTES: usize = 64;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pending))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(add_device))
        .routes(routes!(remove_device))
        .routes(routes!(renew_token))
        .routes(routes!(audit))
        .routes(routes!(backup))
}

/// Devices that ask to be let in.
#[utoipa::path(
    get, path = "/api/v1/provisioning", tag = "administration",
    responses((status = 200, body = Vec<PendingDevice>), Refusals)
)]
async fn pending(State(app): State<App>, _: Admin) -> Answer<Json<Vec<PendingDevice>>> {
    app.ask(|site| site.pending()).await.map(Json)
}

/// Lets a device in.
#[utoipa::path(
    post, path = "/api/v1/provisioning/{id}/approve", tag = "administration",
    params(
        ("id" = String, Path, description = "The request."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 204, description = "It is let in."), Refusals)
)]
async fn approve(
    State(app): State<App>,
    Admin(who): Admin,
    Names(id): Names<String>,
) -> Answer<StatusCode> {
    let deed = who.does("approve", &id, String::new());
    app.command(Turn::Question, deed, move |app| {
        app.site.decide(&who, &id, true)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does not let a device in.
#[utoipa::path(
    post, path = "/api/v1/provisioning/{id}/reject", tag = "administration",
    params(
        ("id" = String, Path, description = "The request."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 204, description = "It is not let in."), Refusals)
)]
async fn reject(
    State(app): State<App>,
    Admin(who): Admin,
    Names(id): Names<String>,
) -> Answer<StatusCode> {
    let deed = who.does("reject", &id, String::new());
    app.command(Turn::Question, deed, move |app| {
        app.site.decide(&who, &id, false)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a device; its token is shown this once.
#[utoipa::path(
    post, path = "/api/v1/devices", tag = "administration", request_body = NewDevice,
    params(("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me.")),
    responses((status = 201, body = NewToken), Refusals)
)]
async fn add_device(
    State(app): State<App>,
    Admin(who): Admin,
    Body(new): Body<NewDevice>,
) -> Answer<(StatusCode, Json<NewToken>)> {
    let name = new.name.trim();
    if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Refusal::Invalid(format!(
            "`name` must have 1 to {NAME_BYTES} bytes and no control characters"
        )));
    }
    let deed = who.does("add_device", &new.name, String::new());
    let made = app.command(Turn::Question, deed, move |app| {
        app.site.add_device(&who, &new)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// Takes a device away, with its token.
#[utoipa::path(
    delete, path = "/api/v1/devices/{id}", tag = "administration",
    params(
        ("id" = String, Path, description = "The device."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 204, description = "It is gone."), Refusals)
)]
async fn remove_device(
    State(app): State<App>,
    Admin(who): Admin,
    Names(id): Names<String>,
) -> Answer<StatusCode> {
    let deed = who.does("remove_device", &id, String::new());
    app.command(Turn::Question, deed, move |app| {
        app.site.remove_device(&who, &id)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a device another token, shown this once; the one before holds no more.
#[utoipa::path(
    post, path = "/api/v1/devices/{id}/token", tag = "administration",
    params(
        ("id" = String, Path, description = "The device."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 200, body = NewToken), Refusals)
)]
async fn renew_token(
    State(app): State<App>,
    Admin(who): Admin,
    Names(id): Names<String>,
) -> Answer<Json<NewToken>> {
    let deed = who.does("renew_token", &id, String::new());
    let made = app.command(Turn::Question, deed, move |app| {
        app.site.renew_token(&who, &id)
    });
    made.await.map(Json)
}

/// Who did what, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "administration", params(AuditQuery),
    responses((status = 200, body = Vec<Audit>), Refusals)
)]
async fn audit(
    State(app): State<App>,
    _: Admin,
    Asked(query): Asked<AuditQuery>,
) -> Answer<Json<Vec<Audit>>> {
    let limit = period::limit(query.limit)?;
    app.ask(move |site| site.audit(query.before, limit))
        .await
        .map(Json)
}

/// A consistent copy of the database, made while everything runs.
#[utoipa::path(
    post, path = "/api/v1/backup", tag = "administration",
    params(("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me.")),
    responses(
        (status = 200, description = "The copy.", content_type = "application/vnd.sqlite3"),
        Refusals,
    )
)]
async fn backup(State(app): State<App>, Admin(who): Admin) -> Answer<Response> {
    let deed = who.does("backup", "", String::new());
    let copy = app
        .command(Turn::Export, deed, move |app| app.site.backup(&who))
        .await?;
    export::copy(&app, copy).await
}
