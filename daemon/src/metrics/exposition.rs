//! The text that Prometheus reads (text format 0.0.4).

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Registry, TextEncoder};

/// Metrics that are collected for one scrape.
#[derive(Debug)]
pub(super) struct Exposition(Vec<MetricFamily>);

/// The labels of a sample, with their values.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

/// A histogram that was counted elsewhere.
#[derive(Debug)]
pub(super) struct Counted {
    /// The upper bounds of the buckets in seconds, each with the number of those that it holds and no bucket before it.
    pub(super) buckets: Vec<(f64, u64)>,
    pub(super) count: u64,
    pub(super) sum_seconds: f64,
}

impl Exposition {
    /// What `registry` has now.
    pub(super) fn of(registry: &Registry) -> Self {
        Self(registry.gather())
    }

    /// A value that can fall.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Into<f64>) {
        self.gauges(name, help, [(Vec::new(), value.into())]);
    }

    /// The same with labels. Without a sample the metric is left out.
    pub(super) fn gauges<'a>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, f64)>,
    ) {
        let metric = |(labels, value): (Vec<_>, f64)| {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            let mut metric = Metric::from_label(pairs(&labels));
            metric.set_gauge(gauge);
            metric
        };
        self.add(name, help, MetricType::GAUGE, samples.into_iter().map(metric).collect());
    }

    /// A number that only rises, as long as posternd runs.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.counters(name, help, [(Vec::new(), value)]);
    }

    /// The same with labels.
    pub(super) fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, u64)>,
    ) {
        let metric = |(labels, value): (Vec<_>, u64)| {
            let mut counter = Counter::default();
            counter.set_value(float(value));
            let mut metric = Metric::from_label(pairs(&labels));
            metric.set_counter(counter);
            metric
        };
        self.add(name, help, MetricType::COUNTER, samples.into_iter().map(metric).collect());
    }

    /// A histogram.
    pub(super) fn histogram(&mut self, name: &str, help: &str, counted: &Counted) {
        let mut histogram = Histogram::default();
        let mut so_far = 0;
        let buckets = counted.buckets.iter().map(|(bound, count)| {
            so_far += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(so_far);
            bucket
        });
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(counted.count);
        histogram.set_sample_sum(counted.sum_seconds);
        let mut metric = Metric::default();
        metric.set_histogram(histogram);
        self.add(name, help, MetricType::HISTOGRAM, vec![metric]);
    }

    /// The text, sorted by name.
    ///
    /// # Errors
    /// A metric without a name: a mistake in this program.
    pub(super) fn text(mut self) -> prometheus::Result<String> {
        self.0.sort_by(|a, b| a.name().cmp(b.name()));
        TextEncoder::new().encode_to_string(&self.0)
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) {
        if metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.0.push(family);
    }
}

/// Counts stay far below 2^53, where the next whole number is missing.
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

fn pairs(labels: Labels<'_>) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    labels.iter().map(pair).collect()
}
