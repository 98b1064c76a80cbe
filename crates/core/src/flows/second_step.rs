//! Asking for a second step, until one is right or enough were wrong.

use serde_json::json;

use crate::account::Account;
use crate::checks::current_account;
use crate::checks::typed_codes::{self, CodeCheck, CodeCheckContext, Typed};
use crate::conversation::Choice;
use crate::exchange::context::Exchange;
use crate::exchange::details::EMPTY_ANSWER;
use crate::exchange::outage::Outage;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::{Stop, StopCause};
use crate::factor::Factor;
use crate::factor::registry::{self, Requested};
use crate::factor::reply::Reply;
use crate::ledger::Credential;
use crate::system_fault::SystemFault;
use crate::typed::cleaned;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::code_limit::Limit;

/// A second step that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proved {
    /// With what.
    pub(crate) credential: Credential,
    /// Whether the person wants the device to be trusted; only a phone says so by itself.
    pub(crate) trusts: Option<bool>,
}

/// Asks for a code of any bound factor, or a recovery code, or that a phone approves.
///
/// The factor that was used last is proposed, the others can be chosen by their number; but a right code of any of them is
/// taken at once. What is proposed and needs a message gets one, if the first factor was proved.
///
/// If a user leaves after a wrong code, the log has that reason. Otherwise guessing would go unnoticed.
pub(crate) async fn prove(
    exchange: &mut Exchange<'_>,
    check: CodeCheckContext<'_>,
    context: &PromptContext<'_>,
) -> Result<Proved, Stop> {
    let mut step = SecondStep {
        exchange,
        check,
        context,
        refused: None,
        has_typed: false,
        is_too_early: false,
        requested: Requested::default(),
    };
    let ended = step.ask().await;
    step.requested.give_up(step.exchange.engine).await;
    match ended {
        Err(stop) if stop.is_cancelled() && !step.exchange.person.is_echoed() => {
            Err(step.refused.map_or(stop, Stop::reject))
        }
        ended => ended,
    }
}

struct SecondStep<'x, 'a> {
    exchange: &'x mut Exchange<'a>,
    check: CodeCheckContext<'x>,
    context: &'x PromptContext<'x>,
    refused: Option<Reason>,
    /// Whether anything was answered that could have been meant as a code. An ssh without a terminal answers nothing.
    has_typed: bool,
    /// Whether a code was right, but may have been used before.
    is_too_early: bool,
    requested: Requested,
}

impl SecondStep<'_, '_> {
    async fn ask(&mut self) -> Result<Proved, Stop> {
        // In this order, and with these numbers, to the end of the conversation.
        let mut factors = by_last_use(self.exchange, self.check.account).await;
        factors.retain(|factor| registry::can_be_proved(factor, self.exchange));
        if factors.is_empty() && !self.check.account.data.factors.is_empty() {
            let (complaint, detail) = if self.exchange.is_in_browser() {
                (Phrase::PasskeysOfOtherSite {}, OTHER_SITE)
            } else {
                (Phrase::PasskeysInBrowser {}, ONLY_PASSKEYS)
            };
            self.exchange.person.complain(&complaint).await?;
            if self.check.account.data.recovery_codes.is_empty() {
                return Err(Stop::explained(Reason::NotPermitted, detail));
            }
        }
        if let Some(limit) = Limit::of(self.exchange, self.check).await {
            self.exchange.person.complain(&limit.phrase()).await?;
            factors.retain(|factor| limit.leaves(factor));
            if factors.is_empty() && !limit.leaves_recovery_codes(self.check.account) {
                return Err(Stop::reject(limit.reason()));
            }
        }
        let choices = self.choices(&factors);
        self.list(&choices).await?;
        let mut proposed = factors.first().copied();
        self.request(proposed).await?;
        let (mut questions, mut wrong, mut slips) = (0, 0, 0);
        while wrong < MOST_WRONG && slips < MOST_SLIPS && questions < MOST_QUESTIONS {
            questions += 1;
            self.tell_page(&factors, proposed).await?;
            let question = question(&self.requested, self.check, proposed, factors.len());
            let answer = self.exchange.person.ask_for_code_or_choice(&question, &choices).await?;
            let clean = cleaned(answer.expose());
            match self.requested.answer(self.exchange, answer.expose()).await? {
                Reply::Other => {}
                Reply::Shown => continue,
                Reply::Approved { factor, trusts } => {
                    return Ok(Proved { credential: Credential::Factor(factor), trusts });
                }
                Reply::NotApproved { complaint, reason } => {
                    self.refused = reason.or(self.refused);
                    self.exchange.person.complain(&complaint).await?;
                    wrong += 1;
                    continue;
                }
            }
            self.has_typed |= !clean.is_empty();
            if clean.is_empty() && proposed.is_some_and(registry::needs_request) {
                // An ssh without a terminal answers every question so.
                slips += u32::from(!proposed.is_some_and(registry::is_approved_elsewhere));
                self.request(proposed).await?;
                continue;
            }
            if let Some(chosen) = choice(answer.expose(), &factors) {
                proposed = Some(chosen);
                self.request(proposed).await?;
                continue;
            }
            if *clean == SHOW_LIST && !choices.is_empty() {
                self.list(&choices).await?;
                continue;
            }
            if is_slip(&clean) {
                slips += 1;
                if choices.is_empty() {
                    self.exchange.person.complain(&Phrase::CodeUnreadable {}).await?;
                } else {
                    self.exchange.person.complain(&Phrase::NotInList {}).await?;
                    self.list(&choices).await?;
                }
                continue;
            }
            match self.code(answer.expose()).await? {
                CodeAnswer::Right(credential) => return Ok(Proved { credential, trusts: None }),
                CodeAnswer::TooEarly => {
                    self.is_too_early = true;
                    // The wrong ones before it stay counted; but they were its owner's, and no guesses.
                    self.refused = self.refused.filter(|reason| *reason != Reason::BadCredential);
                }
                CodeAnswer::Wrong => wrong += 1,
            }
        }
        // A right code that cannot be taken yet is the ledger's affair, and no guess.
        Err(match self.refused {
            Some(reason) => Stop::reject(reason),
            None if self.is_too_early => Outage::ForgottenCodes.into(),
            None if !self.has_typed => Stop::explained(Reason::Cancelled, EMPTY_ANSWER),
            // Why nothing was sent explains the answers better.
            None => Stop::explained(Reason::BadCredential, self.exchange.trail.note().unwrap_or(NO_CODE)),
        })
    }

    async fn list(&mut self, choices: &[Choice]) -> Result<(), Stop> {
        if choices.is_empty() {
            return Ok(());
        }
        self.exchange.person.tell(&Phrase::FactorsToChooseFrom {}).await?;
        for (number, choice) in (1..).zip(choices) {
            self.exchange.person.tell(&Phrase::FactorToChoose { number, label: &choice.label }).await?;
        }
        Ok(())
    }

    /// What a page leaves out: the choice that the question is about already, and recovery codes where none is left. It says more than
    /// the list of factors does, so only to someone who has proved the first factor.
    async fn tell_page(&mut self, factors: &[&Factor], proposed: Option<&Factor>) -> Result<(), Stop> {
        if !self.check.is_known || !self.exchange.is_in_browser() {
            return Ok(());
        }
        // To have it sent again, what was not sent is chosen again.
        let is_asked_for =
            |factor: &&Factor| !registry::needs_request(factor) || self.requested.question(false).is_some();
        let asked_for = proposed.filter(is_asked_for).map(|factor| factor.id);
        let choice = factors.iter().position(|factor| Some(factor.id) == asked_for);
        let value = json!({
            "choice": choice.map(|number| (number + 1).to_string()),
            "has_recovery_codes": !self.check.account.data.recovery_codes.is_empty(),
        });
        Ok(self.exchange.person.record("second_step", value).await?)
    }

    /// What the person can choose from, by number, where there is more than one factor.
    fn choices(&self, factors: &[&Factor]) -> Vec<Choice> {
        if factors.len() < 2 {
            return Vec::new();
        }
        let choice = |(number, factor): (u64, &&Factor)| {
            let label =
                if self.check.is_known { described(factor) } else { factor.label.as_str().to_owned() };
            Choice { id: number.to_string(), kind: factor.kind.name(), label }
        };
        (1..).zip(factors).map(choice).collect()
    }

    /// Checks a typed code, and tells the person if it is not right.
    async fn code(&mut self, text: &str) -> Result<CodeAnswer, Stop> {
        let Some(typed) = Typed::parse(text) else {
            self.exchange.person.complain(&Phrase::CodeUnreadable {}).await?;
            return Ok(CodeAnswer::Wrong);
        };
        let engine = self.exchange.engine;
        // A factor is gone as soon as it is removed.
        let account = current_account::as_of_now(self.exchange, self.check.account.clone()).await?;
        let check = CodeCheckContext { account: &account, ..self.check };
        let is_first = self.refused.is_none();
        match typed_codes::check(self.exchange, check, &typed).await? {
            CodeCheck::Right(credential) => return Ok(CodeAnswer::Right(credential)),
            CodeCheck::Wrong => self.refused = Some(Reason::BadCredential),
            CodeCheck::Replayed => self.refused = Some(Reason::Replayed),
            CodeCheck::TooEarly { until } => {
                let seconds = engine.seconds_until(until);
                self.exchange.person.complain(&Phrase::CodeTooEarly { seconds }).await?;
                return Ok(CodeAnswer::TooEarly);
            }
            CodeCheck::Limited { until } => {
                self.refused = Some(Reason::Limited);
                let minutes = engine.seconds_until(until).div_ceil(60);
                self.exchange.person.complain(&Phrase::CodesLimited { minutes }).await?;
                return Err(Stop::reject(Reason::Limited));
            }
            CodeCheck::NotSpent(error) => {
                self.exchange.person.complain(&Phrase::RecoveryCodesNotNow {}).await?;
                return Err(Outage::from(error).into());
            }
            CodeCheck::Locked => {
                self.refused = Some(Reason::Locked);
                self.exchange.person.complain(&Phrase::FactorLocked {}).await?;
                return Err(Stop::reject(Reason::Locked));
            }
        }
        self.exchange.person.complain(&Phrase::CodeWrong {}).await?;
        if is_first && !account.data.recovery_codes.is_empty() {
            self.exchange.person.tell(&Phrase::RecoveryCodesWork {}).await?;
        }
        Ok(CodeAnswer::Wrong)
    }

    /// Sends a code to the proposed factor, or has the phone approve. Where that is not possible the person hears of it and may
    /// choose another way; recovery codes go without anything that might be down.
    async fn request(&mut self, proposed: Option<&Factor>) -> Result<(), Stop> {
        let can_be_asked = |factor: &&Factor| factor.locked.is_none() && registry::needs_request(factor);
        self.requested.give_up(self.exchange.engine).await;
        let Some(factor) = proposed.filter(can_be_asked) else { return Ok(()) };
        if !self.check.is_known {
            self.exchange.trail.is_sending_withheld = true;
            self.exchange.person.complain(&Phrase::NothingSent {}).await?;
            return Ok(());
        }
        match registry::request(self.exchange, self.check.account, factor, self.context).await {
            Ok(requested) => self.requested = requested,
            Err(Stop { cause: StopCause::Defer(Outage::System(SystemFault::Ledger(_))), .. }) => {
                self.exchange.trail.is_ledger_down = true;
                self.exchange.person.complain(&Phrase::NothingSent {}).await?;
            }
            Err(stop) => return Err(stop),
        }
        Ok(())
    }
}

/// The result of the check of one answer as a code.
enum CodeAnswer {
    /// It is right, and spent.
    Right(Credential),
    /// It is right, and may have been used before. A later code will be accepted soon.
    TooEarly,
    /// It is wrong, or cannot be a code.
    Wrong,
}

/// Its label, and where its codes go.
fn described(factor: &Factor) -> String {
    let label = factor.label.as_str();
    match factor.kind.record().destination() {
        Some(to) => format!("{label} ({})", to.masked()),
        None => label.to_owned(),
    }
}

fn question<'q>(
    requested: &'q Requested,
    check: CodeCheckContext<'_>,
    proposed: Option<&'q Factor>,
    count: usize,
) -> Phrase<'q> {
    let has_others = count > 1;
    if let Some(question) = requested.question(has_others) {
        return question;
    }
    let is_sent = |factor: &Factor| factor.locked.is_none() && registry::sends_codes(factor);
    let can_resend = check.is_known && proposed.is_some_and(is_sent);
    match proposed.filter(|factor| registry::takes_codes(factor)).map(|factor| factor.label.as_str()) {
        Some(label) if has_others => Phrase::CodeOrNumber { label },
        Some(_) if can_resend && check.account.data.recovery_codes.is_empty() => Phrase::Resend {},
        Some(_) if can_resend => Phrase::RecoveryCodeOrResend {},
        Some(label) => Phrase::Code { label },
        None => Phrase::RecoveryCode {},
    }
}

/// The factor that a number from the list chooses. Three digits or more are never a choice, because they may be a code.
fn choice<'a>(typed: &str, factors: &[&'a Factor]) -> Option<&'a Factor> {
    let clean = cleaned(typed);
    // A negative number chooses nothing.
    if factors.len() < 2 || clean.len() > 2 || typed.trim_start().starts_with('-') {
        return None;
    }
    let number: usize = clean.parse().ok()?;
    factors.get(number.checked_sub(1)?).copied()
}

/// Whether `clean` is too short for a code, so that it was meant as a choice. Three digits or more were meant as a code, and Enter
/// as nothing.
fn is_slip(clean: &str) -> bool {
    let length = clean.chars().count();
    (1..SHORTEST_CODE).contains(&length) && !(length > 2 && clean.bytes().all(|b| b.is_ascii_digit()))
}

/// The one used last goes first; those that never were go by their age.
async fn by_last_use<'a>(exchange: &mut Exchange<'_>, account: &'a Account) -> Vec<&'a Factor> {
    let uses = exchange.engine.ledger.last_uses(&account.id).await.unwrap_or_else(|_| {
        exchange.trail.is_ledger_down = true;
        Vec::new()
    });
    let last_use = |factor: &Factor| {
        let credential = Credential::Factor(factor.id);
        uses.iter().find(|used| used.credential == credential).map(|used| used.at)
    };
    let mut factors: Vec<&Factor> = account.data.factors.iter().collect();
    factors
        .sort_by(|a, b| last_use(b).cmp(&last_use(a)).then(a.created.cmp(&b.created)).then(a.id.cmp(&b.id)));
    factors
}

/// The log's detail if none of the answers could be a code, so that nothing was guessed.
const NO_CODE: &str = "no code at all";
/// The log's detail if no factor of the account can be proved where the person is.
const ONLY_PASSKEYS: &str = "only passkeys are bound, which are of use in a browser alone";
/// The same at the account's pages, whose address is not the one that the passkeys were made for.
const OTHER_SITE: &str = "only passkeys are bound, and none for the host of [web] account_url";
/// Wrong answers in one conversation.
const MOST_WRONG: u32 = 3;
/// Answers in one conversation that can be neither a code nor a choice, and Enter where a code is sent again.
const MOST_SLIPS: u32 = 5;
/// Questions in one conversation, choices among them.
const MOST_QUESTIONS: u32 = 10;
/// The characters of the shortest code.
const SHORTEST_CODE: usize = 6;
/// Shows the list of factors again.
const SHOW_LIST: &str = "?";
