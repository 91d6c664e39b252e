//! A site that knows little, and a browser that asks it without a socket.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failure of the test"
)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use v2x_units::Instant;
use v2x_web::site::{EachRow, Period, no_device};
use v2x_web::types::{Alarm, AlarmState, Device, DeviceKind, Feature, RpcCall, Severity, SiteKind};
use v2x_web::{
    Account, Accounts, Actor, Answer, Deed, Live, Peer, Refusal, Role, Settings, Site,
    Surroundings, Web, password,
};

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse";

/// A clock that the test moves, and numbers that are never the same.
pub(crate) struct Staged {
    pub(crate) micros: AtomicU64,
    drawn: AtomicU64,
}

impl Surroundings for Staged {
    fn now(&self) -> Instant {
        Instant::from_micros(self.micros.load(Ordering::Relaxed))
    }
    fn utc_ms(&self) -> i64 {
        1_790_000_000_000
    }
    fn fill(&self, bytes: &mut [u8]) -> bool {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        for (byte, n) in bytes.iter_mut().zip(1..) {
            *byte = u8::try_from((number * 31 + n) % 251).unwrap();
        }
        true
    }
}

/// Accounts in memory.
#[derive(Default)]
pub(crate) struct InMemory(pub(crate) Mutex<BTreeMap<String, Account>>);

impl Accounts for InMemory {
    fn find(&self, user: &str) -> Answer<Option<Account>> {
        Ok(self.0.lock().unwrap().get(user).cloned())
    }
    fn list(&self) -> Answer<Vec<Account>> {
        Ok(self.0.lock().unwrap().values().cloned().collect())
    }
    fn add(&self, account: Account) -> Answer<()> {
        self.0.lock().unwrap().insert(account.user.clone(), account);
        Ok(())
    }
    fn change(&self, user: &str, role: Option<Role>, hash: Option<String>) -> Answer<()> {
        let mut accounts = self.0.lock().unwrap();
        let account = accounts.get_mut(user).unwrap();
        account.role = role.unwrap_or(account.role);
        account.hash = hash.unwrap_or_else(|| account.hash.clone());
        Ok(())
    }
    fn remove(&self, user: &str) -> Answer<()> {
        self.0.lock().unwrap().remove(user);
        Ok(())
    }
}

/// A hub with one car.
#[derive(Default)]
pub(crate) struct Small {
    pub(crate) deeds: Mutex<Vec<Deed>>,
    pub(crate) commands: Mutex<Vec<String>>,
}

pub(crate) fn alarm() -> Alarm {
    Alarm {
        id: "1".to_owned(),
        device: "car".to_owned(),
        kind: "hot".to_owned(),
        text: "the battery is hot".to_owned(),
        said: None,
        severity: Severity::Warning,
        began: 1,
        ended: None,
        acknowledged_by: None,
        acknowledged_at: None,
    }
}

impl Site for Small {
    fn kind(&self) -> SiteKind {
        SiteKind::Hub
    }
    fn name(&self) -> String {
        "a hub".to_owned()
    }
    fn features(&self) -> Vec<Feature> {
        vec![Feature::Rpc, Feature::Alarms, Feature::Users]
    }
    fn devices(&self) -> Answer<Vec<Device>> {
        Ok(vec![Device {
            id: "car".to_owned(),
            name: "a \"car\"".to_owned(),
            kind: DeviceKind::Vehicle,
            parent: None,
            online: None,
            last_seen: None,
            stale_after_s: 30,
            values: BTreeMap::new(),
            attributes: BTreeMap::new(),
            alarms: Vec::new(),
        }])
    }
    fn columns(&self, _: &str, _: Period) -> Answer<Vec<String>> {
        Ok(vec!["soc".to_owned()])
    }
    fn rows(&self, id: &str, columns: &[String], of: Period, each: EachRow<'_>) -> Answer<()> {
        if id != "car" {
            return Err(no_device(id));
        }
        for ts in of.from..of.to.min(of.from + 100_000) {
            if !each(ts, &vec![Some(7.into()); columns.len()]) {
                break;
            }
        }
        Ok(())
    }
    fn alarms(&self, _: AlarmState) -> Answer<Vec<Alarm>> {
        Ok(vec![alarm()])
    }
    fn acknowledge(&self, who: &Actor, id: &str) -> Answer<Alarm> {
        if id != "1" {
            return Err(Refusal::NotFound(format!("there is no alarm {id:?}")));
        }
        Ok(Alarm {
            acknowledged_by: Some(who.user.clone()),
            ..alarm()
        })
    }
    fn rpc(&self, _: &Actor, _: &str, call: &RpcCall) -> Answer<Value> {
        self.commands.lock().unwrap().push(call.method.clone());
        match call.method.as_str() {
            "panic" => panic!("on purpose"),
            "silence" => Err(Refusal::NoAnswer("the device does not answer".to_owned())),
            _ => Ok("done".into()),
        }
    }
    fn note(&self, deed: Deed) {
        self.deeds.lock().unwrap().push(deed);
    }
}

/// The site with all that is around it.
pub(crate) struct Stage {
    pub(crate) web: Web,
    pub(crate) site: Arc<Small>,
    pub(crate) accounts: Arc<InMemory>,
    pub(crate) live: Arc<Live>,
    pub(crate) around: Arc<Staged>,
}

/// An answer, read whole.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) response: Response<()>,
    pub(crate) body: Bytes,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", self.body))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

/// Somebody who is logged in, or nobody.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) from: Option<IpAddr>,
}

impl Stage {
    /// Accounts `viewer`, `operator` and `admin` with one password.
    pub(crate) fn new() -> Self {
        let accounts = InMemory::default();
        for role in Role::ALL {
            let account = Account {
                user: role.word().to_owned(),
                role,
                hash: password::hash(PASSWORD, &[7; 16]).unwrap(),
            };
            accounts.add(account).unwrap();
        }
        let (accounts, site) = (Arc::new(accounts), Arc::new(Small::default()));
        let live = Arc::new(Live::new());
        let around = Arc::new(Staged {
            micros: AtomicU64::new(1_000_000),
            drawn: AtomicU64::new(0),
        });
        let settings = Settings {
            version: "1.2.3".to_owned(),
            cookie: "v2x_session".to_owned(),
            is_tls: false,
            tiles: None,
        };
        let web = Web::new(
            Arc::clone(&site) as Arc<dyn Site>,
            Arc::clone(&accounts) as Arc<dyn Accounts>,
            Arc::clone(&live),
            Arc::clone(&around) as Arc<dyn Surroundings>,
            settings,
        );
        Self {
            web,
            site,
            accounts,
            live,
            around,
        }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.around
            .micros
            .fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.web.router().oneshot(request).await.unwrap()
    }

    pub(crate) async fn whole(&self, request: Request<Body>) -> Answered {
        let (parts, body) = self.send(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answered {
            status: parts.status,
            response: Response::from_parts(parts, ()),
            body,
        }
    }

    pub(crate) async fn get(&self, who: &Browser, path: &str) -> Answered {
        self.whole(who.request(Method::GET, path, None)).await
    }

    pub(crate) async fn post(&self, who: &Browser, path: &str, body: &Value) -> Answered {
        self.whole(who.request(Method::POST, path, Some(body)))
            .await
    }

    pub(crate) async fn try_login(&self, who: &Browser, user: &str, password: &str) -> Answered {
        let body = serde_json::json!({"user": user, "password": password});
        self.post(who, "/api/v1/login", &body).await
    }

    pub(crate) async fn login(&self, user: &str) -> Browser {
        let nobody = Browser::default();
        let answer = self.try_login(&nobody, user, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        Browser {
            cookie: answer
                .header("set-cookie")
                .split(';')
                .next()
                .unwrap()
                .to_owned(),
            csrf: answer.json()["csrf"].as_str().unwrap().to_owned(),
            from: None,
        }
    }
}

impl Browser {
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        if !self.csrf.is_empty() {
            request = request.header("x-csrf", &self.csrf);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).unwrap();
        let from = self.from.unwrap_or(IpAddr::from([192, 0, 2, 1]));
        request.extensions_mut().insert(Peer(from));
        request
    }
}
