//! `v2x keys show`: what an operator has issued, or what a unit is. Nothing secret.

use std::path::Path;

use v2x_proto::secure::credential::AuthorityId;
use v2x_proto::secure::{RevocationList, UtcSecond};
use v2x_units::UtcTime;

use super::say;
use crate::clock::Clock;
use crate::failure::{Blame, Failure};
use crate::keys::{Answer, Issued, Pki, Unit};

/// Shows a folder, whichever it is.
pub(super) fn run(path: &Path) -> Result<(), Failure> {
    if !Unit::is_one(path) {
        show_pki(&Pki::open(path)?);
        return Ok(());
    }
    let unit = Unit::open(path)?;
    match unit.enrolment()? {
        Some(answer) => {
            show_unit(&answer);
            revocations(unit.revocations()?.as_ref(), Clock::wall());
            Ok(())
        }
        None => {
            let what = format_args!("{} has asked, but is not enrolled yet", path.display());
            Err(Failure::new(Blame::Input, what)
                .hint("give its request.json to the operator, and install the answer"))
        }
    }
}

fn show_pki(pki: &Pki) {
    let now = Clock::wall();
    say(format_args!("operator      {}", pki.authority()));
    revocations(pki.revocations(), now);
    say(format_args!("issued        {}", pki.issued().len()));
    for issued in pki.issued() {
        let Issued {
            serial, role, name, ..
        } = issued;
        let until = UtcSecond(issued.not_after).utc();
        let state = state(issued, now);
        let pseudonyms = issued.pseudonyms;
        say(format_args!(
            "  {serial}  {role:<7}  {name}  until {until}  {pseudonyms} pseudonyms  {state}"
        ));
    }
}

fn state(issued: &Issued, now: Option<UtcTime>) -> &'static str {
    let expired = now
        .and_then(UtcSecond::of)
        .is_some_and(|now| issued.has_expired(now));
    match (issued.revoked.is_some(), expired) {
        (_, true) => "expired",
        (true, false) => "revoked",
        (false, false) => "valid",
    }
}

/// Prints what a revocation list says of itself.
pub(super) fn revocations(list: Option<&RevocationList>, now: Option<UtcTime>) {
    let Some(list) = list else {
        return say("revocations   none");
    };
    let next = list.next_update.utc();
    let stale = now
        .and_then(UtcSecond::of)
        .is_some_and(|now| now >= list.next_update);
    let stale = if stale { ", stale since" } else { ", next by" };
    let (number, count) = (list.number, list.serials().len());
    say(format_args!(
        "revocations   list {number}, {count} revoked{stale} {next}"
    ));
}

fn show_unit(answer: &Answer) {
    let subject = &answer.credential.subject;
    let validity = subject.validity;
    say(format_args!("{:<13} {}", subject.role, subject.name));
    say(format_args!("serial        {}", subject.serial));
    say(format_args!(
        "fingerprint   {}",
        answer.credential.fingerprint()
    ));
    say(format_args!(
        "operator      {}",
        AuthorityId::of(&answer.authority)
    ));
    say(format_args!(
        "valid         {} until {}",
        validity.not_before.utc(),
        validity.not_after.utc()
    ));
    if subject.role == v2x_proto::secure::Role::Vehicle {
        let word = if subject.battery_data_after_unplugging {
            "yes"
        } else {
            "no"
        };
        say(format_args!(
            "battery data  {word} (within 105 m of a station after unplugging)"
        ));
    }
    let last = answer
        .tickets
        .iter()
        .map(|it| it.to_be_signed.validity.end().to_utc())
        .max();
    match last {
        Some(last) => {
            let count = answer.tickets.len();
            say(format_args!("pseudonyms    {count}, until {last}"));
        }
        None => say("pseudonyms    none"),
    }
}
