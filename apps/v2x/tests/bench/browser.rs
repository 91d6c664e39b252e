//! A browser without a screen: asks a daemon's dashboard over HTTP, logged in or not.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use v2x_testbench::{parts_are_required, wait_until};

use super::SOON;
use super::program::v2x;

/// The password of every account of a test.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody at a dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    port: u16,
    cookie: String,
    csrf: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) code: u16,
    pub(crate) head: String,
    /// The body as text; what is no text has signs in its place.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// Makes an account in a daemon's folder, with the program.
pub(crate) fn add_user(out: &Path, user: &str, role: &str) {
    fs::create_dir_all(out).unwrap();
    let mut command = v2x();
    command.args(["user", "add", user, "--role", role, "--out"]);
    command
        .arg(out)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{PASSWORD}").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

impl Browser {
    /// Somebody who is not logged in.
    pub(crate) fn at(port: u16) -> Self {
        Self {
            port,
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    /// Logs in as soon as the dashboard answers, with the password of every account.
    pub(crate) fn log_in(port: u16, user: &str) -> Self {
        Self::log_in_by(port, user, PASSWORD)
    }

    /// Logs in as soon as the dashboard answers.
    pub(crate) fn log_in_by(port: u16, user: &str, password: &str) -> Self {
        let nobody = Self::at(port);
        wait_until(SOON, "the dashboard", || {
            nobody.send("GET", "/", None).is_some()
        });
        let body = json!({"user": user, "password": password});
        let page = nobody.post("/api/v1/login", &body);
        assert_eq!(page.code, 200, "{page:?}");
        let cookie = page
            .head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.unwrap().split(';').next().unwrap();
        Self {
            port,
            cookie: cookie.to_owned(),
            csrf: page.json()["csrf"].as_str().unwrap().to_owned(),
        }
    }

    /// Asks for a path.
    pub(crate) fn get(&self, path: &str) -> Page {
        let mut page = None;
        // Who asks too often is told to wait.
        wait_until(SOON, "room for a request", || {
            page = self.send("GET", path, None);
            page.as_ref().is_some_and(|page| page.code != 429)
        });
        page.unwrap()
    }

    /// What a path answers, which must be all right.
    pub(crate) fn json(&self, path: &str) -> Value {
        let page = self.get(path);
        assert_eq!(page.code, 200, "{path}: {page:?}");
        page.json()
    }

    /// Asks by any method, with a body or without one.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Page {
        self.send(method, path, body).unwrap()
    }

    /// Sends JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Page {
        self.send("POST", path, Some(body)).unwrap()
    }

    /// Sends JSON in place of what is there.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Page {
        self.send("PUT", path, Some(body)).unwrap()
    }

    /// Reads the live stream until it has said something, to the end of that event.
    pub(crate) fn follow_until(&self, what: &str) -> String {
        let mut stream = self.open("GET", "/api/v1/live", None).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let mut seen = String::new();
        let mut lines = BufReader::new(&mut stream);
        while !seen.contains(what) || !seen.ends_with("\n\n") {
            let mut line = String::new();
            assert!(
                lines.read_line(&mut line).unwrap() > 0,
                "the stream ended: {seen}"
            );
            seen += &line;
        }
        seen
    }

    fn open(&self, method: &str, path: &str, body: Option<&Value>) -> Option<TcpStream> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(SOON)).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        // Without chunks: the answer ends with the connection.
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n");
        for (name, value) in [("Cookie", &self.cookie), ("X-CSRF", &self.csrf)] {
            if !value.is_empty() {
                request += &format!("{name}: {value}\r\n");
            }
        }
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        stream
            .write_all(format!("{request}\r\n{body}").as_bytes())
            .ok()?;
        Some(stream)
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Page> {
        let mut stream = self.open(method, path, body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
        let bytes = answer.split_off(end + 4);
        let head = String::from_utf8(answer).unwrap();
        Some(Page {
            code: head.split(' ').nth(1)?.parse().ok()?,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            head,
            bytes,
        })
    }

    /// Lets schemathesis make requests of the site's own OpenAPI document; no answer may be a 5xx.
    /// Left out: the stream, which has no end, the end of the log-in, the removal of accounts, and
    /// commands to a device that does not answer.
    pub(crate) fn fuzz(&self, folder: &Path) {
        let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let has = Command::new(&python)
            .args(["-c", "import schemathesis"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            assert!(!parts_are_required(), "no schemathesis in V2X_PYTHON");
            println!("skipped: no schemathesis");
            return;
        }
        let document = folder.join("openapi.json");
        fs::write(&document, self.get("/api/v1/openapi.json").body).unwrap();
        let output = Command::new(&python)
            .args(["-m", "schemathesis.cli", "run"])
            .arg(&document)
            .args(["--url", &format!("http://127.0.0.1:{}", self.port)])
            .args(["--header", &format!("Cookie:{}", self.cookie)])
            .args(["--header", &format!("X-CSRF:{}", self.csrf)])
            .args([
                "--checks",
                "not_a_server_error",
                "--phases",
                "coverage,fuzzing",
            ])
            .args(["--max-examples", "5", "--generation-deterministic"])
            .args(["--exclude-path", "/api/v1/live"])
            .args(["--exclude-path", "/api/v1/logout"])
            .args(["--exclude-path", "/api/v1/login"])
            // It may remove whoever asks.
            .args(["--exclude-path", "/api/v1/users/{user}"])
            // Its 504 is the contract's word for a device that does not answer.
            .args(["--exclude-path", "/api/v1/devices/{id}/rpc"])
            .args(["--workers", "1", "--continue-on-failure", "--no-color"])
            .current_dir(folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let summary = said.lines().rev().take(12).collect::<Vec<_>>();
        println!(
            "{}",
            summary.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
        assert_eq!(
            self.get("/api/v1/me").code,
            200,
            "the log-in is over: nothing was asked"
        );
    }
}
