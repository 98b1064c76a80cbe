//! Browsers that need no second step for a while.

use std::time::Duration;

use serde_json::json;

use crate::account::Account;
use crate::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use crate::changes::devices::revoke_devices;
use crate::changes::notices;
use crate::checks::current_account;
use crate::device::{DeviceId, DeviceRecord, Trust};
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::login_event::UsedCredential;
use crate::trusted_browser::TrustedBrowser;
use crate::words::Phrase;

/// Whether the account trusts the browser, for less than `term`. Its secret is replaced, and the browser is told the new one. An earlier
/// secret ends the trust, and the owner is told: somebody has a copy. Where the ledger cannot say, it is not trusted.
///
/// The first factor was proved, so that no stranger can end the trust.
pub(crate) async fn use_up(
    exchange: &mut Exchange<'_>,
    account: &Account,
    browser: &TrustedBrowser,
    term: Duration,
) -> Result<bool, Stop> {
    let engine = exchange.engine;
    let now = engine.clock.now();
    let Ok(records) = engine.ledger.browser_records(&account.id, BrowserRecordKind::Trust, now).await else {
        exchange.trail.is_ledger_down = true;
        return Ok(false);
    };
    let ids = DeviceId::all_of(&account.id, &browser.device(""), &engine.keyring, term, now);
    let opened = records.iter().find_map(|record| {
        let id = DeviceId(record.id.digest);
        let device = DeviceRecord { id, value: record.value.clone(), expires: record.expires };
        let trust = Trust::open(&device, account, &engine.keyring, term, now)?;
        ids.contains(&id).then_some((record, trust))
    });
    let Some((old, trust)) = opened else { return Ok(false) };
    if trust.secret != Some(browser.digest()) {
        end(exchange, account, DeviceId(old.id.digest), &trust.name).await;
        return Ok(false);
    }
    let renewed = browser.renewed(engine.random)?;
    let trust = Trust { secret: Some(renewed.digest()), ..trust };
    let new = record(&trust, &renewed, account, exchange);
    match engine.ledger.put_browser_record(&account.id, &new, Some(old), now).await {
        Ok(true) => {}
        // Another sign-in was faster, or the trust has just been revoked.
        Ok(false) => return Ok(false),
        Err(_) => {
            exchange.trail.is_ledger_down = true;
            return Ok(false);
        }
    }
    exchange.trail.used = Some(UsedCredential::of_device(DeviceId(new.id.digest), &trust.name));
    tell(exchange, &renewed, &trust).await?;
    Ok(true)
}

/// Trusts the browser from now on, and tells it its secret. Where the ledger is down it does not, and the person is asked again next
/// time.
pub(crate) async fn trust(
    exchange: &mut Exchange<'_>,
    account: &Account,
    name: &str,
    term: Duration,
) -> Result<(), Stop> {
    // A theft that was just noticed, or the last question, has changed it.
    let account = current_account::read_again(exchange, account).await?;
    let engine = exchange.engine;
    let (browser, now) = (TrustedBrowser::draw(engine.random)?, engine.clock.now());
    let (created, expires) = (now, now.plus(term));
    let trust = Trust { name: name.to_owned(), created, expires, secret: Some(browser.digest()) };
    let record = record(&trust, &browser, &account, exchange);
    if engine.ledger.put_browser_record(&account.id, &record, None, now).await.is_err() {
        exchange.trail.is_ledger_down = true;
        return Ok(());
    }
    tell(exchange, &browser, &trust).await
}

async fn end(exchange: &mut Exchange<'_>, account: &Account, id: DeviceId, name: &str) {
    let engine = exchange.engine;
    exchange.trail.is_trust_copied = true;
    // The second step is asked for in any case, and the next use notices it again.
    if revoke_devices(&engine.authority(), &engine.keyring, &account.id, |one| one.id == id).await.is_err() {
        exchange.trail.is_ledger_down = true;
    }
    notices::changed(exchange, account, &Phrase::ChangedBrowserTrustCopied { name }).await;
}

fn record(
    trust: &Trust,
    browser: &TrustedBrowser,
    account: &Account,
    exchange: &Exchange<'_>,
) -> BrowserRecord {
    let keyring = &exchange.engine.keyring;
    let id = DeviceId::of(&account.id, &browser.device(""), keyring);
    let DeviceRecord { value, expires, .. } = trust.seal(id, account, keyring);
    BrowserRecord { id: BrowserRecordId { kind: BrowserRecordKind::Trust, digest: id.0 }, value, expires }
}

async fn tell(exchange: &mut Exchange<'_>, browser: &TrustedBrowser, trust: &Trust) -> Result<(), Stop> {
    let value = json!({ "token": *browser.expose(), "name": trust.name, "expires": trust.expires });
    exchange.person.record("trusted_browser", value).await?;
    Ok(())
}
