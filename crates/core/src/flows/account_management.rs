use crate::account::Account;
use crate::account_status::AccountUse;
use crate::engine::Engine;
use crate::exchange::details::UNCONFIGURED;
use crate::exchange::localized_conversation::preferred;
use crate::exchange::outcome::{Conclusion, Outcome};
use crate::exchange::stop::Stop;
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
) -> Result<Conclusion, Stop> {
    let Some(configured) = service.settings else {
        return Err(Stop::explained(Reason::NotPermitted, UNCONFIGURED));
    };
    let now = engine.clock.now();
    let is_proved = |account: &Account| {
        proof.is_some_and(|proof| Proof::holds(proof, &account.id, service.name, now, &engine.keyring))
    };
    let ServiceKind::Login(login) = &configured.kind else {
        // A mail service has no login without a secret, and the account was looked at with it.
        return Ok(Verdict::Ignore("a mail service").into());
    };
    if proof.is_none() && !login.enforces_account {
        return Ok(Verdict::Ignore("the account is not enforced here").into());
    }
    if proof.is_some()
        && let Some(account) = engine.directory.find(name, Class::Login).await?
        && account.name == name.as_str()
    {
        trail.account = Some(account.id.clone());
        account.usable(AccountUse::AnyOther)?;
        // A user with a proof was identified a moment ago.
        if is_proved(&account) {
            let accepted = Accepted { user: account.name, userdb: Default::default(), proof: None };
            return Ok(Verdict::Accept(accepted).into());
        }
    }
    if !login.enforces_account {
        return Ok(Verdict::Ignore("the account is not enforced here").into());
    }
    let site_policy = EffectiveLogin::of(&engine.policy, configured.observe, login, AccountPolicy::default());
    let account = match identity::identify(engine, name).await? {
        Identity::Account(account) => account,
        Identity::Mismatch(id, mismatch) => {
            trail.account = Some(id);
            return refuse(Reason::NotPermitted, Some(mismatch.detail()), site_policy.observe, trail);
        }
        Identity::Stranger if login.ignores_strangers => {
            return Ok(Verdict::Ignore("not in the directory").into());
        }
        Identity::Stranger | Identity::NoUser => {
            return refuse(Reason::UnknownAccount, None, site_policy.observe, trail);
        }
    };
    trail.account = Some(account.id.clone());
    account.usable(AccountUse::AnyOther)?;
    let policy = EffectiveLogin::of(&engine.policy, configured.observe, login, account.data.policy);
    if policy.second_factor.is_needed(account.data.is_enrolled()) {
        // The host has let its owner in by other means.
        trail.language = preferred(&account);
        let detail = "a second factor is needed, and none was asked for";
        return refuse(Reason::NotPermitted, Some(detail), policy.observe, trail);
    }
    Ok(Verdict::Ignore("no second factor is needed").into())
}

/// Refuses. If the policy is only observed, it records what it would have refused.
fn refuse(
    reason: Reason,
    detail: Option<&'static str>,
    observe: bool,
    trail: &mut Trail,
) -> Result<Conclusion, Stop> {
    if observe {
        trail.observed = Some(reason);
        return Ok(Conclusion { verdict: Verdict::Ignore("it is only observed"), detail });
    }
    Ok(Conclusion { verdict: Verdict::Reject(reason), detail })
}
