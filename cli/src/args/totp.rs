use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum TotpCommand {
    /// Bind an authenticator app or token to an account, or to many with --from
    ///
    /// Shows the key as a QR code and as text, asks for a code of the app at the terminal, and binds the app once a code is right.
    /// That code is spent. With its first factor the account is enrolled: its main password may no longer open mail.
    ///
    /// With --from it binds one to each account of a table, without a code, and writes the keys to --results. Each line is on the
    /// disk before its account is changed, so that nothing is lost if the command is interrupted. Run the same command again to
    /// continue, and to retry the failed lines. Lines with the state "bound" are final.
    Enrol(Box<Enrol>),
}

/// The apps to bind, and where to show their keys.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub(crate) struct Enrol {
    /// The account's name or one of its addresses
    #[arg(group = "whom")]
    pub(crate) name: Option<String>,
    /// A name for its owner; by default "Authenticator app" in the account's language, with a number from the second one on
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// The hash function; by default sha1, or that of an otpauth URI. Few apps support others
    #[arg(long, value_parser = PossibleValuesParser::new(["sha1", "sha256", "sha512"]))]
    pub(crate) algorithm: Option<String>,
    /// The length of a code, 6 or 8; by default 6, or that of an otpauth URI
    #[arg(long, value_name = "NUMBER")]
    pub(crate) digits: Option<u8>,
    /// How long a code is shown, 30 or 60 seconds; by default 30, or that of an otpauth URI
    #[arg(long, value_name = "SECONDS")]
    pub(crate) period: Option<u64>,
    /// Replace this factor, in one step
    #[arg(long, value_name = "ID", conflicts_with = "from")]
    pub(crate) replace: Option<String>,
    /// Read the seed from the first line of standard input, in base32 or as an otpauth://totp URI: for a hardware token, or a seed
    /// of another system
    #[arg(long, conflicts_with = "from")]
    pub(crate) seed_stdin: bool,
    /// Write the QR code to this new file as SVG instead of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) svg: Option<PathBuf>,
    /// Write the QR code to this new file as PNG instead of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) png: Option<PathBuf>,
    /// Print only the otpauth URI instead of the QR code
    #[arg(long, conflicts_with = "from")]
    pub(crate) uri: bool,
    /// Bind it at once, without a code: for a token, or a QR code for a user who is not present
    #[arg(long)]
    pub(crate) unproved: bool,
    /// A table (CSV) of accounts; its first line names its columns: name, and optionally label and seed (base32, or an otpauth://totp URI)
    #[arg(long, value_name = "FILE", group = "whom", requires = "results")]
    pub(crate) from: Option<PathBuf>,
    /// The file to which --from writes a line (CSV) for each account: a new file that only its owner may read, or the file of an
    /// earlier run of the same command
    #[arg(long, alias = "result", value_name = "FILE", conflicts_with = "name")]
    pub(crate) results: Option<PathBuf>,
    /// With --from, bind another one to accounts that already have a factor; otherwise they fail
    #[arg(long, conflicts_with = "name")]
    pub(crate) add: bool,
    /// With --from, test everything without changing or writing anything, and print what would happen to each line
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}
