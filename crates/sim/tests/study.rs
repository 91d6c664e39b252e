//! A study: what is varied shows in its figures, and the same study gives the same tables.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::campaign::Campaign;
use v2x_sim::world::study::{Parameter, Point, Study};
use v2x_sim::world::{Run, Signatures};

/// Two cars that follow each other for some minutes, with one thing varied.
fn study(parameter: Parameter, values: &[f64]) -> Study {
    let (name, text) = (BUILT_IN.iter())
        .find(|(name, _)| *name == "pseudonyms_change")
        .unwrap();
    Study {
        scenario: Some(Scenario::from_toml(name, text).unwrap()),
        campaign: Campaign::usual(240.0),
        varied: Some((parameter, values.to_vec())),
        seeds: (1, 2),
        run: Run {
            seed: Seed(1),
            length: Duration::from_secs(240),
            detail: Detail::Signals,
            signatures: Signatures::MarkedFake,
            cams_per_second: None,
            threads: 1,
            defect: None,
        },
    }
}

fn play(study: &Study) -> Vec<Point> {
    let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
    study.play(&town, |_, _, _| ()).unwrap()
}

#[test]
fn more_loss_delivers_fewer_cams_and_makes_information_older() {
    let study = study(Parameter::Loss, &[0.0, 0.5]);
    let points = play(&study);
    let delivery = |point: &Point| point.within(50.0).delivery().unwrap();
    let age = |point: &Point| point.within(50.0).mean_age().unwrap();
    let (clear, lossy) = (&points[0], &points[1]);
    // Some are lost at first, while certificates and the time are not known, and some collide.
    assert!(delivery(clear) > 0.85, "{}", delivery(clear));
    let half = delivery(lossy) / delivery(clear);
    assert!((0.4..0.6).contains(&half), "{half}");
    assert!(age(lossy) > age(clear), "{} {}", age(lossy), age(clear));
    assert_eq!(clear.worlds, 2);
    // A row for each value below the head, and one for each value and ten metres.
    assert_eq!(study.points_csv(&points).lines().count(), 3);
    assert_eq!(study.distances_csv(&points).lines().count(), 41);
    for svg in [study.delivery_svg(&points), study.age_svg(&points)] {
        let svg = svg.unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("polyline"), "{svg}");
    }
    let again = play(&study);
    assert_eq!(study.points_csv(&points), study.points_csv(&again));
}

#[test]
fn slower_rate_sends_fewer_cams() {
    let points = play(&study(Parameter::Rate, &[1.0, 10.0]));
    assert!(
        points[0].cams < points[1].cams,
        "{} {}",
        points[0].cams,
        points[1].cams
    );
}

#[test]
fn value_that_makes_no_sense_is_refused() {
    for (parameter, value) in [
        (Parameter::Vehicles, 0.0),
        (Parameter::Distance, 5.0),
        (Parameter::Rate, 0.0),
        (Parameter::Loss, 1.0),
        (Parameter::Loss, f64::NAN),
    ] {
        let error = parameter.check(value).unwrap_err();
        assert!(error.contains(parameter.word()), "{error}");
    }
}
