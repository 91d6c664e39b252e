//! The dashboard's files, embedded by `build.rs` when they were built before.
//!
//! They hold no data, so everybody may have them. Files whose name carries their hash
//! (`assets/…`) are kept by the browser for ever; all others are asked for anew, with their tag.

use std::io::Read as _;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// An embedded file.
struct Page {
    path: &'static str,
    kind: &'static str,
    /// An entity tag, in its quotes.
    tag: &'static str,
    /// Whether the bytes are packed with gzip.
    is_packed: bool,
    bytes: &'static [u8],
}

static PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// What is said in place of the pages.
const WITHOUT: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Twizy V2X: no pages</title></head>
<body>
<h1>This program was built without its pages</h1>
<p>The API answers at <code>/api/v1</code>. To get the pages, build them before the program:</p>
<pre>
cd web/dashboard
npm ci
npm run build
cd ../..
cargo build --release
</pre>
<p>Node.js 18 or newer is needed for that, and for nothing else.
<code>docs/guide/dashboard.md</code> says more.</p>
</body>
</html>
";

/// Whether the program has its pages.
#[must_use]
pub fn are_embedded() -> bool {
    !PAGES.is_empty()
}

/// Answers everything that is not of the API.
pub(crate) async fn page(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if PAGES.is_empty() {
        let is_page = path.is_empty() || path == "index.html";
        let status = if is_page {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-cache"),
        ];
        return (status, headers, WITHOUT).into_response();
    }
    match find(path) {
        Some(page) => page.answer(request.headers()),
        None => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            (StatusCode::NOT_FOUND, headers, "there is no such page\n").into_response()
        }
    }
}

/// The file of a path; of one that no file has, the page itself, which knows its own paths.
fn find(path: &str) -> Option<&'static Page> {
    let named = |name: &str| PAGES.iter().find(|page| page.path == name);
    let last = path.rsplit('/').next().unwrap_or_default();
    match named(path) {
        Some(page) => Some(page),
        None if last.contains('.') => None,
        None => named("index.html"),
    }
}

impl Page {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let mut response = if self.is_known(asked) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.body(asked)
        };
        let is_for_ever = self.path.starts_with("assets/");
        let kept = if is_for_ever {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        headers.insert(ETAG, HeaderValue::from_static(self.tag));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }

    fn is_known(&self, asked: &HeaderMap) -> bool {
        let tags = asked.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let mut tags = tags.unwrap_or_default().split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.tag)
    }

    fn body(&self, asked: &HeaderMap) -> Response {
        let kind = [(CONTENT_TYPE, self.kind)];
        if !self.is_packed {
            return (kind, self.bytes).into_response();
        }
        if takes_gzip(asked) {
            return (kind, [(CONTENT_ENCODING, "gzip")], self.bytes).into_response();
        }
        let mut plain = Vec::new();
        match flate2::read::GzDecoder::new(self.bytes).read_to_end(&mut plain) {
            Ok(_) => (kind, Body::from(plain)).into_response(),
            // We have packed it ourselves.
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// Whether gzip is among what is taken; `gzip;q=0` is not.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let texts = asked.get_all(ACCEPT_ENCODING).iter();
    let mut words = texts
        .filter_map(|text| text.to_str().ok())
        .flat_map(|text| text.split(','));
    words.any(|word| {
        let mut parts = word.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let is_refused =
            parts.any(|part| part.replace(' ', "").trim_end_matches(['0', '.']) == "q=");
        (name.eq_ignore_ascii_case("gzip") || name == "*") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_not_refused() {
        for (text, is_taken) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("br", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(text));
            assert_eq!(takes_gzip(&headers), is_taken, "{text}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn page_that_is_known_is_not_sent_again() {
        let page = Page {
            path: "assets/a.js",
            kind: "text/javascript",
            tag: "\"abc\"",
            is_packed: false,
            bytes: b"1",
        };
        let mut headers = HeaderMap::new();
        assert_eq!(page.answer(&headers).status(), StatusCode::OK);
        for tags in ["\"abc\"", "\"x\", W/\"abc\"", "*"] {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(tags));
            let answer = page.answer(&headers);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{tags}");
            assert_eq!(answer.headers()[ETAG], "\"abc\"");
        }
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"abd\""));
        let answer = page.answer(&headers);
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            answer.headers()[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
    }
}
