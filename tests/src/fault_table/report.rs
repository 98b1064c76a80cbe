//! The table as people read it, and as programs do.

use std::fs;
use std::io::{Result, Write};

use serde_json::{Value, json};

use crate::stopwatch::Elapsed;
use crate::{host, otp};

use super::Party;
use super::doors::{Door, Seen};
use super::row::{Cell, Row, Tried};

/// A row that is done, and what it misses.
pub(super) fn progress(out: &mut dyn Write, row: &Row) -> Result<()> {
    let misses = row.misses();
    let ok = if misses.is_empty() { "ok" } else { "FAULT" };
    writeln!(out, "{}/{}: {ok}", row.party.name(), row.fault)?;
    for (door, miss) in misses {
        writeln!(out, "  {}: {miss}", door.name())?;
    }
    out.flush()
}

/// A table for each party, in Markdown: the verdict, the longest wait for an answer, its budget, and within what it worked again.
pub(super) fn tables(out: &mut dyn Write, rows: &[Row]) -> Result<()> {
    for party in Party::ALL {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.party == party).collect();
        if rows.is_empty() {
            continue;
        }
        let mut lines = vec![heading(rows[0])];
        lines.extend(rows.iter().map(|row| line(row)));
        writeln!(out)?;
        write_table(out, &lines)?;
        for (door, why) in rows[0].cells.iter().filter_map(|(door, cell)| match cell {
            Cell::NotApplicable(why) => Some((door, why)),
            Cell::Tried(_) => None,
        }) {
            writeln!(out, "{}: - ({why})", door.name())?;
        }
    }
    let cells = rows.iter().flat_map(|row| &row.cells);
    let tried = cells.filter(|(_, cell)| matches!(cell, Cell::Tried(_))).count();
    let misses: usize = rows.iter().map(|row| row.misses().len()).sum();
    writeln!(out, "\n{tried} cells in {} rows; {misses} faults", rows.len())
}

/// `target/faults/faults.json`.
pub(super) fn write(rows: &[Row]) -> Result<()> {
    let dir = host::output_root().with_file_name("faults");
    fs::create_dir_all(&dir)?;
    let rows: Vec<Value> = rows.iter().map(json_of_row).collect();
    let report = json!({ "version": 2, "at": otp::now(), "rows": rows });
    fs::write(dir.join("faults.json"), format!("{report:#}\n"))
}

fn heading(row: &Row) -> Vec<String> {
    let doors = row.cells.iter().filter(|(_, cell)| matches!(cell, Cell::Tried(_)));
    std::iter::once(row.party.name().to_owned())
        .chain(doors.map(|(door, _)| door.name().to_owned()))
        .collect()
}

fn line(row: &Row) -> Vec<String> {
    let cells = row.cells.iter().filter_map(|(_, cell)| match cell {
        Cell::Tried(tried) => Some(shown(tried)),
        Cell::NotApplicable(_) => None,
    });
    std::iter::once(row.fault.to_owned()).chain(cells).collect()
}

fn shown(tried: &Tried) -> String {
    let mark = if tried.misses().is_empty() { "" } else { " FAULT" };
    format!(
        "{} {} ≤ {:.1}; {}{mark}",
        tried.during.verdict.name(),
        seconds(tried.during.took),
        tried.expectation.budget.as_secs_f64(),
        seconds(tried.back.0)
    )
}

/// By the clock on the wall. A budget leaves out what the machine was short of.
fn seconds(took: Elapsed) -> String {
    format!("{:.1}", took.wall().as_secs_f64())
}

fn write_table(out: &mut dyn Write, lines: &[Vec<String>]) -> Result<()> {
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).map(|(cell, width)| {
            let gap = width - cell.chars().count();
            format!(" {cell}{} ", " ".repeat(gap))
        });
        writeln!(out, "|{}|", cells.collect::<Vec<_>>().join("|"))?;
        if number == 0 {
            let rules = widths.iter().map(|width| "-".repeat(width + 2));
            writeln!(out, "|{}|", rules.collect::<Vec<_>>().join("|"))?;
        }
    }
    Ok(())
}

fn json_of_row(row: &Row) -> Value {
    let cells: Vec<Value> = row.cells.iter().map(|(door, cell)| json_of_cell(*door, cell)).collect();
    json!({ "party": row.party.name(), "fault": row.fault, "cells": cells })
}

fn json_of_cell(door: Door, cell: &Cell) -> Value {
    match cell {
        Cell::NotApplicable(why) => json!({ "door": door.name(), "not_applicable": why }),
        Cell::Tried(tried) => {
            let expectation = &tried.expectation;
            json!({
                "door": door.name(),
                "expected": expectation.verdict.name(),
                "budget_seconds": expectation.budget.as_secs_f64(),
                "why": expectation.why,
                "before": json_of_seen(&tried.before),
                "during": json_of_seen(&tried.during),
                "back_after_seconds": tried.back.0.wall().as_secs_f64(),
                "back_within_seconds": tried.back_within.as_secs_f64(),
                "misses": tried.misses(),
            })
        }
    }
}

fn json_of_seen(seen: &Seen) -> Value {
    json!({
        "verdict": seen.verdict.name(),
        "seconds": seen.took.wall().as_secs_f64(),
        "seconds_without_stalls": seen.took.unstalled().as_secs_f64(),
        "words": seen.words,
    })
}
