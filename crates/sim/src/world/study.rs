//! One scenario over seeds and parameters: the figures that a paper on V2X needs.
//!
//! | parameter | what it changes |
//! |---|---|
//! | vehicles | how many cars a drawn scenario has |
//! | distance | the reach of the radio, m |
//! | rate | how many CAMs a second a car sends at most |
//! | loss | the part of frames that is lost nearby |
//!
//! Everything else is the scenario's and the seed's. Each row of the table is one value of the
//! parameter, over all seeds together.

use std::fmt::Write as _;

use core::time::Duration;

use plotters::prelude::*;
use rust_decimal::Decimal;

use super::campaign::{self, Campaign};
use super::figures::{BIN, Figures};
use super::{PlotError, Report, Run, play};
use crate::chance::Seed;
use crate::scenario::{Scenario, ScenarioError};
use crate::town::Town;

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Cars of a drawn scenario.
    Vehicles,
    /// Reach of the radio, m.
    Distance,
    /// The most CAMs a car sends, per second.
    Rate,
    /// The part of frames that is lost nearby, 0 to 1.
    Loss,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Vehicles, Self::Distance, Self::Rate, Self::Loss];

    /// Its word at the command line and in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vehicles => "vehicles",
            Self::Distance => "distance",
            Self::Rate => "rate",
            Self::Loss => "loss",
        }
    }

    /// Whether a value makes sense.
    ///
    /// # Errors
    /// Says what would.
    pub fn check(self, value: f64) -> Result<(), String> {
        let (range, what) = match self {
            Self::Vehicles => (1.0..=2000.0, "1 to 2000 cars"),
            Self::Distance => (10.0..=1000.0, "10 to 1000 m"),
            Self::Rate => (1.0..=10.0, "1 to 10 CAMs a second"),
            Self::Loss => (0.0..=0.99, "0 to 0.99"),
        };
        if range.contains(&value) {
            return Ok(());
        }
        Err(format!("{} is {value}; it must be {what}", self.word()))
    }
}

/// A study.
#[derive(Debug, Clone)]
pub struct Study {
    /// The scenario that is repeated; `None`: one is drawn from each seed.
    pub scenario: Option<Scenario>,
    /// How much a drawn scenario has of everything.
    pub campaign: Campaign,
    /// What is varied, and through which values; `None`: nothing is.
    pub varied: Option<(Parameter, Vec<f64>)>,
    /// The first seed, and how many follow it.
    pub seeds: (u64, u64),
    /// How each world is run; its seed is not looked at.
    pub run: Run,
}

/// One value of the parameter over all seeds.
#[derive(Debug, Clone, Default)]
pub struct Point {
    /// The value; 0 where nothing is varied.
    pub value: f64,
    /// Worlds that were played.
    pub worlds: u64,
    /// Car hours that were played.
    pub car_hours: f64,
    /// CAMs that were sent.
    pub cams: u64,
    /// V2V by distance.
    pub figures: Figures,
    /// Warnings that were given.
    pub warnings: u64,
    /// How long cars waited that got their slots, s, in rising order.
    pub waits: Vec<f64>,
    /// How long cars had waited that had no slot yet when their world ended, s, in rising order.
    pub still_waiting: Vec<f64>,
    /// Wh and cost of each session.
    pub sessions: Vec<(f64, Option<Decimal>)>,
    /// Complaints of the checkers.
    pub complaints: usize,
}

impl Study {
    /// Plays every world, one after the other; `told` hears of each.
    ///
    /// # Errors
    /// When the scenario does not fit the town.
    pub fn play(
        &self,
        town: &Town,
        mut told: impl FnMut(f64, u64, &Report),
    ) -> Result<Vec<Point>, ScenarioError> {
        let nothing = [0.0];
        let values = match &self.varied {
            Some((_, values)) => values.as_slice(),
            None => &nothing,
        };
        let mut points = Vec::new();
        for value in values {
            let mut point = Point {
                value: *value,
                ..Point::default()
            };
            for seed in self.seeds.0..self.seeds.0 + self.seeds.1 {
                let report = self.world(town, *value, Seed(seed))?;
                told(*value, seed, &report);
                point.add(&report, self.run.length);
            }
            point.waits.sort_by(f64::total_cmp);
            point.still_waiting.sort_by(f64::total_cmp);
            points.push(point);
        }
        Ok(points)
    }

    fn world(&self, town: &Town, value: f64, seed: Seed) -> Result<Report, ScenarioError> {
        let mut campaign = self.campaign;
        let parameter = self.varied.as_ref().map(|(parameter, _)| *parameter);
        if parameter == Some(Parameter::Vehicles) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be 1 to 2000"
            )]
            let cars = value as usize;
            campaign.cars = cars;
        }
        let drawn = || campaign::scenario(town, seed, campaign);
        let mut scenario = self.scenario.clone().unwrap_or_else(drawn);
        let mut run = Run { seed, ..self.run };
        match parameter {
            Some(Parameter::Distance) => scenario.air.reach_m = value,
            Some(Parameter::Loss) => scenario.air.loss = value,
            Some(Parameter::Rate) => run.cams_per_second = Some(value),
            Some(Parameter::Vehicles) | None => {}
        }
        play(town.clone(), &scenario, run)
    }

    fn word(&self) -> &'static str {
        self.varied.as_ref().map_or("all", |(it, _)| it.word())
    }

    /// One row for each value: delivery and age within 50 m and 100 m, warnings, waits, costs.
    #[must_use]
    pub fn points_csv(&self, points: &[Point]) -> String {
        let mut csv = format!(
            "{},worlds,car_hours,cams_sent,delivery_50m,delivery_100m,age_mean_50m_s,\
             age_p95_50m_s,age_mean_100m_s,age_p95_100m_s,warnings,charges,waited_mean_s,\
             waited_p95_s,still_waiting,still_waiting_mean_s,sessions,energy_wh,unbilled,cost,\
             complaints\n",
            self.word()
        );
        for it in points {
            let (near, far) = (it.within(50.0), it.within(100.0));
            let energy: f64 = it.sessions.iter().map(|(energy, _)| energy).sum();
            let cost = it.cost().map_or_else(String::new, |cost| cost.to_string());
            // A String takes everything.
            let _written = writeln!(
                csv,
                "{},{},{:.2},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{energy:.0},{},{cost},{}",
                it.value,
                it.worlds,
                it.car_hours,
                it.cams,
                cell(near.delivery()),
                cell(far.delivery()),
                cell(near.mean_age()),
                cell(near.age_p95()),
                cell(far.mean_age()),
                cell(far.age_p95()),
                it.warnings,
                it.waits.len(),
                cell(mean(&it.waits)),
                cell(it.wait_p95()),
                it.still_waiting.len(),
                cell(mean(&it.still_waiting)),
                it.sessions.len(),
                it.unbilled(),
                it.complaints
            );
        }
        csv
    }

    /// One row for each value and ten metres of distance.
    #[must_use]
    pub fn distances_csv(&self, points: &[Point]) -> String {
        let mut csv = format!(
            "{},from_m,to_m,cams_expected,cams_believed,delivery,age_mean_s,age_p95_s\n",
            self.word()
        );
        for it in points {
            let mut from = 0.0;
            for bin in &it.figures.bins {
                // A String takes everything.
                let _written = writeln!(
                    csv,
                    "{},{from},{},{},{},{},{},{}",
                    it.value,
                    from + BIN,
                    bin.expected,
                    bin.believed,
                    cell(bin.delivery()),
                    cell(bin.mean_age()),
                    cell(bin.age_p95())
                );
                from += BIN;
            }
        }
        csv
    }

    /// Delivery over distance, a line for each value: 0 to 200 m, 0 to 1.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn delivery_svg(&self, points: &[Point]) -> Result<String, PlotError> {
        let delivery = |bin: &super::figures::Bin| bin.delivery();
        draw(points, 1.0, delivery)
    }

    /// The mean age of information over distance, a line for each value: 0 to 200 m, 0 to 5 s.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn age_svg(&self, points: &[Point]) -> Result<String, PlotError> {
        draw(points, 5.0, super::figures::Bin::mean_age)
    }
}

impl Point {
    fn add(&mut self, report: &Report, length: Duration) {
        self.worlds += 1;
        #[expect(clippy::cast_precision_loss, reason = "at most some hundred cars")]
        let cars = report.cars.len() as f64;
        self.car_hours += cars * length.as_secs_f64() / 3600.0;
        self.cams += report.cams_sent;
        for (own, theirs) in self.figures.bins.iter_mut().zip(&report.figures.bins) {
            own.add(theirs);
        }
        self.warnings += report.warnings;
        let waits = report.waits.iter().map(|wait| wait.waited.as_secs_f64());
        self.waits.extend(waits);
        let still = report.still_waiting.iter();
        let still = still.map(|wait| wait.waited.as_secs_f64());
        self.still_waiting.extend(still);
        let sessions = report.sessions.iter().map(|row| (row.station, row.cost));
        self.sessions.extend(sessions);
        self.complaints += report.complaints.len();
    }

    /// Everything within a distance together.
    #[must_use]
    pub fn within(&self, metres: f64) -> super::figures::Bin {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some metres"
        )]
        let count = (metres / BIN) as usize;
        let mut bins = self.figures.bins.iter().take(count);
        let mut sum = bins.next().cloned().unwrap_or_default();
        bins.for_each(|bin| sum.add(bin));
        sum
    }

    /// Sessions without a bill.
    #[must_use]
    pub fn unbilled(&self) -> usize {
        let bills = self.sessions.iter().map(|(_, cost)| cost);
        bills.filter(|cost| cost.is_none()).count()
    }

    /// What all sessions cost together; `None` when there are none, or one of them has no bill:
    /// the sum of the others would look like all.
    #[must_use]
    pub fn cost(&self) -> Option<Decimal> {
        if self.sessions.is_empty() {
            return None;
        }
        self.sessions.iter().map(|(_, cost)| *cost).sum()
    }

    /// The wait that 95 of 100 cars did not exceed of those that got their slots, s.
    #[must_use]
    pub fn wait_p95(&self) -> Option<f64> {
        let place = (self.waits.len() * 95).div_ceil(100);
        self.waits.get(place.checked_sub(1)?).copied()
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = values.len() as f64;
    (count > 0.0).then(|| values.iter().sum::<f64>() / count)
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

/// A line for each point over distance, as SVG without text.
fn draw(
    points: &[Point],
    top: f64,
    value: impl Fn(&super::figures::Bin) -> Option<f64>,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    draw_into(points, top, value, &mut svg).map_err(PlotError)?;
    Ok(svg)
}

fn draw_into(
    points: &[Point],
    top: f64,
    value: impl Fn(&super::figures::Bin) -> Option<f64>,
    svg: &mut String,
) -> Result<(), String> {
    fn said(error: impl std::fmt::Display) -> String {
        error.to_string()
    }
    const SIZE: (u32, u32) = (960, 420);
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(said)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(20)
        .build_cartesian_2d(0.0..super::figures::FAR, 0.0..top)
        .map_err(said)?;
    for part in 0..=4 {
        let height = top * f64::from(part) / 4.0;
        let line = [(0.0, height), (super::figures::FAR, height)];
        let grey = RGBColor(210, 210, 210);
        let line = LineSeries::new(line, grey);
        chart.draw_series(line).map_err(said)?;
    }
    for (index, point) in points.iter().enumerate() {
        let mut middle = BIN / 2.0;
        let mut line = Vec::new();
        for bin in &point.figures.bins {
            line.extend(value(bin).map(|value| (middle, value)));
            middle += BIN;
        }
        let colour = Palette99::pick(index).stroke_width(2);
        let line = LineSeries::new(line, colour);
        chart.draw_series(line).map_err(said)?;
    }
    root.present().map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        Study {
            scenario: None,
            campaign: Campaign::usual(60.0),
            varied: None,
            seeds: (1, 1),
            run: Run {
                seed: Seed(1),
                length: Duration::from_secs(60),
                detail: crate::hardware::Detail::Signals,
                signatures: super::super::Signatures::MarkedFake,
                cams_per_second: None,
                threads: 1,
                defect: None,
            },
        }
    }

    /// The cell of a column in the only row.
    fn shown(point: &Point, column: &str) -> String {
        let csv = study().points_csv(std::slice::from_ref(point));
        let mut lines = csv.lines().map(|line| line.split(','));
        let (mut head, mut row) = (lines.next().unwrap(), lines.next().unwrap());
        let at = head.position(|it| it == column).unwrap();
        row.nth(at).unwrap().to_owned()
    }

    fn point(costs: &[Option<i64>]) -> Point {
        let of = |cost: &Option<i64>| (100.0, cost.map(Decimal::from));
        Point {
            sessions: costs.iter().map(of).collect(),
            ..Point::default()
        }
    }

    #[test]
    fn cost_that_is_not_known_is_an_empty_cell_and_not_nothing() {
        for (costs, cost, unbilled) in [
            (&[][..], "", "0"),
            (&[Some(2), Some(3)][..], "5", "0"),
            (&[Some(0)][..], "0", "0"),
            (&[Some(2), None][..], "", "1"),
            (&[None, None][..], "", "2"),
        ] {
            let point = point(costs);
            assert_eq!(shown(&point, "cost"), cost, "{costs:?}");
            assert_eq!(shown(&point, "unbilled"), unbilled, "{costs:?}");
        }
    }

    #[test]
    fn cars_that_still_wait_are_counted_apart_from_those_that_got_a_slot() {
        let point = Point {
            waits: vec![0.0, 10.0],
            still_waiting: vec![300.0],
            ..Point::default()
        };
        let cells = [
            "charges",
            "waited_mean_s",
            "still_waiting",
            "still_waiting_mean_s",
        ];
        let cells = cells.map(|column| shown(&point, column));
        assert_eq!(cells, ["2", "5.0000", "1", "300.0000"]);
        assert_eq!(shown(&Point::default(), "still_waiting_mean_s"), "");
    }
}
