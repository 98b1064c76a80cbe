use crate::account::Account;
use crate::account_status::{AccountUse, Closed, UnusableAccount};
use crate::engine::Engine;
use crate::exchange::outcome::{Conclusion, Outcome};
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::name::LoginName;
use crate::policy::{Class, NamedService};
use crate::userdb::{BadField, DisabledLookup};
use crate::verdict::{Accepted, Reason, Verdict};

/// Fetches the userdb fields of an account for a mail server that has mail to deliver or a session to resume. Among them is
/// `user`, the canonical name: without it a mail server goes on with the alias that was asked for, to another mailbox.
///
/// No secret is checked. For the session of a mail service a disabled or expired account is refused here as it is at a
/// login; for everything else, such as a delivery, `disabled_lookup` decides.
pub async fn lookup(engine: &Engine, service: NamedService<'_>, name: &LoginName) -> Outcome {
    let mut trail = Trail::default();
    let decided = decide(engine, service, name, &mut trail).await;
    Outcome::of(decided, trail)
}

async fn decide(
    engine: &Engine,
    service: NamedService<'_>,
    name: &LoginName,
    trail: &mut Trail,
) -> Result<Conclusion, Stop> {
    let Some(account) = engine.directory.find(name, Class::Mail).await? else {
        return Err(Stop::reject(Reason::UnknownAccount));
    };
    trail.account = Some(account.id.clone());
    let closed = match account.usable(AccountUse::AnyOther) {
        Ok(()) => return Ok(answer(engine, account)?.into()),
        Err(UnusableAccount::Closed(closed)) => closed,
        Err(stale @ UnusableAccount::Stale) => return Err(stale.into()),
    };
    if is_session(service) {
        return Err(Stop::reject(closed.reason()));
    }
    let (delivered, waits) = match closed {
        Closed::Disabled => (
            "the account is disabled, and its mail is delivered",
            "the account is disabled, and its mail waits",
        ),
        Closed::Expired => (
            "the account has expired, and its mail is delivered",
            "the account has expired, and its mail waits",
        ),
    };
    match engine.userdb.disabled_lookup {
        DisabledLookup::Found => {
            Ok(Conclusion { verdict: answer(engine, account)?, detail: Some(delivered) })
        }
        DisabledLookup::Defer => Ok(Verdict::Defer(waits.to_owned()).into()),
        DisabledLookup::Unknown => Err(Stop::reject(closed.reason())),
    }
}

fn answer(engine: &Engine, account: Account) -> Result<Verdict, BadField> {
    let mut userdb = engine.userdb.fill(&account)?;
    userdb.entry("user".to_owned()).or_insert_with(|| account.name.clone());
    Ok(Verdict::Accept(Accepted { user: account.name, userdb, proof: None }))
}

/// Whether the lookup is for a session that reads or sends mail.
fn is_session(service: NamedService<'_>) -> bool {
    service.class() == Some(Class::Mail) && !DELIVERIES.contains(&service.name)
}

/// What Dovecot calls itself when it delivers, even where a service of that name is configured.
const DELIVERIES: [&str; 2] = ["lmtp", "lda"];
