use crate::account::{Account, Freshness};
use crate::engine::Engine;
use crate::exchange::details::UNCONFIGURED;
use crate::exchange::outage::Outage;
use crate::exchange::outcome::Outcome;
use crate::exchange::trail::Trail;
use crate::name::LoginName;
use crate::policy::{AccountPolicy, Class, EffectiveLogin, NamedService, ServiceKind};
use crate::proof::Proof;
use crate::verdict::{Accepted, Reason, Verdict};

use super::identity::{self, Identity};

/// Decides whether a login may go on that Postern may not have seen the beginning of: a key alone opens ssh, and sudo asks
/// for nothing where it is told so. `proof` is what an accepted login was given a moment ago.
///
/// It says yes to what Postern itself let in, and no to an account that needs a second factor. To anything else it has
/// nothing to say.
pub async fn account(
    engine: &Engine,
    service: NamedService<'_>,
    name: &LoginName,
    proof: Option<&str>,
) -> Outcome {
    let mut trail = Trail::default();
    let decided = decide(engine, service, name, proof, &mut trail).await;
    Outcome::of(decided, trail)
}

async fn decide(
    engine: &Engine,
    service: NamedService<'_>,
    name: &LoginName,
    proof: Option<&str>,
    trail: &mut Trail,
) -> Result<Verdict, Outage> {
    let Some(configured) = service.settings else {
        trail.detail = Some(UNCONFIGURED);
        return Ok(Verdict::Reject(Reason::NotPermitted));
    };
    let now = engine.clock.now();
    let is_proved = |account: &Account| {
        proof.is_some_and(|proof| Proof::holds(proof, &account.id, service.name, now, &engine.keyring))
    };
    let ServiceKind::Login(login) = &configured.kind else {
        // A mail service has no login without a secret, and the account was looked at with it.
        return Ok(Verdict::Ignore("a mail service"));
    };
    if proof.is_none() && !login.enforces_account {
        return Ok(Verdict::Ignore("the account is not enforced here"));
    }
    if proof.is_some()
        && let Some(account) = engine.directory.find(name, Class::Login).await?
        && account.name == name.as_str()
    {
        trail.account = Some(account.id.clone());
        if let Some(reason) = account.status.refusal() {
            return Ok(Verdict::Reject(reason));
        }
        // Who has a proof was identified a moment ago.
        if is_proved(&account) {
            return Ok(Verdict::Accept(Accepted {
                user: account.name,
                userdb: Default::default(),
                proof: None,
            }));
        }
    }
    if !login.enforces_account {
        return Ok(Verdict::Ignore("the account is not enforced here"));
    }
    let site_policy = EffectiveLogin::of(&engine.policy, configured.observe, login, AccountPolicy::default());
    let account = match identity::identify(engine, name).await? {
        Identity::Account(account) => account,
        Identity::Mismatch(id, mismatch) => {
            trail.account = Some(id);
            trail.detail = Some(mismatch.detail());
            return Ok(refused(Reason::NotPermitted, site_policy.observe, trail));
        }
        Identity::Stranger if login.ignores_strangers => return Ok(Verdict::Ignore("not in the directory")),
        Identity::Stranger | Identity::NoUser => {
            return Ok(refused(Reason::UnknownAccount, site_policy.observe, trail));
        }
    };
    trail.account = Some(account.id.clone());
    if account.freshness == Freshness::Stale {
        return Err(Outage::Stale);
    }
    if let Some(reason) = account.status.refusal() {
        return Ok(Verdict::Reject(reason));
    }
    let policy = EffectiveLogin::of(&engine.policy, configured.observe, login, account.data.policy);
    if policy.second_factor.is_needed(account.data.is_enrolled()) {
        trail.detail = Some("a second factor is needed, and none was asked for");
        return Ok(refused(Reason::NotPermitted, policy.observe, trail));
    }
    Ok(Verdict::Ignore("no second factor is needed"))
}

/// Refuses, or where policy is only observed writes down that it would have.
fn refused(reason: Reason, observe: bool, trail: &mut Trail) -> Verdict {
    if !observe {
        return Verdict::Reject(reason);
    }
    trail.observed = Some(reason);
    Verdict::Ignore("it is only observed")
}
