//! The hub as a ThingsBoard: clients that are not ours log in by token, password and certificate,
//! say what they have to, and are kept to their own topics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod hub_bench;

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use bench::SOON;
use hub_bench::{HubFolder, mosquitto_pub};
use serde_json::json;
use v2x_testbench::{Authority, wait_until};

const TELEMETRY: &str = "v1/devices/me/telemetry";

/// What mosquitto_pub ends with when the server answers 5, not authorized.
const NOT_AUTHORIZED: Option<i32> = Some(5);

#[test]
fn client_of_the_prototype_logs_in_by_token_and_its_values_stand_in_the_store() {
    let folder = HubFolder::new();
    let token = folder.add("Car \"7\"");
    let hub = folder.start(&[]);
    // The form of the prototype's station: flat, no time of ThingsBoard's.
    let flat =
        r#"{"voltage":230.1,"slots_available":true,"plug_type":"Type_F","timestamp":1756370845}"#;
    let login = ["-u", token.as_str()];
    let sent = mosquitto_pub(hub.port(), &login, TELEMETRY, flat);
    assert!(sent.status.success(), "{sent:?}");
    // When the client has its PUBACK, the row is on disk.
    let rows = folder.rows("Car \"7\"");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].values["voltage"], 230.1);
    assert_eq!(rows[0].values["slots_available"], true);
    assert!(
        rows[0].ts.as_millis() > 1_735_689_600_000,
        "dated by the hub"
    );
    // And that of its vehicle: a time of its own.
    let dated = r#"{"ts":1756370845373,"values":{"soc":64.42,"gear":"Drive"}}"#;
    assert!(
        mosquitto_pub(hub.port(), &login, TELEMETRY, dated)
            .status
            .success()
    );
    let row = folder.wait_for("Car \"7\"", &json!({ "soc": 64.42, "gear": "Drive" }));
    assert_eq!(row.ts.as_millis(), 1_756_370_845_373);
    hub.stop();
}

#[test]
fn wrong_token_is_refused_with_code_5_and_leaves_nothing() {
    let folder = HubFolder::new();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let attempts: [&[&str]; 3] = [
        &["-u", "wrong-token-of-nobody"],
        &["-u", &token, "-P", "and-a-password"],
        &["-u", "Car", "-P", &token],
    ];
    for login in attempts {
        let refused = mosquitto_pub(hub.port(), login, TELEMETRY, r#"{"soc":1}"#);
        assert_eq!(refused.status.code(), NOT_AUTHORIZED, "{refused:?}");
    }
    let version_5 = ["-V", "5", "-u", "wrong-token-of-nobody"];
    let refused = mosquitto_pub(hub.port(), &version_5, TELEMETRY, "{}");
    assert_eq!(refused.status.code(), Some(0x86), "{refused:?}");
    assert_eq!(folder.rows("Car").len(), 0);
    hub.stop();
}

#[test]
fn token_of_one_device_neither_writes_nor_reads_another() {
    let folder = HubFolder::new();
    let (first, second) = (folder.add("First"), folder.add("Second"));
    let hub = folder.start(&[]);
    let as_first = ["-u", first.as_str()];
    let send = |topic: &str, payload: &str| {
        let sent = mosquitto_pub(hub.port(), &as_first, topic, payload);
        assert!(sent.status.success(), "{topic}: {sent:?}");
    };
    // There is no topic that names another device: these are acknowledged and dropped.
    send("v1/devices/Second/telemetry", r#"{"soc":1}"#);
    send("v1/devices/2/telemetry", r#"{"soc":2}"#);
    // A gateway's names are its own: this is another device behind the first.
    send(
        "v1/gateway/telemetry",
        r#"{"Second":[{"ts":5,"values":{"soc":3}}]}"#,
    );
    send(TELEMETRY, r#"{"ts":5,"values":{"soc":4}}"#);
    let devices = folder.store().devices().unwrap();
    let own = devices
        .iter()
        .find(|it| it.name == "Second" && it.parent.is_none());
    assert_eq!(folder.rows_of(own.unwrap().id), []);
    let behind = devices
        .iter()
        .find(|it| it.name == "Second" && it.parent.is_some());
    assert_eq!(folder.rows_of(behind.unwrap().id)[0].values["soc"], 3);
    // And no filter that reaches beyond the device of the connection is granted.
    for filter in ["#", "v1/devices/+/attributes", "v1/#", "$SYS/#"] {
        let mut listen = Command::new("mosquitto_sub");
        listen.args(["-h", "127.0.0.1", "-p", &hub.port().to_string(), "-W", "60"]);
        listen.args(["-u", &second, "-t", filter]);
        let heard = listen.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&heard.stderr);
        assert!(said.contains("denied"), "{filter}: {said}");
        assert!(heard.stdout.is_empty());
    }
    hub.stop();
}

#[test]
fn user_with_password_and_certificate_open_their_devices() {
    let mut folder = HubFolder::new();
    folder.set("V2X_ENDPOINT_LISTEN_TLS", "127.0.0.1:0");
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&["car-7"]);
    let (stranger, strangers_key) = authority.issue(&["car-8"]);
    let put = |name: &str, text: &str| {
        let path = folder.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let certificate = put("car.pem", &certificate);
    let key = put("car.key", &key);
    let stranger = put("stranger.pem", &stranger);
    let strangers_key = put("stranger.key", &strangers_key);
    let added = folder.tool(&[
        "device",
        "add",
        "By certificate",
        "--certificate",
        &certificate,
    ]);
    assert!(added.status.success(), "{added:?}");
    let added = folder.tool(&["device", "add", "By user", "--user", "yard"]);
    let said = String::from_utf8(added.stdout).unwrap();
    let password = said.split_once("password ").unwrap().1.trim();
    let hub = folder.start(&[]);
    let authority = folder.out().join("hub-ca.pem").display().to_string();
    let port = hub.port_tls();
    let send = |login: &[&str]| {
        let mut all = vec!["--cafile", authority.as_str(), "-h", "localhost"];
        all.extend(login);
        mosquitto_pub(port, &all, TELEMETRY, r#"{"ts":5,"values":{"soc":4}}"#)
    };
    let by_certificate = send(&["--cert", &certificate, "--key", &key]);
    assert!(by_certificate.status.success(), "{by_certificate:?}");
    assert_eq!(folder.rows("By certificate").len(), 1);
    let refused = send(&["--cert", &stranger, "--key", &strangers_key]);
    assert_eq!(refused.status.code(), NOT_AUTHORIZED, "{refused:?}");
    assert!(send(&["-u", "yard", "-P", password]).status.success());
    assert_eq!(folder.rows("By user").len(), 1);
    hub.stop();
}

#[test]
fn message_that_says_nothing_or_too_much_ends_its_connection_and_no_other() {
    let mut folder = HubFolder::new();
    folder.set("V2X_ENDPOINT_MESSAGES_LIMIT", "5:3600");
    let token = folder.add("Car");
    let other = folder.add("Other");
    let hub = folder.start(&[]);
    let as_car = ["-u", token.as_str()];
    let malformed = mosquitto_pub(hub.port(), &as_car, TELEMETRY, "{\"soc\":");
    assert!(!malformed.status.success(), "{malformed:?}");
    let version_5 = ["-V", "5", "-u", token.as_str()];
    let told = mosquitto_pub(hub.port(), &version_5, TELEMETRY, "no json");
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(said.contains("ayload format invalid"), "{said}");
    // A file of 70,000 bytes, for the command line takes no such argument.
    let long = folder.path("long");
    std::fs::write(&long, format!("{{\"k\":\"{}\"}}", "v".repeat(70_000))).unwrap();
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &hub.port().to_string(), "-q", "1"]);
    command
        .args(as_car)
        .args(["-t", TELEMETRY, "-f"])
        .arg(&long);
    assert!(!command.output().unwrap().status.success());
    // Five messages an hour, of which two were sent; the fourth from now is not acknowledged.
    let lines = folder.path("lines");
    let rows = (1..=4).map(|ts| format!("{{\"ts\":{ts},\"values\":{{\"k\":{ts}}}}}\n"));
    std::fs::write(&lines, rows.collect::<String>()).unwrap();
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &hub.port().to_string(), "-q", "1"]);
    command.args(as_car).args(["-t", TELEMETRY, "-l"]);
    command.stdin(std::fs::File::open(&lines).unwrap());
    let mut too_many = command.spawn().unwrap();
    wait_until(SOON, "three rows", || folder.rows("Car").len() == 3);
    wait_until(SOON, "the limit is said", || {
        hub.says("more messages or data points than allowed")
    });
    too_many.kill().unwrap();
    too_many.wait().unwrap();
    let as_other = ["-u", other.as_str()];
    assert!(
        mosquitto_pub(hub.port(), &as_other, TELEMETRY, r#"{"a":1}"#)
            .status
            .success()
    );
    assert_eq!(folder.rows("Other").len(), 1);
    assert_eq!(folder.rows("Car").len(), 3);
    hub.stop();
}

/// Mosquitto's client, subscribed to its commands.
struct Listener(Child);

impl Listener {
    fn start(folder: &HubFolder, port: u16, token: &str) -> Self {
        // Each line at once, not when much has gathered.
        let mut listen = Command::new("stdbuf");
        listen.args(["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-d"]);
        listen.args(["-p", &port.to_string(), "-u", token]);
        listen.args(["-t", "v1/devices/me/rpc/request/+"]);
        let log = folder.path("sub.log");
        listen
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&log).unwrap())
            .stderr(Stdio::null());
        let listener = Self(listen.spawn().unwrap());
        wait_until(SOON, "its subscription", || {
            std::fs::read_to_string(&log).unwrap().contains("SUBACK")
        });
        listener
    }

    fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn device_that_gets_another_token_on_the_command_line_does_not_stay_with_the_old_one() {
    let folder = HubFolder::new();
    let old = folder.add("Car");
    folder.add("Other");
    let hub = folder.start(&[]);
    let mut listener = Listener::start(&folder, hub.port(), &old);
    // What is done to another device changes nothing here.
    let changed = folder.tool(&["device", "token", "Other"]);
    assert!(changed.status.success());
    let changed = folder.tool(&["device", "token", "Car"]);
    let new = String::from_utf8(changed.stdout).unwrap();
    wait_until(SOON, "it is let go", || {
        hub.says("its login was taken back")
    });
    listener.end();
    for (token, code) in [(old.as_str(), NOT_AUTHORIZED), (new.trim(), Some(0))] {
        let login = ["-u", token];
        let sent = mosquitto_pub(hub.port(), &login, TELEMETRY, r#"{"a":1}"#);
        assert_eq!(sent.status.code(), code, "{sent:?}");
    }
    hub.stop();
}

#[test]
fn device_that_is_removed_from_the_command_line_is_let_go_and_not_let_in_again() {
    let folder = HubFolder::new();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let mut listener = Listener::start(&folder, hub.port(), &token);
    assert!(folder.tool(&["device", "remove", "Car"]).status.success());
    wait_until(SOON, "it is let go", || {
        hub.says("its login was taken back")
    });
    listener.end();
    let login = ["-u", token.as_str()];
    let refused = mosquitto_pub(hub.port(), &login, TELEMETRY, "{}");
    assert_eq!(refused.status.code(), NOT_AUTHORIZED, "{refused:?}");
    // One that is added while the hub runs is let in at once.
    let token = folder.add("New");
    let login = ["-u", token.as_str()];
    assert!(
        mosquitto_pub(hub.port(), &login, TELEMETRY, r#"{"a":1}"#)
            .status
            .success()
    );
    assert_eq!(folder.rows("New").len(), 1);
    hub.stop();
}

#[test]
fn second_hub_in_one_folder_is_refused() {
    let folder = HubFolder::new();
    let hub = folder.start(&[]);
    let second = folder.tool(&[]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains("a hub runs in"), "{said}");
    hub.stop();
}

#[test]
fn hub_whose_connections_are_all_taken_ends_when_it_is_asked_to() {
    let mut folder = HubFolder::new();
    folder.set("V2X_ENDPOINT_CONNECTIONS", "1");
    let hub = folder.start(&[]);
    let taken = TcpStream::connect(("127.0.0.1", hub.port())).unwrap();
    hub.stop();
    drop(taken);
}
