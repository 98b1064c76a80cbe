use std::io::{BufWriter, StdoutLock, Write};

use serde_json::{Value, json};

use super::row::Row;
use crate::failure::Failure;
use crate::output::{JSON_VERSION, Output};

/// Writes rows as they come: lines for people, or one JSON document with a row a line.
pub(super) struct Writer {
    to: BufWriter<StdoutLock<'static>>,
    is_json: bool,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    accounts: u64,
    enrolled: u64,
    main_password: u64,
}

impl Writer {
    pub(super) fn begin(output: Output) -> Result<Self, Failure> {
        let to = BufWriter::new(std::io::stdout().lock());
        let mut writer = Self { to, is_json: output.is_json(), tally: Tally::default() };
        if writer.is_json {
            writer.write("{\"accounts\":[")?;
        } else {
            let headings = HEADINGS.map(ToOwned::to_owned);
            writer.write(&line(&headings))?;
        }
        Ok(writer)
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<(), Failure> {
        if self.is_json {
            let comma = if self.tally.accounts == 0 { "\n" } else { ",\n" };
            self.write(comma)?;
            self.write(&row.value().to_string())?;
        } else {
            self.write(&line(&row.cells()))?;
        }
        self.tally.accounts += 1;
        self.tally.enrolled += u64::from(row.brief.said.enrolled);
        self.tally.main_password += u64::from(row.main_password().is_some());
        Ok(())
    }

    pub(super) fn end(mut self, problems: &[String]) -> Result<(), Failure> {
        let Tally { accounts, enrolled, main_password } = self.tally;
        if self.is_json {
            let summary =
                json!({ "accounts": accounts, "enrolled": enrolled, "main_password_on_mail": main_password });
            let (problems, version) = (Value::from(problems), JSON_VERSION);
            self.write(&format!(
                "\n],\n\"problems\":{problems},\n\"summary\":{summary},\n\"version\":{version}}}\n"
            ))?;
        } else {
            self.write(&format!(
                "{accounts} accounts, {enrolled} enrolled; the main password opened mail for {main_password}\n"
            ))?;
        }
        self.to.flush().map_err(|error| Failure::of_output(&error))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.to.write_all(text.as_bytes()).map_err(|error| Failure::of_output(&error))
    }
}

/// Columns of a fixed width, as nobody knows what is to come. What is longer is shown whole.
fn line(cells: &[String; 5]) -> String {
    let [name, standing, factors, second_step, main_password] = cells;
    format!("{name:<24}  {standing:<8}  {factors:<16}  {second_step:<44}  {main_password}\n")
}

const HEADINGS: [&str; 5] = ["NAME", "STANDING", "FACTORS", "LAST CODE", "MAIN PASSWORD ON MAIL"];
