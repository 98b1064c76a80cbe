//! The state that every conversation shares.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use postern_core::config::{Config, ConfigDigest};
use postern_core::factor::sms_budgets;
use postern_core::unix_users::UnixUsers;
use postern_ipc::Status;
use postern_log::LogQueue;
use sd_notify::NotifyState;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::audit_throttle::AuditThrottle;
use crate::compose;
use crate::history_writer::HistoryWriter;
use crate::hosts::Hosts;
use crate::keyring_file::Again;
use crate::logging;
use crate::metrics::{Metrics, RefusedPlace, Snapshot};
use crate::site::Site;
use crate::slots::Slots;
use crate::status::Counters;
use crate::users::HostUsers;

/// What all conversations share.
#[derive(Debug)]
pub(crate) struct Server {
    site: RwLock<Arc<Site>>,
    /// Locked while the site is replaced by a new one that is derived from it.
    exchange: Mutex<()>,
    reloading: Mutex<()>,
    pub(crate) slots: Slots,
    pub(crate) counters: Counters,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) users: Arc<HostUsers>,
    pub(crate) audit_throttle: AuditThrottle,
    pub(crate) history: HistoryWriter,
    log: LogQueue,
    pub(crate) hosts: Hosts,
    /// Whether connections between two conversations are closed.
    closing: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    last_turned_away: AtomicU64,
    pub(crate) has_wrong_clock: AtomicBool,
}

impl Server {
    pub(crate) fn new(
        (config, digest): (&Config, ConfigDigest),
        path: &Path,
        log: LogQueue,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let caches = compose::caches(config)?;
        let users = Arc::new(HostUsers::new());
        let metrics = Arc::new(Metrics::new()?);
        let composed = compose::engine(config, caches, Arc::clone(&users) as Arc<dyn UnixUsers>, &metrics)?;
        Ok(Self {
            site: RwLock::new(Arc::new(Site::of((config, digest), composed, path))),
            exchange: Mutex::new(()),
            reloading: Mutex::new(()),
            slots: Slots::default(),
            counters: Counters::new(),
            metrics,
            users,
            audit_throttle: AuditThrottle::new(Instant::now()),
            history: HistoryWriter::new(),
            log,
            hosts: Hosts::new(),
            closing: watch::Sender::new(false),
            stopping: watch::Sender::new(false),
            last_turned_away: AtomicU64::new(0),
            has_wrong_clock: AtomicBool::new(false),
        })
    }

    pub(crate) fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The site, with the keyring's current file.
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

    /// The status report for administrators.
    pub(crate) async fn status(&self, site: &Site) -> Status {
        let ahead = site.clock_ahead().await;
        self.counters.report(site, &self.slots, self.metrics.verdicts(), self.log.health(), ahead)
    }

    /// The metrics, as text for Prometheus.
    ///
    /// # Errors
    /// A mistake in this program.
    pub(crate) async fn exposition(&self) -> prometheus::Result<String> {
        let site = self.site();
        let servers = &site.servers;
        let snapshot = Snapshot {
            status: self.status(&site).await,
            started_at: self.counters.started_at,
            places: self.slots.places(),
            capacity: site.capacity,
            hashing: site.engine.caches.hasher.load(),
            recovery_code_runs: site.engine.caches.hasher.tally().recovery_code,
            ldap: servers.ldap.as_ref().map(|ldap| ldap.server_states()).unwrap_or_default(),
            redis: servers.redis.as_ref().map(|redis| redis.server_states()).unwrap_or_default(),
            // The errors of the ledger are metrics of their own.
            sms_budgets: sms_budgets(&site.engine).await.unwrap_or_default(),
        };
        self.metrics.exposition(&snapshot)
    }

    /// Becomes true when no further conversation may begin on a connection.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Becomes true when posternd has to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Logs at most once a second: a peer that crowds the socket must not fill the log as well.
    pub(crate) fn turn_away(&self, place: RefusedPlace, why: std::fmt::Arguments<'_>) {
        self.metrics.refuse(place);
        let now = self.counters.uptime_seconds() + 1;
        if self.last_turned_away.swap(now, Ordering::Relaxed) != now {
            warn!("{why}");
        }
    }

    /// Logs that a peer's conversation finds no place.
    pub(crate) fn no_room_for(&self, uid: u32) {
        self.turn_away(RefusedPlace::Connection, format_args!(
            "no room for another conversation with uid {uid}; see [limits] connections, connections_per_user"
        ));
    }

    pub(crate) fn sum_up(&self) {
        for left_out in self.audit_throttle.left_out() {
            self.metrics.leave_out(left_out.lines);
            logging::audit(&left_out);
        }
    }

    /// Reads the configuration again. If anything is wrong with it, the last good one stays in force.
    pub(crate) fn reload(&self, path: &Path, started_with: &Config) {
        let _one_after_the_other = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell_systemd(&[NotifyState::Reloading, now]);
        }
        let caches = Arc::clone(&self.site().engine.caches);
        let users = Arc::clone(&self.users) as Arc<dyn UnixUsers>;
        let read = compose::read(path).map_err(|problems| problems.to_string()).and_then(|read| {
            let composed = compose::engine(&read.0, caches, users, &self.metrics);
            Ok((read, composed.map_err(|error| error.to_string())?))
        });
        match read {
            Ok(((config, digest), composed)) => {
                let memory_now = config.limits.hashing_memory_mib;
                let fixed = [
                    (config.socket.path == started_with.socket.path, "socket.path"),
                    (config.log == started_with.log, "log"),
                    (memory_now == started_with.limits.hashing_memory_mib, "limits.hashing_memory_mib"),
                    (config.metrics == started_with.metrics, "metrics"),
                ];
                let changed: Vec<&'static str> =
                    fixed.into_iter().filter(|(is_same, _)| !is_same).map(|(_, key)| key).collect();
                for key in &changed {
                    warn!("{key} has changed; it takes effect when posternd is started again");
                }
                let site = Arc::new(Site::of((&config, digest), composed, path));
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

    /// Lets working conversations come to their end; those that wait for a person end after [`ANSWER`].
    pub(crate) async fn drain(&self) {
        // Before the places are counted: a conversation that begins now either holds one, or sees this.
        self.closing.send_replace(true);
        let empty = async || {
            while self.slots.open() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(ANSWER, empty()).await.is_err() {
            self.stopping.send_replace(true);
            if tokio::time::timeout(DRAIN, empty()).await.is_err() {
                warn!("{} conversations were cut off", self.slots.open());
            }
        }
        self.history.drain(HISTORY_DRAIN).await;
    }
}

pub(crate) fn tell_systemd(state: &[NotifyState<'_>]) {
    // Fails without a supervisor, which is no fault.
    drop(sd_notify::notify(state));
}

/// How long conversations may wait for an answer after SIGTERM. A program answers at once, such as Dovecot by PAM. Logins that arrive
/// meanwhile wait in the socket that systemd holds.
const ANSWER: Duration = Duration::from_secs(1);
/// How long open conversations may continue after that; a mail login takes milliseconds.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the history of logins may be written after that: a little longer than a call to the ledger.
const HISTORY_DRAIN: Duration = Duration::from_secs(1);
