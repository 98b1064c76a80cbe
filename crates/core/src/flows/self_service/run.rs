use std::collections::BTreeMap;

use crate::account::Account;
use crate::checks::sessions;
use crate::checks::sessions::CurrentSession;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::{Known, LocalizedConversation};
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::limits::Source;
use crate::policy::Class;
use crate::verdict::{Accepted, Verdict};

use super::request::{SelfServiceActor, SelfServiceFlow, SelfServiceRequest};
use super::session::SelfService;

/// Does what a person wants with their own account: a user of this host with the one that has their name and uid, a browser with that
/// of its session.
///
/// Lists are free; every change asks for the main password and, where a factor is bound, for a code, unless a browser's session has a
/// proof that is fresh.
pub async fn self_service(
    engine: &Engine,
    request: &SelfServiceRequest<'_>,
    person: &mut dyn Conversation,
) -> Outcome {
    let mut person = LocalizedConversation::new(person, request.language, engine.language);
    person.is_at_terminal();
    if request.language.is_some() && matches!(request.actor, SelfServiceActor::Browser { .. }) {
        person.is_on_page();
    }
    let host_source;
    let (actor, source, names) = match request.actor {
        SelfServiceActor::UnixUser { name, uid } => {
            person.knows(Known::Name, name.as_str());
            host_source = Source::of_user(uid);
            (Actor::UnixUser { uid }, &host_source, Class::Login)
        }
        // Until its session is known.
        SelfServiceActor::Browser { source, .. } => (Actor::Claimant, source, Class::Mail),
    };
    let mut exchange = Exchange::new(engine, actor, source, person);
    exchange.names = names;
    let own = SelfService { exchange: &mut exchange, request, session: None, bound: None };
    let decided = own.run().await;
    exchange.end(decided)
}

impl SelfService<'_, '_> {
    async fn run(mut self) -> Result<Verdict, Stop> {
        let account = match self.request.actor {
            SelfServiceActor::UnixUser { name, uid } => {
                self.prepare().await?;
                self.account_of_user(name, uid).await?
            }
            SelfServiceActor::Browser { token, address, .. } => {
                let session = CurrentSession::open(self.exchange, token).await?;
                let account = session.account().clone();
                self.exchange.actor = Actor::WebSession { id: session.id(), address };
                self.exchange.person.knows(Known::Name, &account.name);
                self.session = Some(session);
                self.prepare().await?;
                account
            }
        };
        self.exchange.person.speak_to(&account);
        let done = self.serve(&account).await;
        if self.request.flow.ends_sessions() && self.exchange.person.is_changed() {
            self.end_other_sessions(&account).await;
        }
        done?;
        Ok(Verdict::Accept(Accepted { user: account.name, userdb: BTreeMap::new(), proof: None }))
    }

    async fn prepare(&mut self) -> Result<(), Stop> {
        self.refuse_unknown_arguments().await?;
        let screen = self.screen().await?;
        self.exchange.person.sees_on(screen);
        Ok(())
    }

    async fn serve(&mut self, account: &Account) -> Result<(), Stop> {
        match self.request.flow {
            SelfServiceFlow::Factors => self.list_factors(account).await,
            SelfServiceFlow::Enrol => self.enrol(account).await,
            SelfServiceFlow::Remove => self.remove(account).await,
            SelfServiceFlow::Replace => self.replace(account).await,
            SelfServiceFlow::RecoveryCodes => self.recovery_codes(account).await,
            SelfServiceFlow::AppPasswordCreate => self.create_app_password(account).await,
            SelfServiceFlow::AppPasswordList => self.list_app_passwords(account).await,
            SelfServiceFlow::AppPasswordRegenerate => self.regenerate_app_passwords(account).await,
            SelfServiceFlow::AppPasswordRevoke => self.revoke_app_passwords(account).await,
            SelfServiceFlow::DeviceList => self.list_devices(account).await,
            SelfServiceFlow::DeviceRevoke => self.revoke_devices(account).await,
            SelfServiceFlow::ChallengeList => self.list_challenges(account).await,
            SelfServiceFlow::ChallengeDeny => self.deny_challenges(account).await,
            SelfServiceFlow::History => self.list_logins(account).await,
            SelfServiceFlow::GrantApplication => self.grant_application().await,
            SelfServiceFlow::SessionCheck => self.check_session().await,
            SelfServiceFlow::SessionList => self.list_sessions(account).await,
            SelfServiceFlow::SessionEnd => self.end_session(account).await,
        }
    }

    /// A change that ends sessions was made: that of the browser which made it stays, as its person has just proved who they are.
    async fn end_other_sessions(&mut self, account: &Account) {
        let bound = self.bound.map(Credential::Factor);
        if let Some(session) = &mut self.session
            && session.survives(self.exchange, bound).await.is_err()
        {
            self.session = None;
        }
        sessions::drop_others(self.exchange, &account.id, self.session.as_ref()).await;
    }
}
