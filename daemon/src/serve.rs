//! Accepts connections until posternd has to stop.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use postern_core::clock::SKEW;
use postern_core::config::{Config, ConfigDigest};
use postern_core::exchange::clock_text;
use postern_log::LogQueue;
use sd_notify::NotifyState;
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::listener::Listener;
use crate::server::{Server, tell_systemd};
use crate::site::Site;
use crate::slots::{Holder, Slot};
use crate::{connection, metrics_listener};

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(
    path: PathBuf,
    (config, digest): (Config, ConfigDigest),
    log: LogQueue,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Arc::new(Server::new((&config, digest), &path, log)?);
    let listener = Listener::open(&config.socket.path)
        .map_err(|error| format!("{}: {error}", config.socket.path.display()))?;
    if let Some(metrics) = &config.metrics {
        metrics_listener::serve(metrics, &server);
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let (path, config): (Arc<Path>, _) = (Arc::from(path), Arc::new(config));
    let mut summary = tokio::time::interval(SUMMARY_EVERY);
    // The volatile database is begun by the first look at the ledger, and what a tool does before that it keeps to itself. Clients that connect
    // meanwhile wait at the socket.
    drop(timeout(FIRST_LOOK, tokio::spawn(warn_of_ledger(server.site()))).await);
    info!("posternd {} serves {}", env!("CARGO_PKG_VERSION"), config.socket.path.display());
    tell_systemd(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, _)) => greet(&server, stream),
                Err(error) => {
                    // Most likely out of file descriptors: without a pause this loop would spin.
                    warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = hangup.recv() => {
                // Not in this loop: name services may be slow, and connections wait to be accepted.
                let (server, path, config) = (Arc::clone(&server), Arc::clone(&path), Arc::clone(&config));
                drop(spawn_blocking(move || server.reload(&path, &config)));
            }
            _ = summary.tick() => {
                server.sum_up();
                tokio::spawn(compare_clocks(Arc::clone(&server)));
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tell_systemd(&[NotifyState::Stopping]);
    drop(listener);
    server.drain().await;
    server.sum_up();
    info!("posternd stops");
    Ok(())
}

/// Logs once what is wrong with the ledger. It goes on by itself where the ledger answers slowly.
async fn warn_of_ledger(site: Arc<Site>) {
    match site.engine.ledger.health().await {
        Ok(health) => {
            health.failures.iter().for_each(|failure| error!("the ledger: {failure}"));
            health.warnings.iter().for_each(|warning| warn!("the ledger: {warning}"));
        }
        Err(error) => warn!("{error}"),
    }
}

/// Logs when the clocks of this host and of the ledger drift too far apart for codes, and when they agree again.
async fn compare_clocks(server: Arc<Server>) {
    let Some(ahead) = server.site().clock_ahead().await else { return };
    let is_wrong = ahead.unsigned_abs() > SKEW.as_secs();
    match (server.has_wrong_clock.swap(is_wrong, Ordering::Relaxed), is_wrong) {
        (false, true) => warn!("{}", clock_text(ahead)),
        (true, false) => info!("this host's clock and the ledger's agree again; codes are taken"),
        (false, false) | (true, true) => {}
    }
}

/// Takes a place for the connection and serves it in a task of its own.
fn greet(server: &Arc<Server>, stream: UnixStream) {
    let Ok(peer) = stream.peer_cred() else { return };
    let uid = peer.uid();
    let site = server.site();
    let is_due = site.rights.is_due(Instant::now());
    let known = || server.users.remembered(uid).filter(|_| !is_due).map(Holder::User);
    let holder = site.rights.holder(uid).or_else(known).unwrap_or(Holder::Newcomer(uid));
    let Some(mut slot) = server.slots.take(site.capacity, holder) else { return server.no_room_for(uid) };
    let server = Arc::clone(server);
    tokio::spawn(async move {
        if is_due && !matches!(holder, Holder::Newcomer(_)) {
            let (users, rights) = (Arc::clone(&server.users), site.rights.clone());
            // A known user does not wait for it.
            drop(tokio::spawn(async move { users.look_again(&rights).await }));
        }
        if matches!(holder, Holder::Newcomer(_)) && !admit(&server, &site, uid, &mut slot).await {
            return server.no_room_for(uid);
        }
        connection::serve(&server, stream, uid, slot).await;
    });
}

/// Asks the name services whose places a peer takes.
async fn admit(server: &Server, site: &Site, uid: u32, slot: &mut Slot) -> bool {
    if site.rights.is_due(Instant::now()) {
        server.users.look_again(&site.rights).await;
    }
    let holder = match site.rights.holder(uid) {
        Some(holder) => holder,
        None => Holder::User(server.users.local_user(uid).await),
    };
    slot.become_holders(site.capacity, holder)
}

/// How long the start waits for the ledger: a server that is silent is one within 0.6 s.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How often the number of lines left out of the log is logged.
const SUMMARY_EVERY: Duration = Duration::from_secs(10);
