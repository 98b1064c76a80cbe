mod command;
mod gateway;
mod placeholders;

use postern_core::config::{SmsCourier, SmsWay};
use postern_core::courier::{CourierError, Message};
use postern_core::factor::PhoneNumber;
use postern_core::sms_rules::SmsRules;
use postern_core::words::Language;

use crate::OpenError;
use crate::wording::{self, Wording};
use command::Command;
use gateway::Gateway;

/// Sends text messages.
#[derive(Debug)]
pub(crate) struct Sms {
    way: Way,
    rules: SmsRules,
    wording: Wording,
}

#[derive(Debug)]
enum Way {
    Gateway(Box<Gateway>),
    Command(Command),
}

impl Sms {
    pub(crate) fn open(config: &SmsCourier) -> Result<Self, OpenError> {
        let way = match &config.way {
            SmsWay::Gateway(gateway) => Way::Gateway(Box::new(Gateway::open(SECTION, gateway)?)),
            SmsWay::Command { program, arguments } => {
                Way::Command(Command::open(SECTION, program, arguments)?)
            }
        };
        let wording = Wording::read(SECTION, config.templates.as_deref(), &[wording::SMS])?
            .signed(config.signature.clone());
        Ok(Self { way, rules: config.rules.clone(), wording })
    }

    pub(crate) fn rules(&self) -> &SmsRules {
        &self.rules
    }

    pub(crate) async fn send(
        &self,
        to: &PhoneNumber,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        if !self.rules.allows(to) {
            let what = "no prefix of allowed_prefixes in [courier.sms] allows this number";
            return Err(CourierError::Refused(what.to_owned()));
        }
        let text = self.wording.sms(language, message).ok_or_else(|| wording::unsupported(message))?;
        match &self.way {
            Way::Gateway(gateway) => gateway.send(to, &text).await,
            Way::Command(command) => command.send(to, &text).await,
        }
    }

    /// Tests it without sending a message: connects to a gateway, checks a command.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        match &self.way {
            Way::Gateway(gateway) => gateway.reach().await,
            // The command was checked when it was opened.
            Way::Command(_) => Ok(()),
        }
    }
}

const SECTION: &str = "courier.sms";
