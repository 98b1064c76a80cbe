use crate::account::{Account, AccountId};
use crate::account_status::{AccountUse, UnusableAccount};
use crate::app_password::{AppPassword, Candidate, LiveAppPassword};
use crate::checks::application_keys;
use crate::checks::attempts;
use crate::checks::in_flight::{SecretCheck, WRONG_BEFORE};
use crate::checks::main_password::{MainPasswordCheck, attempt_digest};
use crate::checks::sessions;
use crate::checks::typed_codes::{self, CodeCheck, CodeCheckContext, Typed};
use crate::clock::Timestamp;
use crate::combined_secret;
use crate::conversation::{Conversation, Echo};
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::details::EMPTY_ANSWER;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outage::Outage;
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::exchange::trail::FirstFactorCheck;
use crate::factor::CodeText;
use crate::hashing::{Purpose, Remembered};
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, Credential, Settlement};
use crate::login_event::UsedCredential;
use crate::policy::{AccountPolicy, Class, EffectiveMail, MailService};
use crate::secret::Offered;
use crate::session::SessionMailPassword;
use crate::turns::{Stranger, Waiver};
use crate::verdict::{Accepted, Reason, Verdict};
use crate::words::{Language, Phrase};

use super::last_use;
use super::login_request::LoginRequest;

/// Decides a login to a mail service: an app password, or the main password where policy permits it.
///
/// App passwords are looked at first, so that a revoked one never reaches the directory's own lockout. It costs one
/// argon2id at most, and none for an app password that is unknown, revoked, expired, out of scope or out of network.
///
/// Where the front door has no secret yet, it is asked for once and nothing else is.
pub(crate) async fn login(
    engine: &Engine,
    request: &LoginRequest<'_>,
    service: &MailService,
    observe: Option<bool>,
    person: &mut dyn Conversation,
) -> Outcome {
    // A program answers, so the language does not matter.
    let person = LocalizedConversation::new(person, None, Language::English);
    let origin = request.origin();
    let mut exchange = Exchange::new(engine, Actor::Claimant, request.source, person).at_origin(origin);
    let asked = match request.secret {
        Some(_) => None,
        None => match ask_for_secret(&mut exchange).await {
            Ok(secret) => Some(secret),
            Err(stop) => return exchange.end(Err::<Verdict, _>(stop)),
        },
    };
    let decided = match request.secret.or(asked.as_ref()) {
        Some(offered) => {
            let waiver = Waiver::default();
            // Pinned here, or each function that it passes through would hold a copy.
            let login = std::pin::pin!(async {
                let (exchange, now) = (&mut exchange, engine.clock.now());
                MailLogin { exchange, request, service, observe, offered, now, turn: &waiver }.decide().await
            });
            let stranger = || stranger(engine, request);
            engine.caches.mail_gate.pass(visitor(engine, request), stranger, &waiver, login).await
        }
        None => Err(Stop::reject(Reason::BadCredential)),
    };
    exchange.end(decided)
}

/// The name as typed and the source, in one.
fn visitor(engine: &Engine, request: &LoginRequest<'_>) -> Digest {
    let parts = [request.name.as_str().as_bytes(), request.source.as_str().as_bytes()];
    engine.keyring.digest("mail visitor", &parts)
}

fn stranger(engine: &Engine, request: &LoginRequest<'_>) -> Stranger {
    let name = engine.keyring.digest("name of a mail visitor", &[request.name.as_str().as_bytes()]);
    attempts::stranger_to_all(engine, name, request.source)
}

async fn ask_for_secret(exchange: &mut Exchange<'_>) -> Result<Offered, Stop> {
    let answer = exchange.person.ask(Echo::Off, &Phrase::Password {}).await?;
    if answer.expose().is_empty() {
        return Err(Stop::explained(Reason::BadCredential, EMPTY_ANSWER));
    }
    Offered::new(answer.expose().to_owned()).map_err(|_| Stop::reject(Reason::BadCredential))
}

struct MailLogin<'x, 'a> {
    exchange: &'x mut Exchange<'a>,
    request: &'x LoginRequest<'x>,
    service: &'x MailService,
    observe: Option<bool>,
    /// What is to be an app password or a main password.
    offered: &'x Offered,
    now: Timestamp,
    turn: &'x Waiver,
}

impl<'x> MailLogin<'x, '_> {
    async fn decide(&mut self) -> Result<Verdict, Stop> {
        let engine = self.exchange.engine;
        if SessionMailPassword::is_claimed_by(self.offered.expose()) {
            return self.by_session().await;
        }
        let Some(account) = engine.directory.find(self.request.name, Class::Mail).await? else {
            return self.refuse_stranger(Reason::UnknownAccount).await;
        };
        self.exchange.trail.account = Some(account.id.clone());
        match account.usable(AccountUse::AppPassword) {
            Ok(()) => {}
            Err(UnusableAccount::Closed(closed)) => {
                return self.refuse_stranger(closed.reason()).await;
            }
            Err(stale @ UnusableAccount::Stale) => return Err(stale.into()),
        }
        if let Some(candidate) = Candidate::parse(self.offered.expose())
            && let Some(stored) = account.data.app_password(candidate.selector())
        {
            return self.by_app_password(&account, stored, &candidate).await;
        }
        let policy = EffectiveMail::of(&engine.policy, self.observe, self.service, account.data.policy);
        self.by_main_password(policy, &account).await
    }

    /// The password of a web mail, for the session that it has of its user. Nobody guesses it, so it costs no hash and nothing is counted; it
    /// changes nothing, so an open tab keeps no session alive. All of it is in the ledger: without that the login is deferred.
    async fn by_session(&mut self) -> Result<Verdict, Stop> {
        self.exchange.trail.credential = Some(Credential::Session);
        let engine = self.exchange.engine;
        let Some(password) = SessionMailPassword::parse(self.offered.expose()) else {
            return Err(Stop::explained(Reason::BadCredential, NOT_OF_A_SESSION));
        };
        let found = engine.directory.find(self.request.name, Class::Mail).await?;
        self.exchange.trail.account = found.as_ref().map(|account| account.id.clone());
        let usable = found.ok_or_else(|| Stop::reject(Reason::UnknownAccount)).and_then(|account| {
            account.usable(AccountUse::AnyOther)?;
            Ok(account)
        });
        let account = match usable {
            Ok(account) => account,
            // Not to be told apart, by time or while the ledger is down, from one without a session.
            Err(refusal) => {
                sessions::require_ledger(engine, &AccountId::new(String::new())).await?;
                return Err(refusal);
            }
        };
        let opened = application_keys::opened(self.exchange, account, &password).await?;
        if !opened.opens(self.service.scope) {
            return Err(Stop::reject(Reason::Scope));
        }
        if !opened.admits(self.request.peer_address) {
            return Err(Stop::reject(Reason::Network));
        }
        let userdb = engine.userdb.fill(opened.account())?;
        Ok(Verdict::Accept(Accepted { user: opened.account().name.clone(), userdb, proof: None }))
    }

    async fn by_app_password(
        &mut self,
        account: &Account,
        stored: &AppPassword,
        candidate: &Candidate,
    ) -> Result<Verdict, Stop> {
        self.exchange.trail.credential = Some(Credential::AppPassword(stored.id()));
        self.exchange.trail.used = Some(UsedCredential::of_app_password(stored));
        let live = match stored {
            AppPassword::Live(live) => live,
            AppPassword::Revoked(_) => {
                return Err(Stop::explained(Reason::Revoked, "the app password is revoked"));
            }
        };
        if live.is_expired(self.now) {
            return Err(Stop::reject(Reason::Expired));
        }
        if !live.scope.opens(self.service.scope) {
            return Err(Stop::reject(Reason::Scope));
        }
        if !live.networks.admit(self.request.address) {
            return Err(Stop::reject(Reason::Network));
        }
        let checked = self.verify_app_password(account, live, candidate).await?;
        checked.require_right(&mut self.exchange.trail)?;
        self.accept(account, Credential::AppPassword(live.id)).await
    }

    /// A right app password is never throttled, so a wrong one is counted here, but the limits do not decide.
    async fn verify_app_password(
        &mut self,
        account: &Account,
        live: &LiveAppPassword,
        candidate: &Candidate,
    ) -> Result<SecretCheck, Outage> {
        let caches = &self.exchange.engine.caches;
        match caches.verified.recall(&live.hash, candidate.secret()) {
            Remembered::Right => return Ok(SecretCheck::Right),
            Remembered::Wrong => return Ok(SecretCheck::KnownWrong),
            Remembered::Nothing => {}
        }
        // The same one, however it was typed.
        let digest =
            attempt_digest(self.exchange.engine, &account.id, live.hash.as_str(), candidate.expose());
        let check = self.check_app_password(account, live, candidate, digest);
        caches.in_flight.once(digest, check).await
    }

    async fn check_app_password(
        &mut self,
        account: &Account,
        live: &LiveAppPassword,
        candidate: &Candidate,
        digest: Digest,
    ) -> Result<SecretCheck, Outage> {
        let caches = &self.exchange.engine.caches;
        let past = attempts::history(self.exchange, &account.id, self.now).await;
        let stranger = attempts::stranger(self.exchange.engine, &account.id, self.exchange.source);
        let lane = past.lane_for_app_password(stranger);
        let right = caches.hasher.verify(&live.hash, candidate.secret(), Purpose::AppPassword, lane).await?;
        caches.verified.remember(&live.hash, candidate.secret(), right);
        if right {
            return Ok(SecretCheck::Right);
        }
        let attempt = Attempt { account: &account.id, source: self.exchange.source, digest, at: self.now };
        let limits = self.exchange.engine.limits.attempts;
        match attempts::admit(self.exchange, &attempt, &limits, past).await {
            Admission::Proceed => {
                attempts::settle(self.exchange, &attempt, Settlement::Wrong).await;
                Ok(SecretCheck::Wrong)
            }
            Admission::KnownWrong => Ok(SecretCheck::KnownWrong),
            Admission::Limited => Ok(SecretCheck::Wrong),
        }
    }

    async fn by_main_password(&mut self, policy: EffectiveMail, account: &Account) -> Result<Verdict, Stop> {
        self.exchange.trail.credential = Some(Credential::MainPassword);
        account.usable(AccountUse::AnyOther)?;
        if !policy.main_password_on_mail.permits(account.data.is_enrolled()) {
            if policy.combined && account.data.is_enrolled() {
                match self.by_combined_password(account).await {
                    Err(stop) if policy.observe && stop.is_rejection() => {}
                    ended => return ended,
                }
            }
            if !policy.observe {
                // In the time of a wrong one, or that would tell who has a second factor, and so an account.
                self.pretend(self.site_policy()).await?;
                return Err(Stop::reject(Reason::UseAppPassword));
            }
            self.exchange.trail.observed = Some(Reason::UseAppPassword);
        }
        let Some(check) = self.main_password() else {
            self.exchange.trail.credential = None;
            return Err(Stop::explained(Reason::BadCredential, UNREADABLE));
        };
        let checked = self.check_main_password(check, account).await?;
        checked.require_right(&mut self.exchange.trail)?;
        self.accept(account, Credential::MainPassword).await
    }

    /// The main password with a code of an app behind it, in one field: for programs that can ask for nothing more. The code
    /// is looked at only where the rest is the main password.
    async fn by_combined_password(&mut self, account: &Account) -> Result<Verdict, Stop> {
        let mut refusal = Stop::reject(Reason::UseAppPassword);
        for digits in typed_codes::lengths(account) {
            let Some((main, code)) = combined_secret::split(self.offered.expose(), digits) else { continue };
            let check = MainPasswordCheck { password: &main, class: Class::Mail, at: self.now };
            let checked = self.check_main_password(check, account).await?;
            let Err(stop) = checked.require_right(&mut self.exchange.trail) else {
                self.exchange.trail.first_factor = Some(FirstFactorCheck::Proved);
                return self.by_code(account, code).await;
            };
            match checked {
                // A code of another length may be behind the main password.
                SecretCheck::Wrong | SecretCheck::WrongOrLocked | SecretCheck::KnownWrong => refusal = stop,
                SecretCheck::Right
                | SecretCheck::RightButDue
                | SecretCheck::Refused(_)
                | SecretCheck::Limited => return Err(stop),
            }
        }
        Err(refusal)
    }

    /// A mail program sends the same secret again and again. It counts as one wrong code, because it is verified once.
    /// A replayed one counts as well: a program that sends it again has stored it as a password.
    async fn by_code(&mut self, account: &Account, code: CodeText) -> Result<Verdict, Stop> {
        // As a main password it may have been wrong at another door.
        let marker = format!("{} and a code", account.password_marker);
        let digest = attempt_digest(self.exchange.engine, &account.id, &marker, self.offered.expose());
        let attempt = Attempt { account: &account.id, source: self.exchange.source, digest, at: self.now };
        let past = attempts::history(self.exchange, &account.id, self.now).await;
        let limits = self.exchange.engine.limits.attempts;
        match attempts::admit(self.exchange, &attempt, &limits, past).await {
            Admission::Proceed => {}
            Admission::KnownWrong => return Err(Stop::explained(Reason::BadCredential, WRONG_BEFORE)),
            Admission::Limited => return Err(Stop::reject(Reason::Limited)),
        }
        let context = CodeCheckContext { account, is_known: true, purpose: None };
        let checked = typed_codes::check(self.exchange, context, &Typed::Code(code)).await;
        let is_wrong = matches!(checked, Ok(CodeCheck::Wrong | CodeCheck::Replayed));
        let settlement = if is_wrong { Settlement::Wrong } else { Settlement::Withdrawn };
        attempts::settle(self.exchange, &attempt, settlement).await;
        match checked? {
            CodeCheck::Right(credential) => {
                self.exchange.trail.credential = Some(credential);
                self.exchange.trail.used = UsedCredential::of_factor_used(account, credential);
                self.accept(account, credential).await
            }
            CodeCheck::Wrong => Err(Stop::reject(Reason::BadCredential)),
            CodeCheck::Replayed => Err(Stop::reject(Reason::Replayed)),
            CodeCheck::TooEarly { .. } => Err(Outage::ForgottenCodes.into()),
            CodeCheck::Limited { .. } => Err(Stop::reject(Reason::Limited)),
            CodeCheck::Locked => Err(Stop::reject(Reason::Locked)),
            CodeCheck::NotSpent(error) => Err(error.into()),
        }
    }

    /// Refuses a login that no secret could open, in the time that a wrong main password takes.
    async fn refuse_stranger(&self, reason: Reason) -> Result<Verdict, Stop> {
        let refusal = Stop::reject(reason);
        Err(match self.pretend(self.site_policy()).await? {
            Some(SecretCheck::KnownWrong) => refusal.or_detail(WRONG_BEFORE),
            Some(_) | None => refusal,
        })
    }

    /// Takes the time that a wrong main password takes, where such a policy has one of an account without a second factor checked. Input
    /// that cannot be a main password is not checked as one, for any account.
    async fn pretend(&self, policy: EffectiveMail) -> Result<Option<SecretCheck>, Stop> {
        match self.main_password() {
            Some(check) if policy.main_password_on_mail.permits(false) || policy.observe => {
                self.wait_elsewhere();
                Ok(Some(check.pretend(self.exchange, self.request.name).await?))
            }
            Some(_) | None => Ok(None),
        }
    }

    async fn check_main_password(
        &mut self,
        check: MainPasswordCheck<'_>,
        account: &Account,
    ) -> Result<SecretCheck, Outage> {
        self.wait_elsewhere();
        check.check(self.exchange, account).await
    }

    /// Gives the turn up where a main password has its own order to wait in, and so has what pretends to be one: a turn that only a real one
    /// held would tell who exists.
    fn wait_elsewhere(&self) {
        if self.exchange.engine.directory.computes_main_passwords() {
            self.turn.give_up();
        }
    }

    /// The policy for accounts that have none of their own.
    fn site_policy(&self) -> EffectiveMail {
        EffectiveMail::of(&self.exchange.engine.policy, self.observe, self.service, AccountPolicy::default())
    }

    async fn accept(&mut self, account: &Account, credential: Credential) -> Result<Verdict, Stop> {
        let userdb = self.exchange.engine.userdb.fill(account)?;
        last_use::note(self.exchange, self.request, &account.id, credential, self.now).await;
        Ok(Verdict::Accept(Accepted { user: account.name.clone(), userdb, proof: None }))
    }

    /// The check of the offered secret as a main password; `None` if it cannot be one.
    fn main_password(&self) -> Option<MainPasswordCheck<'x>> {
        let password = self.offered.password()?;
        Some(MainPasswordCheck { password, class: Class::Mail, at: self.now })
    }
}

const NOT_OF_A_SESSION: &str = "begins as a session mail password and is none";
const UNREADABLE: &str = "control characters, and no app password of the account";
