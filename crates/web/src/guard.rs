//! Before every route: who is logged in, whether the request comes from our own page, in what time
//! it is answered; and after it the headers that tell the browser what a page may do.
//!
//! Everything under `/api` is closed unless [`OPEN`] names it, so that a route that somebody
//! forgets here stays closed.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time;

use crate::app::{App, Inner, Turn};
use crate::refusal::{Answer, Refusal};
use crate::session::{self, Session, SessionKey};
use crate::site::Actor;
use crate::types::Tiles;

/// What the API answers without a log-in.
const OPEN: [(Method, &str); 2] = [
    (Method::GET, "/api/v1/about"),
    (Method::POST, "/api/v1/login"),
];
/// How long the head of an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The log-in behind a request.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    pub(crate) key: SessionKey,
    pub(crate) session: Session,
}

/// Lets a request in, or says why not.
pub(crate) async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !is_of_api(request.uri().path()) {
        return next.run(request).await;
    }
    if let Err(refusal) = check_origin(request.method(), request.headers()) {
        return refusal.into_response();
    }
    let is_open = OPEN
        .iter()
        .any(|(method, path)| method == request.method() && *path == request.uri().path());
    if !is_open {
        let entered = enter(&app, request.method().clone(), request.headers()).await;
        let (actor, logged_in) = match entered {
            Ok((actor, logged_in)) => (actor, logged_in),
            Err(refusal) => return refusal.into_response(),
        };
        let from = peer(&request).to_string();
        request.extensions_mut().insert(Actor { from, ..actor });
        request.extensions_mut().insert(logged_in);
    }
    next.run(request).await
}

/// Answers within a time, whatever the disk does.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let what = "no answer in time: the disk or the daemon is overloaded";
            Refusal::Unavailable(what.to_owned()).into_response()
        }
    }
}

/// Tells the browser what a page may do: nothing that is not ours.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_of_api = is_of_api(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let value = HeaderValue::from_static;
    headers.insert(X_CONTENT_TYPE_OPTIONS, value("nosniff"));
    headers.insert(X_FRAME_OPTIONS, value("DENY"));
    headers.insert(REFERRER_POLICY, value("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        value("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        value("same-origin"),
    );
    if let Ok(policy) = HeaderValue::from_str(&policy(app.settings.tiles.as_ref())) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if app.settings.is_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, value("max-age=31536000"));
    }
    if is_of_api && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, value("no-store"));
    }
    response
}

/// The content security policy: our own files, and the tiles that the operator turned on.
fn policy(tiles: Option<&Tiles>) -> String {
    let origin = tiles
        .and_then(|tiles| origin(&tiles.url))
        .unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: \
         {origin}; font-src 'self'; connect-src 'self' {origin}; manifest-src 'self'; worker-src \
         'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Scheme and host of an address, if they are plain ones.
fn origin(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let host = host.replace("{s}.", "*.");
    let name = host.strip_prefix("*.").unwrap_or(&host);
    (!name.is_empty() && name.chars().all(is_plain)).then(|| format!("https://{host}"))
}

fn is_of_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whoever asks for a change from a page of others is refused, whatever cookies come with it.
fn check_origin(method: &Method, headers: &HeaderMap) -> Answer<()> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) if is_safe(method) => Ok(()),
        Some(_) => Err(Refusal::NotAllowed(
            "a page of another site asks for this; use the dashboard's own page".to_owned(),
        )),
    }
}

/// The account behind the cookie, as it is now.
async fn enter(app: &App, method: Method, headers: &HeaderMap) -> Answer<(Actor, LoggedIn)> {
    const FIRST: Refusal = Refusal::NotLoggedIn("log in first: POST /api/v1/login");
    let token = token(headers, &app.settings.cookie).ok_or(FIRST)?;
    let key = session::key(token);
    let now = app.around.now();
    let asked = app.sessions().ask(&key, now).ok_or(FIRST)?;
    let session = asked.map_err(|retry_s| Refusal::TooMany {
        what: "too many requests of one log-in".to_owned(),
        retry_s,
    })?;
    let csrf = headers
        .get("x-csrf")
        .map_or(&b""[..], HeaderValue::as_bytes);
    if !is_safe(&method) && !session.has_csrf(csrf) {
        return Err(Refusal::NotAllowed(
            "the header X-CSRF is missing or wrong; it must have `csrf` of /api/v1/me".to_owned(),
        ));
    }
    let user = session.user.clone();
    let found = app
        .work(Turn::Question, move |app| app.accounts.find(&user))
        .await?;
    let Some(account) = found.filter(|account| session.is_of(account)) else {
        app.sessions().end(&key);
        return Err(FIRST);
    };
    let actor = Actor {
        user: account.user,
        role: account.role,
        from: String::new(),
    };
    Ok((actor, LoggedIn { key, session }))
}

/// The token in the cookie.
fn token<'a>(headers: &'a HeaderMap, cookie: &str) -> Option<&'a str> {
    let texts = headers.get_all(COOKIE).iter();
    let mut pairs = texts
        .filter_map(|text| text.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == cookie)
        .map(|(_, token)| token)
}

/// Where a request comes from.
pub(crate) fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0)
}

/// Whether a log-in still holds, for a stream that goes on.
pub(crate) fn still_holds(app: &Inner, key: &SessionKey) -> bool {
    app.sessions().peek(key, app.around.now()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_is_allowed_until_the_operator_turns_tiles_on() {
        let none = policy(None);
        assert!(!none.contains("http") && !none.contains("unsafe"), "{none}");
        let tiles = |url: &str| Tiles {
            url: url.to_owned(),
            attribution: String::new(),
        };
        let some = policy(Some(&tiles("https://{s}.tile.example.org/{z}/{x}/{y}.png")));
        assert!(
            some.contains("img-src 'self' data: blob: https://*.tile.example.org;"),
            "{some}"
        );
        let forged = policy(Some(&tiles("https://a; script-src *//{z}")));
        assert_eq!(forged, none);
    }

    #[test]
    fn cookie_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; xv2x=no"));
        headers.append(COOKIE, HeaderValue::from_static("v2x=yes; b=2"));
        assert_eq!(token(&headers, "v2x"), Some("yes"));
        assert_eq!(token(&headers, "x"), None);
    }

    #[test]
    fn change_from_a_page_of_others_is_refused() {
        for (site, method, is_fine) in [
            ("same-origin", Method::POST, true),
            ("none", Method::POST, true),
            ("cross-site", Method::POST, false),
            ("same-site", Method::DELETE, false),
            ("cross-site", Method::GET, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            assert_eq!(
                check_origin(&method, &headers).is_ok(),
                is_fine,
                "{site} {method}"
            );
        }
    }
}
