//! Asking a daemon's monitor, and what Prometheus' own parser makes of its answer.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};

use serde_json::Value;
use v2x_testbench::{parts_are_required, wait_until};

use super::SOON;

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends bytes as they are, and reads until the other end closes; `None` when it is not there.
pub(crate) fn talk(port: u16, request: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(SOON)).unwrap();
    // It may close before it has heard everything.
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8(answer).unwrap())
}

/// Asks for one page.
pub(crate) fn ask(port: u16, method: &str, path: &str) -> Answer {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut text = None;
    wait_until(SOON, "an answer of the monitor", || {
        text = talk(port, request.as_bytes());
        text.is_some()
    });
    let text = text.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap();
    Answer {
        code: code.parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// The page `/health`: its code, and what it says.
pub(crate) fn health(port: u16) -> (u16, Value) {
    let answer = ask(port, "GET", "/health");
    assert!(answer.head.contains("content-type: application/json"));
    (answer.code, serde_json::from_str(&answer.body).unwrap())
}

/// One part of the page, as status and reason.
pub(crate) fn part(health: &Value, name: &str) -> (String, String) {
    let parts = health["parts"].as_array().unwrap();
    let part = parts.iter().find(|part| part["name"] == name);
    let part = part.unwrap_or_else(|| panic!("no part `{name}` in {health:#}"));
    let word = |key: &str| part[key].as_str().unwrap().to_owned();
    (word("status"), word("reason"))
}

/// The page `/metrics` as the parser of `prometheus_client` reads it: each sample with its labels
/// as `name{label="value"}`; `None` where that Python package is missing.
pub(crate) fn parsed(page: &str) -> Option<BTreeMap<String, f64>> {
    let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(python)
        .args(["-c", include_str!("parse_metrics.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().unwrap();
    // A parser that is not there reads nothing.
    input.write_all(page.as_bytes()).ok();
    drop(input);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(42) {
        assert!(!parts_are_required(), "no prometheus_client in V2X_PYTHON");
        println!("skipped: no prometheus_client");
        return None;
    }
    assert!(output.status.success(), "the parser refuses:\n{page}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
