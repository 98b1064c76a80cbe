use std::path::Path;

use postern_core::config::DirectoryKind;

use crate::args::SchemaForm;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::privileges;
use crate::schema::{self, Rights};

/// Prints one form. If no configuration names an LDAP directory yet, it uses the names of the manual's example.
pub(crate) fn print(path: &Path, form: SchemaForm, output: Output) -> Result<(), Failure> {
    let text = schema::text(form, &rights(path, form)?)?;
    output.print(&text, "schema", &text)
}

fn rights(path: &Path, form: SchemaForm) -> Result<Rights, Failure> {
    if !form.names_the_site() {
        return Rights::example();
    }
    privileges::refuse_others(path)?;
    let is_there =
        path.try_exists().map_err(|error| Failure::config(format!("{}: {error}", path.display())))?;
    let config = if is_there { Some(privileges::load_config(path)?) } else { None };
    let why = match &config {
        Some(config) if matches!(config.directory, DirectoryKind::Ldap(_)) => return Rights::of(config),
        Some(_) => "names no LDAP directory (directory.kind)",
        None => "does not exist",
    };
    failure::warn(format!(
        "{} {why}; the names below are those of an example, so put your own in their place",
        path.display()
    ));
    Rights::example()
}
