use std::path::Path;

use postern_core::config::Config;

use crate::args::SchemaForm;
use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;
use crate::schema::{self, Rights};

/// Prints one form. Where there is no configuration yet, what it would name is the manual's example.
pub(crate) fn print(path: &Path, form: SchemaForm, output: Output) -> Result<(), Failure> {
    let text = schema::text(form, &rights(path, form)?);
    output.print(&text, "schema", &text)
}

fn rights(path: &Path, form: SchemaForm) -> Result<Rights, Failure> {
    let is_there =
        || path.try_exists().map_err(|error| Failure::config(format!("{}: {error}", path.display())));
    if !form.names_the_site() || !is_there()? {
        return Rights::example();
    }
    privileges::become_keeper()?;
    Rights::of(&Config::load(path)?)
}
