use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::{info, warn};

use crate::api::Api;
use crate::config::Config;
use crate::listener::Listener;
use crate::routes;
use crate::stream::Stream;

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config) -> Result<(), Box<dyn Error>> {
    let listener =
        Listener::open(&config.listen).await.map_err(|error| format!("{}: {error}", config.listen))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (most, patience) = (config.limits.connections, config.limits.request_time);
    let places = Arc::new(Semaphore::new(most));
    let stopping = watch::Sender::new(false);
    info!("postern-web {} serves {}", env!("CARGO_PKG_VERSION"), config.listen);
    let server = Arc::new(Server { api: Api::new(&config), config, stopping: stopping.subscribe() });
    tell_systemd(NotifyState::Ready);
    loop {
        let next = async {
            // Those beyond wait in the kernel's queue: each place is given back within the limits of time.
            let place = Arc::clone(&places).acquire_owned().await.map_err(std::io::Error::other)?;
            listener.accept(patience).await.map(|stream| (stream, place))
        };
        tokio::select! {
            accepted = next => match accepted {
                Ok((stream, place)) => drop(tokio::spawn(Arc::clone(&server).connection(stream, place))),
                Err(error) => {
                    // Out of file descriptors, most likely: without a pause this loop would only heat the room.
                    warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tell_systemd(NotifyState::Stopping);
    drop(listener);
    stopping.send_replace(true);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    if tokio::time::timeout(DRAIN, places.acquire_many(all)).await.is_err() {
        warn!("some requests were cut off");
    }
    info!("postern-web stops");
    Ok(())
}

struct Server {
    config: Config,
    api: Api,
    stopping: watch::Receiver<bool>,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: Stream, place: OwnedSemaphorePermit) {
        let mut stopping = self.stopping.clone();
        let limits = &self.config.limits;
        let service = service_fn(|request| async {
            Ok::<_, Infallible>(routes::answer(&self.config, &self.api, request).await)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(HEADER_ROOM)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // What goes wrong with a connection is the client's doing, or the proxy's.
            _ = connection.as_mut() => return,
            _ = stopping.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(LIFETIME) => {}
        }
        connection.as_mut().graceful_shutdown();
        // Whoever does not read the answer by then does not want it.
        drop(tokio::time::timeout(limits.request_time, connection).await);
        drop(place);
    }
}

fn tell_systemd(state: NotifyState<'_>) {
    // Without a supervisor that listens there is nobody to tell.
    drop(sd_notify::notify(&[state]));
}

/// The most that a request's headers may take up, in bytes; hyper takes no less.
const HEADER_ROOM: usize = 16 * 1024;
/// How long a connection may be kept, however busy it is.
const LIFETIME: Duration = Duration::from_secs(120);
/// How long requests that are under way may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
