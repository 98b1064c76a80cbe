use std::net::IpAddr;

use crate::account::{Account, AccountId, Freshness, Standing};
use crate::app_password::{AppPassword, Candidate, LiveAppPassword};
use crate::clock::Timestamp;
use crate::conversation::{Conversation, Echo};
use crate::engine::Engine;
use crate::hashing::{Purpose, Remembered};
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, Credential, History, Settlement, Use};
use crate::limits::Source;
use crate::name::LoginName;
use crate::policy::{AccountPolicy, Class, EffectiveMail, MailService, ServiceKind};
use crate::secret::Password;
use crate::verdict::{Accepted, Reason, Verdict};

use super::guard;
use super::in_flight::Checked;
use super::login::Visit;
use super::outcome::{Outage, Outcome, Trail};

/// Decides a login to a mail service: an app password, or the main password where policy permits it.
///
/// App passwords are looked at first, so that a revoked one never reaches the directory's own lockout. It costs one
/// argon2id at most, and none for an app password that is unknown, revoked, expired, out of scope or out of network.
///
/// Where the front door has no secret yet, it is asked for once and nothing else is.
pub(super) async fn login(engine: &Engine, visit: &Visit<'_>, person: &mut dyn Conversation) -> Outcome {
    let asked = match visit.secret {
        Some(_) => None,
        None => match ask_for_secret(person).await {
            Ok(secret) => Some(secret),
            Err(verdict) => return Outcome { verdict, trail: Trail::default() },
        },
    };
    let Some(password) = visit.secret.or(asked.as_ref()) else {
        return Outcome { verdict: Verdict::Reject(Reason::BadCredential), trail: Trail::default() };
    };
    let login = Login { service: visit.service, name: visit.name, password, address: visit.address };
    let mut attempt = Decision {
        engine,
        login: &login,
        source: Source::of(login.address),
        now: engine.clock.now(),
        trail: Trail::default(),
    };
    let decided = attempt.decide().await;
    Outcome::of(decided, attempt.trail)
}

async fn ask_for_secret(person: &mut dyn Conversation) -> Result<Password, Verdict> {
    // A program answers it, in whatever language.
    let answer = person.ask(Echo::Off, "Password: ").await;
    let answer = answer.map_err(|_| Verdict::Reject(Reason::Cancelled))?;
    Password::new(answer.expose().to_owned()).map_err(|_| Verdict::Reject(Reason::BadCredential))
}

struct Login<'a> {
    service: &'a str,
    name: &'a LoginName,
    password: &'a Password,
    address: Option<IpAddr>,
}

struct Decision<'a> {
    engine: &'a Engine,
    login: &'a Login<'a>,
    source: Source,
    now: Timestamp,
    trail: Trail,
}

impl Decision<'_> {
    async fn decide(&mut self) -> Result<Verdict, Outage> {
        let engine = self.engine;
        let Some((service, mail)) =
            engine.services.get(self.login.service).and_then(|service| match &service.kind {
                ServiceKind::Mail(mail) => Some((service, mail)),
                ServiceKind::Login(_) => None,
            })
        else {
            self.trail.detail = Some("the service is not configured");
            return Ok(Verdict::Reject(Reason::NotPermitted));
        };
        let policy = |account| EffectiveMail::of(&engine.policy, service.observe, mail, account);
        let Some(account) = engine.directory.find(self.login.name, Class::Mail).await? else {
            return self.refuse_stranger(policy(AccountPolicy::default()), Reason::UnknownAccount).await;
        };
        self.trail.account = Some(account.id.clone());
        match account.standing {
            Standing::Active => {}
            Standing::Disabled => {
                return self.refuse_stranger(policy(AccountPolicy::default()), Reason::Disabled).await;
            }
            Standing::Expired => {
                return self.refuse_stranger(policy(AccountPolicy::default()), Reason::Expired).await;
            }
        }
        if let Some(candidate) = Candidate::parse(self.login.password.expose())
            && let Some(stored) = account.data.app_password(candidate.selector())
        {
            return self.by_app_password(mail, &account, stored, &candidate).await;
        }
        self.by_main_password(policy(account.data.policy), &account).await
    }

    async fn by_app_password(
        &mut self,
        service: &MailService,
        account: &Account,
        stored: &AppPassword,
        candidate: &Candidate,
    ) -> Result<Verdict, Outage> {
        self.trail.credential = Some(Credential::AppPassword(stored.id()));
        let live = match stored {
            AppPassword::Live(live) => live,
            AppPassword::Revoked(_) => {
                self.trail.detail = Some("the app password is revoked");
                return Ok(Verdict::Reject(Reason::BadCredential));
            }
        };
        if live.is_expired(self.now) {
            return Ok(Verdict::Reject(Reason::Expired));
        }
        if !live.scope.opens(service.scope) {
            return Ok(Verdict::Reject(Reason::Scope));
        }
        if !live.networks.admit(self.login.address) {
            return Ok(Verdict::Reject(Reason::Network));
        }
        if self.matches(account, live, candidate).await? {
            self.accept(account, Credential::AppPassword(live.id)).await
        } else {
            Ok(Verdict::Reject(Reason::BadCredential))
        }
    }

    /// A right app password is never throttled, so the limits are only fed here, not asked.
    async fn matches(
        &mut self,
        account: &Account,
        live: &LiveAppPassword,
        candidate: &Candidate,
    ) -> Result<bool, Outage> {
        let memory = &self.engine.memory;
        match memory.verified.recall(&live.hash, candidate.secret()) {
            Remembered::Right => return Ok(true),
            Remembered::Wrong => return Ok(false),
            Remembered::Nothing => {}
        }
        let digest = self.digest(&account.id, live.hash.as_str());
        let check = self.check_app_password(account, live, candidate, digest);
        Ok(memory.in_flight.once(digest, check).await? == Checked::Right)
    }

    async fn check_app_password(
        &mut self,
        account: &Account,
        live: &LiveAppPassword,
        candidate: &Candidate,
        digest: Digest,
    ) -> Result<Checked, Outage> {
        let memory = &self.engine.memory;
        let history = guard::history(self.engine, &account.id, &self.source, self.now, &mut self.trail).await;
        let lane = history.lane_for_app_password();
        let right = memory.hasher.verify(&live.hash, candidate.secret(), Purpose::AppPassword, lane).await?;
        memory.verified.remember(&live.hash, candidate.secret(), right);
        if right {
            return Ok(Checked::Right);
        }
        let source = self.source.clone();
        let attempt = Attempt { account: &account.id, source: &source, digest, at: self.now };
        if guard::admit(self.engine, &attempt, &mut self.trail).await == Admission::Proceed {
            guard::settle(self.engine, &attempt, Settlement::Wrong, &mut self.trail).await;
        }
        Ok(Checked::Wrong)
    }

    async fn by_main_password(
        &mut self,
        policy: EffectiveMail,
        account: &Account,
    ) -> Result<Verdict, Outage> {
        self.trail.credential = Some(Credential::MainPassword);
        if account.freshness == Freshness::Stale {
            return Err(Outage::Stale);
        }
        if !policy.main_password_on_mail.permits(account.data.is_enrolled()) {
            if !policy.observe {
                return Ok(Verdict::Reject(Reason::UseAppPassword));
            }
            self.trail.observed = Some(Reason::UseAppPassword);
        }
        let digest = self.digest(&account.id, &account.password_marker);
        let question = self.question(digest);
        let engine = self.engine;
        match engine.memory.in_flight.once(question, self.check_main_password(account, digest)).await? {
            Checked::Right => self.accept(account, Credential::MainPassword).await,
            Checked::Wrong => Ok(Verdict::Reject(Reason::BadCredential)),
            Checked::KnownWrong => {
                self.trail.detail = Some("the same secret was wrong before");
                Ok(Verdict::Reject(Reason::BadCredential))
            }
            Checked::Limited => Ok(Verdict::Reject(Reason::Limited)),
        }
    }

    async fn check_main_password(&mut self, account: &Account, digest: Digest) -> Result<Checked, Outage> {
        let source = self.source.clone();
        let attempt = Attempt { account: &account.id, source: &source, digest, at: self.now };
        match guard::admit(self.engine, &attempt, &mut self.trail).await {
            Admission::Proceed => {}
            Admission::KnownWrong => return Ok(Checked::KnownWrong),
            Admission::Limited => return Ok(Checked::Limited),
        }
        let history = guard::history(self.engine, &account.id, &source, self.now, &mut self.trail).await;
        let lane = history.lane_for_main_password();
        let checked =
            self.engine.directory.check_main_password(Some(account), self.login.password, lane).await;
        let settlement = if matches!(checked, Ok(false)) { Settlement::Wrong } else { Settlement::Withdrawn };
        guard::settle(self.engine, &attempt, settlement, &mut self.trail).await;
        Ok(if checked? { Checked::Right } else { Checked::Wrong })
    }

    /// Refuses a login that no secret could open, after the work that a wrong main password would have cost, so that
    /// the time it takes does not tell who exists. Counted in this process alone: strangers fill no ledger.
    async fn refuse_stranger(&mut self, policy: EffectiveMail, reason: Reason) -> Result<Verdict, Outage> {
        if policy.main_password_on_mail.permits(false) || policy.observe {
            let name = self.engine.keyring.digest("stranger", &[self.login.name.as_str().as_bytes()]);
            let id = AccountId::new(format!("stranger:{}", u128::from_be_bytes(name)));
            let digest = self.digest(&id, "");
            let check = self.check_stranger(&id, digest);
            self.engine.memory.in_flight.once(self.question(digest), check).await?;
        }
        Ok(Verdict::Reject(reason))
    }

    async fn check_stranger(&self, id: &AccountId, digest: Digest) -> Result<Checked, Outage> {
        let attempt = Attempt { account: id, source: &self.source, digest, at: self.now };
        let attempts = &self.engine.memory.strangers;
        if attempts.admit(&attempt, &self.engine.limits.attempts) == Admission::Proceed {
            let lane = History::default().lane_for_main_password();
            // Done for the time that it takes. What comes out changes nothing, not even that it was not done.
            drop(self.engine.directory.check_main_password(None, self.login.password, lane).await);
            attempts.settle(&attempt, Settlement::Wrong);
        }
        Ok(Checked::Wrong)
    }

    async fn accept(&mut self, account: &Account, credential: Credential) -> Result<Verdict, Outage> {
        let userdb = self.engine.userdb.fill(account)?;
        let noted = &self.engine.memory.noted;
        let key = (account.id.clone(), credential, self.source.clone());
        if !noted.is_recent(&key, self.now) {
            let used = Use {
                credential,
                at: self.now,
                service: self.login.service.to_owned(),
                address: self.login.address,
            };
            match self.engine.ledger.note_use(&account.id, &used).await {
                Ok(()) => noted.set(key, self.now),
                Err(_) => self.trail.is_ledger_down = true,
            }
        }
        Ok(Verdict::Accept(Accepted { user: account.name.clone(), userdb, proof: None }))
    }

    /// What tells a check that counts for this source alone from all others.
    fn question(&self, attempt: Digest) -> Digest {
        self.engine.keyring.digest("check", &[self.source.as_str().as_bytes(), &attempt])
    }

    fn digest(&self, account: &AccountId, marker: &str) -> Digest {
        let parts = [account.as_str().as_bytes(), marker.as_bytes(), self.login.password.expose().as_bytes()];
        self.engine.keyring.digest("attempt", &parts)
    }
}
