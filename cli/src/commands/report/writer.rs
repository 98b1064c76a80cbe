use std::io::{BufWriter, StdoutLock, Write};

use serde_json::{Value, json};

use super::row::{COLUMNS, Row};
use crate::count::counted;
use crate::failure::Failure;
use crate::output::{JSON_VERSION, Output};

/// The format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines for people.
    Text,
    /// One JSON document with one row a line.
    Json,
    /// A table (RFC 4180).
    Csv,
}

impl Form {
    pub(super) fn of(output: Output) -> Self {
        if output.is_json() { Self::Json } else { Self::Text }
    }
}

/// Writes rows as they come.
pub(super) struct Writer {
    to: BufWriter<StdoutLock<'static>>,
    form: Form,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    accounts: u64,
    enrolled: u64,
    main_password: u64,
    ready: u64,
}

impl Writer {
    pub(super) fn begin(form: Form) -> Result<Self, Failure> {
        let to = BufWriter::new(std::io::stdout().lock());
        let mut writer = Self { to, form, tally: Tally::default() };
        match form {
            Form::Json => writer.write("{\"accounts\":[")?,
            Form::Text => writer.write(&line(&HEADINGS.map(ToOwned::to_owned)))?,
            Form::Csv => writer.record(&COLUMNS)?,
        }
        Ok(writer)
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<(), Failure> {
        match self.form {
            Form::Json => {
                let comma = if self.tally.accounts == 0 { "\n" } else { ",\n" };
                self.write(comma)?;
                self.write(&row.value().to_string())?;
            }
            Form::Text => self.write(&line(&row.cells()))?,
            Form::Csv => self.record(&row.fields())?,
        }
        self.tally.accounts += 1;
        self.tally.enrolled += u64::from(row.summary.shown.enrolled);
        self.tally.main_password += u64::from(row.main_password().is_some());
        self.tally.ready += u64::from(row.is_ready());
        Ok(())
    }

    pub(super) fn end(mut self, problems: &[String]) -> Result<(), Failure> {
        let Tally { accounts, enrolled, main_password, ready } = self.tally;
        match self.form {
            Form::Json => {
                let summary = json!({
                    "accounts": accounts, "enrolled": enrolled, "main_password_on_mail": main_password, "ready": ready,
                });
                let (problems, version) = (Value::from(problems), JSON_VERSION);
                self.write(&format!(
                    "\n],\n\"problems\":{problems},\n\"summary\":{summary},\n\"version\":{version}}}\n"
                ))?;
            }
            Form::Text => {
                let accounts = counted(accounts, "account", "accounts");
                let ready = counted(ready, "is", "are");
                self.write(&format!(
                    "{accounts}, {enrolled} enrolled; the main password opened mail for {main_password}; {ready} ready for app passwords alone\n"
                ))?;
            }
            // Totals below the table would be read as a row of it.
            Form::Csv => {}
        }
        self.to.flush().map_err(|error| Failure::of_output(&error))
    }

    fn record<T: AsRef<[u8]>>(&mut self, fields: &[T]) -> Result<(), Failure> {
        let mut line = csv::Writer::from_writer(Vec::new());
        line.write_record(fields).map_err(Failure::system)?;
        let line = line.into_inner().map_err(Failure::system)?;
        self.to.write_all(&line).map_err(|error| Failure::of_output(&error))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.to.write_all(text.as_bytes()).map_err(|error| Failure::of_output(&error))
    }
}

/// Columns of a fixed width, as the rows to come are unknown. Longer values are shown in full.
fn line(cells: &[String; 6]) -> String {
    let [name, standing, factors, second_step, app_passwords, main_password] = cells;
    format!(
        "{name:<24}  {standing:<8}  {factors:<16}  {second_step:<44}  {app_passwords:<52}  {main_password}\n"
    )
}

const HEADINGS: [&str; 6] =
    ["NAME", "STANDING", "FACTORS", "LAST CODE", "APP PASSWORDS", "MAIN PASSWORD ON MAIL"];
