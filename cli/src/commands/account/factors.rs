//! Recovery of accounts whose second factors are lost, and invitations for accounts that have none yet.

use postern_core::account::Account;
use postern_core::browser_record::BrowserRecordKind;
use postern_core::changes;
use postern_core::words::Phrase;
use serde_json::json;

use super::value::value;
use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;
use crate::terminal::Terminal;

/// Lifts the lock that too many wrong codes have set.
pub(super) async fn unlock(site: &Site, account: &Account, output: Output) -> Result<(), Failure> {
    let count = changes::unlock_factors(&site.authority(), &account.id).await?;
    let what = match count {
        0 => "no second factor was locked".to_owned(),
        count => format!("unlocked {}", counted(count, "second factor", "second factors")),
    };
    let text = format!("{what}; the wrong codes and passwords of {} are forgotten", account.name);
    let account = site.again(account).await?;
    output
        .about(&account)
        .print_all(&text, [("account", value(site, &account).await?), ("unlocked", json!(count))])
}

/// Removes everything that a second step could ask for, in one change of the account.
pub(super) async fn reset(
    site: &Site,
    account: &Account,
    is_sure: bool,
    output: Output,
) -> Result<(), Failure> {
    if !is_sure && !confirm(account)? {
        return Err(Failure::data("nothing was changed"));
    }
    let reset = changes::edit(&*site.directory, &account.id, |data| {
        let taken = (data.factors.len(), data.recovery_codes.len(), data.policy.ticket.is_some());
        data.factors.clear();
        data.factor_keys.clear();
        data.recovery_codes.clear();
        data.enrolled = false;
        data.policy.ticket = None;
        data.forget_trust();
        Ok(taken)
    });
    let (factors, codes, had_ticket) = reset.await?;
    let ticket = if had_ticket { " and a ticket" } else { "" };
    let factors = counted(factors, "second factor", "second factors");
    let codes = counted(codes, "recovery code", "recovery codes");
    let text = format!(
        "reset account {}: took away {factors}, {codes}{ticket}; no device is trusted, no browser \
         logged in, and app passwords stay",
        account.name
    );
    let cleared = clear_ledger(site, account).await;
    site.tell_owner(account, &Phrase::ChangedReset {}).await;
    let read = site.again(account).await?;
    output.about(&read).print(&text, "account", value(site, &read).await?)?;
    cleared.map_err(|failure| {
        failure.and("its wrong codes are still counted; the same command again forgets them")
    })
}

fn confirm(account: &Account) -> Result<bool, Failure> {
    let Some(mut terminal) = Terminal::open() else {
        return Err(Failure::usage("there is no terminal to ask on; give --yes"));
    };
    let factors = counted(account.data.factors.len(), "second factor", "second factors");
    terminal.confirm(&format!(
        "Take away {factors}, the recovery codes and trusted devices of {} (id {})?",
        account.name, account.id
    ))
}

async fn clear_ledger(site: &Site, account: &Account) -> Result<(), Failure> {
    site.ledger.forget_codes(&account.id).await?;
    let devices = site.ledger.devices(&account.id, site.clock.now()).await?;
    let ids: Vec<_> = devices.iter().map(|device| device.id).collect();
    if !ids.is_empty() {
        site.ledger.drop_devices(&account.id, &ids).await?;
    }
    for kind in [BrowserRecordKind::Session, BrowserRecordKind::Trust] {
        let records = site.ledger.browser_records(&account.id, kind, site.clock.now()).await?;
        let ids: Vec<_> = records.iter().map(|record| record.id).collect();
        if !ids.is_empty() {
            site.ledger.drop_browser_records(&account.id, &ids).await?;
        }
    }
    Ok(())
}

/// Creates a ticket and shows it.
pub(super) async fn invite(
    site: &Site,
    account: &Account,
    good_for: &str,
    output: Output,
) -> Result<(), Failure> {
    let span = humantime::parse_duration(good_for)
        .ok()
        .filter(|span| span.as_secs() >= 60)
        .ok_or_else(|| Failure::usage(format!("--for \"{good_for}\" is no time span such as 7d or 12h")))?;
    if account.data.is_enrolled() {
        return Err(Failure::data(format!("{} has a second factor, and needs no ticket", account.name)));
    }
    let (ticket, expires) = changes::invite(&site.authority(), &site.keyring()?, &account.id, span).await?;
    let shown = ticket.grouped();
    let text = zeroize::Zeroizing::new(format!(
        "Ticket for {}, good once and until {expires}:\n\n    {}\n\n\
         It is shown this once. It is asked for at a login that needs a second factor, where none is bound.\n",
        account.name, *shown
    ));
    let value = json!({ "account": account.name, "ticket": *shown, "expires": expires });
    output.about(account).print(&text, "ticket", value)
}
