//! The stream of what happens.

use std::collections::BTreeSet;

use axum::extract::{Extension, State};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Viewer};
use crate::guard::{self, LoggedIn};
use crate::live::ViewerBody;
use crate::refusal::{Answer, Refusal, Refusals};
use crate::types::LiveQuery;

/// Devices that one stream can name; more are all of them.
const DEVICES: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

/// What happens, as server-sent events: `values`, `state`, `alarm`, `warning`, `session`, and
/// `tick` every five seconds. The `data` of each is a `LiveEvent`. A viewer who reads too slowly
/// misses values, or is let go and may come again.
#[utoipa::path(
    get, path = "/api/v1/live", tag = "live", params(LiveQuery),
    responses(
        (status = 200, description = "Events without end.", content_type = "text/event-stream"),
        Refusals,
    )
)]
async fn live(
    State(app): State<App>,
    _: Viewer,
    Extension(logged_in): Extension<LoggedIn>,
    Asked(query): Asked<LiveQuery>,
) -> Answer<Response> {
    let devices = query.devices.as_deref().map(names).transpose()?;
    let queue = app.live.join(devices).ok_or_else(|| Refusal::TooMany {
        what: "too many viewers".to_owned(),
        retry_s: 10,
    })?;
    let parts = app.parts();
    let holds = move || guard::still_holds(&parts, &logged_in.key);
    Ok(ViewerBody::new(queue, holds).into_response())
}

fn names(text: &str) -> Answer<BTreeSet<String>> {
    let names = text.split(',').filter(|name| !name.is_empty());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    if names.len() > DEVICES {
        let what = format!(
            "{} devices; name at most {DEVICES}, or none for all",
            names.len()
        );
        return Err(Refusal::Invalid(what));
    }
    Ok(names)
}
