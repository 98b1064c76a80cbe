mod account;
mod app_password;
mod check;
mod init;
mod schema;
mod status;

use crate::args::{Args, Command, SchemaCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Does what was asked.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = Output::new(args.json);
    match args.command {
        Command::Init => init::run(&args.config, output),
        Command::Check { account } => check::run(&args.config, account.as_deref(), output).await,
        Command::Status => status::run(&args.config, output),
        Command::Schema(SchemaCommand::Print { form }) => schema::print(&args.config, form, output),
        Command::Account(command) => account::run(&Site::open(&args.config)?, command, output).await,
        Command::AppPassword(command) => app_password::run(&Site::open(&args.config)?, command, output).await,
    }
}
