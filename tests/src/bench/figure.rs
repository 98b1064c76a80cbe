use std::fmt;

use serde_json::{Value, json};

use super::numbers::{quantile, sorted};

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

    /// The middle with its unit, and what is promised.
    pub(super) fn measured(&self) -> String {
        let value = format!("{:.2} {}", self.value.median, self.unit);
        match self.aim {
            Some(aim) => format!("{}; aim {aim}: {}", value.trim_end(), aim.verdict(self.value.median)),
            None => value,
        }
    }

    pub(super) fn to_json(&self) -> Value {
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

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { median, least, most } = self.value;
        write!(out, "{}: {median:.2}", self.name)?;
        if !self.unit.is_empty() {
            write!(out, " {}", self.unit)?;
        }
        if least < most {
            write!(out, ", rounds {least:.2} .. {most:.2}")?;
        }
        self.aim.map_or(Ok(()), |aim| write!(out, "; aim {aim}: {}", aim.verdict(median)))
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

    pub(super) fn number(self) -> f64 {
        match self {
            Self::AtLeast(aim) | Self::AtMost(aim) => aim,
        }
    }

    fn verdict(self, value: f64) -> &'static str {
        if self.met(value) { "met" } else { "missed" }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::AtLeast(_) => "at least",
            Self::AtMost(_) => "at most",
        };
        write!(out, "{words} {}", self.number())
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

    pub(super) fn to_json(self) -> Value {
        json!({ "median": self.median, "least": self.least, "most": self.most })
    }
}
