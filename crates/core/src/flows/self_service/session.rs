//! What each flow of self-service needs: the account of the user of this host, its proof, the arguments, and how an error
//! is said.

use crate::account::Account;
use crate::account_status::{AccountUse, Closed, UnusableAccount};
use crate::changes::notices;
use crate::checks::current_account;
use crate::checks::in_flight::SecretCheck;
use crate::checks::main_password::MainPasswordCheck;
use crate::checks::sessions::CurrentSession;
use crate::checks::typed_codes::CodeCheckContext;
use crate::clock::Timestamp;
use crate::conversation::{Choice, Echo};
use crate::deed::Change;
use crate::exchange::context::{Exchange, ResendGap};
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::{Factor, FactorId, registry};
use crate::flows::identity::{self, Identity};
use crate::flows::second_step;
use crate::ledger::Credential;
use crate::name::LoginName;
use crate::policy::Class;
use crate::qr::Screen;
use crate::secret::Password;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::shown;
use super::request::{SelfServiceActor, SelfServiceRequest};

/// One exchange of a person about their own account.
pub(super) struct SelfService<'x, 'a> {
    pub(super) exchange: &'x mut Exchange<'a>,
    pub(super) request: &'x SelfServiceRequest<'x>,
    /// That of the browser that asks.
    pub(super) session: Option<CurrentSession>,
    /// The factor that was bound in this exchange.
    pub(super) bound: Option<FactorId>,
}

impl SelfService<'_, '_> {
    /// The account that is this user's: the same name, the same uid, in use.
    pub(super) async fn account_of_user(&mut self, name: &LoginName, uid: u32) -> Result<Account, Stop> {
        let account = match identity::identify_user(self.exchange.engine, name, uid).await? {
            Identity::Account(account) => *account,
            Identity::Mismatch(id, mismatch) => {
                self.exchange.trail.account = Some(id);
                let uid = uid.to_string();
                let stop = Stop::explained(Reason::NotPermitted, mismatch.detail());
                return Err(self.exchange.explain(&mismatch.phrase(name.as_str(), &uid), stop).await);
            }
            Identity::Stranger | Identity::NoUser => {
                let uid = uid.to_string();
                let phrase = Phrase::NoAccountOfYours { name: name.as_str(), uid: &uid };
                return Err(self.exchange.explain(&phrase, Stop::reject(Reason::UnknownAccount)).await);
            }
        };
        self.exchange.trail.account = Some(account.id.clone());
        let closed = match account.usable(AccountUse::AnyOther) {
            Ok(()) => return Ok(account),
            Err(UnusableAccount::Closed(closed)) => closed,
            Err(stale @ UnusableAccount::Stale) => return Err(stale.into()),
        };
        let name = name.as_str();
        let phrase = match closed {
            Closed::Disabled => Phrase::AccountDisabled { name },
            Closed::Expired => Phrase::AccountExpired { name },
        };
        Err(self.exchange.explain(&phrase, Stop::reject(closed.reason())).await)
    }

    /// Asks for the main password and, if a factor is bound, for a code. Nothing is changed before. Returns the account as it is
    /// then: on that copy it was decided whether a code is needed. The peer has the account's own uid or a session for it, so a wrong
    /// password reveals nothing about other users.
    ///
    /// Nothing is asked if the session of a browser has a proof that is fresh; a new proof gives the session a new token.
    pub(super) async fn prove(&mut self, account: &Account, change: Change) -> Result<Account, Stop> {
        let account = match self.request.actor {
            SelfServiceActor::UnixUser { .. } => account.clone(),
            SelfServiceActor::Browser { token, .. } => {
                // It may have been ended while a question was open.
                let session = CurrentSession::open(self.exchange, token).await?;
                let account = session.account().clone();
                let is_fresh = session.has_fresh_proof(self.exchange, &account);
                self.session = Some(session);
                if is_fresh {
                    return Ok(account);
                }
                account
            }
        };
        let (account, credential) = self.prove_anew(&account, change).await?;
        if let Some(session) = &mut self.session {
            session.is_proved(self.exchange, &account, credential).await?;
        }
        Ok(account)
    }

    async fn prove_anew(&mut self, account: &Account, change: Change) -> Result<(Account, Credential), Stop> {
        self.prove_main_password(account).await?;
        let account = current_account::as_of_now(self.exchange, account.clone()).await?;
        if !account.data.is_enrolled() {
            return Ok((account, Credential::LoginPassword));
        }
        let context = PromptContext::of_change(self.exchange, change);
        let check = CodeCheckContext { account: &account, is_known: true, purpose: Some(context.service) };
        let proved = second_step::prove(self.exchange, check, &context).await?;
        let credential = proved.credential;
        self.exchange.trail.credential = Some(credential);
        let is_proof = |one: &Factor| credential == Credential::Factor(one.id);
        if account.data.factors.iter().any(|one| is_proof(one) && registry::sends_codes(one)) {
            self.exchange.resend_gap = ResendGap::WaivedOnce;
        }
        // A phone takes its time to approve: the account may have been disabled meanwhile.
        let now = current_account::read_again(self.exchange, &account).await?;
        let account = match credential {
            // It is gone from the account since.
            Credential::RecoveryCode => now,
            Credential::Factor(_)
            | Credential::MainPassword
            | Credential::LoginPassword
            | Credential::AppPassword(_)
            | Credential::TrustedDevice
            | Credential::Session => account,
        };
        Ok((account, credential))
    }

    /// Asks for the main password, once more if it is wrong. Each wrong one counts.
    async fn prove_main_password(&mut self, account: &Account) -> Result<(), Stop> {
        let question = Phrase::PasswordForChange { account: &account.name };
        let mut wrong = 0;
        loop {
            let answer = match self.exchange.person.ask(Echo::Off, &question).await {
                Ok(answer) => answer,
                // If a user leaves after a wrong one, the log has that reason. Otherwise guessing would go unnoticed.
                Err(_) if wrong > 0 => return Err(Stop::reject(Reason::BadCredential)),
                Err(gone) => return Err(gone.into()),
            };
            let stop = match Password::new(answer.expose().to_owned()) {
                Ok(password) => {
                    let at = self.exchange.engine.clock.now();
                    let check = MainPasswordCheck { password: &password, class: Class::Login, at };
                    let checked = check.check(self.exchange, account).await?;
                    let Err(stop) = checked.require_right(&mut self.exchange.trail) else { return Ok(()) };
                    match checked {
                        SecretCheck::Limited => {
                            return Err(self.exchange.explain(&Phrase::MainPasswordsLimited {}, stop).await);
                        }
                        SecretCheck::Wrong | SecretCheck::WrongOrLocked | SecretCheck::KnownWrong => stop,
                        SecretCheck::Right | SecretCheck::RightButDue | SecretCheck::Refused(_) => {
                            return Err(stop);
                        }
                    }
                }
                Err(_) => Stop::reject(Reason::BadCredential),
            };
            wrong += 1;
            let stop = self.exchange.explain(&Phrase::MainPasswordWrong {}, stop).await;
            if wrong == MOST_WRONG_PASSWORDS || stop.is_cancelled() {
                return Err(stop);
            }
        }
    }

    /// Mails what was changed to the account.
    pub(super) async fn tell_owner(&mut self, account: &Account, what: &Phrase<'_>) {
        notices::changed(self.exchange, account, what).await;
    }

    /// Whether all are meant, and not the one with an `id`.
    pub(super) async fn means_all(&mut self) -> Result<bool, Stop> {
        match (self.argument("all"), self.argument("id")) {
            (None, _) => Ok(false),
            (Some("true"), None) => Ok(true),
            (Some("true"), Some(_)) => self.refuse_argument("all", "goes without an id").await,
            (Some(_), _) => self.refuse_argument("all", "is true or not there").await,
        }
    }

    pub(super) fn argument(&self, name: &str) -> Option<&str> {
        self.request.arguments.get(name).map(String::as_str)
    }

    /// The argument, or else an answer to `question`, which may be one of `choices`.
    pub(super) async fn argument_or_ask(
        &mut self,
        name: &str,
        question: &Phrase<'_>,
        choices: &[Choice],
    ) -> Result<String, Stop> {
        match self.request.arguments.get(name) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.exchange.person.choose(question, choices).await?.expose().trim().to_owned()),
        }
    }

    pub(super) async fn refuse_unknown_arguments(&mut self) -> Result<(), Stop> {
        let known = self.request.flow.arguments();
        let is_known = |name: &str| known.contains(&name) || SCREEN.contains(&name);
        let Some(name) = self.request.arguments.keys().find(|name| !is_known(name)) else {
            return Ok(());
        };
        self.refuse_argument(name, "not known here").await
    }

    /// The terminal of the person, as far as their client says.
    pub(super) async fn screen(&mut self) -> Result<Screen, Stop> {
        let is_measured = self.argument(SCREEN[1]).is_some();
        let mut screen = Screen { is_measured, prefix: 0, ..Screen::default() };
        let [rows, columns, charset] = SCREEN;
        for (name, place) in [(rows, &mut screen.rows), (columns, &mut screen.columns)] {
            match self.argument(name).map(str::parse) {
                None => {}
                Some(Ok(number)) if (1..=LARGEST_SCREEN).contains(&number) => *place = number,
                Some(Ok(_) | Err(_)) => {
                    return self.refuse_argument(name, "is not a size of a terminal").await;
                }
            }
        }
        match self.argument(charset) {
            None | Some("utf-8") => Ok(screen),
            Some("ascii") => Ok(Screen { is_utf8: false, ..screen }),
            Some(_) => self.refuse_argument(charset, "is neither utf-8 nor ascii").await,
        }
    }

    pub(super) async fn refuse_argument<T>(&mut self, name: &str, problem: &str) -> Result<T, Stop> {
        self.refuse(&Phrase::BadArgument { name: &shown(name), problem }).await
    }

    /// Refuses something that was typed, or given as an argument.
    pub(super) async fn refuse<T>(&mut self, problem: &Phrase<'_>) -> Result<T, Stop> {
        let stop = Stop::explained(Reason::NotPermitted, "an argument that cannot be taken");
        Err(self.exchange.explain(problem, stop).await)
    }

    /// A time for people.
    pub(super) fn local(&self, at: Timestamp) -> String {
        self.exchange.engine.clock.local(at)
    }
}

/// Wrong main passwords in one conversation.
const MOST_WRONG_PASSWORDS: u32 = 2;
/// What every flow is told of the terminal.
const SCREEN: [&str; 3] = ["rows", "columns", "charset"];
const LARGEST_SCREEN: usize = 1000;
