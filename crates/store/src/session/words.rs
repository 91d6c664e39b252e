//! The words by which states, reasons, verdicts and releases stand in the tables.
//!
//! A word never changes its meaning; a new state takes a new word.

use rusqlite::Row;
use rusqlite::types::Type;
use v2x_charging::{Authorisation, EndReason, Fault, Outage, RelayFailure, SlotState, Verdict};

const STATES: [(SlotState, &str); 16] = [
    (SlotState::Available, "Available"),
    (SlotState::Preparing, "Preparing"),
    (SlotState::Charging, "Charging"),
    (SlotState::SuspendedEv, "SuspendedEV"),
    (SlotState::SuspendedEvse, "SuspendedEVSE"),
    (SlotState::Finishing, "Finishing"),
    (
        SlotState::Unavailable(Outage::NotHeardYet),
        "Unavailable/NotHeardYet",
    ),
    (SlotState::Unavailable(Outage::Silent), "Unavailable/Silent"),
    (
        SlotState::Unavailable(Outage::SourceLost),
        "Unavailable/SourceLost",
    ),
    (
        SlotState::Unavailable(Outage::NoMeasurement),
        "Unavailable/NoMeasurement",
    ),
    (
        SlotState::Unavailable(Outage::OutOfService),
        "Unavailable/OutOfService",
    ),
    (SlotState::Faulted(Fault::RelayStuck), "Faulted/RelayStuck"),
    (
        SlotState::Faulted(Fault::Relay(RelayFailure::Unanswered)),
        "Faulted/RelayUnanswered",
    ),
    (
        SlotState::Faulted(Fault::Relay(RelayFailure::Refused)),
        "Faulted/RelayRefused",
    ),
    (
        SlotState::Faulted(Fault::Relay(RelayFailure::Contradicted)),
        "Faulted/RelayContradicted",
    ),
    (
        SlotState::Faulted(Fault::Relay(RelayFailure::Missing)),
        "Faulted/RelayMissing",
    ),
];

const REASONS: [(EndReason, &str); EndReason::ALL.len()] = [
    (EndReason::EvDisconnected, "EVDisconnected"),
    (EndReason::Timeout, "Timeout"),
    (EndReason::Remote, "Remote"),
    (EndReason::DeAuthorized, "DeAuthorized"),
    (EndReason::PowerLoss, "PowerLoss"),
    (EndReason::Reboot, "Reboot"),
    (EndReason::MeterLost, "MeterLost"),
    (EndReason::RelayStuck, "RelayStuck"),
    (EndReason::RelayFailed, "RelayFailed"),
];

const VERDICTS: [(Verdict, &str); Verdict::ALL.len()] = [
    (Verdict::Good, "good"),
    (Verdict::Stale, "stale"),
    (Verdict::Reset, "reset"),
    (Verdict::Jump, "jump"),
    (Verdict::Impossible, "impossible"),
];

const OPERATOR: &str = "operator";
const CAR: &str = "car:";

pub(super) fn of_state(state: SlotState) -> &'static str {
    word(&STATES, state)
}

pub(super) fn of_reason(reason: EndReason) -> &'static str {
    word(&REASONS, reason)
}

pub(super) fn of_verdict(verdict: Verdict) -> &'static str {
    word(&VERDICTS, verdict)
}

pub(super) fn of_authorisation(by: Authorisation) -> Option<String> {
    match by {
        Authorisation::None => None,
        Authorisation::Operator => Some(OPERATOR.to_owned()),
        Authorisation::Car(digest) => {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(format!("{CAR}{hex}"))
        }
    }
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<SlotState> {
    meaning(&STATES, row.get(column)?, column)
}

pub(super) fn reason(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<EndReason>> {
    let word: Option<String> = row.get(column)?;
    word.map(|word| meaning(&REASONS, word, column)).transpose()
}

pub(super) fn verdict(row: &Row<'_>, column: usize) -> rusqlite::Result<Verdict> {
    meaning(&VERDICTS, row.get(column)?, column)
}

pub(super) fn authorisation(row: &Row<'_>, column: usize) -> rusqlite::Result<Authorisation> {
    let word: Option<String> = row.get(column)?;
    match word.as_deref() {
        None => Ok(Authorisation::None),
        Some(OPERATOR) => Ok(Authorisation::Operator),
        Some(other) => other
            .strip_prefix(CAR)
            .and_then(digest)
            .map(Authorisation::Car)
            .ok_or_else(|| unknown(other, column)),
    }
}

fn digest(hex: &str) -> Option<[u8; 8]> {
    let number = u64::from_str_radix(hex, 16).ok()?;
    (hex.len() == 16).then_some(number.to_be_bytes())
}

fn word<T: PartialEq>(table: &[(T, &'static str)], value: T) -> &'static str {
    table
        .iter()
        .find(|(known, _)| *known == value)
        .map(|(_, word)| *word)
        .expect("every value stands in its table, as a test holds")
}

fn meaning<T: Copy>(table: &[(T, &str)], word: String, column: usize) -> rusqlite::Result<T> {
    table
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(value, _)| *value)
        .ok_or_else(|| unknown(&word, column))
}

fn unknown(word: &str, column: usize) -> rusqlite::Error {
    let error = format!("`{word}` is no word of a charging session");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile when a state is added, so that its word is not forgotten.
    fn is_in_the_table(state: SlotState) -> bool {
        match state {
            SlotState::Available
            | SlotState::Preparing
            | SlotState::Charging
            | SlotState::SuspendedEv
            | SlotState::SuspendedEvse
            | SlotState::Finishing
            | SlotState::Unavailable(
                Outage::NotHeardYet
                | Outage::Silent
                | Outage::SourceLost
                | Outage::NoMeasurement
                | Outage::OutOfService,
            )
            | SlotState::Faulted(
                Fault::RelayStuck
                | Fault::Relay(
                    RelayFailure::Unanswered
                    | RelayFailure::Refused
                    | RelayFailure::Contradicted
                    | RelayFailure::Missing,
                ),
            ) => STATES.iter().any(|(s, _)| *s == state),
        }
    }

    #[test]
    fn every_value_has_a_word_of_its_own() {
        assert!(STATES.iter().all(|(state, _)| is_in_the_table(*state)));
        for reason in EndReason::ALL {
            assert_eq!(of_reason(reason), word(&REASONS, reason));
        }
        for verdict in Verdict::ALL {
            assert_eq!(of_verdict(verdict), verdict.to_string());
        }
        let mut words: Vec<_> = STATES.iter().map(|(_, word)| word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), STATES.len());
    }

    #[test]
    fn release_by_a_car_keeps_its_digest() {
        let digest = [0, 1, 0xAB, 3, 4, 5, 6, 0xFF];
        let word = of_authorisation(Authorisation::Car(digest)).unwrap();
        assert_eq!(word, "car:0001ab03040506ff");
        assert_eq!(super::digest(&word[4..]), Some(digest));
        assert_eq!(super::digest("0001ab03040506f"), None);
    }
}
