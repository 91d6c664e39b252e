//! A report as tables (CSV) and plots (SVG).

use std::fmt::Write as _;

use plotters::prelude::*;

use super::Report;

/// A plot that could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("plot: {0}")]
pub struct PlotError(pub(super) String);

const SIZE: (u32, u32) = (960, 420);

/// What a plot shows of a car.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// State of charge, %.
    Percent,
    /// Speed, km/h.
    Speed,
}

impl Report {
    /// One row for each session: slot, end, energy by station and by physics, car, cost.
    #[must_use]
    pub fn sessions_csv(&self) -> String {
        let mut csv = "slot,ended_s,station_wh,physics_wh,car,cost\n".to_owned();
        for row in &self.sessions {
            let ended = row.ended.since(v2x_units::Instant::BOOT).as_secs_f64();
            let car = row.car.and_then(|car| self.cars.get(car));
            let car = car.map_or("", String::as_str);
            let cost = row.cost.map_or_else(String::new, |cost| cost.to_string());
            // A String takes everything.
            let _written = writeln!(
                csv,
                "{},{ended:.2},{:.3},{:.3},{car},{cost}",
                row.slot, row.station, row.physics
            );
        }
        csv
    }

    /// One row for each car and ten seconds: speed, state of charge, power out of the battery.
    #[must_use]
    pub fn cars_csv(&self) -> String {
        let mut csv = "car,at_s,speed_kmh,soc_percent,power_w\n".to_owned();
        for it in &self.samples {
            let name = self.cars.get(it.car).map_or("", String::as_str);
            // A String takes everything.
            let _written = writeln!(
                csv,
                "{name},{:.0},{:.2},{:.3},{:.0}",
                it.at, it.speed, it.percent, it.power
            );
        }
        csv
    }

    /// A line for each car over time, as SVG without text: the axes are 0 to the end of the run
    /// and 0 to 100 % or km/h.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn plot(&self, shown: Shown) -> Result<String, PlotError> {
        let mut svg = String::new();
        self.draw(shown, &mut svg).map_err(PlotError)?;
        Ok(svg)
    }

    fn draw(&self, shown: Shown, svg: &mut String) -> Result<(), String> {
        fn said(error: impl std::fmt::Display) -> String {
            error.to_string()
        }
        let end = self.samples.iter().map(|it| it.at).fold(1.0, f64::max);
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(said)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(20)
            .build_cartesian_2d(0.0..end, 0.0..100.0)
            .map_err(said)?;
        for line in [0.0, 25.0, 50.0, 75.0, 100.0] {
            let points = [(0.0, line), (end, line)];
            let grey = RGBColor(210, 210, 210);
            chart
                .draw_series(LineSeries::new(points, grey))
                .map_err(said)?;
        }
        for car in 0..self.cars.len() {
            let own = self.samples.iter().filter(|it| it.car == car);
            let points = own.map(|it| match shown {
                Shown::Percent => (it.at, it.percent),
                Shown::Speed => (it.at, it.speed),
            });
            let colour = Palette99::pick(car).stroke_width(2);
            chart
                .draw_series(LineSeries::new(points, colour))
                .map_err(said)?;
        }
        root.present().map_err(said)
    }
}
