//! Who may: nobody without a log-in, a viewer only looks, a change needs its proof.

mod support;

use std::net::IpAddr;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Browser, PASSWORD, Stage};

/// Every operation of the description, with its path filled in.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(v2x_web::openapi()).expect("it is JSON");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("an object") {
        let filled = ["{id}", "{station}", "{user}"]
            .iter()
            .fold(path.clone(), |path, name| path.replace(name, "car"));
        for method in methods.as_object().expect("an object").keys() {
            let method = method.to_uppercase().parse().expect("a method");
            operations.push((method, filled.clone()));
        }
    }
    assert!(operations.len() > 35, "{operations:?}");
    operations
}

const OPEN: [&str; 2] = ["/api/v1/about", "/api/v1/login"];

#[tokio::test]
async fn nobody_gets_anything_but_401_from_any_route() {
    let stage = Stage::new();
    let forged = Browser {
        cookie: "v2x_session=00112233".to_owned(),
        csrf: "00112233".to_owned(),
        from: None,
    };
    for (method, path) in operations() {
        if OPEN.contains(&path.as_str()) {
            continue;
        }
        for who in [Browser::default(), forged.clone()] {
            let body = json!({});
            let answer = stage
                .whole(who.request(method.clone(), &path, Some(&body)))
                .await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(answer.json()["error"].is_string(), "{method} {path}");
        }
    }
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/devices",
    ] {
        let answer = stage.get(&Browser::default(), path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(stage.site.deeds.lock().unwrap().is_empty());
}

#[tokio::test]
async fn open_is_what_the_product_is_and_its_pages() {
    let stage = Stage::new();
    let about = stage.get(&Browser::default(), "/api/v1/about").await;
    assert_eq!(
        about.json(),
        json!({"product": "Twizy V2X", "version": "1.2.3", "role": "hub"})
    );
    let page = stage.get(&Browser::default(), "/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn viewer_commands_nothing_and_an_operator_lets_nobody_in() {
    let stage = Stage::new();
    let (viewer, operator) = (stage.login("viewer").await, stage.login("operator").await);
    let deeds = stage.site.deeds.lock().unwrap().len();
    for (method, path) in operations() {
        let is_mine = ["/api/v1/logout", "/api/v1/login"].contains(&path.as_str());
        if method == Method::GET || is_mine || path.ends_with("/preview") {
            continue;
        }
        let answer = stage
            .whole(viewer.request(method.clone(), &path, Some(&json!({}))))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for path in ["/api/v1/users", "/api/v1/audit", "/api/v1/provisioning"] {
        for who in [&viewer, &operator] {
            assert_eq!(
                stage.get(who, path).await.status,
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
    }
    let backup = stage.post(&operator, "/api/v1/backup", &json!({})).await;
    assert_eq!(backup.status, StatusCode::FORBIDDEN);
    assert!(stage.site.commands.lock().unwrap().is_empty());
    assert_eq!(
        stage.site.deeds.lock().unwrap().len(),
        deeds,
        "nothing was done"
    );
    let call = json!({"method": "unlock"});
    let answer = stage
        .post(&operator, "/api/v1/devices/car/rpc", &call)
        .await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"answer": "done"}))
    );
}

#[tokio::test]
async fn change_without_its_proof_is_refused_whatever_the_cookie() {
    let stage = Stage::new();
    let operator = stage.login("operator").await;
    let other = stage.login("operator").await;
    let call = json!({"method": "unlock"});
    for csrf in ["", "x", &other.csrf, &operator.csrf[1..]] {
        let who = Browser {
            csrf: csrf.to_owned(),
            ..operator.clone()
        };
        let answer = stage.post(&who, "/api/v1/devices/car/rpc", &call).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{csrf}");
    }
    let mut request = operator.request(Method::POST, "/api/v1/devices/car/rpc", Some(&call));
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(stage.whole(request).await.status, StatusCode::FORBIDDEN);
    assert!(stage.site.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn wrong_name_and_wrong_password_are_told_alike_and_are_noted() {
    let stage = Stage::new();
    let nobody = Browser::default();
    let wrong = stage.try_login(&nobody, "admin", "wrong password").await;
    let unknown = stage.try_login(&nobody, "nobody", PASSWORD).await;
    let strange = stage.try_login(&nobody, "ad\"min\n", PASSWORD).await;
    for answer in [&wrong, &unknown, &strange] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.body, wrong.body);
        assert_eq!(answer.header("set-cookie"), "");
    }
    let deeds = stage.site.deeds.lock().unwrap();
    let noted: Vec<_> = deeds
        .iter()
        .map(|deed| (deed.action, deed.user.as_str()))
        .collect();
    assert_eq!(
        noted,
        [
            ("login_failed", "admin"),
            ("login_failed", "nobody"),
            ("login_failed", "ad\"min\n")
        ]
    );
    assert!(!format!("{deeds:?}").contains("wrong password"));
}

#[tokio::test]
async fn attempts_to_log_in_are_slowed_down_by_address_and_by_name() {
    let stage = Stage::new();
    let from = |last| Browser {
        from: Some(IpAddr::from([198, 51, 100, last])),
        ..Browser::default()
    };
    for _ in 0..10 {
        let answer = stage.try_login(&from(1), "admin", "wrong password").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = stage.try_login(&from(1), "viewer", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "6");
    let answer = stage.try_login(&from(2), "admin", PASSWORD).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "the name is slowed down"
    );
    let answer = stage.try_login(&from(2), "viewer", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "others are not");
    stage.wait(6);
    assert_eq!(
        stage.try_login(&from(1), "admin", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn cookie_is_for_the_server_alone_and_over_after_logout() {
    let stage = Stage::new();
    let answer = stage
        .try_login(&Browser::default(), "viewer", PASSWORD)
        .await;
    let cookie = answer.header("set-cookie");
    for part in [
        "v2x_session=",
        "; Path=/",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Max-Age=",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let who = stage.login("viewer").await;
    assert_eq!(stage.get(&who, "/api/v1/me").await.json()["role"], "viewer");
    let out = stage.post(&who, "/api/v1/logout", &Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(
        stage.get(&who, "/api/v1/me").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn log_in_ends_idle_and_with_its_account_and_with_its_password() {
    let stage = Stage::new();
    let (idle, gone) = (stage.login("viewer").await, stage.login("operator").await);
    let (admin, other) = (stage.login("admin").await, stage.login("admin").await);
    let path = "/api/v1/users/operator";
    let answer = stage.whole(admin.request(Method::DELETE, path, None)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        stage.get(&gone, "/api/v1/me").await.status,
        StatusCode::UNAUTHORIZED
    );
    let change = json!({"password": "another password"});
    let path = "/api/v1/users/admin";
    let answer = stage
        .whole(admin.request(Method::PUT, path, Some(&change)))
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    for who in [&admin, &other] {
        assert_eq!(
            stage.get(who, "/api/v1/me").await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    stage.wait(12 * 3600 - 1);
    assert_eq!(stage.get(&idle, "/api/v1/me").await.status, StatusCode::OK);
    stage.wait(12 * 3600);
    assert_eq!(
        stage.get(&idle, "/api/v1/me").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn what_is_done_is_noted_with_what_came_of_it() {
    let stage = Stage::new();
    let admin = stage.login("admin").await;
    stage.site.deeds.lock().unwrap().clear();
    let path = "/api/v1/alarms/2/acknowledge";
    assert_eq!(
        stage.post(&admin, path, &Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    let new = json!({"user": "amal", "role": "viewer", "password": "a long password"});
    assert_eq!(
        stage.post(&admin, "/api/v1/users", &new).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        stage.post(&admin, "/api/v1/users", &new).await.status,
        StatusCode::CONFLICT
    );
    let deeds = stage.site.deeds.lock().unwrap();
    let noted: Vec<_> = deeds
        .iter()
        .map(|deed| {
            format!(
                "{} {} {}: {}",
                deed.user, deed.action, deed.subject, deed.detail
            )
        })
        .collect();
    assert_eq!(
        noted,
        [
            "admin acknowledge 2: refused: there is no alarm \"2\"",
            "admin add_user amal: viewer",
            "admin add_user amal: viewer; refused: there is an account \"amal\"",
        ]
    );
    assert!(deeds.iter().all(|deed| deed.from == "192.0.2.1"));
}
