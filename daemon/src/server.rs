use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use postern_core::clock::SKEW;
use postern_core::config::{Config, ConfigDigest};
use postern_core::exchange::clock_text;
use postern_core::unix_users::UnixUsers;
use postern_ipc::Status;
use postern_log::LogQueue;
use sd_notify::NotifyState;
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

use crate::audit_throttle::AuditThrottle;
use crate::compose;
use crate::connection;
use crate::hosts::Hosts;
use crate::keyring_file::Again;
use crate::listener::Listener;
use crate::logging;
use crate::site::Site;
use crate::slots::{Holder, Slot, Slots};
use crate::status::Counters;
use crate::users::HostUsers;

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(
    path: PathBuf,
    (config, digest): (Config, ConfigDigest),
    log: LogQueue,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Arc::new(Server::new(&config, digest, log)?);
    let listener = Listener::open(&config.socket.path)
        .map_err(|error| format!("{}: {error}", config.socket.path.display()))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let (path, config): (Arc<Path>, _) = (Arc::from(path), Arc::new(config));
    let mut summary = tokio::time::interval(SUMMARY_EVERY);
    info!("posternd {} serves {}", env!("CARGO_PKG_VERSION"), config.socket.path.display());
    tell_systemd(&[NotifyState::Ready]);
    tokio::spawn(warn_of_ledger(server.site()));
    loop {
        tokio::select! {
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, _)) => server.greet(stream),
                Err(error) => {
                    // Out of file descriptors, most likely: without a pause this loop would only heat the room.
                    warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = hangup.recv() => {
                // Not here: name services may be slow, and connections wait to be accepted.
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

/// Says once what the ledger's keeper should mend. The ledger may take its time, so nobody waits for it.
async fn warn_of_ledger(site: Arc<Site>) {
    match site.engine.ledger.health().await {
        Ok(health) => {
            health.failures.iter().for_each(|failure| error!("the ledger: {failure}"));
            health.warnings.iter().for_each(|warning| warn!("the ledger: {warning}"));
        }
        Err(error) => warn!("{error}"),
    }
}

/// Says that the clocks of this host and of the ledger are too far apart for codes, when that begins and when it ends.
async fn compare_clocks(server: Arc<Server>) {
    let Some(ahead) = server.site().clock_ahead().await else { return };
    let is_wrong = ahead.unsigned_abs() > SKEW.as_secs();
    match (server.has_wrong_clock.swap(is_wrong, Ordering::Relaxed), is_wrong) {
        (false, true) => warn!("{}", clock_text(ahead)),
        (true, false) => info!("this host's clock and the ledger's agree again; codes are taken"),
        (false, false) | (true, true) => {}
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    site: RwLock<Arc<Site>>,
    /// Held while the site is exchanged for another one, which is made of it.
    exchange: Mutex<()>,
    reloading: Mutex<()>,
    pub(crate) slots: Slots,
    pub(crate) counters: Counters,
    pub(crate) users: Arc<HostUsers>,
    pub(crate) audit_throttle: AuditThrottle,
    log: LogQueue,
    pub(crate) hosts: Hosts,
    stopping: watch::Sender<bool>,
    last_turned_away: AtomicU64,
    has_wrong_clock: AtomicBool,
}

impl Server {
    fn new(
        config: &Config,
        digest: ConfigDigest,
        log: LogQueue,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let memory = compose::memory(config)?;
        let users = Arc::new(HostUsers::new());
        let (engine, keyring_file) =
            compose::engine(config, memory, Arc::clone(&users) as Arc<dyn UnixUsers>)?;
        Ok(Self {
            site: RwLock::new(Arc::new(Site::of((config, digest), engine, keyring_file))),
            exchange: Mutex::new(()),
            reloading: Mutex::new(()),
            slots: Slots::default(),
            counters: Counters::new(),
            users,
            audit_throttle: AuditThrottle::new(Instant::now()),
            log,
            hosts: Hosts::new(),
            stopping: watch::Sender::new(false),
            last_turned_away: AtomicU64::new(0),
            has_wrong_clock: AtomicBool::new(false),
        })
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The site with the keyring as it is now.
    pub(crate) fn site_now(&self) -> Arc<Site> {
        let site = self.site();
        if !site.keyring_file.is_due() {
            return site;
        }
        let _exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        let site = self.site();
        if !site.keyring_file.is_due() {
            return site; // Another conversation was faster.
        }
        match site.keyring_file.read_again() {
            Again::New(keyring) => {
                info!("the keyring was read again; its current key is number {}", keyring.current_id());
                let site = Arc::new(site.with_keyring(keyring));
                self.put(&site);
                site
            }
            Again::Broken(why) => {
                error!("the keyring stays as it was: {why}");
                site
            }
            Again::StillBroken => site,
        }
    }

    fn put(&self, site: &Arc<Site>) {
        *self.site.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(site);
    }

    /// How posternd is, for its keepers.
    pub(crate) async fn status(&self, site: &Site) -> Status {
        let ahead = site.clock_ahead().await;
        self.counters.report(site, &self.slots, self.log.health(), ahead)
    }

    /// Turns true when posternd is told to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    fn greet(self: &Arc<Self>, stream: UnixStream) {
        let Ok(peer) = stream.peer_cred() else { return };
        let uid = peer.uid();
        let site = self.site();
        let is_due = site.rights.is_due(Instant::now());
        let known = || self.users.remembered(uid).filter(|_| !is_due).map(Holder::User);
        let holder = site.rights.holder(uid).or_else(known).unwrap_or(Holder::Newcomer(uid));
        let Some(mut slot) = self.slots.take(site.room, holder) else { return self.no_room_for(uid) };
        let server = Arc::clone(self);
        tokio::spawn(async move {
            if is_due && !matches!(holder, Holder::Newcomer(_)) {
                let (users, rights) = (Arc::clone(&server.users), site.rights.clone());
                // Whoever is known does not wait for it.
                drop(tokio::spawn(async move { users.look_again(&rights).await }));
            }
            if matches!(holder, Holder::Newcomer(_)) && !server.admit(&site, uid, &mut slot).await {
                return server.no_room_for(uid);
            }
            connection::serve(&server, stream, uid, slot).await;
        });
    }

    /// Finds out whose places a peer takes that the name services have to be asked about.
    async fn admit(&self, site: &Site, uid: u32, slot: &mut Slot) -> bool {
        if site.rights.is_due(Instant::now()) {
            self.users.look_again(&site.rights).await;
        }
        let holder = match site.rights.holder(uid) {
            Some(holder) => holder,
            None => Holder::User(self.users.local_user(uid).await),
        };
        slot.become_holders(site.room, holder)
    }

    fn no_room_for(&self, uid: u32) {
        self.turn_away(format_args!(
            "no room for another conversation with uid {uid}; see [limits] connections, connections_per_user"
        ));
    }

    /// Says so once a second at most: whoever crowds the socket must not fill the log as well.
    pub(crate) fn turn_away(&self, why: std::fmt::Arguments<'_>) {
        let now = self.counters.uptime_seconds() + 1;
        if self.last_turned_away.swap(now, Ordering::Relaxed) != now {
            warn!("{why}");
        }
    }

    fn sum_up(&self) {
        self.audit_throttle.left_out().iter().for_each(logging::audit);
    }

    /// Reads the configuration again. Where anything is wrong with it, the last good one stays.
    fn reload(&self, path: &Path, started_with: &Config) {
        let _one_after_the_other = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell_systemd(&[NotifyState::Reloading, now]);
        }
        let memory = Arc::clone(&self.site().engine.memory);
        let users = Arc::clone(&self.users) as Arc<dyn UnixUsers>;
        let read = compose::read(path).map_err(|problems| problems.to_string()).and_then(|read| {
            let engine = compose::engine(&read.0, memory, users).map_err(|error| error.to_string())?;
            Ok((read, engine))
        });
        match read {
            Ok(((config, digest), (engine, keyring_file))) => {
                let memory_now = config.limits.hashing_memory_mib;
                let fixed = [
                    (config.socket.path == started_with.socket.path, "socket.path"),
                    (config.log == started_with.log, "log"),
                    (memory_now == started_with.limits.hashing_memory_mib, "limits.hashing_memory_mib"),
                ];
                let changed: Vec<&'static str> =
                    fixed.into_iter().filter(|(is_same, _)| !is_same).map(|(_, key)| key).collect();
                for key in &changed {
                    warn!("{key} has changed; it takes effect when posternd is started again");
                }
                let site = Arc::new(Site::of((&config, digest), engine, keyring_file));
                let _exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
                self.put(&site);
                self.counters.reloaded(Ok(changed));
                info!("the configuration was read again");
            }
            Err(why) => {
                for line in why.lines() {
                    error!("the configuration stays as it was: {line}");
                }
                self.counters.reloaded(Err(&why));
            }
        }
        tell_systemd(&[NotifyState::Ready]);
    }

    /// Lets conversations end that are at work; those that wait for a person end at once.
    async fn drain(&self) {
        self.stopping.send_replace(true);
        let empty = async {
            while self.slots.open() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(DRAIN, empty).await.is_err() {
            warn!("{} conversations were cut off", self.slots.open());
        }
    }
}

fn tell_systemd(state: &[NotifyState<'_>]) {
    // Without a supervisor that listens there is nobody to tell.
    drop(sd_notify::notify(state));
}

/// How long open conversations may go on after SIGTERM; a mail login takes milliseconds.
const DRAIN: Duration = Duration::from_secs(5);
/// How often the log hears of the lines that were left out of it.
const SUMMARY_EVERY: Duration = Duration::from_secs(10);
