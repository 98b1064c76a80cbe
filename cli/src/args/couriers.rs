use clap::{ArgGroup, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum CourierCommand {
    /// Send the message that users get, with the code 000000, which opens nothing
    #[command(group = ArgGroup::new("to").required(true))]
    Test {
        /// To this mailbox
        #[arg(long, value_name = "ADDRESS", group = "to")]
        email: Option<String>,
        /// To this telephone, with its country code
        #[arg(long, value_name = "NUMBER", group = "to")]
        sms: Option<String>,
        /// In this language: en or zh-CN; by default the configuration's
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
    },
}
