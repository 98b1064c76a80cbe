//! Whether an account may still log in: it may have been changed while a question was open.

use crate::account::{Account, uid_in_directory};
use crate::account_status::AccountUse;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::name::LoginName;
use crate::policy::Class;
use crate::verdict::Reason;

/// The account as it is now, where it still may log in: read again where a question was asked since it was read.
pub(crate) async fn as_of_now(exchange: &mut Exchange<'_>, account: Account) -> Result<Account, Stop> {
    if exchange.person.has_waited() { read_again(exchange, &account).await } else { Ok(account) }
}

/// The account as it is now, where it still may log in.
pub(crate) async fn read_again(exchange: &Exchange<'_>, account: &Account) -> Result<Account, Stop> {
    let name = LoginName::new(&account.name).map_err(|_| Stop::reject(Reason::UnknownAccount))?;
    let directory = &exchange.engine.directory;
    let found = match exchange.names {
        Class::Login => directory.find(&name, Class::Login).await?,
        // The condition may be answered by a replica; the account comes from the server that accepts writes.
        Class::Mail => match directory.find(&name, Class::Mail).await? {
            Some(found) if found.id == account.id => directory.read(&account.id).await?,
            Some(_) | None => None,
        },
    };
    let is_same = |found: &Account| {
        let uid = uid_in_directory;
        found.id == account.id && found.name == account.name && uid(found) == uid(account)
    };
    let found = found.filter(is_same).ok_or(Stop::reject(Reason::UnknownAccount))?;
    found.usable(AccountUse::AnyOther)?;
    Ok(found)
}

/// Whether the account is still the one for which somebody proved who they are: its owner has changed neither the main password nor a
/// factor since, and trusts the same devices. Otherwise what was proved may be what they have just taken back.
pub(crate) fn is_as_proved(now: &Account, proved: &Account) -> bool {
    now.password_marker == proved.password_marker
        && now.data.policy.trust_generation == proved.data.policy.trust_generation
}
