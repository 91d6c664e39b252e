//! The page of metrics in the text format of Prometheus, version 0.0.4.
//!
//! Names end in their base unit (`_seconds`, `_bytes`), counters in `_total`. What is not known has
//! no line: it is never 0.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// The content type of the page.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics, gathered for one answer.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    families: Vec<MetricFamily>,
}

/// Names and values that tell apart what has the same name.
pub(crate) type Labels<'a> = [(&'a str, &'a str)];

impl Metrics {
    /// A number that only grows while the daemon runs.
    pub(crate) fn counter(&mut self, name: &str, help: &str, counter: &AtomicU64) {
        self.count(name, help, counter.load(Ordering::Relaxed));
    }

    /// As [`Self::counter`], of a value that was read already.
    pub(crate) fn count(&mut self, name: &str, help: &str, value: u64) {
        self.labelled_count(name, help, &[], value);
    }

    /// One of several counters of one name, told apart by labels.
    pub(crate) fn labelled_count(
        &mut self,
        name: &str,
        help: &str,
        labels: &Labels<'_>,
        value: u64,
    ) {
        self.labelled_total(name, help, labels, exact(value));
    }

    /// As [`Self::labelled_count`], of what is no whole number.
    pub(crate) fn labelled_total(
        &mut self,
        name: &str,
        help: &str,
        labels: &Labels<'_>,
        value: f64,
    ) {
        debug_assert!(name.ends_with("_total"), "{name} is a counter");
        self.add(name, help, MetricType::COUNTER, labels, value);
    }

    /// A number that goes up and down.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.labelled_gauge(name, help, &[], value);
    }

    /// As [`Self::gauge`], of a whole number.
    pub(crate) fn whole(&mut self, name: &str, help: &str, value: u64) {
        self.gauge(name, help, exact(value));
    }

    /// As [`Self::gauge`], 1 or 0.
    pub(crate) fn flag(&mut self, name: &str, help: &str, value: bool) {
        self.gauge(name, help, f64::from(u8::from(value)));
    }

    /// One of several numbers of one name, told apart by labels.
    pub(crate) fn labelled_gauge(
        &mut self,
        name: &str,
        help: &str,
        labels: &Labels<'_>,
        value: f64,
    ) {
        self.add(name, help, MetricType::GAUGE, labels, value);
    }

    /// Words instead of a number: the labels hold them, the value is 1.
    pub(crate) fn info(&mut self, name: &str, help: &str, labels: &Labels<'_>) {
        self.labelled_gauge(name, help, labels, 1.0);
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, labels: &Labels<'_>, value: f64) {
        let labels = labels.iter().map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        let mut metric = Metric::from_label(labels.collect());
        if kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        let known = self.families.iter_mut().find(|known| known.name() == name);
        if let Some(family) = known {
            return family.mut_metric().push(metric);
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(vec![metric]);
        self.families.push(family);
    }

    /// The page.
    pub(super) fn text(&self) -> String {
        let text = TextEncoder::new().encode_to_string(&self.families);
        text.expect("every family has a name and a metric")
    }
}

/// Prometheus knows no other numbers than `f64`.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts are exact up to 9 * 10^15, and nobody counts further"
)]
pub(crate) fn exact(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_help_type_and_value_and_each_name_once() {
        let mut metrics = Metrics::default();
        metrics.count("v2x_frames_total", "Frames.", 9_007_199_254_740_991);
        metrics.labelled_gauge("v2x_slot_watts", "Power.", &[("slot", "1")], 3.5);
        metrics.flag("v2x_open", "A\\B\nC", true);
        metrics.labelled_gauge("v2x_slot_watts", "Power.", &[("slot", "\"2\"\n")], -0.5);
        let page = "# HELP v2x_frames_total Frames.\n\
                    # TYPE v2x_frames_total counter\n\
                    v2x_frames_total 9007199254740991\n\
                    # HELP v2x_slot_watts Power.\n\
                    # TYPE v2x_slot_watts gauge\n\
                    v2x_slot_watts{slot=\"1\"} 3.5\n\
                    v2x_slot_watts{slot=\"\\\"2\\\"\\n\"} -0.5\n\
                    # HELP v2x_open A\\\\B\\nC\n\
                    # TYPE v2x_open gauge\n\
                    v2x_open 1\n";
        assert_eq!(metrics.text(), page);
    }
}
