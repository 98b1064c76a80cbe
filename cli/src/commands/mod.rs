mod account;
mod account_text;
mod app_password;
mod bulk;
mod challenge;
mod check;
mod courier;
mod device;
mod export;
mod factor;
mod history;
mod import;
mod init;
mod key;
mod migrate;
mod my;
mod out_of_band;
mod report;
mod schema;
mod session;
mod status;
mod totp;

use crate::args::{Args, Command, SchemaCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Runs a command.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = Output::new(args.json);
    match args.command {
        Command::Init => init::run(&args.config, output),
        Command::Check { account, root, quiet } => {
            let wanted = check::CheckOptions { root: &root, sample: account.as_deref(), is_quiet: quiet };
            Box::pin(check::run(&args.config, &wanted, output)).await
        }
        Command::Courier(command) => courier::run(&args.config, command, output).await,
        Command::Status => status::run(&args.config, output),
        Command::Schema(SchemaCommand::Print { form }) => schema::print(&args.config, form, output),
        Command::Account(command) => Box::pin(account::run(&args.config, command, output)).await,
        Command::Totp(command) => totp::run(&args.config, command, output).await,
        Command::Phone(command) => out_of_band::phone(&Site::open(&args.config)?, command, output).await,
        Command::Email(command) => out_of_band::email(&Site::open(&args.config)?, command, output).await,
        Command::Sms(command) => out_of_band::sms(&Site::open(&args.config)?, command, output).await,
        Command::Challenge(command) => challenge::run(&Site::open(&args.config)?, command, output).await,
        Command::Factor(command) => factor::run(&Site::open(&args.config)?, command, output).await,
        Command::Recovery(command) => factor::recovery(&Site::open(&args.config)?, command, output).await,
        Command::Device(command) => device::run(&Site::open(&args.config)?, command, output).await,
        Command::Session(command) => session::run(&Site::open(&args.config)?, command, output).await,
        Command::History { name } => history::run(&Site::open(&args.config)?, &name, output).await,
        Command::Import(wanted) => Box::pin(import::run(&args.config, &wanted, output)).await,
        Command::Export { name } => Box::pin(export::run(&Site::open(&args.config)?, &name, output)).await,
        Command::Migrate(wanted) => Box::pin(migrate::run(&args.config, &wanted, output)).await,
        Command::Key(command) => key::run(&args.config, command, output).await,
        Command::Report { csv: true, .. } if args.json => {
            Err(Failure::usage("give --csv or --json, not both"))
        }
        Command::Report { unenrolled, ready, main_password, since, csv } => {
            let wanted = report::Wanted { unenrolled, ready, main_password, since, csv };
            report::run(&Site::open(&args.config)?, &wanted, output).await
        }
        Command::My(my) => my::run(&my, output),
        Command::AppPassword(command) => Box::pin(app_password::run(&args.config, command, output)).await,
    }
}
