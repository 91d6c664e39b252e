//! What people do with the hub over its API: see devices, command them, set them, let them in, take
//! a copy.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod hub_bench;

use std::process::{Child, Command, Stdio};
use std::thread;

use bench::SOON;
use bench::browser::Browser;
use hub_bench::{Hub, HubFolder, mosquitto_pub};
use serde_json::json;
use v2x_store::hub::check_backup;
use v2x_testbench::wait_until;

const PASSWORD: &str = "a \"long\" password";

fn folder() -> HubFolder {
    let mut folder = HubFolder::new();
    folder.set("V2X_DASHBOARD_LISTEN", "127.0.0.1:0");
    folder.set("V2X_HUB_ADMIN_PASSWORD", PASSWORD);
    folder
}

/// A device that listens with mosquitto's client, until the test ends.
struct Listener {
    process: Child,
    log: std::path::PathBuf,
}

impl Listener {
    fn start(folder: &HubFolder, hub: &Hub, token: &str, topic: &str) -> Self {
        let log = folder.path("listener.log");
        // Each line at once, not when much has gathered.
        let mut command = Command::new("stdbuf");
        command.args([
            "-oL",
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            &hub.port().to_string(),
            "-d",
            "-v",
        ]);
        command.args(["-u", token, "-q", "1", "-t", topic]);
        let file = std::fs::File::create(&log).unwrap();
        command
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .stdout(file);
        let listener = Self {
            process: command.spawn().unwrap(),
            log,
        };
        wait_until(SOON, "its subscription", || {
            listener.said().contains("SUBACK")
        });
        listener
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn command_of_an_operator_reaches_the_device_and_its_answer_comes_back() {
    let folder = folder();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let devices = admin.get("/api/v1/devices").json();
    let id = devices[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/devices/{id}/rpc");
    let call = json!({ "method": "stop", "params": { "slot": 1 } });
    let nobody = admin.ask("POST", &path, Some(&call));
    assert_eq!(nobody.code, 504, "it is not connected");

    let listener = Listener::start(&folder, &hub, &token, "v1/devices/me/rpc/request/+");
    let (port, pages) = (hub.port(), hub.pages());
    let asked = thread::spawn({
        let path = path.clone();
        move || {
            let admin = Browser::log_in_by(pages, "admin", PASSWORD);
            admin.ask("POST", &path, Some(&call))
        }
    });
    let mut number = None;
    wait_until(SOON, "the command", || {
        let said = listener.said();
        let topic = said
            .lines()
            .find_map(|line| line.strip_prefix("v1/devices/me/rpc/request/"));
        number = topic.and_then(|rest| Some(rest.split_once(' ')?.0.to_owned()));
        number.is_some()
    });
    assert!(
        listener
            .said()
            .contains(r#"{"method":"stop","params":{"slot":1}}"#)
    );
    let answer = format!("v1/devices/me/rpc/response/{}", number.unwrap());
    let login = ["-u", token.as_str()];
    assert!(
        mosquitto_pub(port, &login, &answer, r#"{"ok":true}"#)
            .status
            .success()
    );
    let answered = asked.join().unwrap();
    assert_eq!(answered.json()["answer"], json!({ "ok": true }));

    // A viewer looks and does not command; what was done stands in the audit log.
    let viewer = json!({ "user": "eve", "role": "viewer", "password": PASSWORD });
    assert_eq!(admin.ask("POST", "/api/v1/users", Some(&viewer)).code, 201);
    let eve = Browser::log_in_by(hub.pages(), "eve", PASSWORD);
    assert_eq!(eve.get("/api/v1/devices").code, 200);
    let refused = eve.ask(
        "POST",
        &path,
        Some(&json!({ "method": "stop", "params": null })),
    );
    assert_eq!(refused.code, 403);
    assert_eq!(eve.get("/api/v1/audit").code, 403);
    let audit = admin.get("/api/v1/audit").json().to_string();
    assert!(audit.contains("stop") || audit.contains("rpc"), "{audit}");
    hub.stop();
}

#[test]
fn setting_of_a_device_is_pushed_to_it_and_kept() {
    let folder = folder();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let id = admin.get("/api/v1/devices").json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let listener = Listener::start(&folder, &hub, &token, "v1/devices/me/attributes");
    let path = format!("/api/v1/devices/{id}/shared");
    let set = admin.ask(
        "PUT",
        &path,
        Some(&json!({ "row_interval_s": 2.0, "name": "a \"b\"" })),
    );
    assert_eq!(set.code, 200);
    wait_until(SOON, "the push", || {
        listener.said().contains(r#""row_interval_s":2.0"#)
    });
    let gone = admin.ask("PUT", &path, Some(&json!({ "name": null })));
    assert_eq!(gone.json(), json!({ "row_interval_s": 2.0 }));
    wait_until(SOON, "what is gone", || {
        listener.said().contains(r#"{"deleted":["name"]}"#)
    });
    drop(listener);
    hub.stop();
    let hub = folder.start(&[]);
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    assert_eq!(admin.get(&path).json(), json!({ "row_interval_s": 2.0 }));
    hub.stop();
}

#[test]
fn device_that_asks_is_let_in_by_an_admin_and_not_before() {
    let mut folder = folder();
    folder.set("V2X_HUB_PROVISIONING", "true");
    folder.set("V2X_HUB_PROVISION_KEY", "key-of-the-yard");
    let hub = folder.start(&[]);
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let port = hub.port().to_string();
    let ask = move |key: &str| {
        let request = json!({
            "deviceName": "Car \"9\"", "provisionDeviceKey": key, "provisionDeviceSecret": "s",
        });
        let mut command = Command::new("mosquitto_rr");
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-W",
            "100",
            "-u",
            "provision",
        ]);
        command.args([
            "-q",
            "1",
            "-e",
            "/provision/response",
            "-t",
            "/provision/request",
        ]);
        let output = command.arg("-m").arg(request.to_string()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(ask("wrong").contains("NOT_FOUND"));
    let asked = thread::spawn(move || ask("key-of-the-yard"));
    let mut request = String::new();
    wait_until(SOON, "the request", || {
        let waiting = admin.get("/api/v1/provisioning").json();
        let first = waiting
            .get(0)
            .map(|it| it["id"].as_str().unwrap().to_owned());
        request = first.unwrap_or_default();
        !request.is_empty()
    });
    assert!(!asked.is_finished(), "nobody is let in by itself");
    let path = format!("/api/v1/provisioning/{request}/approve");
    assert_eq!(admin.ask("POST", &path, None).code, 204);
    let answer: serde_json::Value = serde_json::from_str(&asked.join().unwrap()).unwrap();
    assert_eq!(answer["status"], "SUCCESS", "{answer}");
    let token = answer["credentialsValue"].as_str().unwrap();
    let login = ["-u", token];
    let sent = mosquitto_pub(
        hub.port(),
        &login,
        "v1/devices/me/telemetry",
        r#"{"soc":5}"#,
    );
    assert!(sent.status.success(), "{sent:?}");
    assert_eq!(folder.rows("Car \"9\"").len(), 1);
    assert_eq!(admin.get("/api/v1/provisioning").json(), json!([]));
    hub.stop();
}

#[test]
fn what_a_device_says_is_shown_and_a_copy_of_it_can_be_taken() {
    let folder = folder();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let login = ["-u", token.as_str()];
    for (ts, soc) in [(1_795_514_400_000_i64, 60.0), (1_795_514_401_000, 59.5)] {
        let row = json!({ "ts": ts, "values": { "soc": soc, "odometer": 5.0 } }).to_string();
        let sent = mosquitto_pub(hub.port(), &login, "v1/devices/me/telemetry", &row);
        assert!(sent.status.success());
    }
    let alarm = r#"{"alarm":"battery_hot","alarm_is_raised":true,"alarm_value":55.0}"#;
    assert!(
        mosquitto_pub(hub.port(), &login, "v1/devices/me/telemetry", alarm)
            .status
            .success()
    );
    let admin = Browser::log_in_by(hub.pages(), "admin", PASSWORD);
    let device = admin.get("/api/v1/devices").json()[0].clone();
    assert_eq!(device["values"]["soc"]["value"], 59.5);
    assert_eq!(device["alarms"][0]["kind"], "battery_hot");
    let id = device["id"].as_str().unwrap();
    let span = "from=1795514400000&to=1795514402000";
    let history = admin.get(&format!("/api/v1/devices/{id}/history?keys=soc&{span}"));
    let expected = json!([[1_795_514_400_000_i64, 60.0], [1_795_514_401_000_i64, 59.5]]);
    assert_eq!(history.json()["series"]["soc"], expected);
    let csv = admin.get(&format!("/api/v1/devices/{id}/export.csv?keys=soc&{span}"));
    let csv = csv.body;
    assert!(csv.contains("59.5") && csv.lines().count() == 3, "{csv}");
    let alarm = device["alarms"][0]["id"].as_str().unwrap();
    let seen = admin.ask("POST", &format!("/api/v1/alarms/{alarm}/acknowledge"), None);
    assert_eq!(seen.json()["acknowledged_by"], "admin");
    let copy = admin.ask("POST", "/api/v1/backup", None);
    assert_eq!(copy.code, 200);
    let path = folder.path("copy.db");
    std::fs::write(&path, &copy.bytes).unwrap();
    assert_eq!(check_backup(&path).unwrap().messages, 3);
    // Without a log-in nothing is told.
    assert_eq!(Browser::at(hub.pages()).get("/api/v1/devices").code, 401);
    hub.stop();
}

/// Python's own HTTPS, which has never heard of us.
const HTTPS: &str = r#"
import http.client, json, ssl, sys
port, authority, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
out = {}
def ask(method, path, body=None, headers={}, context=None):
    context = context or ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection('localhost', port, context=context, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
status, headers, body = ask('GET', '/api/v1/about')
out['about'] = [status, headers.get('content-security-policy', ''), json.loads(body)['role']]
login = json.dumps({'user': 'admin', 'password': password})
kind = {'Content-Type': 'application/json'}
status, headers, body = ask('POST', '/api/v1/login', login, kind)
cookie = headers['set-cookie']
out['login'] = [status, cookie]
out['csrf'] = json.loads(body)['csrf']
mine = {'Cookie': cookie.split(';')[0], **kind}
new = json.dumps({'name': 'Car', 'kind': 'vehicle'})
out['without csrf'] = ask('POST', '/api/v1/devices', new, mine)[0]
out['with csrf'] = ask('POST', '/api/v1/devices', new, {**mine, 'X-CSRF': out['csrf']})[0]
other = {**mine, 'X-CSRF': out['csrf'], 'Sec-Fetch-Site': 'cross-site'}
out['from elsewhere'] = ask('POST', '/api/v1/devices', new, other)[0]
try:
    ask('GET', '/api/v1/about', context=ssl.create_default_context())
    out['untrusted'] = 'answered'
except ssl.SSLCertVerificationError as error:
    out['untrusted'] = 'refused'
old = ssl.create_default_context(cafile=authority)
old.maximum_version = ssl.TLSVersion.TLSv1_1
try:
    ask('GET', '/api/v1/about', context=old)
    out['old'] = 'answered'
except (ssl.SSLError, OSError):
    out['old'] = 'refused'
wrong = json.dumps({'user': 'admin', 'password': 'guess'})
for tried in range(50):
    status, headers, _ = ask('POST', '/api/v1/login', wrong, kind)
    if status == 429:
        break
out['guesses'] = [status, int(headers.get('retry-after', '0')) > 0]
print(json.dumps(out))
"#;

#[test]
fn pages_over_tls_are_trusted_by_the_hubs_authority_and_keep_their_guards() {
    let mut folder = folder();
    folder.set("V2X_DASHBOARD_TLS", "true");
    let hub = folder.start(&[]);
    assert!(hub.says("dashboard is at https://"), "{}", hub.log());
    let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python)
        .args(["-W", "ignore", "-c", HTTPS, &hub.pages().to_string()])
        .arg(folder.out().join("hub-ca.pem"))
        .arg(PASSWORD)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&seen["about"][0], &seen["about"][2]),
        (&json!(200), &json!("hub"))
    );
    let policy = seen["about"][1].as_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(seen["login"][0], 200);
    let cookie = seen["login"][1].as_str().unwrap();
    for word in ["Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert_eq!(seen["without csrf"], 403);
    assert_eq!(seen["with csrf"], 201);
    assert_eq!(seen["from elsewhere"], 403);
    assert_eq!(seen["untrusted"], "refused");
    assert_eq!(seen["old"], "refused");
    assert_eq!(seen["guesses"], json!([429, true]));
    hub.stop();
}

#[test]
fn no_request_of_the_description_is_answered_with_a_5xx() {
    let mut folder = HubFolder::new();
    folder.set("V2X_DASHBOARD_LISTEN", "127.0.0.1:0");
    folder.set("V2X_HUB_ADMIN_PASSWORD", bench::browser::PASSWORD);
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let values = json!({ "motor_speed": 42.5, "soc": 61.0, "latitude": 12.5, "longitude": -3.25 });
    let login = ["-u", &token];
    let topic = "v1/devices/me/telemetry";
    assert!(
        mosquitto_pub(hub.port(), &login, topic, &values.to_string())
            .status
            .success()
    );
    Browser::log_in(hub.pages(), "admin").fuzz(&folder.path("."));
    hub.stop();
}
