use std::net::IpAddr;
use std::time::Duration;

use crate::account::{Account, Freshness};
use crate::changes::notices;
use crate::changes::notices::ChangedBy;
use crate::checks::current_account;
use crate::checks::in_flight::Checked;
use crate::checks::main_password::Given;
use crate::checks::main_password::WRONG_BEFORE;
use crate::checks::trusted_devices;
use crate::checks::typed_codes::Asked;
use crate::conversation::{Conversation, Echo};
use crate::device::Device;
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::outage::Outage;
use crate::exchange::outcome::Outcome;
use crate::exchange::prompt_context::Occasion;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::flows::answers::is_yes;
use crate::flows::details::NOT_A_PASSWORD;
use crate::flows::details::{ECHOED, EMPTY_ANSWER};
use crate::flows::enrolment;
use crate::flows::enrolment::Place;
use crate::flows::enrolment::Wanted;
use crate::flows::identity;
use crate::flows::identity::Identity;
use crate::flows::last_use;
use crate::flows::last_use::Entrance;
use crate::flows::login_request::Visit;
use crate::flows::second_step;
use crate::ledger::Credential;
use crate::limits::Source;
use crate::policy::{Class, EffectiveLogin, ForcedEnrolment, LoginService, ServiceKind};
use crate::proof::Proof;
use crate::secret::{Offered, Password};
use crate::verdict::{Accepted, Reason, Verdict};
use crate::words::Phrase;

/// Decides a login with a dialogue: the first factor, the second where policy wants one, and whether the device is trusted
/// from then on.
pub(crate) async fn login(engine: &Engine, visit: &Visit<'_>, person: &mut dyn Conversation) -> Outcome {
    let Some((observe, service)) =
        engine.services.get(visit.service).and_then(|service| match &service.kind {
            ServiceKind::Login(login) => Some((service.observe, login)),
            ServiceKind::Mail(_) => None,
        })
    else {
        return Outcome { verdict: Verdict::Reject(Reason::NotPermitted), trail: Trail::default() };
    };
    let mut attempt = Attempt {
        engine,
        visit,
        observe,
        service,
        source: visit.source,
        dialogue: Dialogue::new(person, visit.language, engine.language),
        trail: Trail::default(),
    };
    attempt.dialogue.knows(visit.name.as_str());
    if let Some(secret) = visit.secret {
        attempt.dialogue.knows(secret.expose());
    }
    let decided = attempt.decide().await;
    if attempt.dialogue.is_echoed() {
        attempt.trail.detail = Some(ECHOED);
    }
    attempt.trail.language = Some(attempt.dialogue.language());
    Outcome::of_stop(decided, attempt.trail)
}

struct Attempt<'a> {
    engine: &'a Engine,
    visit: &'a Visit<'a>,
    observe: Option<bool>,
    service: &'a LoginService,
    source: &'a Source,
    dialogue: Dialogue<'a>,
    trail: Trail,
}

/// How the first factor was proved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstFactor {
    /// By the main password.
    Password,
    /// By a key that the front door has proof of.
    Key,
    /// Somebody else says that it was; nothing here proves it.
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

/// What an answer is that can be no password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unusable {
    /// A person's, such as one with a tab that was pasted. It guesses nothing.
    Typed,
    /// What sshd gives in the place of each answer of a user whom it will not let in. There may have been a guess.
    StandIn,
}

impl Unusable {
    fn of(answer: &str) -> Self {
        // It is as long as what was typed (OpenSSH's auth-pam.c, fake_password).
        let is_junk = answer.bytes().zip(SSHD_JUNK.iter().cycle()).all(|(byte, junk)| byte == *junk);
        if is_junk { Self::StandIn } else { Self::Typed }
    }
}

impl<'a> Attempt<'a> {
    async fn decide(&mut self) -> Result<Verdict, Stop> {
        let engine = self.engine;
        let account = match identity::identify(engine, self.visit.name).await? {
            Identity::Account(account) => *account,
            Identity::Mismatch(id, mismatch) => {
                self.trail.account = Some(id);
                self.trail.detail = Some(mismatch.detail());
                return self.refuse_stranger(Reason::NotPermitted).await;
            }
            Identity::Stranger if self.service.ignores_strangers => {
                return Ok(Verdict::Ignore("not in the directory"));
            }
            Identity::Stranger | Identity::NoUser => {
                return self.refuse_stranger(Reason::UnknownAccount).await;
            }
        };
        self.trail.account = Some(account.id.clone());
        if account.freshness == Freshness::Stale {
            return Err(Outage::Stale.into());
        }
        if let Some(reason) = account.status.refusal() {
            return self.refuse_stranger(reason).await;
        }
        let first = self.first_factor(&account).await?;
        let account = current_account::as_of_now(engine, account, &mut self.dialogue).await?;
        self.dialogue.speak_to(&account);
        let policy = EffectiveLogin::of(&engine.policy, self.observe, self.service, account.data.policy);
        if !policy.second_factor.is_needed(account.data.is_enrolled()) {
            return self.without_second_factor(&account).await;
        }
        if policy.observe {
            self.trail.observed = Some(Reason::NotPermitted);
            return self.without_second_factor(&account).await;
        }
        if !account.data.is_enrolled() {
            return self.enrol(&account, first).await;
        }
        if !account.data.has_factor_to_ask_for() {
            self.trail.detail = Some("the account is marked as enrolled, and has no factor");
            return Ok(Verdict::Reject(Reason::NotPermitted));
        }
        let device = self.device();
        if let Some(device) = &device
            && !policy.trust_device.is_zero()
            && trusted_devices::is_trusted(engine, &account, device, policy.trust_device, &mut self.trail)
                .await
        {
            return self.accept(&account, Credential::TrustedDevice).await;
        }
        let asked = Asked {
            account: &account,
            source: self.source,
            is_known: first.is_proved(),
            purpose: Some(self.visit.service),
        };
        let days = if device.is_some() { policy.trust_device.as_secs().div_ceil(86_400) } else { 0 };
        let occasion = Occasion::of_login(self.visit.service, self.visit.address, days);
        let proved =
            second_step::prove(engine, asked, &occasion, &mut self.dialogue, &mut self.trail).await?;
        // A recovery code is for the day on which the phone is lost, and must not outlast it on a device.
        if proved.credential == Credential::RecoveryCode {
            // The one that was just used is still in what was read before.
            let count = (account.data.recovery_codes.len() as u64).saturating_sub(1);
            self.dialogue.tell(&Phrase::RecoveryCodesLeft { count }).await?;
        } else if let Some(device) = &device {
            match proved.trusts {
                Some(true) => self.trust(&account, device, policy.trust_device).await,
                // "Once" was said on the phone, and whoever sits here does not say otherwise.
                Some(false) => {}
                None => self.offer_trust(&account, device, policy.trust_device).await?,
            }
        }
        self.accept(&account, proved.credential).await
    }

    /// Asks a stranger what everybody is asked, and refuses after the same time.
    async fn refuse_stranger(&mut self, reason: Reason) -> Result<Verdict, Stop> {
        if !self.is_stack() {
            let checked = match self.visit.secret {
                Some(secret) => match secret.password() {
                    Some(password) => self.pretend(password).await?,
                    None => self.pretend_for_nothing().await?,
                },
                None => match self.ask_for_password().await? {
                    Ok(password) => self.pretend(&password).await?,
                    Err(_) => Checked::Wrong,
                },
            };
            if checked == Checked::KnownWrong {
                self.trail.detail.get_or_insert(WRONG_BEFORE);
            }
            // The limit is the same for those who do not exist, or it would tell them apart.
            if checked == Checked::Limited {
                return Ok(Verdict::Reject(Reason::Limited));
            }
        }
        Ok(Verdict::Reject(reason))
    }

    async fn first_factor(&mut self, account: &Account) -> Result<FirstFactor, Stop> {
        if !self.is_stack() {
            match self.visit.secret {
                Some(secret) => match secret.password() {
                    Some(password) => self.check(account, password).await?,
                    None => {
                        self.pretend_for_nothing().await?;
                        return Err(self.refuse_unusable(Unusable::of(secret.expose())));
                    }
                },
                None => {
                    let password = self.usable_password().await?;
                    self.check(account, &password).await?;
                }
            }
            return Ok(FirstFactor::Password);
        }
        if self.visit.device.is_some() {
            return Ok(FirstFactor::Key);
        }
        match self.visit.secret.and_then(Offered::password) {
            // What the stack was given may be a password of its own, and then it proves nothing here.
            Some(password) => {
                let given = self.given(password);
                let checked = given.check(self.engine, account, &mut self.trail).await?;
                self.trail.detail = None;
                let is_right = matches!(checked, Checked::Right | Checked::RightButDue);
                Ok(if is_right { FirstFactor::Password } else { FirstFactor::Hearsay })
            }
            None => Ok(FirstFactor::Hearsay),
        }
    }

    /// Whether something before Postern proved the first factor.
    fn is_stack(&self) -> bool {
        self.service.first.is_stack(self.visit.secret.is_some())
    }

    async fn usable_password(&mut self) -> Result<Password, Stop> {
        self.ask_for_password().await?.map_err(|unusable| self.refuse_unusable(unusable))
    }

    fn refuse_unusable(&mut self, unusable: Unusable) -> Stop {
        match unusable {
            Unusable::Typed => self.trail.detail = Some(NOT_A_PASSWORD),
            Unusable::StandIn => {}
        }
        Stop::Reject(Reason::BadCredential)
    }

    /// An [`Unusable`] answer takes as long as a wrong password, each time: sshd gives one for each user whom it will not let
    /// in.
    async fn ask_for_password(&mut self) -> Result<Result<Password, Unusable>, Stop> {
        let answer = self.dialogue.ask(Echo::Off, &Phrase::Password {}).await?;
        // sshd's stand-in for an answer is as long as that, so this tells nobody who exists.
        if answer.expose().is_empty() {
            self.trail.detail = Some(EMPTY_ANSWER);
            return Err(Stop::Reject(Reason::Cancelled));
        }
        if let Ok(password) = Password::new(answer.expose().to_owned()) {
            return Ok(Ok(password));
        }
        self.pretend_for_nothing().await?;
        Ok(Err(Unusable::of(answer.expose())))
    }

    /// Takes as long as a wrong password.
    async fn pretend_for_nothing(&self) -> Result<Checked, Stop> {
        let random = u128::from_be_bytes(self.engine.draw_bits()?);
        match Password::new(format!("{random:032x}")) {
            Ok(stand_in) => self.pretend(&stand_in).await,
            Err(_) => Ok(Checked::Wrong),
        }
    }

    async fn pretend(&self, password: &Password) -> Result<Checked, Stop> {
        Ok(self.given(password).pretend(self.engine, self.visit.name).await?)
    }

    async fn check(&mut self, account: &Account, password: &Password) -> Result<(), Stop> {
        match self.given(password).check(self.engine, account, &mut self.trail).await? {
            Checked::Right | Checked::RightButDue => Ok(()),
            Checked::Wrong | Checked::KnownWrong => Err(Stop::Reject(Reason::BadCredential)),
            Checked::Refused(_) => Err(Stop::Reject(Reason::NotPermitted)),
            Checked::Limited => Err(Stop::Reject(Reason::Limited)),
        }
    }

    /// Leads somebody who needs a second factor and has none through binding one, which takes the main password: a key alone
    /// must not bind the factor that is to guard against its theft.
    async fn enrol(&mut self, account: &Account, first: FirstFactor) -> Result<Verdict, Stop> {
        // The factor will count at every service, so each has a say.
        let forced = self.engine.strictest_rule(account.data.policy).forced_enrolment;
        if forced == ForcedEnrolment::Never {
            self.trail.detail = Some("a second factor is needed, and none is bound");
            self.dialogue.complain(&Phrase::EnrolmentRefused {}).await?;
            return Ok(Verdict::Reject(Reason::NotPermitted));
        }
        self.dialogue.tell(&Phrase::EnrolmentNeeded {}).await?;
        if first != FirstFactor::Password {
            let password = self.usable_password().await?;
            self.check(account, &password).await?;
        }
        let mut place = Place::default();
        if forced == ForcedEnrolment::Ticket {
            let asked = Asked { account, source: self.source, is_known: true, purpose: None };
            place.ticket =
                enrolment::ask_for_ticket(self.engine, asked, &mut self.dialogue, &mut self.trail).await?;
        }
        let asked = Asked { account, source: self.source, is_known: true, purpose: None };
        let (dialogue, trail) = (&mut self.dialogue, &mut self.trail);
        let wanted = Wanted::default();
        let bound = enrolment::enrol(self.engine, asked, &wanted, place, dialogue, trail).await?;
        // What was bound stays bound, and nobody is let in who is not there.
        self.dialogue.is_there()?;
        self.accept(account, Credential::Factor(bound.id)).await
    }

    async fn without_second_factor(&mut self, account: &Account) -> Result<Verdict, Stop> {
        if self.is_stack() {
            return Ok(Verdict::Ignore("no second factor is needed"));
        }
        self.accept(account, Credential::LoginPassword).await
    }

    /// An ssh key; an address only where the admin says that one will do, and the front door is believed.
    fn device(&self) -> Option<Device> {
        let key = self.visit.device.filter(|_| self.service.trusts_keys);
        let is_trusted = self.service.trusts_addresses && self.visit.is_address_vouched_for;
        // An address of a link means another host on the next one.
        let address = self.visit.address.filter(|address| is_trusted && !is_link_local(*address));
        key.cloned().or_else(|| address.map(Device::of_address))
    }

    async fn offer_trust(&mut self, account: &Account, device: &Device, term: Duration) -> Result<(), Stop> {
        if term.is_zero() {
            return Ok(());
        }
        let days = term.as_secs().div_ceil(86_400);
        let answer = self.dialogue.ask(Echo::On, &Phrase::TrustDevice { days }).await?;
        if is_yes(answer.expose()) {
            self.trust(account, device, term).await;
        }
        Ok(())
    }

    async fn trust(&mut self, account: &Account, device: &Device, term: Duration) {
        if term.is_zero() {
            return;
        }
        trusted_devices::trust(self.engine, account, device, term, &mut self.trail).await;
        let what = Phrase::ChangedDeviceTrusted { name: &device.name };
        let what = (&what, ChangedBy::Owner);
        notices::changed(self.engine, account, what, &mut self.dialogue, &mut self.trail).await;
    }

    async fn accept(&mut self, account: &Account, credential: Credential) -> Result<Verdict, Stop> {
        let engine = self.engine;
        let account = current_account::as_of_now(engine, account.clone(), &mut self.dialogue).await?;
        let at = engine.clock.now();
        let entrance =
            Entrance { service: self.visit.service, source: self.source, address: self.visit.address, at };
        last_use::used(engine, &account.id, credential, entrance, &mut self.trail).await;
        self.trail.credential = Some(credential);
        let proof = Proof::of(&account.id, self.visit.service, at, &engine.keyring);
        let user = account.name;
        Ok(Verdict::Accept(Accepted { user, userdb: Default::default(), proof: Some(proof) }))
    }

    fn given<'b>(&self, password: &'b Password) -> Given<'b>
    where
        'a: 'b,
    {
        Given { password, source: self.source, class: Class::Login, at: self.engine.clock.now() }
    }
}

/// Whether an address is good on one link alone (RFC 4291, section 2.5.6; RFC 3927).
fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

const SSHD_JUNK: &[u8] = b"\x08\n\r\x7fINCORRECT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_of_sshd_is_told_from_what_a_person_pastes() {
        for junk in ["\u{8}", "\u{8}\n\r\u{7f}INC", "\u{8}\n\r\u{7f}INCORRECT\u{8}\n\r\u{7f}I"] {
            assert_eq!(Unusable::of(junk), Unusable::StandIn, "{junk:?}");
        }
        for typed in ["a password\t", "\n", "\u{8}a", "\u{8}\n\r\u{7f}INCORRECT!"] {
            assert_eq!(Unusable::of(typed), Unusable::Typed, "{typed:?}");
        }
    }
}
