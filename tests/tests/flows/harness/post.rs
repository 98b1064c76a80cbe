//! A courier that records its messages, or fails on request.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use postern_core::courier::{Channel, Courier, CourierError, Destination, Message};
use postern_core::deed::DeedText;
use postern_core::factor::Subscription;
use postern_core::sms_rules::SmsRules;
use postern_core::words::Language;

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) to: String,
    pub(crate) language: Language,
    pub(crate) what: What,
}

/// Its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Code { code: String, what: String, place: String },
    Push { fragment: String, what: String, place: String },
    Changed(String),
    SmsBudget(String),
    Disowned { what: String, place: String },
}

/// The courier of a site in a test.
#[derive(Debug, Default)]
pub(crate) struct Post {
    state: Mutex<State>,
    rules: OnceLock<SmsRules>,
}

#[derive(Debug, Default)]
struct State {
    is_there: bool,
    fails_with: Option<CourierError>,
    sent: Vec<Sent>,
}

impl Post {
    /// Sets the hourly and daily budget, before the first message is sent.
    pub(crate) fn set_budgets(&self, hourly: u32, daily: u32) {
        self.rules.set(rules(hourly, daily)).unwrap();
    }

    /// Enables all channels.
    pub(crate) fn open(&self) {
        self.state().is_there = true;
    }

    /// Sets the error of all further messages, or none.
    pub(crate) fn fails_with(&self, error: Option<CourierError>) {
        self.state().fails_with = error;
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// The codes that were sent, the newest last.
    pub(crate) fn codes(&self) -> Vec<String> {
        let codes = self.sent().into_iter().filter_map(|sent| match sent.what {
            What::Code { code, .. } => Some(code),
            What::Push { .. } | What::Changed(_) | What::SmsBudget(_) | What::Disowned { .. } => None,
        });
        codes.collect()
    }

    /// The codes that were sent there, the newest last.
    pub(crate) fn codes_to(&self, address: &str) -> Vec<String> {
        let codes = self.sent().into_iter().filter_map(|sent| match sent.what {
            What::Code { code, .. } if sent.to == address => Some(code),
            What::Code { .. }
            | What::Push { .. }
            | What::Changed(_)
            | What::SmsBudget(_)
            | What::Disowned { .. } => None,
        });
        codes.collect()
    }

    pub(crate) fn rings(&self) -> usize {
        self.sent().iter().filter(|sent| matches!(sent.what, What::Push { .. })).count()
    }

    /// The notices that were mailed to the owner.
    pub(crate) fn changes(&self) -> Vec<String> {
        let changes = self.sent().into_iter().filter_map(|sent| match sent.what {
            What::Changed(what) => Some(what),
            What::Code { .. } | What::Push { .. } | What::SmsBudget(_) | What::Disowned { .. } => None,
        });
        changes.collect()
    }

    /// The warnings that were mailed to the admin.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warnings = self.sent().into_iter().filter_map(|sent| match sent.what {
            What::SmsBudget(what) if sent.to == ADMIN => Some(what),
            What::Code { .. }
            | What::Push { .. }
            | What::Changed(_)
            | What::SmsBudget(_)
            | What::Disowned { .. } => None,
        });
        warnings.collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Courier for Post {
    fn carries(&self, _: Channel) -> bool {
        self.state().is_there
    }

    fn tells_of_changes(&self) -> bool {
        self.state().is_there
    }

    fn push_key(&self) -> Option<String> {
        self.state().is_there.then(|| "BPushKey".to_owned())
    }

    fn ntfy_address(&self, topic: &str) -> Option<String> {
        self.state().is_there.then(|| format!("https://ntfy.example.org/{topic}"))
    }

    fn may_push_to(&self, subscription: &Subscription) -> bool {
        subscription.endpoint.starts_with("https://push.example.org/")
    }

    fn sms_rules(&self) -> Option<&SmsRules> {
        Some(self.rules.get_or_init(|| rules(10_000, 10_000)))
    }

    fn page(&self) -> Option<&str> {
        self.state().is_there.then_some(PAGE)
    }

    async fn send(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let own = |deed: &DeedText| (deed.what.clone(), deed.place.clone());
        let what = match *message {
            Message::Code { code, deed, .. } => {
                let (what, place) = own(deed);
                What::Code { code: code.to_owned(), what, place }
            }
            Message::Push { fragment, deed, .. } => {
                let (what, place) = own(deed);
                What::Push { fragment: fragment.to_owned(), what, place }
            }
            Message::Changed { what, .. } => What::Changed(what.to_owned()),
            Message::SmsBudget { what, .. } => What::SmsBudget(what.to_owned()),
            Message::Disowned { deed, .. } => {
                let (what, place) = own(deed);
                What::Disowned { what, place }
            }
        };
        let to = match to {
            Destination::Email(address) => address.as_str().to_owned(),
            Destination::Sms(number) => number.as_str().to_owned(),
            Destination::WebPush(subscription) => subscription.endpoint.clone(),
            Destination::Ntfy(topic) => (*topic).to_owned(),
        };
        let mut state = self.state();
        match &state.fails_with {
            Some(error) => Err(error.clone()),
            None => {
                state.sent.push(Sent { to, language, what });
                Ok(())
            }
        }
    }
}

/// To Great Britain and China.
fn rules(hourly_budget: u32, daily_budget: u32) -> SmsRules {
    let allowed_prefixes = ["+44", "+86"].map(|prefix| prefix.parse().unwrap()).to_vec();
    let warn_address = Some(ADMIN.parse().unwrap());
    SmsRules { allowed_prefixes, hourly_budget, daily_budget, warn_address, default_country: None }
}

/// The admin's address.
pub(crate) const ADMIN: &str = "admin@example.org";
pub(crate) const PAGE: &str = "https://2fa.example.org/";
