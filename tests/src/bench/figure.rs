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

    pub(super) fn to_json(self) -> Value {
        json!({ "median": self.median, "least": self.least, "most": self.most })
    }
}
