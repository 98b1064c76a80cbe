use serde_json::json;

use crate::account::Account;
use crate::account_status::{AccountUse, UnusableAccount};
use crate::checks::current_account;
use crate::checks::in_flight::{SecretCheck, WRONG_BEFORE};
use crate::checks::main_password::MainPasswordCheck;
use crate::checks::sessions;
use crate::checks::typed_codes::CodeCheckContext;
use crate::conversation::{Conversation, Echo};
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::details::EMPTY_ANSWER;
use crate::exchange::localized_conversation::{Known, LocalizedConversation};
use crate::exchange::outcome::Outcome;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::exchange::trail::FirstFactorCheck;
use crate::ledger::Credential;
use crate::policy::{Class, EffectiveLogin, ForcedEnrolment, LoginService};
use crate::secret::{Offered, Password};
use crate::verdict::{Reason, Verdict};
use crate::words::Phrase;

use super::enrolment::{self, Place, Wanted};
use super::identity::{self, Identity};
use super::login_device::LoginDevice;
use super::login_request::LoginRequest;
use super::time_limit::TimeLimit;
use super::unusable_password::UnusablePassword;
use super::{recovery_codes, second_step};

/// Decides a login with a dialogue: the first factor, the second where policy wants one, and whether the device is trusted
/// from then on.
pub(crate) async fn login(
    engine: &Engine,
    request: &LoginRequest<'_>,
    service: &LoginService,
    observe: Option<bool>,
    person: &mut dyn Conversation,
) -> Outcome {
    let mut person = LocalizedConversation::new(person, request.language, engine.language);
    person.delivers(request.delivery);
    person.knows(Known::Name, request.name.as_str());
    if let Some(secret) = request.secret {
        person.knows(Known::Password, secret.expose());
    }
    if request.is_at_terminal {
        person.is_at_terminal();
    }
    if service.is_browser && request.language.is_some() {
        person.is_on_page();
    }
    let origin = request.origin();
    let mut exchange = Exchange::new(engine, Actor::Claimant, request.source, person).at_origin(origin);
    if service.is_browser {
        exchange.names = Class::Mail;
    }
    let time = TimeLimit::from_now(engine, request.time_limit);
    let decided =
        InteractiveLogin { exchange: &mut exchange, request, service, observe, time }.decide().await;
    exchange.person.say_last_words().await;
    exchange.end(decided)
}

pub(super) struct InteractiveLogin<'x, 'a> {
    pub(super) exchange: &'x mut Exchange<'a>,
    pub(super) request: &'x LoginRequest<'x>,
    pub(super) service: &'x LoginService,
    pub(super) observe: Option<bool>,
    pub(super) time: TimeLimit,
}

/// How the first factor was proved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstFactor {
    /// By the main password.
    Password,
    /// By a key that the front door has proof of.
    Key,
    /// The PAM stack claims that it was proved, without evidence.
    Hearsay,
}

impl FirstFactor {
    fn is_proved(self) -> bool {
        match self {
            Self::Password | Self::Key => true,
            Self::Hearsay => false,
        }
    }
}

/// The answer to the question for the main password.
enum PasswordAnswer {
    /// It may be the main password.
    Password(Password),
    /// It cannot be a password.
    Unusable(UnusablePassword),
}

impl InteractiveLogin<'_, '_> {
    async fn decide(&mut self) -> Result<Verdict, Stop> {
        let engine = self.exchange.engine;
        if self.service.is_browser && self.request.secret.is_none() {
            return Err(Stop::explained(Reason::BadCredential, EMPTY_ANSWER));
        }
        let identity = if self.service.is_browser {
            identity::identify_mailbox(engine, self.request.name).await?
        } else {
            identity::identify(engine, self.request.name).await?
        };
        let account = match identity {
            Identity::Account(account) => *account,
            Identity::Mismatch(id, mismatch) => {
                self.exchange.trail.account = Some(id);
                let refusal = Stop::explained(Reason::NotPermitted, mismatch.detail());
                return Err(self.refuse_stranger(refusal).await?);
            }
            Identity::Stranger if self.service.ignores_strangers => {
                return Ok(Verdict::Ignore("not in the directory"));
            }
            Identity::Stranger | Identity::NoUser => {
                return Err(self.refuse_stranger(Stop::reject(Reason::UnknownAccount)).await?);
            }
        };
        self.exchange.trail.account = Some(account.id.clone());
        match account.usable(AccountUse::AnyOther) {
            Ok(()) => {}
            Err(UnusableAccount::Closed(closed)) => {
                return Err(self.refuse_stranger(Stop::reject(closed.reason())).await?);
            }
            Err(stale @ UnusableAccount::Stale) => return Err(stale.into()),
        }
        let first = self.first_factor(&account).await?;
        if first.is_proved() {
            self.exchange.trail.first_factor = Some(FirstFactorCheck::Proved);
        }
        let account = current_account::as_of_now(self.exchange, account).await?;
        self.exchange.person.speak_to(&account);
        if self.service.is_browser {
            // Nobody looks for a code in vain.
            sessions::require_ledger(engine, &account.id).await?;
        }
        let policy = EffectiveLogin::of(&engine.policy, self.observe, self.service, account.data.policy);
        if !policy.second_factor.is_needed(account.data.is_enrolled()) {
            return self.without_second_factor(&account).await;
        }
        if policy.observe {
            self.exchange.trail.observed = Some(Reason::NotPermitted);
            return self.without_second_factor(&account).await;
        }
        if !account.data.is_enrolled() {
            return self.enrol(&account, first).await;
        }
        if !account.data.has_factor_to_ask_for() {
            let detail = "the account is marked as enrolled, and has no factor";
            return Err(Stop::explained(Reason::NotPermitted, detail));
        }
        // Where one can be trusted at all.
        let device = LoginDevice::of(self.request, self.service).filter(|_| !policy.trust_device.is_zero());
        if let Some(device) = &device
            && device.is_trusted(self.exchange, &account, policy.trust_device).await?
        {
            return self.accept(&account, Credential::TrustedDevice).await;
        }
        // A copy of the secret of a trusted browser has just ended the trust.
        let account = if self.exchange.trail.is_trust_copied {
            current_account::read_again(self.exchange, &account).await?
        } else {
            account
        };
        let service = self.request.service.name;
        let check =
            CodeCheckContext { account: &account, is_known: first.is_proved(), purpose: Some(service) };
        let days = if device.is_some() { policy.trust_device.as_secs().div_ceil(86_400) } else { 0 };
        if self.service.is_browser && days > 0 {
            // A page offers it beside the question for a code.
            self.exchange.person.record("trust_offer", json!({ "days": days })).await?;
        }
        let context = PromptContext::of_login(self.exchange, service).trusting(days);
        let proved = second_step::prove(self.exchange, check, &context).await?;
        // A recovery code is for the day on which the phone is lost, and must not outlast it on a device.
        if proved.credential == Credential::RecoveryCode {
            // The one that was just used is still in what was read before.
            let count = (account.data.recovery_codes.len() as u64).saturating_sub(1);
            self.exchange.person.tell(&Phrase::RecoveryCodesLeft { count }).await?;
        } else if let Some(device) = &device {
            match proved.trusts {
                Some(true) => self.trust(&account, device, policy.trust_device).await?,
                // "Once" was chosen on the phone, and the user at the prompt cannot override it.
                Some(false) => {}
                None => self.offer_trust(&account, device, policy.trust_device).await?,
            }
        }
        self.accept(&account, proved.credential).await
    }

    /// Asks a stranger the same questions as other users, and returns the refusal after the same time.
    async fn refuse_stranger(&mut self, refusal: Stop) -> Result<Stop, Stop> {
        if self.is_stack() {
            return Ok(refusal);
        }
        let checked = match self.request.secret {
            Some(secret) => match secret.password() {
                Some(password) => self.pretend(password).await?,
                None => self.pretend_for_nothing().await?,
            },
            None => match self.ask_for_password().await {
                Ok(PasswordAnswer::Password(password)) => self.pretend(&password).await?,
                Ok(PasswordAnswer::Unusable(_)) => SecretCheck::Wrong,
                // The log still says what is the matter with the account.
                Err(stop) => {
                    return Err(match refusal.detail() {
                        Some(detail) => stop.or_detail(detail),
                        None => stop,
                    });
                }
            },
        };
        Ok(match checked {
            SecretCheck::KnownWrong => refusal.or_detail(WRONG_BEFORE),
            // The limit also holds for names without an account, or it would tell them apart.
            SecretCheck::Limited => refusal.with_reason(Reason::Limited),
            SecretCheck::Right
            | SecretCheck::RightButDue
            | SecretCheck::Wrong
            | SecretCheck::WrongOrLocked
            | SecretCheck::Refused(_) => refusal,
        })
    }

    async fn first_factor(&mut self, account: &Account) -> Result<FirstFactor, Stop> {
        if !self.is_stack() {
            match self.request.secret {
                Some(secret) => match secret.password() {
                    Some(password) => self.check(account, password).await?,
                    None => {
                        self.pretend_for_nothing().await?;
                        return Err(UnusablePassword::of(secret.expose()).refusal());
                    }
                },
                None => {
                    let password = self.usable_password().await?;
                    self.check(account, &password).await?;
                }
            }
            return Ok(FirstFactor::Password);
        }
        if self.request.device.is_some() {
            return Ok(FirstFactor::Key);
        }
        match self.request.secret.and_then(Offered::password) {
            // What the stack was given may be a password of its own, and then it proves nothing here.
            Some(password) => {
                let check = self.password_check(password);
                let checked = check.check(self.exchange, account).await?;
                let is_right = matches!(checked, SecretCheck::Right | SecretCheck::RightButDue);
                Ok(if is_right { FirstFactor::Password } else { FirstFactor::Hearsay })
            }
            None => Ok(FirstFactor::Hearsay),
        }
    }

    /// Whether something before Postern proved the first factor.
    fn is_stack(&self) -> bool {
        self.service.first.is_stack(self.request.secret.is_some())
    }

    async fn usable_password(&mut self) -> Result<Password, Stop> {
        match self.ask_for_password().await? {
            PasswordAnswer::Password(password) => Ok(password),
            PasswordAnswer::Unusable(unusable) => Err(unusable.refusal()),
        }
    }

    /// An answer that cannot be a password takes as long as a wrong password, each time: sshd sends one for each user whom it will
    /// not let in.
    async fn ask_for_password(&mut self) -> Result<PasswordAnswer, Stop> {
        let answer = self.exchange.person.ask(Echo::Off, &Phrase::Password {}).await?;
        // sshd's junk password has the length of the answer, so this does not reveal which accounts exist.
        if answer.expose().is_empty() {
            return Err(Stop::explained(Reason::Cancelled, EMPTY_ANSWER));
        }
        if let Ok(password) = Password::new(answer.expose().to_owned()) {
            return Ok(PasswordAnswer::Password(password));
        }
        self.pretend_for_nothing().await?;
        Ok(PasswordAnswer::Unusable(UnusablePassword::of(answer.expose())))
    }

    /// Takes as long as a wrong password.
    async fn pretend_for_nothing(&self) -> Result<SecretCheck, Stop> {
        let random = u128::from_be_bytes(self.exchange.engine.draw_bits()?);
        match Password::new(format!("{random:032x}")) {
            Ok(stand_in) => self.pretend(&stand_in).await,
            Err(_) => Ok(SecretCheck::Wrong),
        }
    }

    async fn pretend(&self, password: &Password) -> Result<SecretCheck, Stop> {
        Ok(self.password_check(password).pretend(self.exchange, self.request.name).await?)
    }

    async fn check(&mut self, account: &Account, password: &Password) -> Result<(), Stop> {
        self.exchange.trail.first_factor = Some(FirstFactorCheck::WrongPassword);
        let checked = self.password_check(password).check(self.exchange, account).await?;
        checked.require_right(&mut self.exchange.trail)?;
        self.exchange.trail.first_factor = Some(FirstFactorCheck::Proved);
        Ok(())
    }

    /// Guides a user who needs a second factor and has none through binding one. This takes the main password: a key alone must not
    /// bind the factor that protects against its theft.
    async fn enrol(&mut self, account: &Account, first: FirstFactor) -> Result<Verdict, Stop> {
        // The factor will count at every service, so each has a say.
        let forced = self.exchange.engine.strictest_rule(account.data.policy).forced_enrolment;
        if forced == ForcedEnrolment::Never {
            let stop = Stop::explained(Reason::NotPermitted, "a second factor is needed, and none is bound");
            return Err(self.exchange.explain(&Phrase::EnrolmentRefused {}, stop).await);
        }
        self.exchange.person.tell(&Phrase::EnrolmentNeeded {}).await?;
        self.time.tell(self.exchange).await?;
        if first != FirstFactor::Password {
            let password = self.usable_password().await?;
            self.check(account, &password).await?;
        }
        let mut place = Place::default();
        if forced == ForcedEnrolment::Ticket {
            place.ticket = enrolment::ask_for_ticket(self.exchange, account).await?;
        }
        let bound = enrolment::enrol(self.exchange, account, Wanted::default(), place).await?;
        // The factor stays bound, but a user who is gone is not let in.
        self.exchange.person.is_there()?;
        self.time.require(self.exchange, &Phrase::TimeIsUpBound {}).await?;
        if self.time.suffices_for_recovery_codes(self.exchange.engine) {
            recovery_codes::offer_before_session(self.exchange, account).await?;
            self.exchange.person.is_there()?;
        }
        // Binding it, and recovery codes, have changed the account; somebody else may have done so, too.
        let now = current_account::read_again(self.exchange, account).await?;
        let is_bound = now.data.factors.iter().any(|factor| factor.id == bound.id);
        if !is_bound || now.password_marker != account.password_marker {
            return self.changed_meanwhile().await;
        }
        self.accept(&now, Credential::Factor(bound.id)).await
    }

    async fn without_second_factor(&mut self, account: &Account) -> Result<Verdict, Stop> {
        if self.is_stack() {
            return Ok(Verdict::Ignore("no second factor is needed"));
        }
        self.accept(account, Credential::LoginPassword).await
    }

    fn password_check<'p>(&self, password: &'p Password) -> MainPasswordCheck<'p> {
        MainPasswordCheck { password, class: Class::Login, at: self.exchange.engine.clock.now() }
    }
}
