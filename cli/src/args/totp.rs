use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum TotpCommand {
    /// Bind an authenticator app or token to an account, or to many by --from
    ///
    /// Shows the key as a QR code and as text, asks for a code of the app at the terminal, and binds it once one is right;
    /// that code is spent. With the first factor the account is enrolled: its main password may no longer open mail.
    ///
    /// With --from it binds one to each account of a table, unproved, and writes the keys to --result. A line there stands on
    /// the disk before its account is changed, so that nothing is lost whenever it is cut off; the same command again goes on
    /// where it was, and tries those again that failed. What has the state "bound" counts.
    Enrol(Box<Enrol>),
}

/// What to bind, to whom, and where to show it.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub(crate) struct Enrol {
    /// The account's name or one of its addresses
    #[arg(group = "whom")]
    pub(crate) name: Option<String>,
    /// What its owner knows it by; without one "authenticator", with a number from the second on
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// The hash function; without it sha1, or what an otpauth URI says. Few apps know another
    #[arg(long, value_parser = PossibleValuesParser::new(["sha1", "sha256", "sha512"]))]
    pub(crate) algorithm: Option<String>,
    /// The length of a code, 6 or 8; without it 6, or what an otpauth URI says
    #[arg(long, value_name = "NUMBER")]
    pub(crate) digits: Option<u8>,
    /// How long a code is shown, 30 or 60 seconds; without it 30, or what an otpauth URI says
    #[arg(long, value_name = "SECONDS")]
    pub(crate) period: Option<u64>,
    /// Bind it in the place of this factor, in one step
    #[arg(long, value_name = "ID", conflicts_with = "from")]
    pub(crate) replace: Option<String>,
    /// Read the seed from the first line of standard input, in base32 or as an otpauth://totp URI: that of a hardware token,
    /// or of another system
    #[arg(long, conflicts_with = "from")]
    pub(crate) seed_stdin: bool,
    /// Write the QR code to this new file as SVG, in the place of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) svg: Option<PathBuf>,
    /// Write the QR code to this new file as PNG, in the place of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) png: Option<PathBuf>,
    /// Print the otpauth URI alone, in the place of the QR code
    #[arg(long, conflicts_with = "from")]
    pub(crate) uri: bool,
    /// Bind it at once, without a code: for a token, or a QR code that goes to somebody else
    #[arg(long)]
    pub(crate) unproved: bool,
    /// A table (CSV) of accounts; its first line names its columns: name, and if wanted label and seed (base32, or an otpauth://totp URI)
    #[arg(long, value_name = "FILE", group = "whom", requires = "result")]
    pub(crate) from: Option<PathBuf>,
    /// Where --from writes a line (CSV) for each account: a new file that only its owner may read, or that of the same
    /// command before
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) result: Option<PathBuf>,
    /// With --from, bind one more to accounts that have a factor already; without it they fail
    #[arg(long, conflicts_with = "name")]
    pub(crate) add: bool,
    /// With --from, try what can be tried without changing or writing anything, and say what would become of each line
    #[arg(long, conflicts_with = "name")]
    pub(crate) dry_run: bool,
}
