//! What is answered: in our words, within limits, with the headers that keep a browser in.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use support::{Browser, Stage, alarm};
use v2x_web::types::LiveEvent;

#[tokio::test]
async fn every_answer_keeps_the_browser_in() {
    let stage = Stage::new();
    for path in ["/", "/nothing.js", "/api/v1/about", "/api/v1/devices"] {
        let answer = stage.get(&Browser::default(), path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        if path.starts_with("/api") {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_site_never_knows_is_404_and_says_so() {
    let stage = Stage::new();
    let who = stage.login("admin").await;
    for path in [
        "/api/v1/devices/car/trips",
        "/api/v1/devices/car/slots",
        "/api/v1/audit",
    ] {
        let answer = stage.get(&who, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains("not known here"), "{error}");
    }
    let answer = stage.get(&who, "/api/v1/devices/nobody%22").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("nobody\\\"")
    );
}

#[tokio::test]
async fn nonsense_is_400_and_says_what_was_seen() {
    let stage = Stage::new();
    let who = stage.login("operator").await;
    for path in [
        "/api/v1/devices/car/history",
        "/api/v1/devices/car/history?keys=soc&points=1",
        "/api/v1/devices/car/history?keys=soc&from=5&to=4",
        "/api/v1/devices/car/history?keys=soc&from=x",
        "/api/v1/devices/car/trips?from=99999999999999999999",
        "/api/v1/sessions?limit=0",
        "/api/v1/stations/a/report?month=2026-13",
        "/api/v1/alarms?state=some",
        "/api/v1/devices/%ff",
    ] {
        let answer = stage.get(&who, path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
    let path = "/api/v1/devices/car/rpc";
    for body in [
        json!({}),
        json!({"method": ""}),
        json!({"method": 5}),
        json!([]),
    ] {
        assert_eq!(
            stage.post(&who, path, &body).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    let large = json!({"method": "x", "params": "y".repeat(70_000)});
    assert_eq!(
        stage.post(&who, path, &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn defect_of_a_site_is_one_bad_answer_and_silence_is_504() {
    let stage = Stage::new();
    let who = stage.login("operator").await;
    let path = "/api/v1/devices/car/rpc";
    let answer = stage.post(&who, path, &json!({"method": "panic"})).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let answer = stage.post(&who, path, &json!({"method": "silence"})).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    let answer = stage.post(&who, path, &json!({"method": "x"})).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn table_comes_whole_and_an_unknown_device_is_an_error() {
    let stage = Stage::new();
    let who = stage.login("viewer").await;
    let path = "/api/v1/devices/car/export.csv?from=0&to=90000";
    let answer = stage.get(&who, path).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"car.csv\""
    );
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert_eq!(text.lines().count(), 90_001);
    assert!(text.starts_with("time,ts_ms,soc\n1970-01-01T00:00:00.000Z,0,7\n"));
    let answer = stage.get(&who, "/api/v1/devices/other/export.csv").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn reader_of_a_table_who_leaves_ends_its_writer() {
    let stage = Stage::new();
    let who = stage.login("viewer").await;
    // More than the four downloads at once: each is over as soon as its reader leaves.
    for _ in 0..12 {
        let path = "/api/v1/devices/car/export.csv?from=0&to=90000";
        let response = stage.send(who.request(Method::GET, path, None)).await;
        assert_eq!(response.status(), StatusCode::OK);
        drop(response);
    }
}

#[tokio::test]
async fn stream_tells_what_happens_until_the_log_in_is_over() {
    let stage = Stage::new();
    let who = stage.login("viewer").await;
    let response = stage
        .send(who.request(Method::GET, "/api/v1/live?devices=car", None))
        .await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut seen = String::new();
    stage.live.publish(&LiveEvent::Alarm(alarm()));
    stage.live.publish(&LiveEvent::Values {
        device: "other".to_owned(),
        ts: 1,
        values: BTreeMap::from([("soc".to_owned(), 7.into())]),
    });
    stage.live.hand_out();
    while !seen.contains("event: alarm") {
        let frame = body.frame().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(!seen.contains("other"), "{seen}");
    stage.accounts.0.lock().unwrap().remove("viewer");
    stage.web.sweep().await;
    stage.live.publish(&LiveEvent::Tick { now: 1 });
    stage.live.hand_out();
    let end = tokio::time::timeout(Duration::from_secs(60), body.frame())
        .await
        .unwrap();
    assert!(
        end.is_none(),
        "the stream of an account that is gone goes on"
    );
}

#[tokio::test]
async fn description_is_the_one_in_the_repository() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../interfaces/http/openapi.json"
    );
    let mut ours = serde_json::to_string_pretty(&v2x_web::openapi()).unwrap();
    ours.push('\n');
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    if kept != ours && std::env::var_os("V2X_WRITE_OPENAPI").is_some() {
        std::fs::write(path, &ours).unwrap();
        return;
    }
    assert!(
        kept == ours,
        "interfaces/http/openapi.json is not what the program serves; write it again with \
         V2X_WRITE_OPENAPI=1 cargo test -p v2x-web --test answers description"
    );
    let stage = Stage::new();
    let who = stage.login("viewer").await;
    let served: Value = stage.get(&who, "/api/v1/openapi.json").await.json();
    assert_eq!(served, serde_json::from_str::<Value>(&kept).unwrap());
}

#[tokio::test]
async fn description_names_every_schema_that_it_refers_to() {
    let document = serde_json::to_value(v2x_web::openapi()).unwrap();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}
