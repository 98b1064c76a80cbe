//! What a benchmark saw, as tables for people, JSON for scripts and a chart to look at.

use std::fs;
use std::io::{Result, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::chart;
use super::numbers::{machine, quantile, sorted};
use crate::{host, otp};

/// What one benchmark saw: printed as tables, and kept as JSON for scripts and as SVG to look at.
///
/// The files are `target/results/NAME.json` and `NAME.svg`; those of the run before are replaced.
#[derive(Debug)]
pub struct Results {
    name: &'static str,
    unit: &'static str,
    machine: String,
    /// Seconds since 1970.
    started: u64,
    rows: Vec<Row>,
    figures: Vec<Figure>,
}

/// What one contender reached at one level, for instance with 20 logins in flight.
#[derive(Debug, Clone)]
pub struct Row {
    /// The level: rows of the same one are compared with each other.
    pub level: String,
    /// Who it is.
    pub contender: String,
    /// In the unit of the results, over the rounds.
    pub rate: Spread,
    /// Milliseconds that half of the single measurements stayed below, and 99 of 100; over all rounds.
    pub p50: f64,
    /// See `p50`.
    pub p99: f64,
    /// Whether it is Postern, for the colour of its bar.
    pub ours: bool,
}

/// One number with a name, such as a ratio or a size, and what it should be.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured, with what it is compared to.
    pub name: String,
    /// Its value over the rounds.
    pub value: Spread,
    /// What it is counted in; empty for a ratio.
    pub unit: &'static str,
    /// What it is measured against, if we promise something.
    pub aim: Option<Aim>,
}

/// What is promised of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

/// The middle of several rounds, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Results {
    /// Of the benchmark `name`, whose rows are counted in `unit`, such as "logins/s".
    #[must_use]
    pub fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, machine: machine(), started: otp::now(), rows: Vec::new(), figures: Vec::new() }
    }

    /// Adds the rows of one level and prints them.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn level(&mut self, out: &mut dyn Write, rows: Vec<Row>) -> Result<()> {
        let title = rows.first().map(|row| row.level.clone()).unwrap_or_default();
        writeln!(
            out,
            "{title:<40}{:>12}{:>10}{:>10}{:>22}",
            self.unit, "p50 ms", "p99 ms", "rounds from .. to"
        )?;
        for row in &rows {
            writeln!(
                out,
                "  {:<38}{:>12.0}{:>10.2}{:>10.2}{:>22}",
                row.contender,
                row.rate.median,
                row.p50,
                row.p99,
                format!("{:.0} .. {:.0}", row.rate.least, row.rate.most)
            )?;
        }
        self.rows.extend(rows);
        writeln!(out)
    }

    /// Adds a figure and prints it.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn figure(&mut self, out: &mut dyn Write, figure: Figure) -> Result<()> {
        writeln!(out, "{figure}")?;
        self.keep(figure);
        Ok(())
    }

    /// Adds a figure that is printed elsewhere.
    pub fn keep(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Writes the files, and prints where they are.
    ///
    /// # Errors
    /// `out` or the files cannot be written.
    pub fn save(&self, out: &mut dyn Write) -> Result<()> {
        self.save_with(out, &chart::bars(self.name, self.unit, &self.rows))
    }

    /// The same with another chart.
    ///
    /// # Errors
    /// `out` or the files cannot be written.
    pub fn save_with(&self, out: &mut dyn Write, chart: &str) -> Result<()> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let base = folder.join(self.name);
        let (json, svg) = (base.with_extension("json"), base.with_extension("svg"));
        fs::write(&json, format!("{:#}\n", self.to_json()))?;
        fs::write(&svg, chart)?;
        writeln!(out, "\nafterwards: {}\nkept in {} and {}", machine(), json.display(), svg.display())
    }

    fn to_json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| row.to_json()).collect();
        let figures: Vec<Value> = self.figures.iter().map(Figure::to_json).collect();
        json!({
            "bench": self.name,
            "unit": self.unit,
            "machine": self.machine,
            "started": self.started,
            "rows": rows,
            "figures": figures,
        })
    }
}

impl Row {
    /// Of rounds that each have a rate, and of the milliseconds of all that was measured in them.
    #[must_use]
    pub fn new(
        level: &str,
        contender: &str,
        rates: impl Iterator<Item = f64>,
        times: impl Iterator<Item = f64>,
    ) -> Self {
        let times = sorted(times);
        Self {
            level: level.to_owned(),
            contender: contender.to_owned(),
            rate: Spread::of(rates),
            p50: quantile(&times, 0.5),
            p99: quantile(&times, 0.99),
            ours: contender.starts_with("postern") || contender.starts_with("pam_postern"),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "level": self.level,
            "contender": self.contender,
            "rate": self.rate.to_json(),
            "p50_ms": self.p50,
            "p99_ms": self.p99,
        })
    }
}

impl Figure {
    /// What `ours` reached in each round, divided by what `theirs` did.
    #[must_use]
    pub fn ratio(
        name: String,
        ours: impl Iterator<Item = f64>,
        theirs: impl Iterator<Item = f64>,
        aim: Option<Aim>,
    ) -> Self {
        let value = Spread::of(ours.zip(theirs).map(|(ours, theirs)| ours / theirs));
        Self { name, value, unit: "", aim }
    }

    /// Measured once.
    #[must_use]
    pub fn once(name: String, value: f64, unit: &'static str, aim: Option<Aim>) -> Self {
        Self { name, value: Spread::of(std::iter::once(value)), unit, aim }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value.to_json(),
            "unit": self.unit,
            "at_least": self.aim.and_then(|aim| if let Aim::AtLeast(aim) = aim { Some(aim) } else { None }),
            "at_most": self.aim.and_then(|aim| if let Aim::AtMost(aim) = aim { Some(aim) } else { None }),
            "met": self.aim.map(|aim| aim.met(self.value.median)),
        })
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Spread { median, least, most } = self.value;
        write!(out, "{}: {median:.2}", self.name)?;
        if !self.unit.is_empty() {
            write!(out, " {}", self.unit)?;
        }
        if least < most {
            write!(out, ", rounds {least:.2} .. {most:.2}")?;
        }
        let Some(aim) = self.aim else { return Ok(()) };
        let (words, number) = match aim {
            Aim::AtLeast(number) => ("at least", number),
            Aim::AtMost(number) => ("at most", number),
        };
        write!(out, "; aim {words} {number}: {}", if aim.met(median) { "met" } else { "missed" })
    }
}

impl Aim {
    /// Whether `value` is what was promised. A value that is no number is not.
    #[must_use]
    pub fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(aim) => value >= aim,
            Self::AtMost(aim) => value <= aim,
        }
    }
}

impl Spread {
    /// Of the values of all rounds; NaN if there were none.
    #[must_use]
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let values = sorted(values);
        let at = |part| quantile(&values, part);
        Self { median: at(0.5), least: at(0.0), most: at(1.0) }
    }

    fn to_json(self) -> Value {
        json!({ "median": self.median, "least": self.least, "most": self.most })
    }
}

/// Where results are kept.
#[must_use]
pub fn folder() -> PathBuf {
    host::output_root().with_file_name("results")
}
