use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use postern_core::config::Config;
use postern_core::engine::Engine;
use sd_notify::NotifyState;
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use crate::compose;
use crate::connection;
use crate::listener::Listener;
use crate::peer::Rights;
use crate::slots::{Room, Slots};
use crate::status::Counters;

/// What one reading of the configuration made. Conversations keep the one that they began with.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) rights: Rights,
    room: Room,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(path: PathBuf, config: Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Arc::new(Server::new(&config)?);
    let listener = Listener::open(&config.socket.path)
        .map_err(|error| format!("{}: {error}", config.socket.path.display()))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    info!("posternd {} serves {}", env!("CARGO_PKG_VERSION"), config.socket.path.display());
    tell_systemd(&[NotifyState::Ready]);
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
            _ = hangup.recv() => server.reload(&path, &config),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tell_systemd(&[NotifyState::Stopping]);
    drop(listener);
    server.drain().await;
    info!("posternd stops");
    Ok(())
}

#[derive(Debug)]
pub(crate) struct Server {
    site: RwLock<Arc<Site>>,
    pub(crate) slots: Slots,
    pub(crate) counters: Counters,
    last_turned_away: AtomicU64,
}

impl Server {
    fn new(config: &Config) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let memory = compose::memory(config)?;
        let site = site(config, compose::engine(config, memory)?);
        Ok(Self {
            site: RwLock::new(Arc::new(site)),
            slots: Slots::default(),
            counters: Counters::new(),
            last_turned_away: AtomicU64::new(0),
        })
    }

    pub(crate) fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn greet(self: &Arc<Self>, stream: UnixStream) {
        let Ok(peer) = stream.peer_cred() else { return };
        let site = self.site();
        let Some(slot) = self.slots.take(site.room, peer.uid(), site.rights.is_trusted(peer.uid())) else {
            self.turn_away(peer.uid());
            return;
        };
        let server = Arc::clone(self);
        tokio::spawn(async move {
            connection::serve(&server, &site, stream, peer.uid()).await;
            drop(slot);
        });
    }

    /// Says so once a second at most: whoever crowds the socket must not fill the log as well.
    fn turn_away(&self, uid: u32) {
        let now = self.counters.uptime_seconds() + 1;
        if self.last_turned_away.swap(now, Ordering::Relaxed) != now {
            warn!(
                "no room for another conversation with uid {uid}; see [limits] connections, connections_per_user"
            );
        }
    }

    /// Reads the configuration again. Where anything is wrong with it, the last good one stays.
    fn reload(&self, path: &Path, started_with: &Config) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell_systemd(&[NotifyState::Reloading, now]);
        }
        let memory = Arc::clone(&self.site().engine.memory);
        let read = compose::read(path).map_err(|problems| problems.to_string()).and_then(|config| {
            let engine = compose::engine(&config, memory).map_err(|error| error.to_string())?;
            Ok((config, engine))
        });
        self.counters.reloaded(read.is_ok());
        match read {
            Ok((config, engine)) => {
                let is_fixed = |same: bool, what: &str| {
                    if !same {
                        warn!("{what} has changed; it takes effect when posternd is started again");
                    }
                };
                is_fixed(config.socket.path == started_with.socket.path, "socket.path");
                is_fixed(config.log == started_with.log, "log");
                let memory_now = config.limits.hashing_memory_mib;
                is_fixed(memory_now == started_with.limits.hashing_memory_mib, "limits.hashing_memory_mib");
                *self.site.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(site(&config, engine));
                info!("the configuration was read again");
            }
            Err(why) => {
                for line in why.lines() {
                    error!("the configuration stays as it was: {line}");
                }
            }
        }
        tell_systemd(&[NotifyState::Ready]);
    }

    async fn drain(&self) {
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

fn site(config: &Config, engine: Engine) -> Site {
    let (rights, unknown) = Rights::of(&config.socket);
    for name in unknown {
        warn!("socket.trusted names the user {name}, who does not exist on this host");
    }
    let room = Room { total: config.limits.connections, per_user: config.limits.connections_per_user };
    Site { engine, rights, room }
}

fn tell_systemd(state: &[NotifyState<'_>]) {
    // Without a supervisor that listens there is nobody to tell.
    drop(sd_notify::notify(state));
}

/// How long open conversations may go on after SIGTERM; a mail login takes milliseconds.
const DRAIN: Duration = Duration::from_secs(5);
