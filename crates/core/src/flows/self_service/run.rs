use std::collections::BTreeMap;

use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::{Known, LocalizedConversation};
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::limits::Source;
use crate::verdict::{Accepted, Verdict};

use super::request::{SelfServiceFlow, SelfServiceRequest};
use super::session::SelfService;

/// Does what a user of this host wants with the account that has their name and uid.
///
/// Lists are free; every change asks for the main password and, where a factor is bound, for a code.
pub async fn self_service(
    engine: &Engine,
    request: &SelfServiceRequest<'_>,
    person: &mut dyn Conversation,
) -> Outcome {
    let mut person = LocalizedConversation::new(person, request.language, engine.language);
    person.knows(Known::Name, request.name.as_str());
    person.is_at_terminal();
    let source = Source::of_user(request.uid);
    let mut exchange = Exchange::new(engine, Actor::UnixUser { uid: request.uid }, &source, person);
    let decided = SelfService { exchange: &mut exchange, request }.run().await;
    exchange.end(decided)
}

impl SelfService<'_, '_> {
    async fn run(&mut self) -> Result<Verdict, Stop> {
        self.refuse_unknown_arguments().await?;
        let screen = self.screen().await?;
        self.exchange.person.sees_on(screen);
        let account = self.account().await?;
        self.exchange.person.speak_to(&account);
        match self.request.flow {
            SelfServiceFlow::Factors => self.list_factors(&account).await?,
            SelfServiceFlow::Enrol => self.enrol(&account).await?,
            SelfServiceFlow::Remove => self.remove(&account).await?,
            SelfServiceFlow::Replace => self.replace(&account).await?,
            SelfServiceFlow::RecoveryCodes => self.recovery_codes(&account).await?,
            SelfServiceFlow::AppPasswordCreate => self.create_app_password(&account).await?,
            SelfServiceFlow::AppPasswordList => self.list_app_passwords(&account).await?,
            SelfServiceFlow::AppPasswordRegenerate => self.regenerate_app_passwords(&account).await?,
            SelfServiceFlow::AppPasswordRevoke => self.revoke_app_passwords(&account).await?,
            SelfServiceFlow::DeviceList => self.list_devices(&account).await?,
            SelfServiceFlow::DeviceRevoke => self.revoke_devices(&account).await?,
            SelfServiceFlow::ChallengeList => self.list_challenges(&account).await?,
            SelfServiceFlow::ChallengeDeny => self.deny_challenges(&account).await?,
        }
        Ok(Verdict::Accept(Accepted { user: account.name, userdb: BTreeMap::new(), proof: None }))
    }
}
