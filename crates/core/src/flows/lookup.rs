use crate::account::{Freshness, Standing};
use crate::engine::Engine;
use crate::name::LoginName;
use crate::policy::Class;
use crate::verdict::{Accepted, Reason, Verdict};

use super::outcome::{Outage, Outcome, Trail};

/// Fetches the userdb fields of an account for a mail server that has mail to deliver or a session to resume.
///
/// No secret is checked. A disabled or expired account is refused here as it is at a login.
pub async fn lookup(engine: &Engine, name: &LoginName) -> Outcome {
    let mut trail = Trail::default();
    let decided = decide(engine, name, &mut trail).await;
    Outcome::of(decided, trail)
}

async fn decide(engine: &Engine, name: &LoginName, trail: &mut Trail) -> Result<Verdict, Outage> {
    let Some(account) = engine.directory.find(name, Class::Mail).await? else {
        return Ok(Verdict::Reject(Reason::UnknownAccount));
    };
    trail.account = Some(account.id.clone());
    if account.freshness == Freshness::Stale {
        return Err(Outage::Stale);
    }
    match account.standing {
        Standing::Active => {}
        Standing::Disabled => return Ok(Verdict::Reject(Reason::Disabled)),
        Standing::Expired => return Ok(Verdict::Reject(Reason::Expired)),
    }
    let userdb = engine.userdb.fill(&account)?;
    Ok(Verdict::Accept(Accepted { user: account.name, userdb, proof: None }))
}
