//! Devices, their past, their health, and what is said to them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period;
use crate::app::{App, Turn};
use crate::extract::{Asked, Body, Names, Operator, Viewer};
use crate::refusal::{Answer, ErrorShown, Refusal, Refusals};
use crate::types::{
    Device, HealthShown, History, HistoryQuery, RpcAnswer, RpcCall, SharedChange, Span, V2x,
    Warning,
};

/// The longest name of a command.
const METHOD_BYTES: usize = 128;
/// Settings in one change.
const CHANGES: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(devices))
        .routes(routes!(device))
        .routes(routes!(history))
        .routes(routes!(v2x))
        .routes(routes!(warnings))
        .routes(routes!(health))
        .routes(routes!(rpc))
        .routes(routes!(shared, set_shared))
}

/// All devices with their newest values.
#[utoipa::path(
    get, path = "/api/v1/devices", tag = "devices",
    responses((status = 200, body = Vec<Device>), Refusals)
)]
async fn devices(State(app): State<App>, _: Viewer) -> Answer<Json<Vec<Device>>> {
    app.ask(|site| site.devices()).await.map(Json)
}

/// One device.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "The device.")),
    responses((status = 200, body = Device), Refusals)
)]
async fn device(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<Device>> {
    app.ask(move |site| site.device(&id)).await.map(Json)
}

/// Values of the past, with their least and greatest ones.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/history", tag = "devices",
    params(("id" = String, Path, description = "The device."), HistoryQuery),
    responses((status = 200, body = History), Refusals)
)]
async fn history(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(query): Asked<HistoryQuery>,
) -> Answer<Json<History>> {
    let asked = period::history(&query, app.around.utc_ms())?;
    app.ask(move |site| site.history(&id, &asked))
        .await
        .map(Json)
}

/// The traffic around a car.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/v2x", tag = "devices",
    params(("id" = String, Path, description = "The device.")),
    responses((status = 200, body = V2x), Refusals)
)]
async fn v2x(State(app): State<App>, _: Viewer, Names(id): Names<String>) -> Answer<Json<V2x>> {
    app.ask(move |site| site.v2x(&id)).await.map(Json)
}

/// Warnings of the past, newest first, at most a thousand.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/warnings", tag = "devices",
    params(("id" = String, Path, description = "The device."), Span),
    responses((status = 200, body = Vec<Warning>), Refusals)
)]
async fn warnings(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(span): Asked<Span>,
) -> Answer<Json<Vec<Warning>>> {
    let of = period::whole(span)?;
    app.ask(move |site| site.warnings(&id, of)).await.map(Json)
}

/// How the parts of a device do: link, clock, disk, broker.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/health", tag = "devices",
    params(("id" = String, Path, description = "The device.")),
    responses((status = 200, body = HealthShown), Refusals)
)]
async fn health(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<HealthShown>> {
    app.ask(move |site| site.health(&id)).await.map(Json)
}

/// Sends a command to a device and waits for its answer.
#[utoipa::path(
    post, path = "/api/v1/devices/{id}/rpc", tag = "devices", request_body = RpcCall,
    params(
        ("id" = String, Path, description = "The device."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses(
        (status = 200, body = RpcAnswer),
        (status = 504, description = "The device does not answer.", body = ErrorShown),
        Refusals,
    )
)]
async fn rpc(
    State(app): State<App>,
    Operator(who): Operator,
    Names(id): Names<String>,
    Body(call): Body<RpcCall>,
) -> Answer<Json<RpcAnswer>> {
    if !(1..=METHOD_BYTES).contains(&call.method.len()) {
        return Err(Refusal::Invalid(format!(
            "`method` must have 1 to {METHOD_BYTES} bytes"
        )));
    }
    let deed = who.does("rpc", &id, format!("{} {}", call.method, call.params));
    let answer = app.command(Turn::Command, deed, move |app| {
        app.site.rpc(&who, &id, &call)
    });
    Ok(Json(RpcAnswer {
        answer: answer.await?,
    }))
}

/// The settings of a device.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/shared", tag = "devices",
    params(("id" = String, Path, description = "The device.")),
    responses((status = 200, body = BTreeMap<String, Value>), Refusals)
)]
async fn shared(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<BTreeMap<String, Value>>> {
    app.ask(move |site| site.shared(&id)).await.map(Json)
}

/// Changes settings of a device; `null` takes one away.
#[utoipa::path(
    put, path = "/api/v1/devices/{id}/shared", tag = "devices",
    request_body = BTreeMap<String, Value>,
    params(
        ("id" = String, Path, description = "The device."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 200, body = BTreeMap<String, Value>), Refusals)
)]
async fn set_shared(
    State(app): State<App>,
    Operator(who): Operator,
    Names(id): Names<String>,
    Body(change): Body<SharedChange>,
) -> Answer<Json<BTreeMap<String, Value>>> {
    let names = change.keys();
    if change.len() > CHANGES
        || names
            .clone()
            .any(|name| name.is_empty() || name.len() > 120)
    {
        return Err(Refusal::Invalid(format!(
            "at most {CHANGES} settings at once, each with a name of 1 to 120 bytes"
        )));
    }
    let detail = serde_json::to_string(&change).unwrap_or_default();
    let deed = who.does("set_shared", &id, detail.chars().take(500).collect());
    let all = app.command(Turn::Question, deed, move |app| {
        app.site.set_shared(&who, &id, &change)
    });
    all.await.map(Json)
}
