use std::fs;
use std::io::{Result, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::chart::chart;
use super::flood::Flooded;
use super::samples::Samples;
use super::tally::Tally;
use crate::host;

/// How logins of each kind ended.
pub(super) fn tally(out: &mut dyn Write, title: &str, tally: &Tally) -> Result<()> {
    let heading = ["logins", "let in", "refused", "deferred", "p50 ms", "p99 ms", "most ms"];
    writeln!(out, "{title:<40}{}", heading.map(|word| format!("{word:>10}")).concat())?;
    for (kind, count) in &tally.kinds {
        let times = count.times();
        let ms = |part| times.quantile(part).as_secs_f64() * 1e3;
        writeln!(
            out,
            "  {kind:<38}{:>10}{:>10}{:>10}{:>10}{:>10.1}{:>10.1}{:>10.1}",
            times.len(),
            count.accepted,
            count.refused,
            count.deferred,
            ms(0.5),
            ms(0.99),
            ms(1.0)
        )?;
    }
    if tally.surprising > 0 {
        writeln!(out, "  {} ended as they must not:", tally.surprising)?;
        for surprise in &tally.surprises {
            writeln!(out, "    {surprise}")?;
        }
    }
    Ok(())
}

/// What every series was at the start, after a quarter, half and all of the logins, and whether it is flat.
pub(super) fn samples(out: &mut dyn Write, samples: &Samples) -> Result<bool> {
    let heading = ["start", "quarter", "half", "end", "2nd fifth", "last", "allowed"];
    writeln!(out, "{:<44}{}", "", heading.map(|word| format!("{word:>10}")).concat())?;
    let mut is_flat = true;
    for series in &samples.series {
        let judgement = series.judgement();
        is_flat &= judgement.is_flat();
        let [start, quarter, half, end] = judgement.at;
        let numbers = [start, quarter, half, end, judgement.reference, judgement.last, judgement.allowed];
        writeln!(
            out,
            "  {:<42}{}  {}",
            series.name,
            numbers.map(|number| format!("{number:>10.0}")).concat(),
            if judgement.is_flat() { "flat" } else { "NOT FLAT: " }
        )?;
        if !judgement.is_flat() {
            writeln!(out, "    has to be: {}", series.kind.rule())?;
        }
    }
    Ok(is_flat)
}

/// Writes the samples as JSON and as a chart, and says where they are.
pub(super) fn keep(out: &mut dyn Write, name: &str, samples: &Samples) -> Result<()> {
    let dir = folder()?;
    let series: Vec<Value> = samples
        .series
        .iter()
        .map(|series| {
            let values: Vec<f64> = series.points.iter().map(|(_, value)| *value).collect();
            let judgement = series.judgement();
            json!({
                "name": series.name, "values": values, "rule": series.kind.rule(),
                "reference": judgement.reference, "last": judgement.last, "allowed": judgement.allowed,
                "flat": judgement.is_flat(),
            })
        })
        .collect();
    let done: Vec<f64> = samples
        .series
        .first()
        .map_or_else(Vec::new, |series| series.points.iter().map(|(done, _)| *done).collect());
    let all = json!({ "name": name, "seconds": samples.seconds, "done": done, "series": series });
    let (text, picture) = (dir.join(format!("{name}.json")), dir.join(format!("{name}.svg")));
    fs::write(&text, format!("{all:#}\n"))?;
    fs::write(&picture, chart(name, &samples.series))?;
    writeln!(out, "  {} and {}", text.display(), picture.display())
}

/// What came of a flood, and whether those beside it were let in.
pub(super) fn flood(out: &mut dyn Write, name: &str, flooded: &Flooded, memory: [u64; 2]) -> Result<bool> {
    let Flooded { wrong, right, took } = flooded;
    let rate = wrong.logins() as f64 / took.as_secs_f64() * 60.0;
    writeln!(out, "{} wrong logins in {took:.0?}: {rate:.0} a minute", wrong.logins())?;
    tally(out, "wrong", wrong)?;
    tally(out, "beside them, right", right)?;
    let [posternd, web] = memory.map(|kib| kib as f64 / 1024.0);
    writeln!(
        out,
        "  deferred: {} of those who are right, {} of the wrong ones; at most posternd {posternd:.1} MiB, postern-web {web:.1} MiB",
        right.deferred(),
        wrong.deferred()
    )?;
    let kinds: Vec<Value> = [("wrong", wrong), ("right", right)]
        .into_iter()
        .flat_map(|(group, tally)| tally.kinds.iter().map(move |(kind, count)| (group, kind, count)))
        .map(|(group, kind, count)| {
            let ms = |part: f64| count.times().quantile(part).as_secs_f64() * 1e3;
            json!({
                "group": group, "kind": kind, "logins": count.times().len(), "accepted": count.accepted,
                "refused": count.refused, "deferred": count.deferred, "p50_ms": ms(0.5), "p99_ms": ms(0.99),
            })
        })
        .collect();
    let all = json!({ "name": name, "seconds": took.as_secs_f64(), "kinds": kinds, "peak_mib": { "posternd": posternd, "postern-web": web } });
    fs::write(folder()?.join(format!("{name}.json")), format!("{all:#}\n"))?;
    Ok(right.surprising == 0 && wrong.surprising == wrong.deferred())
}

/// `target/soak`.
fn folder() -> Result<PathBuf> {
    let dir = host::output_root().with_file_name("soak");
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// How long something takes to settle.
pub(super) const SETTLE: Duration = Duration::from_secs(10);
