//! Each route with its description; together they are the OpenAPI document.

mod administration;
mod alarms;
mod charging;
mod devices;
mod driving;
mod exports;
mod live;
mod login;
mod period;
mod users;

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::Viewer;
use crate::refusal::ErrorShown;
use crate::types::LiveEvent;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Twizy V2X",
        version = "1",
        description = "The API of hub, vehicle and station. Each answers what it knows; what it \
                       never knows answers 404 and is not among the `features` of `/api/v1/me`. \
                       Times are ms since 1970 in UTC. What is not known is `null` or left out, \
                       never 0. Everything that changes something needs the header `X-CSRF` with \
                       the `csrf` of `/api/v1/me`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ErrorShown, LiveEvent)),
    security(("session" = [])),
)]
struct Described;

/// All routes with their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    let mut described = Described::openapi();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "v2x_session",
        "Set by /api/v1/login. Where the address has a port, its name is followed by `_` and it.",
    ));
    let components = described.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    OpenApiRouter::with_openapi(described)
        .merge(login::routes())
        .merge(devices::routes())
        .merge(exports::routes())
        .merge(driving::routes())
        .merge(charging::routes())
        .merge(alarms::routes())
        .merge(administration::routes())
        .merge(users::routes())
        .merge(live::routes())
        .routes(routes!(document))
        .route("/api", axum::routing::any(nothing))
        .route("/api/{*rest}", axum::routing::any(nothing))
}

/// The description of all routes.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// This description.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "about", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", content_type = "application/json"))
)]
async fn document(_: Viewer) -> Json<utoipa::openapi::OpenApi> {
    Json(openapi())
}

/// No route has this path.
async fn nothing(_: Viewer) -> crate::refusal::Refusal {
    crate::refusal::Refusal::NotFound(
        "there is no such route; /api/v1/openapi.json lists them".to_owned(),
    )
}
