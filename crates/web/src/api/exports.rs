//! What is seen, as files for other programs.

use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period;
use crate::app::App;
use crate::export;
use crate::extract::{Asked, Names, Viewer};
use crate::refusal::{Answer, Refusals};
use crate::types::{CsvQuery, Span};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export_csv))
        .routes(routes!(track))
}

/// A table of values: the time, then a column for each key.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/export.csv", tag = "devices",
    params(("id" = String, Path, description = "The device."), CsvQuery),
    responses((status = 200, description = "RFC 4180.", content_type = "text/csv"), Refusals)
)]
async fn export_csv(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(query): Asked<CsvQuery>,
) -> Answer<Response> {
    let of = period::of_late(query.from, query.to, app.around.utc_ms())?;
    let keys = query.keys.as_deref().map(period::keys).transpose()?;
    export::table(&app, id, keys, of).await
}

/// Where a car was.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/track.gpx", tag = "devices",
    params(("id" = String, Path, description = "The device."), Span),
    responses(
        (status = 200, description = "GPX 1.1.", content_type = "application/gpx+xml"),
        Refusals,
    )
)]
async fn track(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(span): Asked<Span>,
) -> Answer<Response> {
    let of = period::of_late(span.from, span.to, app.around.utc_ms())?;
    export::track(&app, id, of).await
}
