//! What a benchmark saw, as tables for people, JSON for scripts and a chart to look at.

use std::fs;
use std::io::{Result, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{chart, machine};
use crate::{host, otp};

pub use super::figure::{Aim, Figure, Spread};
pub use super::row::Row;

/// What one benchmark saw: printed as tables, and kept as JSON for scripts and as SVG to look at.
///
/// The files are `target/results/NAME.json` and `NAME.svg`; those of the run before are replaced.
#[derive(Debug)]
pub struct Results {
    name: String,
    unit: &'static str,
    plan: Value,
    /// Seconds since 1970.
    started: u64,
    commit: Option<String>,
    load: f64,
    rows: Vec<Row>,
    figures: Vec<Figure>,
}

impl Results {
    /// Of the benchmark `name`, whose rows are counted in `unit`, such as "logins/s", and which is to measure as `plan` has it.
    #[must_use]
    pub fn new(name: &str, unit: &'static str, plan: Value) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            plan,
            started: otp::now(),
            commit: machine::commit(),
            load: machine::load(),
            rows: Vec::new(),
            figures: Vec::new(),
        }
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

    /// Adds a row that is printed elsewhere.
    pub fn keep_row(&mut self, row: Row) {
        self.rows.push(row);
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
        self.save_with(out, &chart::bars(&self.name, self.unit, &self.rows, &self.figures))
    }

    /// The same with another chart.
    ///
    /// # Errors
    /// `out` or the files cannot be written.
    pub fn save_with(&self, out: &mut dyn Write, chart: &str) -> Result<()> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let base = folder.join(&self.name);
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
            "plan": self.plan,
            "started": self.started,
            "commit": self.commit,
            "machine": machine::described(),
            "versions": machine::versions(),
            "load": { "before": self.load, "after": machine::load() },
            "rows": rows,
            "figures": figures,
        })
    }
}

/// Where results are kept.
#[must_use]
pub fn folder() -> PathBuf {
    host::output_root().with_file_name("results")
}
