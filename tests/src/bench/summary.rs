use std::fs;
use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_core::clock::Timestamp;
use serde_json::Value;

use super::machine::commit;
use super::results;
use crate::otp;

/// Prints all figures that something is promised about, of the results that are kept, one line each; and of each file what it is of, with a
/// warning if that is not this source or not today.
///
/// # Errors
/// `out` cannot be written, or a file cannot be read.
pub fn summary(out: &mut dyn Write) -> Result<()> {
    let (commit, now) = (commit(), otp::now());
    let (mut met, mut missed) = (0, 0);
    for file in files()? {
        let kept: Value = serde_json::from_slice(&fs::read(&file)?)?;
        writeln!(out, "\n{}", heading(&file, &kept))?;
        for warning in warnings(&kept, commit.as_deref(), now) {
            writeln!(out, "  warning: {warning}")?;
        }
        for figure in kept["figures"].as_array().into_iter().flatten() {
            let Some(is_met) = figure["met"].as_bool() else { continue };
            *if is_met { &mut met } else { &mut missed } += 1;
            writeln!(out, "{}", line(figure, is_met))?;
        }
    }
    writeln!(out, "\n{met} met, {missed} missed")
}

/// Those of the results, by name.
fn files() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(results::folder())?.collect::<Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    files.sort();
    Ok(files)
}

/// When it was measured, how long, on what, beside what.
fn heading(file: &Path, kept: &Value) -> String {
    let name = file.file_stem().unwrap_or_default().display();
    let started = Timestamp::from_unix(kept["started"].as_u64().unwrap_or_default());
    let plan = kept["plan"].as_object().into_iter().flatten();
    let plan: String = plan.map(|(what, number)| format!(", {number} {what}")).collect();
    let (machine, load) = (&kept["machine"], &kept["load"]);
    let machine = match machine["model"].as_str() {
        Some(model) => format!("{} cores ({model})", machine["cores"]),
        None => "an unknown machine".to_owned(),
    };
    let load = match (load["before"].as_f64(), load["after"].as_f64()) {
        (Some(before), Some(after)) => format!("{before:.2} before, {after:.2} after"),
        _ => "unknown".to_owned(),
    };
    format!("{name}: started {started}{plan}; {machine}, load average {load}")
}

/// Why its figures may not be those of today's source.
fn warnings(kept: &Value, commit: Option<&str>, now: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    let of = kept["commit"].as_str();
    if of.is_none() || of != commit {
        let name = |commit: Option<&str>| commit.unwrap_or("an unknown commit").to_owned();
        warnings.push(format!("it is of {}, and the source is at {}", name(of), name(commit)));
    } else if of.is_some_and(|of| of.ends_with("-dirty")) {
        warnings.push("it is of files that were changed since their commit".to_owned());
    }
    let age = Duration::from_secs(now.saturating_sub(kept["started"].as_u64().unwrap_or_default()));
    if age > DAY {
        warnings.push("it is older than a day".to_owned());
    }
    warnings
}

fn line(figure: &Value, is_met: bool) -> String {
    let (aim, words) = match figure["at_least"].as_f64() {
        Some(aim) => (aim, "at least"),
        None => (figure["at_most"].as_f64().unwrap_or(f64::NAN), "at most"),
    };
    format!(
        "  {:<6} {:>9.2} {:<8} {words:>8} {aim:<7} {}",
        if is_met { "met" } else { "missed" },
        figure["value"]["median"].as_f64().unwrap_or(f64::NAN),
        figure["unit"].as_str().unwrap_or_default(),
        figure["name"].as_str().unwrap_or_default(),
    )
}

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_of_this_commit_and_of_today_are_printed_without_a_warning() {
        let kept = json!({ "commit": "abc", "started": NOW });
        assert_eq!(warnings(&kept, Some("abc"), NOW + DAY.as_secs()), Vec::<String>::new());
    }

    #[test]
    fn results_of_another_commit_or_of_the_day_before_are_printed_with_a_warning() {
        let of = |commit: Value, started| json!({ "commit": commit, "started": started });
        let words = |kept: Value, commit| warnings(&kept, commit, NOW).join("\n");
        let other = "it is of abc-dirty, and the source is at abc";
        assert_eq!(words(of("abc-dirty".into(), NOW), Some("abc")), other);
        let changed = "it is of files that were changed since their commit";
        assert_eq!(words(of("abc-dirty".into(), NOW), Some("abc-dirty")), changed);
        let unknown = "it is of an unknown commit, and the source is at an unknown commit";
        assert_eq!(words(of(Value::Null, NOW), None), unknown);
        let yesterday = NOW - DAY.as_secs() - 1;
        assert_eq!(words(of("abc".into(), yesterday), Some("abc")), "it is older than a day");
    }

    const NOW: u64 = 1_800_000_000;
}
