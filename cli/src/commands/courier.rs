use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use postern_core::courier::{Destination, Message};
use postern_core::deed::{Advice, DeedText};
use postern_core::factor::{EmailAddress, PhoneNumber};
use postern_core::words::Phrase;
use serde::Serialize;

use crate::args::CourierCommand;
use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;

/// Sends a test message to a person as posternd would.
pub(crate) async fn run(path: &Path, command: CourierCommand, output: Output) -> Result<(), Failure> {
    let CourierCommand::Test { email, sms, language } = command;
    let config = privileges::load_config(path)?;
    let language = language.map_or(Ok(config.language), |language| read(&language))?;
    let email: Option<EmailAddress> = email.as_deref().map(read).transpose()?;
    let number: Option<PhoneNumber> = sms.as_deref().map(read).transpose()?;
    let (to, name) = match (&email, &number) {
        (Some(address), _) => (Destination::Email(address), address.as_str()),
        (None, Some(number)) => (Destination::Sms(number), number.as_str()),
        (None, None) => return Err(Failure::usage("give --email or --sms")),
    };
    let courier = postern_courier::open(&config).map_err(Failure::config)?;
    let deed = DeedText {
        what: language.say(&Phrase::DeedTest {}),
        place: config.host_title.clone().unwrap_or_else(postern_courier::host_name),
        advice: Advice::AskAdministrator,
    };
    let message = Message::Code { code: "000000", minutes: 5, account: "test", deed: &deed };
    courier.send(&to, language, &message).await?;
    let sent = Sent { to: name, language: language.as_str() };
    output.print(&format!("sent to {name}; whether it arrives is for you to see\n"), "courier", &sent)
}

#[derive(Debug, Serialize)]
struct Sent<'a> {
    to: &'a str,
    language: &'static str,
}

fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::data(format!("\"{text}\": {error}")))
}
