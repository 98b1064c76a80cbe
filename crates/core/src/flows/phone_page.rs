//! The flows of the phone page. Only requests that a phone of the account has signed are trusted. An answer is only stored: the
//! waiting login verifies it again.

mod push;

use std::collections::BTreeMap;
use std::str::FromStr;

use postern_ipc::PhoneFlow;
use serde_json::{Map, Value, json};

use crate::account::{Account, AccountId};
use crate::account_status::AccountUse;
use crate::challenge::{Challenge, ChallengeId, ChallengeKind, OpenChallenge};
use crate::changes::notices;
use crate::conversation::Conversation;
use crate::courier::Channel;
use crate::deed::{Deed, DeedText};
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outcome::{Conclusion, Outcome};
use crate::exchange::stop::Stop;
use crate::factor::phone::answer::{Choice, PhoneAnswer};
use crate::factor::phone::signature::Signed;
use crate::factor::{Factor, FactorId, Phone, PhoneKey};
use crate::ledger::{Answered, Credential, SendAdmission, Sending};
use crate::limits::{SendLimits, SentCodeLimits, Source};
use crate::typed::cleaned;
use crate::verdict::{Accepted, Reason, Verdict};
use crate::words::Language;

use crate::factor::phone::enrolment::HandedIn;

/// A request of the phone page.
#[derive(Debug)]
pub struct PhoneRequest<'a> {
    /// What is wanted.
    pub flow: PhoneFlow,
    /// What was sent along.
    pub arguments: &'a BTreeMap<String, String>,
    /// The language of the page (BCP 47), where it is known.
    pub language: Option<&'a str>,
    /// Where the phone is.
    pub source: &'a Source,
}

/// Runs a phone's request. An accept means that the phone is known, and does not let a user in.
pub async fn phone(engine: &Engine, request: &PhoneRequest<'_>, person: &mut dyn Conversation) -> Outcome {
    let person = LocalizedConversation::new(person, request.language, engine.language);
    let mut exchange = Exchange::new(engine, Actor::Claimant, request.source, person);
    let decided = PhonePage { exchange: &mut exchange, request, is_guess: false }.run().await;
    exchange.end(decided)
}

struct PhonePage<'x, 'a> {
    exchange: &'x mut Exchange<'a>,
    request: &'x PhoneRequest<'x>,
    /// An unauthenticated request: no key has signed it, and no binding waits for it.
    is_guess: bool,
}

impl PhonePage<'_, '_> {
    async fn run(&mut self) -> Result<Conclusion, Stop> {
        let known = self.request.flow.arguments();
        let is_whole = known.iter().all(|name| self.request.arguments.contains_key(*name))
            && self.request.arguments.len() == known.len()
            && self.request.arguments.values().all(|value| value.len() <= LONGEST_ARGUMENT);
        if !is_whole {
            return Err(Stop::explained(Reason::NotPermitted, "arguments that cannot be taken"));
        }
        let claimed = AccountId::new(self.request.argument("account").to_owned());
        let calls = &self.exchange.engine.caches.unproved_calls;
        let is_over = calls.is_over(&claimed, self.request.source, self.exchange.engine.clock.now());
        let done = match self.request.flow {
            PhoneFlow::Bind => self.bind(&claimed, is_over).await.map(accepted),
            PhoneFlow::Pending => self.pending(is_over).await.map(accepted),
            PhoneFlow::Answer => self.answer(is_over).await,
            PhoneFlow::Push => self.set_push(is_over).await.map(accepted),
        };
        if self.is_guess && done.is_err() {
            calls.count(&claimed, self.request.source, self.exchange.engine.clock.now());
            // Not even whether it was right.
            if is_over {
                return done.map_err(|stop| stop.with_reason(Reason::Limited));
            }
        }
        done
    }

    /// Leaves the phone's key for the terminal that waits for it, which alone can tell whether it comes from its QR code.
    async fn bind(&mut self, account: &AccountId, is_over: bool) -> Result<String, Stop> {
        let id: ChallengeId = self.parsed("challenge")?;
        let engine = self.exchange.engine;
        let place = engine.caches.unproved_calls.place(is_over).await;
        let open = self.open(account, id).await?.filter(is_pairing);
        drop(place);
        let Some(open) = open else {
            self.is_guess = true;
            return Err(Stop::explained(Reason::Expired, "nobody waits for this phone"));
        };
        self.exchange.trail.account = Some(account.clone());
        let handed_in = HandedIn {
            key: self.request.argument("key").to_owned(),
            name: self.request.argument("name").to_owned(),
            proof: self.request.argument("proof").to_owned(),
        };
        // Strings: serde_json has no way to fail.
        let answer = serde_json::to_string(&handed_in).unwrap_or_default();
        match self
            .exchange
            .engine
            .ledger
            .answer_challenge(account, id, &answer, self.exchange.engine.clock.now())
            .await?
        {
            Answered::Now => {
                self.exchange.trail.is_changed = true;
                let value = json!({ "state": "binding", "user": open.challenge.user });
                self.exchange.person.record("phone", value).await?;
                Ok(open.challenge.user)
            }
            Answered::Before | Answered::Gone => Err(Stop::reject(Reason::Replayed)),
        }
    }

    async fn pending(&mut self, is_over: bool) -> Result<String, Stop> {
        let (account, factor) = self.phone("pending", &[], is_over).await?;
        let courier = &self.exchange.engine.courier;
        let site = json!({
            "issuer": self.exchange.engine.issuer,
            "push_key": courier.push_key(),
            "ntfy": courier.carries(Channel::Ntfy),
        });
        self.exchange.person.record("site", site).await?;
        self.tell_phone(&account, &factor).await?;
        let now = self.exchange.engine.clock.now();
        for kept in self.exchange.engine.ledger.challenges(&account.id, now).await? {
            if kept.answer.is_some() {
                continue;
            }
            let opened =
                Challenge::open(&kept.value, kept.id, &account.id, &self.exchange.engine.keyring, now);
            let Some(OpenChallenge { challenge, .. }) = opened else { continue };
            let ChallengeKind::Approval { trust_days } = challenge.kind else { continue };
            let (what, place) = self.in_every_language(&challenge.deed());
            let value = json!({
                "id": kept.id.to_string(), "what": what, "place": place, "service": challenge.service, "rhost": challenge.rhost,
                "user": challenge.user, "created": challenge.created, "expires": challenge.expires,
                "seconds_left": challenge.expires.as_unix().saturating_sub(now.as_unix()),
                "trust_days": trust_days,
            });
            self.exchange.person.record("challenge", value).await?;
        }
        Ok(account.name)
    }

    /// What is to be confirmed and from where, by language: the page has a choice of its own.
    fn in_every_language(&self, deed: &Deed<'_>) -> (Value, Value) {
        let texts =
            Language::ALL.map(|language| (language.as_str(), self.exchange.engine.describe(deed, language)));
        let object = |of: fn(&DeedText) -> &str| {
            texts
                .iter()
                .map(|(language, text)| ((*language).to_owned(), of(text).into()))
                .collect::<Map<_, _>>()
        };
        (object(|text| &text.what).into(), object(|text| &text.place).into())
    }

    async fn tell_phone(&mut self, account: &Account, factor: &Factor) -> Result<(), Stop> {
        let Some(Phone { push, .. }) = factor.kind.phone() else {
            return Err(Stop::reject(Reason::UnknownAccount));
        };
        let value = json!({
            "state": "bound", "user": account.name, "label": factor.label.as_str(), "ring": push.name(),
        });
        self.exchange.person.record("phone", value).await?;
        Ok(())
    }

    /// Leaves the answer for the login that waits for it. What it says is looked at here to tell the phone; the login looks
    /// for itself.
    async fn answer(&mut self, is_over: bool) -> Result<Conclusion, Stop> {
        let request = self.request;
        let (choice, match_number) = (request.argument("choice"), request.argument("number"));
        let fields = [request.argument("challenge"), choice, match_number];
        let (account, factor) = self.phone("answer", &fields, is_over).await?;
        let Some(choice) = Choice::parse(choice) else {
            return Err(Stop::explained(Reason::NotPermitted, "a choice that is none"));
        };
        let id: ChallengeId = self.parsed("challenge")?;
        let open = self.open(&account.id, id).await?;
        let Some(open) = open.filter(|open| matches!(open.challenge.kind, ChallengeKind::Approval { .. }))
        else {
            self.exchange.trail.credential = Some(Credential::Factor(factor.id));
            // After a fraud report: the attacker has left, but still knows the main password.
            return self.conclude_answer(&account, None, choice, AnswerState::Gone).await;
        };
        let match_number = match_number.to_owned();
        let is_right = !choice.is_approval()
            || open.is_answered_by(&cleaned(&match_number), &self.exchange.engine.keyring);
        let answer = PhoneAnswer {
            factor: factor.id,
            time: self.time()?,
            choice,
            match_number,
            signature: self.request.argument("signature").to_owned(),
        };
        let at = self.exchange.engine.clock.now();
        let handed_in =
            self.exchange.engine.ledger.answer_challenge(&account.id, id, &answer.write(), at).await?;
        self.exchange.trail.is_changed |= handed_in == Answered::Now;
        let state = match handed_in {
            Answered::Gone => AnswerState::Gone,
            Answered::Before => AnswerState::Before,
            Answered::Now if !choice.is_approval() => AnswerState::Denied,
            Answered::Now if is_right => AnswerState::Approved,
            Answered::Now => AnswerState::WrongNumber,
        };
        self.exchange.trail.credential = Some(Credential::Factor(factor.id));
        self.conclude_answer(&account, Some(&open.challenge), choice, state).await
    }

    /// Handles a fraud report, and tells the phone what became of its answer. The log says so as well, even if this fails.
    async fn conclude_answer(
        &mut self,
        account: &Account,
        challenge: Option<&Challenge>,
        choice: Choice,
        state: AnswerState,
    ) -> Result<Conclusion, Stop> {
        let detail = state.detail(choice);
        if choice == Choice::NotMe {
            self.fraud_report(account, challenge).await.map_err(|stop| stop.or_detail(detail))?;
        }
        let told = self.exchange.person.record("answered", json!({ "state": state.as_str() })).await;
        told.map_err(|gone| Stop::from(gone).or_detail(detail))?;
        Ok(Conclusion { detail: Some(detail), ..accepted(account.name.clone()) })
    }

    /// A fraud report: another person knows the main password. No push is sent for a while, and the owner is mailed.
    async fn fraud_report(&mut self, account: &Account, challenge: Option<&Challenge>) -> Result<(), Stop> {
        let at = self.exchange.engine.clock.now();
        let until = at.plus(self.exchange.engine.limits.pushes.disowned_pause);
        self.exchange.engine.ledger.mute_pushes(&account.id, until, at).await?;
        self.exchange.trail.is_changed = true;
        // The page that relays the answer can send it again and again.
        let subject = self.exchange.engine.keyring.digest(DISOWNED, &[account.id.as_str().as_bytes()]);
        let sending = Sending { subject, at, token: self.exchange.engine.draw_token()? };
        let sent_codes = self.exchange.engine.limits.sent_codes;
        let most = SendLimits { gap: sent_codes.gap, ..SentCodeLimits::hourly(sent_codes.for_logins) };
        match self.exchange.engine.ledger.admit_sending(&sending, &most).await? {
            SendAdmission::Proceed => {}
            SendAdmission::Limited { .. } => return Ok(()),
        }
        let deed = match challenge {
            Some(challenge) => challenge.deed(),
            None => Deed::forgotten(),
        };
        notices::fraud_report(self.exchange, account, &deed).await;
        Ok(())
    }

    /// The account and the phone of it that signed this a moment ago. Who is unknown and who signed wrongly is told
    /// apart: a phone has to know that it is no longer bound.
    async fn phone(&mut self, verb: &str, fields: &[&str], is_over: bool) -> Result<(Account, Factor), Stop> {
        let (id, time) = (AccountId::new(self.request.argument("account").to_owned()), self.time()?);
        let factor: FactorId = self.parsed("factor")?;
        let now = self.exchange.engine.clock.now().as_unix();
        if now.abs_diff(time) > CLOCK_SKEW {
            self.exchange.person.record("clock", json!({ "now": now })).await?;
            return Err(Stop::explained(Reason::Expired, "the phone's clock is wrong"));
        }
        let signed = Signed { verb, factor, time, fields };
        let signature = self.request.argument("signature");
        let engine = self.exchange.engine;
        let place = engine.caches.unproved_calls.place(is_over).await;
        let account = engine.directory.read(&id).await?;
        let account = account.filter(|account| account.data.factors.iter().any(|one| one.id == factor));
        let Some(account) = account else {
            self.is_guess = !self.is_being_bound(&id, &signed, signature).await;
            drop(place);
            // Nothing is told to who guesses all the time, and to who is being bound always.
            if !(is_over && self.is_guess) {
                // A phone whose terminal has ended must not wait for it.
                let state = if self.is_guess { "unknown" } else { "binding" };
                self.exchange.person.record("phone", json!({ "state": state })).await?;
            }
            return Err(Stop::reject(Reason::UnknownAccount));
        };
        drop(place);
        self.exchange.trail.account = Some(account.id.clone());
        let Some((factor, _)) = signed.is_by(&account, signature) else {
            self.is_guess = true;
            return Err(Stop::reject(Reason::BadCredential));
        };
        let factor = factor.clone();
        account.usable(AccountUse::AnyOther)?;
        Ok((account, factor))
    }

    /// Whether this is signed by a phone that has submitted its key and waits for the confirmation at the terminal. It asks every two
    /// seconds.
    async fn is_being_bound(&self, account: &AccountId, signed: &Signed<'_>, signature: &str) -> bool {
        let (engine, now) = (self.exchange.engine, self.exchange.engine.clock.now());
        // While the ledger is down no phone can be bound.
        let kept = engine.ledger.challenges(account, now).await.unwrap_or_default();
        kept.into_iter().any(|kept| {
            let open = Challenge::open(&kept.value, kept.id, account, &engine.keyring, now);
            let is_its_own = open.is_some_and(|open| match open.challenge.kind {
                ChallengeKind::Pairing(factor) => factor == signed.factor,
                ChallengeKind::Code(_) | ChallengeKind::Approval { .. } => false,
            });
            let handed_in =
                kept.answer.as_deref().and_then(|answer| serde_json::from_str::<HandedIn>(answer).ok());
            let key = handed_in.and_then(|handed_in| PhoneKey::parse(&handed_in.key).ok());
            is_its_own && key.is_some_and(|key| signed.is_under(account, &key, signature))
        })
    }

    async fn open(&self, account: &AccountId, id: ChallengeId) -> Result<Option<OpenChallenge>, Stop> {
        let now = self.exchange.engine.clock.now();
        let kept = self.exchange.engine.ledger.challenges(account, now).await?;
        let kept = kept.into_iter().find(|kept| kept.id == id);
        Ok(kept
            .and_then(|kept| Challenge::open(&kept.value, id, account, &self.exchange.engine.keyring, now)))
    }

    fn time(&self) -> Result<u64, Stop> {
        self.parsed("time")
    }

    fn parsed<T: FromStr>(&self, name: &str) -> Result<T, Stop> {
        self.request.argument(name).parse().map_err(|_| Stop::reject(Reason::BadCredential))
    }
}

impl PhoneRequest<'_> {
    fn argument(&self, name: &str) -> &str {
        self.arguments.get(name).map_or("", String::as_str)
    }
}

/// What became of a phone's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerState {
    /// The challenge is over.
    Gone,
    /// It was answered before.
    Before,
    Denied,
    Approved,
    WrongNumber,
}

impl AnswerState {
    /// For the phone.
    fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Before => "before",
            Self::Denied => "denied",
            Self::Approved => "approved",
            Self::WrongNumber => "wrong_number",
        }
    }

    /// For the log.
    fn detail(self, choice: Choice) -> &'static str {
        match (choice, self) {
            (Choice::NotMe, _) => "disowned",
            (_, Self::Approved) => "approved",
            (_, Self::Denied) => "denied",
            (_, Self::WrongNumber) => "wrong number",
            (_, Self::Gone | Self::Before) => "too late",
        }
    }
}

/// The request of a phone of the account with this user name was carried out.
fn accepted(user: String) -> Conclusion {
    Verdict::Accept(Accepted { user, userdb: BTreeMap::new(), proof: None }).into()
}

fn is_pairing(open: &OpenChallenge) -> bool {
    match open.challenge.kind {
        ChallengeKind::Pairing(_) => true,
        ChallengeKind::Code(_) | ChallengeKind::Approval { .. } => false,
    }
}

const DISOWNED: &str = "disowned";
/// How far a phone's clock may be off, in seconds.
const CLOCK_SKEW: u64 = 120;
/// Web Push endpoints are the longest.
const LONGEST_ARGUMENT: usize = 1024;
