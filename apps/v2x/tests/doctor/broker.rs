//! The broker, whom to trust, and the login.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use v2x_testbench::{Access, Mosquitto, free_port, wait_until};

use super::station_bench::{SOON, Site};
use super::{doctor, findings, names, vehicle};

fn with_broker(site: &Site, url: &str, more: &str) -> Command {
    let text = format!("[mqtt]\nurl = \"{url}\"\n{more}");
    doctor(&vehicle(site, &text))
}

#[test]
fn broker_that_is_not_found_or_refuses_is_named() {
    let site = Site::new();
    let command = with_broker(&site, "mqtt://no-such-host.invalid", "");
    let what = "the name `no-such-host.invalid` is not found";
    names(command, "problem", "broker", what, "check mqtt.url");
    let command = with_broker(&site, &format!("mqtt://127.0.0.1:{}", free_port()), "");
    names(
        command,
        "problem",
        "broker",
        "refused",
        "nothing listens there",
    );
}

#[test]
fn missing_token_and_refused_login_are_named() {
    let site = Site::new();
    let token = format!("token_file = \"{}\"\n", site.path("token").display());
    let command = with_broker(&site, "mqtt://127.0.0.1:1", &token);
    names(
        command,
        "problem",
        "login",
        "No such file",
        "check the path",
    );
    let Some(broker) = Mosquitto::start(&Access::Nobody) else {
        return;
    };
    site.write("token", "bench-token\n");
    let command = with_broker(&site, &broker.url(), &token);
    names(
        command,
        "problem",
        "login",
        "the token or password is wrong",
        "copy the access token",
    );
}

#[test]
fn token_file_that_everybody_can_read_is_named() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let site = Site::new();
    let path = site.write("token", "bench-token\n");
    let token = format!("token_file = \"{}\"\n", path.display());
    let set_mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o604);
    let ask = || with_broker(&site, &broker.url(), &token);
    let what = "everybody on this computer can read the token";
    names(ask(), "warning", "login", what, "chmod 600");
    set_mode(0o640);
    let found = findings(&ask().output().unwrap());
    let is_told = found.iter().any(|finding| finding.what.contains(what));
    assert!(!is_told, "{found:#?}");
}

/// A broker that signed its certificate itself; ended when dropped.
struct SelfSigned(Child);

impl Drop for SelfSigned {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl SelfSigned {
    fn start(site: &Site, port: u16) -> Option<Self> {
        let (key, certificate) = (site.path("key.pem"), site.path("cert.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
        ]);
        openssl.args([
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ]);
        openssl
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        if !openssl.output().is_ok_and(|output| output.status.success()) {
            println!("skipped: no openssl");
            return None;
        }
        // mosquitto reads the key as its own user.
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let folder = key.parent().unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
            certificate.display(),
            key.display()
        );
        let config = site.write("mosquitto.conf", &text);
        let mut mosquitto = Command::new("/usr/sbin/mosquitto");
        mosquitto.arg("-c").arg(config);
        let broker = mosquitto
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let broker = broker.ok().map(Self);
        if broker.is_none() {
            println!("skipped: no mosquitto");
        }
        broker
    }
}

#[test]
fn certificate_that_is_not_trusted_is_named() {
    let site = Site::new();
    let port = free_port();
    let Some(_broker) = SelfSigned::start(&site, port) else {
        return;
    };
    wait_until(SOON, "a broker", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let command = with_broker(&site, &format!("mqtts://127.0.0.1:{port}"), "");
    let what = "certificate is not accepted";
    names(command, "problem", "broker", what, "the CA that signed");
}
