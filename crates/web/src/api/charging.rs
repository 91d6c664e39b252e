//! Slots, sessions, receipts, prices and months of a station.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period;
use crate::app::{App, Turn};
use crate::extract::{Asked, Body, Names, Operator, Viewer};
use crate::refusal::{Answer, Refusal, Refusals};
use crate::types::{
    MonthQuery, MonthReport, Receipt, Session, SessionDetail, SessionsQuery, Slot, Span,
    TariffPreview, TariffPrice, TariffShown, TariffText,
};

/// The longest charge that a price is asked for: a week.
const PREVIEW_MS: i64 = 7 * 86_400_000;
const PREVIEW_WH: f64 = 1_000_000.0;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(slots))
        .routes(routes!(sessions))
        .routes(routes!(session))
        .routes(routes!(receipt))
        .routes(routes!(tariff, set_tariff))
        .routes(routes!(preview))
        .routes(routes!(report))
}

/// The slots of a station, as they are now.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/slots", tag = "charging",
    params(("id" = String, Path, description = "The station.")),
    responses((status = 200, body = Vec<Slot>), Refusals)
)]
async fn slots(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<Vec<Slot>>> {
    app.ask(move |site| site.slots(&id)).await.map(Json)
}

/// Charging sessions, newest first.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "charging", params(SessionsQuery),
    responses((status = 200, body = Vec<Session>), Refusals)
)]
async fn sessions(
    State(app): State<App>,
    _: Viewer,
    Asked(query): Asked<SessionsQuery>,
) -> Answer<Json<Vec<Session>>> {
    period::limit(query.limit)?;
    let span = Span {
        from: query.from,
        to: query.to,
    };
    period::whole(span)?;
    app.ask(move |site| site.sessions(&query)).await.map(Json)
}

/// One session, with everything that explains its bill.
#[utoipa::path(
    get, path = "/api/v1/sessions/{station}/{id}", tag = "charging",
    params(
        ("station" = String, Path, description = "The station."),
        ("id" = String, Path, description = "The session."),
    ),
    responses((status = 200, body = SessionDetail), Refusals)
)]
async fn session(
    State(app): State<App>,
    _: Viewer,
    Names((station, id)): Names<(String, String)>,
) -> Answer<Json<SessionDetail>> {
    app.ask(move |site| site.session(&station, &id))
        .await
        .map(Json)
}

/// The receipt of a session.
#[utoipa::path(
    get, path = "/api/v1/sessions/{station}/{id}/receipt", tag = "charging",
    params(
        ("station" = String, Path, description = "The station."),
        ("id" = String, Path, description = "The session."),
    ),
    responses((status = 200, body = Receipt), Refusals)
)]
async fn receipt(
    State(app): State<App>,
    _: Viewer,
    Names((station, id)): Names<(String, String)>,
) -> Answer<Json<Receipt>> {
    app.ask(move |site| site.receipt(&station, &id))
        .await
        .map(Json)
}

/// A station's prices.
#[utoipa::path(
    get, path = "/api/v1/stations/{id}/tariff", tag = "charging",
    params(("id" = String, Path, description = "The station.")),
    responses((status = 200, body = TariffShown), Refusals)
)]
async fn tariff(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
) -> Answer<Json<TariffShown>> {
    app.ask(move |site| site.tariff(&id)).await.map(Json)
}

/// Sets a station's prices, for sessions that begin from now on.
#[utoipa::path(
    put, path = "/api/v1/stations/{id}/tariff", tag = "charging", request_body = TariffText,
    params(
        ("id" = String, Path, description = "The station."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 200, body = TariffShown), Refusals)
)]
async fn set_tariff(
    State(app): State<App>,
    Operator(who): Operator,
    Names(id): Names<String>,
    Body(text): Body<TariffText>,
) -> Answer<Json<TariffShown>> {
    let deed = who.does("set_tariff", &id, format!("{} bytes", text.toml.len()));
    let set = app.command(Turn::Question, deed, move |app| {
        app.site.set_tariff(&who, &id, &text.toml)
    });
    set.await.map(Json)
}

/// What a charge would cost by prices that need not hold.
#[utoipa::path(
    post, path = "/api/v1/stations/{id}/tariff/preview", tag = "charging",
    request_body = TariffPreview,
    params(
        ("id" = String, Path, description = "The station."),
        ("X-CSRF" = String, Header, description = "The `csrf` of /api/v1/me."),
    ),
    responses((status = 200, body = TariffPrice), Refusals)
)]
async fn preview(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Body(asked): Body<TariffPreview>,
) -> Answer<Json<TariffPrice>> {
    let span = Span {
        from: Some(asked.start),
        to: Some(asked.end),
    };
    let of = period::whole(span)?;
    if of.to - of.from > PREVIEW_MS {
        return Err(Refusal::Invalid(
            "the charge lasts more than a week".to_owned(),
        ));
    }
    if !(0.0..=PREVIEW_WH).contains(&asked.energy_wh) {
        let what = format!(
            "energy_wh is {}; it must be 0 to {PREVIEW_WH}",
            asked.energy_wh
        );
        return Err(Refusal::Invalid(what));
    }
    app.ask(move |site| site.preview(&id, &asked))
        .await
        .map(Json)
}

/// A month of a station.
#[utoipa::path(
    get, path = "/api/v1/stations/{id}/report", tag = "charging",
    params(("id" = String, Path, description = "The station."), MonthQuery),
    responses((status = 200, body = MonthReport), Refusals)
)]
async fn report(
    State(app): State<App>,
    _: Viewer,
    Names(id): Names<String>,
    Asked(query): Asked<MonthQuery>,
) -> Answer<Json<MonthReport>> {
    if let Some(month) = &query.month {
        check_month(month)?;
    }
    app.ask(move |site| site.report(&id, query.month.as_deref()))
        .await
        .map(Json)
}

fn check_month(text: &str) -> Answer<()> {
    let is_month = text.split_once('-').is_some_and(|(year, month)| {
        let digits = |text: &str, count| {
            text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        digits(year, 4) && digits(month, 2) && year >= "1970" && ("01"..="12").contains(&month)
    });
    if is_month {
        return Ok(());
    }
    let seen: String = text.chars().take(20).collect();
    Err(Refusal::Invalid(format!(
        "{seen:?} is no month; it must be as 2026-11"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_has_four_and_two_digits() {
        assert!(check_month("2026-11").is_ok() && check_month("1970-01").is_ok());
        for text in [
            "2026-13",
            "2026-00",
            "26-11",
            "2026-1",
            "2026-11-01",
            "",
            "0001-01",
            "a-b",
        ] {
            assert!(check_month(text).is_err(), "{text}");
        }
    }
}
