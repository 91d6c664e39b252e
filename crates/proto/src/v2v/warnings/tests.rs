//! Hysteresis: what raises, keeps and clears a warning, in virtual time.

use super::*;

fn danger(distance: f64, confidence: u8, raises: bool) -> Danger {
    Danger {
        warning: Warning {
            kind: WarningKind::StationaryVehicleAhead,
            subject: Subject::Station(StationId::new(7).unwrap()),
            distance: Meters::new(distance),
            time_to_collision: None,
            confidence: Confidence::percent(confidence),
            reason: Reason::ClosingUp(3.0),
        },
        raises,
    }
}

/// What changes while a danger looks so at each time, one look in 100 ms.
fn changes(looks: &[Option<Danger>]) -> Vec<(u64, &'static str)> {
    let mut warnings = Warnings::default();
    let mut seen = Vec::new();
    for (look, danger) in (0..).zip(looks) {
        let now = Instant::from_micros(look * 100_000);
        if let Some(danger) = danger {
            warnings.see(now, danger);
        }
        seen.extend(warnings.settle(now).into_iter().map(|change| match change {
            WarningChange::Raised(_) => (look * 100, "raised"),
            WarningChange::Cleared(_) => (look * 100, "cleared"),
        }));
    }
    seen
}

#[test]
fn danger_warns_after_200_ms_and_is_cleared_1500_ms_after_it_is_gone() {
    let mut looks = [None; 40];
    looks[5..15].fill(Some(danger(50.0, 80, true)));
    assert_eq!(changes(&looks), [(700, "raised"), (3000, "cleared")]);
}

#[test]
fn danger_at_the_border_warns_once_and_does_not_flicker() {
    let flickering: Vec<_> = (0..60)
        .map(|look| (look % 2 == 0 || look < 4).then(|| danger(100.0, 80, look % 4 != 3)))
        .collect();
    assert_eq!(changes(&flickering), [(200, "raised")]);
}

#[test]
fn single_look_and_weak_confidence_raise_nothing() {
    let mut looks = [None; 20];
    looks[3] = Some(danger(10.0, 100, true));
    assert_eq!(changes(&looks), []);
    assert_eq!(changes(&[Some(danger(10.0, 29, true)); 20]), []);
    assert_eq!(changes(&[Some(danger(10.0, 100, false)); 20]), []);
}

#[test]
fn weaker_danger_keeps_a_warning_that_it_would_not_raise() {
    let mut looks = [Some(danger(100.0, 21, false)); 60];
    looks[..5].fill(Some(danger(50.0, 60, true)));
    assert_eq!(changes(&looks), [(200, "raised")]);
}

#[test]
fn warnings_when_full_make_room_for_the_newest() {
    let mut warnings = Warnings::default();
    for station in 0..=i64::try_from(WARNINGS_MAX).unwrap() {
        let mut danger = danger(50.0, 80, true);
        danger.warning.subject = Subject::Station(StationId::new(station).unwrap());
        let now = Instant::from_micros(u64::try_from(station).unwrap());
        warnings.see(now, &danger);
    }
    assert_eq!(warnings.tracked.len(), WARNINGS_MAX);
    let first = Subject::Station(StationId::MIN);
    assert!(
        warnings
            .tracked
            .iter()
            .all(|it| it.warning.subject != first)
    );
}
