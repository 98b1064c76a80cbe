//! Binding authenticator apps and tokens, one or many.

mod bulk;
mod one;

use std::path::Path;

use postern_core::factor::{Algorithm, NewTotp, TotpShape};
use postern_core::flows::NewFactor;

use crate::args::{Enrol, TotpCommand};
use crate::failure::Failure;
use crate::output::Output;

/// Does what was asked. It opens the site itself: files of whoever calls are opened before root is given up.
pub(crate) async fn run(config: &Path, command: TotpCommand, output: Output) -> Result<(), Failure> {
    let TotpCommand::Enrol(wanted) = command;
    let shape = shape(&wanted)?;
    match (&wanted.from, &wanted.result, &wanted.name) {
        (Some(from), Some(result), _) => bulk::run(config, &wanted, shape, (from, result), output).await,
        (_, _, Some(name)) => one::run(config, &wanted, shape, name, output).await,
        (..) => Err(Failure::usage("give a name, or --from and --result")),
    }
}

fn shape(wanted: &Enrol) -> Result<TotpShape, Failure> {
    let algorithm = match wanted.algorithm.as_str() {
        "sha256" => Algorithm::Sha256,
        "sha512" => Algorithm::Sha512,
        _ => Algorithm::Sha1,
    };
    TotpShape::new(algorithm, wanted.digits, wanted.period).map_err(Failure::usage)
}

/// The app that a new factor is; every one of these commands is.
fn app(new: &NewFactor) -> Result<&NewTotp, Failure> {
    new.totp().ok_or_else(|| Failure::data("the new factor is no app"))
}
