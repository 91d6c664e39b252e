//! In and out.

use axum::extract::{Extension, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Json, RequestExt as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Account, check_name};
use crate::app::{App, Turn};
use crate::extract::{Body, Viewer};
use crate::guard::{self, LoggedIn};
use crate::password;
use crate::refusal::{Answer, ErrorShown, Refusal, Refusals};
use crate::session::{Session, WHOLE};
use crate::site::{Actor, Deed};
use crate::types::{About, Credentials, Me, SiteShown};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(about))
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
}

/// What everybody may know.
#[utoipa::path(
    get, path = "/api/v1/about", tag = "about", security(()),
    responses((status = 200, body = About))
)]
async fn about(State(app): State<App>) -> Json<About> {
    Json(About {
        product: "Twizy V2X".to_owned(),
        version: app.settings.version.clone(),
        role: app.site.kind(),
    })
}

/// Logs in: sets the cookie.
#[utoipa::path(
    post, path = "/api/v1/login", tag = "about", security(()), request_body = Credentials,
    responses(
        (status = 200, body = Me),
        (status = 400, body = ErrorShown),
        (status = 401, description = "Name or password is wrong.", body = ErrorShown),
        (status = 413, body = ErrorShown),
        (status = 429, description = "Too many attempts.", body = ErrorShown),
    )
)]
async fn login(State(app): State<App>, request: Request) -> Answer<Response> {
    let from = guard::peer(&request);
    let Body(credentials) = request.extract::<Body<Credentials>, _>().await?;
    let tried = app
        .attempts()
        .try_once(from, &credentials.user, app.around.now());
    tried.map_err(|retry_s| Refusal::TooMany {
        what: "too many attempts to log in".to_owned(),
        retry_s,
    })?;
    let user = credentials.user.clone();
    let address = from.to_string();
    let (account, session, token) = app
        .work(Turn::Hash, move |app| {
            let deed = |action, user: &str| Deed {
                user: user.chars().take(64).collect(),
                action,
                subject: String::new(),
                detail: String::new(),
                from: address.clone(),
            };
            let is_name = check_name(&credentials.user).is_ok();
            let account = if is_name {
                app.accounts.find(&credentials.user)?
            } else {
                None
            };
            let hash = account.as_ref().map(|account| account.hash.as_str());
            let is_right = password::verify(&credentials.password, hash);
            let Some(account) = account.filter(|_| is_right) else {
                app.site.note(deed("login_failed", &credentials.user));
                return Err(Refusal::NotLoggedIn("the name or the password is wrong"));
            };
            let begun = app
                .sessions()
                .begin(&account, app.around.now(), &*app.around);
            let (token, session) = begun.ok_or_else(|| {
                Refusal::Unavailable("the computer has no random numbers".to_owned())
            })?;
            app.site.note(deed("login", &account.user));
            Ok((account, session, token))
        })
        .await?;
    app.attempts().succeeded(from, &user);
    let me = shown(&app, &account, &session).await?;
    Ok((
        AppendHeaders([(SET_COOKIE, cookie(&app, &token, WHOLE.as_secs())?)]),
        Json(me),
    )
        .into_response())
}

/// Logs out.
#[utoipa::path(
    post, path = "/api/v1/logout", tag = "about",
    responses((status = 204, description = "Logged out."), Refusals)
)]
async fn logout(
    State(app): State<App>,
    Viewer(actor): Viewer,
    Extension(logged_in): Extension<LoggedIn>,
) -> Answer<Response> {
    app.sessions().end(&logged_in.key);
    let deed = actor.does("logout", "", String::new());
    app.command(Turn::Question, deed, |_| Ok(())).await?;
    let gone = AppendHeaders([(SET_COOKIE, cookie(&app, "", 0)?)]);
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// Who is logged in, and what the site can do.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "about",
    responses((status = 200, body = Me), Refusals)
)]
async fn me(
    State(app): State<App>,
    Viewer(actor): Viewer,
    Extension(logged_in): Extension<LoggedIn>,
) -> Answer<Json<Me>> {
    let Actor { user, role, .. } = actor;
    let hash = String::new();
    let account = Account { user, role, hash };
    shown(&app, &account, &logged_in.session).await.map(Json)
}

async fn shown(app: &App, account: &Account, session: &Session) -> Answer<Me> {
    let tiles = app.settings.tiles.clone();
    let site = app.ask(|site| {
        Ok(SiteShown {
            name: site.name(),
            kind: site.kind(),
            features: site.features(),
            tiles,
        })
    });
    Ok(Me {
        user: account.user.clone(),
        role: account.role,
        csrf: session.csrf.clone(),
        site: site.await?,
        now: app.around.utc_ms(),
    })
}

fn cookie(app: &App, token: &str, seconds: u64) -> Answer<HeaderValue> {
    let name = &app.settings.cookie;
    let secure = if app.settings.is_tls { "; Secure" } else { "" };
    let text =
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let broken = |_| Refusal::Unavailable(format!("{name:?} is no name of a cookie"));
    HeaderValue::from_str(&text).map_err(broken)
}
