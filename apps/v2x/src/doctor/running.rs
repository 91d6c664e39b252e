//! What a daemon that already runs says of itself, over its `/health`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::Deserialize;

use super::Finding;

/// How long a daemon on this computer may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// More than any daemon has to say.
const ANSWER_BYTES: u64 = 256 * 1024;

#[derive(Deserialize)]
struct Health {
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    name: String,
    status: String,
    reason: String,
}

/// The parts of a running daemon; one finding that says so where it cannot be asked.
pub(super) fn findings(part: &str, monitor: Option<SocketAddr>) -> Vec<Finding> {
    let mut findings = vec![Finding::fine(part, "the running daemon has the port open")];
    findings.extend(parts(monitor));
    findings
}

/// What a running daemon says of itself.
pub(super) fn parts(monitor: Option<SocketAddr>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(address) = monitor else {
        let todo = "stop it and ask again, or set monitor.listen, and it says how it does";
        findings.push(Finding::warning("daemon", "it has no monitor to ask", todo));
        return findings;
    };
    match ask(address) {
        Some(health) => findings.extend(health.parts.iter().map(Part::finding)),
        None => findings.push(Finding::warning(
            "daemon",
            format!("it does not answer on http://{address}/health"),
            "see its log: journalctl -u 'v2x-*'",
        )),
    }
    findings
}

impl Part {
    fn finding(&self) -> Finding {
        let part = format!("daemon: {}", self.name);
        let todo = "as it says; docs/guide/troubleshooting.md says more";
        match self.status.as_str() {
            "ok" => Finding::fine(&part, &self.reason),
            "degraded" => Finding::warning(&part, &self.reason, todo),
            _ => Finding::problem(&part, &self.reason, todo),
        }
    }
}

fn ask(address: SocketAddr) -> Option<Health> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).ok()?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).ok()?;
    let request = format!("GET /health HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES).read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
