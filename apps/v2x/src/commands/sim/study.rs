//! `v2x sim study`: a scenario over seeds and values of a parameter, as tables and plots.

use std::fs;
use std::io::{self, Write as _};
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::world::study::{Parameter, Point, Study};
use v2x_sim::world::{Run, Signatures};

use super::{CAMPAIGN, scenario, seconds, town};
use crate::cli::{self, SignaturesWord};
use crate::failure::{Blame, Context as _, Failure};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::SimStudy) -> Result<(), Failure> {
    let town = town(arguments.town.as_deref())?;
    let study = study(arguments)?;
    // A folder that cannot be made is found before the work is done.
    fs::create_dir_all(&arguments.out).map_err(|error| {
        let what = format_args!("{}: {error}", arguments.out.display());
        Failure::new(Blame::Runtime, what)
            .hint("--out names a folder that this program may write to")
    })?;
    let mut out = io::stdout().lock();
    let mut failed = Ok(());
    let word = study.varied.as_ref().map_or("all", |(it, _)| it.word());
    let points = study.play(&town, |value, seed, report| {
        let told = writeln!(
            out,
            "{word} {value}, seed {seed}: {} CAMs sent, {} messages believed, {} sessions, {} \
             complaints",
            report.cams_sent,
            report.believed,
            report.sessions.len(),
            report.complaints.len()
        );
        if told.is_err() {
            failed = told;
        }
    });
    let points = points.map_err(|error| Failure::new(Blame::Input, error))?;
    failed.blame(Blame::Runtime, "standard output")?;
    write(arguments, &study, &points)?;
    write!(out, "{}", study.points_csv(&points)).blame(Blame::Runtime, "standard output")
}

fn study(arguments: &cli::SimStudy) -> Result<Study, Failure> {
    let seconds = seconds(arguments.hours)?;
    let is_drawn = arguments.scenario == CAMPAIGN;
    let varied = arguments.vary.as_deref().map(varied).transpose()?;
    if let Some((Parameter::Vehicles, _)) = varied
        && !is_drawn
    {
        return Err(Failure::new(
            Blame::Usage,
            "a scenario of its own has the cars that it has",
        )
        .hint("vary vehicles of campaign"));
    }
    Ok(Study {
        scenario: (!is_drawn)
            .then(|| scenario(&arguments.scenario))
            .transpose()?,
        campaign: super::campaign(&arguments.drawn, seconds, arguments.faults)?,
        varied,
        seeds: (arguments.first_seed, arguments.seeds.max(1)),
        run: Run {
            seed: Seed(arguments.first_seed),
            length: Duration::from_secs_f64(seconds),
            detail: if arguments.full_can {
                Detail::Frames
            } else {
                Detail::Signals
            },
            signatures: match arguments.signatures {
                Some(SignaturesWord::Real) => Signatures::Real,
                Some(SignaturesWord::Fake) | None => Signatures::MarkedFake,
            },
            cams_per_second: None,
            threads: 1,
            defect: None,
        },
    })
}

/// A parameter and its values, as `loss=0,0.1`.
fn varied(text: &str) -> Result<(Parameter, Vec<f64>), Failure> {
    let wrong = |what: String| {
        let words = Parameter::ALL.map(Parameter::word).join(", ");
        Failure::new(Blame::Usage, format_args!("--vary {text}: {what}"))
            .hint(format_args!("one of {words}, as loss=0,0.1,0.3"))
    };
    let (word, values) = text
        .split_once('=')
        .ok_or_else(|| wrong("no values".to_owned()))?;
    let mut all = Parameter::ALL.into_iter();
    let parameter = all.find(|it| it.word() == word);
    let parameter = parameter.ok_or_else(|| wrong(format!("there is no parameter `{word}`")))?;
    let read = |text: &str| {
        let value: f64 = (text.trim().parse()).map_err(|_| format!("`{text}` is no number"))?;
        parameter.check(value).map(|()| value)
    };
    let values: Result<Vec<_>, _> = values.split(',').map(read).collect();
    Ok((parameter, values.map_err(wrong)?))
}

/// The tables and the plots.
fn write(arguments: &cli::SimStudy, study: &Study, points: &[Point]) -> Result<(), Failure> {
    let drawn = |plot: Result<String, _>| plot.blame(Blame::Runtime, "plot");
    let files = [
        ("points.csv", study.points_csv(points)),
        ("distances.csv", study.distances_csv(points)),
        ("delivery.svg", drawn(study.delivery_svg(points))?),
        ("age.svg", drawn(study.age_svg(points))?),
    ];
    for (name, text) in files {
        let path = arguments.out.join(name);
        fs::write(&path, text).map_err(|error| {
            Failure::new(Blame::Runtime, format_args!("{}: {error}", path.display()))
        })?;
    }
    Ok(())
}
