//! What somebody should look at.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Turn};
use crate::extract::{Asked, Names, Operator, Viewer};
use crate::refusal::{Answer, Refusals};
use crate::types::{Alarm, AlarmsQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(alarms))
        .routes(routes!(acknowledge))
}

/// Alarms, newest first.
#[utoipa::path(
    get, path = "/api/v1/alarms", tag = "alarms", params(AlarmsQuery),
    responses((status = 200, body = Vec<Alarm>), Refusals)
)]
async fn alarms(
    State(app): State<App>,
    _: Viewer,
    Asked(query): Asked<AlarmsQuery>,
) -> Answer<Json<Vec<Alarm>>> {
    let which = query.state.unwrap_or_default();
    app.ask(move |site| site.alarms(which)).await.map(Json)
}

/// Says that somebody has seen it.
#[utoipa::path(
    post, path = "/api/v1/alarms/{id}/acknowledge", tag = "alarms",
    params(
        ("id" = String, Path, description = "The alarm."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 200, body = Alarm), Refusals)
)]
async fn acknowledge(
    State(app): State<App>,
    Operator(who): Operator,
    Names(id): Names<String>,
) -> Answer<Json<Alarm>> {
    let deed = who.does("acknowledge", &id, String::new());
    let seen = app.command(Turn::Question, deed, move |app| {
        app.site.acknowledge(&who, &id)
    });
    seen.await.map(Json)
}
