//! `postern totp`: binds authenticator apps and tokens, one or many.

mod bulk;
mod one;
mod shape;

use std::path::Path;

use crate::args::TotpCommand;
use crate::failure::Failure;
use crate::output::Output;
use shape::WantedShape;

/// Runs a verb. It opens the site itself, after the files of the calling user, which are opened before root is given
/// up.
pub(crate) async fn run(config: &Path, command: TotpCommand, output: Output) -> Result<(), Failure> {
    let TotpCommand::Enrol(wanted) = command;
    let shape = WantedShape::of(&wanted)?;
    match (&wanted.from, &wanted.results, &wanted.name) {
        (Some(from), Some(result), _) => bulk::run(config, &wanted, shape, (from, result), output).await,
        (_, _, Some(name)) => one::run(config, &wanted, shape, name, output).await,
        (..) => Err(Failure::usage("give a name, or --from and --results")),
    }
}
