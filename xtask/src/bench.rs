//! `cargo xtask bench [NAME…]`: the benchmarks, each against its baseline in the same run.
//!
//! A benchmark is a program of its own (a `[[bench]]` with `harness = false`) that prints lines
//! `bench <figure>: <value> <unit>, <ratio> x <baseline>`. This file knows which there are and
//! what was promised about their figures; what is measured, and how, is in the program. The ratio
//! says how many times as fast as the baseline we are; absolute values vary between machines.

use std::process::Stdio;

use crate::Outcome;
use crate::process::{capture, cargo};

/// One benchmark: its program, and what was promised about its figures.
struct Benchmark {
    name: &'static str,
    package: &'static str,
    promises: &'static [Promise],
}

/// What was promised about one figure.
struct Promise {
    figure: &'static str,
    at_least_ratio: Option<f64>,
    value: Option<Bound>,
}

/// Which way a figure is good.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// A figure that may not be larger.
const fn at_most(figure: &'static str, most: f64) -> Promise {
    Promise {
        figure,
        at_least_ratio: None,
        value: Some(Bound::AtMost(most)),
    }
}

const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "collector",
        package: "xtask",
        promises: &[at_most("collector/cpu", 25.0)],
    },
    Benchmark {
        name: "decode",
        package: "xtask",
        promises: &[Promise {
            figure: "decode/cantools",
            at_least_ratio: Some(100.0),
            value: Some(Bound::AtMost(15.0)),
        }],
    },
    Benchmark {
        name: "hub",
        package: "xtask",
        promises: &[
            at_most("hub/cpu", 15.0),
            at_most("hub/memory", 150.0),
            Promise {
                figure: "hub/ingest",
                at_least_ratio: None,
                value: Some(Bound::AtLeast(50_000.0)),
            },
            Promise {
                figure: "hub/endpoint",
                at_least_ratio: None,
                value: Some(Bound::AtLeast(50_000.0)),
            },
        ],
    },
    Benchmark {
        name: "ingest",
        package: "xtask",
        promises: &[Promise {
            figure: "ingest/lines",
            at_least_ratio: None,
            value: Some(Bound::AtLeast(1_000_000.0)),
        }],
    },
    Benchmark {
        name: "station",
        package: "xtask",
        promises: &[
            at_most("station/million-samples", 2.0),
            at_most("station/cpu", 3.0),
            at_most("station/memory", 40.0),
        ],
    },
    Benchmark {
        name: "link",
        package: "xtask",
        promises: &[
            at_most("link/framed-cpu", 6.0),
            at_most("link/framed-lost", 0.0),
            at_most("link/text-cpu", 6.0),
            at_most("link/text-lost", 0.0),
        ],
    },
    Benchmark {
        name: "uplink",
        package: "xtask",
        promises: &[
            at_most("uplink/latency-p99", 300.0),
            at_most("uplink/written-per-day", 0.5),
            Promise {
                figure: "uplink/drain",
                at_least_ratio: None,
                value: Some(Bound::AtLeast(20_000.0)),
            },
        ],
    },
    Benchmark {
        name: "radio",
        package: "xtask",
        promises: &[at_most("radio/latency-p99", 20.0)],
    },
    // sim/signals has no promise: what it reaches stands in docs/guide/simulator.md.
    Benchmark {
        name: "sim",
        package: "xtask",
        promises: &[
            Promise {
                figure: "sim/full-can",
                at_least_ratio: None,
                value: Some(Bound::AtLeast(10.0)),
            },
            Promise {
                figure: "sim/signatures",
                at_least_ratio: None,
                value: Some(Bound::AtLeast(1.0)),
            },
        ],
    },
    Benchmark {
        name: "v2v",
        package: "xtask",
        promises: &[
            Promise {
                figure: "v2v/verify",
                at_least_ratio: Some(0.8),
                value: None,
            },
            at_most("v2v/listener", 20.0),
        ],
    },
    Benchmark {
        name: "vehicle",
        package: "xtask",
        promises: &[
            Promise {
                figure: "vehicle/cpu",
                at_least_ratio: None,
                value: Some(Bound::AtMost(3.0)),
            },
            Promise {
                figure: "vehicle/memory",
                at_least_ratio: None,
                value: Some(Bound::AtMost(40.0)),
            },
        ],
    },
    Benchmark {
        name: "web",
        package: "xtask",
        promises: &[
            at_most("web/fan-out-p99", 1000.0),
            at_most("web/slow-viewer-memory", 4096.0),
        ],
    },
];

/// Runs the benchmarks of those names, or all.
pub(crate) fn run(names: &[String]) -> Outcome {
    if let Some(unknown) = names
        .iter()
        .find(|name| BENCHMARKS.iter().all(|b| b.name != *name))
    {
        let known: Vec<_> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
        return Err(format!(
            "no benchmark `{unknown}`; there are: {}",
            known.join(", ")
        ));
    }
    let mut broken = 0_usize;
    for benchmark in BENCHMARKS {
        if names.is_empty() || names.iter().any(|name| name == benchmark.name) {
            broken += run_one(benchmark)?;
        }
    }
    if broken > 0 {
        return Err(format!("{broken} figures are not what was promised"));
    }
    Ok(())
}

/// Runs one benchmark, prints its figures and counts the broken promises.
fn run_one(benchmark: &Benchmark) -> Result<usize, String> {
    println!("{}: building and measuring", benchmark.name);
    let mut command = cargo(&[
        "bench",
        "--quiet",
        "--package",
        benchmark.package,
        "--bench",
        benchmark.name,
    ]);
    let output = capture(command.stderr(Stdio::inherit()))?;
    let figures: Vec<Figure<'_>> = output.lines().filter_map(Figure::parse).collect();
    for line in output.lines() {
        println!("  {line}");
    }
    let mut broken = 0;
    for promise in benchmark.promises {
        let verdict = match figures.iter().find(|figure| figure.name == promise.figure) {
            None => "not measured".to_owned(),
            Some(figure) if promise.is_kept_by(figure) => "kept".to_owned(),
            Some(figure) => {
                broken += 1;
                format!("BROKEN: {} and {} x", figure.value, figure.ratio)
            }
        };
        println!("  promise {}: {verdict}", promise.describe());
    }
    Ok(broken)
}

impl Promise {
    fn is_kept_by(&self, figure: &Figure<'_>) -> bool {
        self.at_least_ratio
            .is_none_or(|least| figure.ratio >= least)
            && self.value.is_none_or(|bound| bound.holds(figure.value))
    }

    fn describe(&self) -> String {
        let least = self
            .at_least_ratio
            .map(|least| format!(" at least {least} x"));
        let value = self.value.map(|bound| match bound {
            Bound::AtLeast(least) => format!(" at least {least}"),
            Bound::AtMost(most) => format!(" at most {most}"),
        });
        format!(
            "{}{}{}",
            self.figure,
            least.unwrap_or_default(),
            value.unwrap_or_default()
        )
    }
}

/// One measured figure.
#[derive(Debug, PartialEq)]
struct Figure<'a> {
    name: &'a str,
    value: f64,
    ratio: f64,
}

impl<'a> Figure<'a> {
    /// Reads `bench <figure>: <value> <unit>, <ratio> x <baseline>`.
    fn parse(line: &'a str) -> Option<Self> {
        let (name, figures) = line.strip_prefix("bench ")?.split_once(": ")?;
        let (value, against) = figures.split_once(", ")?;
        let value = value.split(' ').next()?.parse().ok()?;
        let ratio = against.split_once(" x ")?.0.parse().ok()?;
        Some(Self { name, value, ratio })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_is_read_from_its_line() {
        let line = "bench decode: 12.5 ns/frame, 4.5 x six constant shifts";
        assert_eq!(
            Figure::parse(line),
            Some(Figure {
                name: "decode",
                value: 12.5,
                ratio: 4.5
            })
        );
        assert_eq!(Figure::parse("warming up"), None);
    }

    #[test]
    fn promise_is_broken_by_a_smaller_ratio_or_larger_value() {
        let figure = Figure {
            name: "decode",
            value: 16.0,
            ratio: 90.0,
        };
        let ratio = Promise {
            figure: "decode",
            at_least_ratio: Some(100.0),
            value: None,
        };
        let value = Promise {
            figure: "decode",
            at_least_ratio: None,
            value: Some(Bound::AtMost(15.0)),
        };
        assert!(!ratio.is_kept_by(&figure));
        assert!(!value.is_kept_by(&figure));
        assert!(value.is_kept_by(&Figure {
            value: 15.0,
            ..figure
        }));
    }
}
