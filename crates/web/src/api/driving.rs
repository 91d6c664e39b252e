//! What a car did.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period;
use crate::app::App;
use crate::extract::{Asked, Names, Viewer};
use crate::refusal::{Answer, Refusals};
use crate::types::{BatteryHealth, Charge, Span, Trip};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(trips))
        .routes(routes!(charges))
        .routes(routes!(battery))
}

/// Drives, newest first, at most a thousand.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/trips", tag = "driving",
    params(("id" = String, Path, description = "The device."), Span),
    responses((status = 200, body = Vec<Trip>), Refusals)
)]
async fn trips(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(span): Asked<Span>,
) -> Answer<Json<Vec<Trip>>> {
    let of = period::whole(span)?;
    app.ask(move |site| site.trips(&id, of)).await.map(Json)
}

/// Charges as the car sees them, newest first, at most a thousand.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/charges", tag = "driving",
    params(("id" = String, Path, description = "The device."), Span),
    responses((status = 200, body = Vec<Charge>), Refusals)
)]
async fn charges(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(span): Asked<Span>,
) -> Answer<Json<Vec<Charge>>> {
    let of = period::whole(span)?;
    app.ask(move |site| site.charges(&id, of)).await.map(Json)
}

/// The battery's health over time, oldest first.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/battery", tag = "driving",
    params(("id" = String, Path, description = "The device.")),
    responses((status = 200, body = Vec<BatteryHealth>), Refusals)
)]
async fn battery(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<Vec<BatteryHealth>>> {
    app.ask(move |site| site.battery(&id)).await.map(Json)
}
