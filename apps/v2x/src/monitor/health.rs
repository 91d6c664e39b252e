//! How a daemon does, part by part, as JSON that a person can read.
//!
//! *Degraded* is what the daemon gets over by itself or works around; *failed* is a part that does
//! not do its work. The whole is as well as its worst part.

use serde::Serialize;

/// How a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Degraded,
    Failed,
}

/// One part of a daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) status: Status,
    /// Why, and what to do where something is to be done.
    pub(crate) reason: String,
}

impl Part {
    /// A part with the reason for its state.
    pub(crate) fn new(name: impl Into<String>, status: Status, reason: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status,
            reason: reason.into(),
        }
    }

    /// A part that does its work.
    pub(crate) fn ok(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, reason)
    }

    /// A part that something is wrong with.
    pub(crate) fn degraded(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(name, Status::Degraded, reason)
    }

    /// A part that does not do its work.
    pub(crate) fn failed(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(name, Status::Failed, reason)
    }
}

/// A whole daemon.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) role: &'static str,
    pub(super) version: &'static str,
    pub(super) uptime_s: u64,
    pub(super) parts: Vec<Part>,
}

impl Report {
    /// That of the worst part.
    pub(super) fn status(&self) -> Status {
        let statuses = self.parts.iter().map(|part| part.status);
        statuses.max().unwrap_or(Status::Ok)
    }

    /// As an indented JSON object.
    pub(super) fn json(&self) -> String {
        let document = serde_json::json!({
            "status": self.status(),
            "role": self.role,
            "version": self.version,
            "uptime_s": self.uptime_s,
            "parts": self.parts,
        });
        format!("{document:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_is_as_well_as_its_worst_part() {
        let mut report = Report {
            role: "vehicle",
            version: "0",
            uptime_s: 1,
            parts: vec![Part::ok("disk", "40 GB are free")],
        };
        assert_eq!(report.status(), Status::Ok);
        report
            .parts
            .push(Part::failed("collector", "it \"hung\" up"));
        report.parts.push(Part::degraded("broker", "not reached"));
        assert_eq!(report.status(), Status::Failed);
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["status"], "failed");
        assert_eq!(json["parts"][1]["reason"], "it \"hung\" up");
    }
}
