use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use postern_log::FaultThrottle;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::account::AccountSite;
use crate::api::Api;
use crate::applications::ApplicationSite;
use crate::client_limit::ClientLimit;
use crate::config::Config;
use crate::connection_slots::{ConnectionSlot, ConnectionSlots};
use crate::listener::Listener;
use crate::published_settings::PublishedSettings;
use crate::request_log::RequestLog;
use crate::routes::{self, Door};
use crate::stream::Stream;

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config, faults: FaultThrottle) -> Result<(), Box<dyn Error>> {
    let listener =
        Listener::open(&config.listen).await.map_err(|error| format!("{}: {error}", config.listen))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let patience = config.limits.request_time;
    let connections = ConnectionSlots::new(config.limits.connections);
    let stopping = watch::Sender::new(false);
    info!("postern-web {} serves {}", env!("CARGO_PKG_VERSION"), config.listen);
    let requests = ClientLimit::new(config.limits.per_client);
    let log = RequestLog::new(Instant::now(), faults);
    let (account, applications) = (AccountSite::of(&config), ApplicationSite::of(&config));
    let (api, settings) =
        (Api::new(&config), PublishedSettings::new(account.as_ref().map(AccountSite::app_passwords_page)));
    let server = Arc::new(Server {
        api,
        settings,
        account,
        applications,
        config,
        requests,
        log,
        stopping: stopping.subscribe(),
    });
    let applications_listener = match &server.config.applications {
        Some(applications) => Some(
            Listener::open(&applications.listen)
                .await
                .map_err(|error| format!("{}: {error}", applications.listen))?,
        ),
        None => None,
    };
    let mut summary = tokio::time::interval(SUMMARY);
    tell_systemd(NotifyState::Ready);
    loop {
        tokio::select! {
            accepted = accept(&listener, applications_listener.as_ref(), patience) => match accepted {
                Ok((stream, door)) => {
                    // Further connections wait in the kernel's queue: posternd is working for all that are here.
                    let slot = tokio::select! {
                        slot = connections.acquire() => slot,
                        _ = terminate.recv() => break,
                        _ = interrupt.recv() => break,
                    };
                    drop(tokio::spawn(Arc::clone(&server).connection(stream, door, slot)));
                }
                Err(error) => {
                    // Probably out of file descriptors. Without a pause this loop would only burn time.
                    warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = summary.tick() => server.log.tell_left_out(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tell_systemd(NotifyState::Stopping);
    drop((listener, applications_listener));
    stopping.send_replace(true);
    if !connections.drain(DRAIN).await {
        warn!("some requests were cut off");
    }
    server.log.tell_left_out();
    info!("postern-web stops");
    Ok(())
}

/// The next connection of either listener.
async fn accept(
    public: &Listener,
    applications: Option<&Listener>,
    patience: Duration,
) -> io::Result<(Stream, Door)> {
    let of_applications = async {
        match applications {
            Some(listener) => listener.accept(patience).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        accepted = public.accept(patience) => accepted.map(|stream| (stream, Door::Public)),
        accepted = of_applications => accepted.map(|stream| (stream, Door::Applications)),
    }
}

struct Server {
    config: Config,
    api: Api,
    settings: PublishedSettings,
    account: Option<AccountSite>,
    applications: Option<ApplicationSite>,
    requests: ClientLimit,
    log: RequestLog,
    stopping: watch::Receiver<bool>,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: Stream, door: Door, slot: ConnectionSlot) {
        let mut stopping = self.stopping.clone();
        let limits = &self.config.limits;
        let service = service_fn(|request| async {
            let (config, api) = (&self.config, &self.api);
            let (settings, account) = (&self.settings, self.account.as_ref());
            let (applications, requests, log) = (self.applications.as_ref(), &self.requests, &self.log);
            let server = routes::Server { config, api, settings, account, applications, requests, log };
            let reply = routes::answer(server, door, &slot, request).await;
            Ok::<_, Infallible>(reply)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(HEADER_ROOM)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // Errors of a connection are caused by the client or the proxy.
            _ = connection.as_mut() => return,
            () = slot.evicted() => return,
            _ = stopping.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(LIFETIME) => {}
        }
        connection.as_mut().graceful_shutdown();
        // A client that has not read the answer by then does not want it.
        let last = tokio::time::timeout(limits.request_time, connection);
        tokio::select! {
            _ = last => {}
            () = slot.evicted() => {}
        }
    }
}

fn tell_systemd(state: NotifyState<'_>) {
    // Without a supervisor that listens there is no process to notify.
    drop(sd_notify::notify(&[state]));
}

/// The most bytes of a request's headers. hyper's minimum is higher than we need.
const HEADER_ROOM: usize = 16 * 1024;
/// How long a connection may live, however busy it is.
const LIFETIME: Duration = Duration::from_secs(120);
/// How often the log reports how many of its lines were left out.
const SUMMARY: Duration = Duration::from_secs(10);
/// How long requests in progress may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
