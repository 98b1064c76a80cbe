use std::fs;
use std::io::{Result, Write};

use serde_json::Value;

use super::results;

/// Prints all figures that something is promised about, of the results that are kept, one line each.
///
/// # Errors
/// `out` cannot be written, or a file cannot be read.
pub fn summary(out: &mut dyn Write) -> Result<()> {
    let mut files: Vec<_> = fs::read_dir(results::folder())?.collect::<Result<Vec<_>>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let (mut met, mut missed) = (0, 0);
    for file in files
        .iter()
        .map(fs::DirEntry::path)
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
    {
        let kept: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let text = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
        writeln!(out, "\n{}; {}", text("bench"), text("machine"))?;
        for figure in kept["figures"].as_array().into_iter().flatten() {
            let Some(is_met) = figure["met"].as_bool() else { continue };
            *if is_met { &mut met } else { &mut missed } += 1;
            let (aim, words) = match figure["at_least"].as_f64() {
                Some(aim) => (aim, "at least"),
                None => (figure["at_most"].as_f64().unwrap_or(f64::NAN), "at most"),
            };
            writeln!(
                out,
                "  {:<6} {:>9.2} {:<4} {words:>8} {aim:<7} {}",
                if is_met { "met" } else { "missed" },
                figure["value"]["median"].as_f64().unwrap_or(f64::NAN),
                figure["unit"].as_str().unwrap_or_default(),
                figure["name"].as_str().unwrap_or_default(),
            )?;
        }
    }
    writeln!(out, "\n{met} met, {missed} missed")
}
