//! What people do with their own account, one file a group of flows.

mod app_passwords;
mod challenges;
mod devices;
mod factors;

use std::collections::BTreeMap;

use crate::account::{Account, Freshness};
use crate::account_status::AccountStatus;
use crate::changes::error::ChangeError;
use crate::changes::notices;
use crate::changes::notices::ChangedBy;
use crate::checks::current_account;
use crate::checks::in_flight::Checked;
use crate::checks::main_password::Given;
use crate::checks::typed_codes::Asked;
use crate::conversation::{Choice, Conversation, Echo};
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::outage::Outage;
use crate::exchange::outcome::Outcome;
use crate::exchange::prompt_context::Enroller;
use crate::exchange::prompt_context::Occasion;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::flows::details::ECHOED;
use crate::flows::identity;
use crate::flows::identity::Identity;
use crate::flows::second_step;
use crate::ledger::Credential;
use crate::limits::Source;
use crate::name::LoginName;
use crate::policy::Class;
use crate::qr::Screen;
use crate::secret::Password;
use crate::verdict::{Accepted, Reason, Verdict};
use crate::words::Phrase;

/// What somebody wants to do with their own account. Each takes `rows`, `columns` and `charset` (`utf-8` or `ascii`) of the
/// terminal as well, for QR codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFlow {
    /// List the bound factors and the number of recovery codes. Arguments: `kind`, where only those of a kind are wanted.
    Factors,
    /// Bind a factor. Arguments: `kind` (`totp` where it is not said, `email`, `sms`, `phone`), `label`, `to` (the address
    /// or number that codes are sent to).
    Enrol,
    /// Unbind a factor. Arguments: `id`; `kind`, where it has to be one of a kind.
    Remove,
    /// Bind a factor in the place of another. Arguments: `id`, and those of `Enrol`; without `kind` it is one of the same.
    Replace,
    /// Make new recovery codes in the place of the old ones.
    RecoveryCodes,
    /// Make an app password. Arguments: `label`, `scope` (as the command line has it), `expires` (RFC 3339),
    /// `networks` (separated by commas).
    AppPasswordCreate,
    /// List app passwords.
    AppPasswordList,
    /// Make new app passwords in the place of old ones. Arguments: `id`.
    AppPasswordRegenerate,
    /// Revoke app passwords. Arguments: `id` or `all` = `true`.
    AppPasswordRevoke,
    /// List trusted devices.
    DeviceList,
    /// Revoke trusted devices. Arguments: `id` or `all` = `true`.
    DeviceRevoke,
    /// List what waits for an answer away from the prompt.
    ChallengeList,
    /// Refuse what waits for an answer. Arguments: `id` or `all` = `true`.
    ChallengeDeny,
}

/// A user of this host, who may speak for one account alone.
#[derive(Debug)]
pub struct Own<'a> {
    /// The name that the host's name services have for the uid of the process that asks.
    pub name: &'a LoginName,
    /// That uid.
    pub uid: u32,
    /// What is wanted.
    pub flow: OwnFlow,
    /// What was said beforehand.
    pub arguments: &'a BTreeMap<String, String>,
    /// The client's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
}

/// Does what a user of this host wants with the account that has their name and uid.
///
/// Lists are free; every change asks for the main password and, where a factor is bound, for a code.
pub async fn own(engine: &Engine, own: &Own<'_>, person: &mut dyn Conversation) -> Outcome {
    let mut visit = OwnVisit {
        engine,
        own,
        dialogue: Dialogue::new(person, own.language, engine.language),
        trail: Trail::default(),
    };
    visit.dialogue.knows(own.name.as_str());
    let decided = visit.run().await;
    if visit.dialogue.is_echoed() {
        visit.trail.detail = Some(ECHOED);
    }
    visit.trail.is_changed |= visit.dialogue.is_changed();
    visit.trail.language = Some(visit.dialogue.language());
    Outcome::of_stop(decided, visit.trail)
}

/// One visit of somebody to their own account.
struct OwnVisit<'a> {
    engine: &'a Engine,
    own: &'a Own<'a>,
    dialogue: Dialogue<'a>,
    trail: Trail,
}

impl OwnVisit<'_> {
    async fn run(&mut self) -> Result<Verdict, Stop> {
        self.refuse_unknown_arguments().await?;
        let screen = self.screen().await?;
        self.dialogue.sees_on(screen);
        let account = self.account().await?;
        self.dialogue.speak_to(&account);
        match self.own.flow {
            OwnFlow::Factors => self.list_factors(&account).await?,
            OwnFlow::Enrol => self.enrol(&account).await?,
            OwnFlow::Remove => self.remove(&account).await?,
            OwnFlow::Replace => self.replace(&account).await?,
            OwnFlow::RecoveryCodes => self.recovery_codes(&account).await?,
            OwnFlow::AppPasswordCreate => self.create_app_password(&account).await?,
            OwnFlow::AppPasswordList => self.list_app_passwords(&account).await?,
            OwnFlow::AppPasswordRegenerate => self.regenerate_app_passwords(&account).await?,
            OwnFlow::AppPasswordRevoke => self.revoke_app_passwords(&account).await?,
            OwnFlow::DeviceList => self.list_devices(&account).await?,
            OwnFlow::DeviceRevoke => self.revoke_devices(&account).await?,
            OwnFlow::ChallengeList => self.list_challenges(&account).await?,
            OwnFlow::ChallengeDeny => self.deny_challenges(&account).await?,
        }
        Ok(Verdict::Accept(Accepted { user: account.name, userdb: BTreeMap::new(), proof: None }))
    }

    /// The account that is this user's: the same name, the same uid, in use.
    async fn account(&mut self) -> Result<Account, Stop> {
        let own = self.own;
        let account = match identity::identify_user(self.engine, own.name, own.uid).await? {
            Identity::Account(account) => *account,
            Identity::Mismatch(id, mismatch) => {
                self.trail.account = Some(id);
                self.trail.detail = Some(mismatch.detail());
                let uid = own.uid.to_string();
                self.dialogue.complain(&mismatch.phrase(own.name.as_str(), &uid)).await?;
                return Err(Stop::Reject(Reason::NotPermitted));
            }
            Identity::Stranger | Identity::NoUser => {
                let uid = own.uid.to_string();
                self.dialogue
                    .complain(&Phrase::NoAccountOfYours { name: own.name.as_str(), uid: &uid })
                    .await?;
                return Err(Stop::Reject(Reason::UnknownAccount));
            }
        };
        self.trail.account = Some(account.id.clone());
        if account.freshness == Freshness::Stale {
            return Err(Outage::Stale.into());
        }
        let name = own.name.as_str();
        let (reason, phrase) = match account.status {
            AccountStatus::Active => return Ok(account),
            AccountStatus::Disabled => (Reason::Disabled, Phrase::AccountDisabled { name }),
            AccountStatus::Expired => (Reason::Expired, Phrase::AccountExpired { name }),
        };
        self.dialogue.complain(&phrase).await?;
        Err(Stop::Reject(reason))
    }

    /// Asks for the main password and, where a factor is bound, for a code. Nothing is changed before. Gives the account as
    /// it is then: whether a code had to be asked for was decided over that.
    async fn prove(&mut self, account: &Account) -> Result<Account, Stop> {
        let question = Phrase::PasswordForChange { account: &account.name };
        let answer = self.dialogue.ask(Echo::Off, &question).await?;
        let Ok(password) = Password::new(answer.expose().to_owned()) else {
            return self.wrong_main_password().await;
        };
        let source = self.source();
        let at = self.engine.clock.now();
        let given = Given { password: &password, source: &source, class: Class::Login, at };
        match given.check(self.engine, account, &mut self.trail).await? {
            Checked::Right | Checked::RightButDue => {}
            Checked::Wrong | Checked::KnownWrong => return self.wrong_main_password().await,
            Checked::Refused(_) => return Err(Stop::Reject(Reason::NotPermitted)),
            Checked::Limited => {
                self.dialogue.complain(&Phrase::MainPasswordsLimited {}).await?;
                return Err(Stop::Reject(Reason::Limited));
            }
        }
        let account = current_account::as_of_now(self.engine, account.clone(), &mut self.dialogue).await?;
        if !account.data.is_enrolled() {
            return Ok(account);
        }
        let occasion = Occasion::of_change(Enroller::Owner);
        let purpose = Some(occasion.service);
        let asked = Asked { account: &account, source: &source, is_known: true, purpose };
        let proved =
            second_step::prove(self.engine, asked, &occasion, &mut self.dialogue, &mut self.trail).await?;
        let credential = proved.credential;
        self.trail.credential = Some(credential);
        // A phone takes its time to approve: the account may have been disabled meanwhile.
        let now = current_account::read_again(self.engine, &account).await?;
        match credential {
            // It is gone from the account since.
            Credential::RecoveryCode => Ok(now),
            Credential::Factor(_)
            | Credential::MainPassword
            | Credential::LoginPassword
            | Credential::AppPassword(_)
            | Credential::TrustedDevice => Ok(account),
        }
    }

    /// Whoever asks has the account's own uid: that the password is wrong tells them nothing about anybody else.
    async fn wrong_main_password<T>(&mut self) -> Result<T, Stop> {
        self.dialogue.complain(&Phrase::MainPasswordWrong {}).await?;
        Err(Stop::Reject(Reason::BadCredential))
    }

    /// Mails what was changed to the account.
    async fn tell_owner(&mut self, account: &Account, what: &Phrase<'_>) {
        let what = (what, ChangedBy::Owner);
        notices::changed(self.engine, account, what, &mut self.dialogue, &mut self.trail).await;
    }

    fn source(&self) -> Source {
        Source::of_user(self.own.uid)
    }

    /// Whether all are meant, and not the one with an `id`.
    async fn means_all(&mut self) -> Result<bool, Stop> {
        match (self.argument("all"), self.argument("id")) {
            (None, _) => Ok(false),
            (Some("true"), None) => Ok(true),
            (Some("true"), Some(_)) => self.refuse_argument("all", "goes without an id").await,
            (Some(_), _) => self.refuse_argument("all", "is true or not there").await,
        }
    }

    fn argument(&self, name: &str) -> Option<&str> {
        self.own.arguments.get(name).map(String::as_str)
    }

    /// The argument, or else an answer to `question`, which may be one of `choices`.
    async fn argument_or_ask(
        &mut self,
        name: &str,
        question: &Phrase<'_>,
        choices: &[Choice],
    ) -> Result<String, Stop> {
        match self.own.arguments.get(name) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.dialogue.choose(question, choices).await?.expose().trim().to_owned()),
        }
    }

    async fn refuse_unknown_arguments(&mut self) -> Result<(), Stop> {
        let known = self.own.flow.arguments();
        let is_known = |name: &str| known.contains(&name) || SCREEN.contains(&name);
        let Some(name) = self.own.arguments.keys().find(|name| !is_known(name)) else {
            return Ok(());
        };
        self.refuse_argument(name, "not known here").await
    }

    /// The terminal of the person, as far as their client says.
    async fn screen(&mut self) -> Result<Screen, Stop> {
        let mut screen = Screen::default();
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

    async fn refuse_argument<T>(&mut self, name: &str, problem: &str) -> Result<T, Stop> {
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        self.dialogue.complain(&Phrase::BadArgument { name: &name, problem }).await?;
        self.trail.detail = Some("an argument that cannot be taken");
        Err(Stop::Reject(Reason::NotPermitted))
    }

    /// Says why a change was not made, where that is the person's to mend.
    async fn not_changed<T>(&mut self, error: ChangeError) -> Result<T, Stop> {
        let short;
        let phrase = match &error {
            ChangeError::NoFactor(id) => {
                short = id.short();
                Phrase::NoSuchFactor { id: &short }
            }
            ChangeError::TooManyFactors(count) => Phrase::TooManyFactors { count: (*count).into() },
            ChangeError::LastFactor => Phrase::LastFactorStays {},
            ChangeError::NotEnrolled => Phrase::RecoveryNeedsFactor {},
            ChangeError::NoAppPassword(id) | ChangeError::Expired(id) => {
                Phrase::NoSuchAppPassword { id: id.as_str() }
            }
            ChangeError::TooMany(count) => Phrase::TooManyAppPasswords { count: (*count).into() },
            ChangeError::ExpiresInThePast => {
                Phrase::BadArgument { name: "expires", problem: "lies in the past" }
            }
            ChangeError::NoAccount
            | ChangeError::Contended
            | ChangeError::ChangedMeanwhile
            | ChangeError::TicketUsed
            | ChangeError::BoundAlready
            | ChangeError::NumberTaken
            | ChangeError::NumberClaimed
            | ChangeError::Factor(_)
            | ChangeError::Directory(_)
            | ChangeError::Ledger(_)
            | ChangeError::Hashing(_)
            | ChangeError::Randomness(_) => return Err(error.into()),
        };
        self.dialogue.complain(&phrase).await?;
        self.trail.detail = Some("the change is not possible");
        Err(Stop::Reject(Reason::NotPermitted))
    }
}

/// What every flow is told of the terminal.
const SCREEN: [&str; 3] = ["rows", "columns", "charset"];
const LARGEST_SCREEN: usize = 1000;

impl OwnFlow {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Factors => &["kind"],
            Self::RecoveryCodes | Self::AppPasswordList | Self::DeviceList | Self::ChallengeList => &[],
            Self::Enrol => &["kind", "label", "to"],
            Self::Remove => &["id", "kind"],
            Self::AppPasswordRegenerate => &["id"],
            Self::Replace => &["id", "kind", "label", "to"],
            Self::AppPasswordCreate => &["label", "scope", "expires", "networks"],
            Self::AppPasswordRevoke | Self::DeviceRevoke | Self::ChallengeDeny => &["id", "all"],
        }
    }
}
