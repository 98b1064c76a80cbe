//! Answers requests for metrics: over HTTP/1.1, at one path, on an address that only this host can reach.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::unistd::geteuid;
use postern_core::config::{Metrics, MetricsListen};
use postern_core::unix_users::UnixUsers;
use prometheus::TEXT_FORMAT;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use crate::listener::Listener;
use crate::metrics::RefusedPlace;
use crate::server::Server;

/// The socket of `[metrics] listen`.
#[derive(Debug)]
enum MetricsListener {
    Loopback(TcpListener),
    Unix(Listener, Readers),
}

/// The users who may read metrics from the Unix socket.
#[derive(Debug)]
struct Readers {
    names: BTreeSet<String>,
    uids: HashSet<u32>,
    looked_up: Option<Instant>,
}

/// Answers requests for metrics until posternd stops. The first try to listen is made before this returns.
///
/// Any local user can take a TCP address before posternd does. Logins must not depend on it, so it tries again instead of failing.
pub(crate) fn serve(config: &Metrics, server: &Arc<Server>) {
    let first = MetricsListener::open(config);
    drop(tokio::spawn(listen(config.clone(), Arc::clone(server), first)));
}

async fn listen(config: Metrics, server: Arc<Server>, first: io::Result<MetricsListener>) {
    let mut opened = first;
    let mut stopping = server.stopping();
    loop {
        match opened {
            Ok(listener) => {
                info!("metrics can be read at {}", config.listen);
                server.counters.set_metrics_problem(None);
                return listener.serve(server).await;
            }
            Err(error) => {
                let problem = format!("{}: {error}", config.listen);
                if server.counters.set_metrics_problem(Some(problem.clone())) {
                    error!("metrics cannot be read: {problem}; logins go on, and it is tried again");
                }
            }
        }
        tokio::select! {
            () = sleep(TRY_EVERY) => {}
            _ = stopping.wait_for(|stops| *stops) => return,
        }
        opened = MetricsListener::open(&config);
    }
}

impl MetricsListener {
    /// Binds the configured address.
    fn open(config: &Metrics) -> io::Result<Self> {
        match &config.listen {
            MetricsListen::Loopback(address) => {
                let socket = std::net::TcpListener::bind(address)?;
                socket.set_nonblocking(true)?;
                TcpListener::from_std(socket).map(Self::Loopback)
            }
            MetricsListen::Unix(path) => {
                let readers =
                    Readers { names: config.readers.clone(), uids: HashSet::new(), looked_up: None };
                Listener::bind(path).map(|socket| Self::Unix(socket, readers))
            }
        }
    }

    /// Answers until posternd stops.
    async fn serve(mut self, server: Arc<Server>) {
        let places = Arc::new(Semaphore::new(PLACES));
        let mut stopping = server.stopping();
        loop {
            let stops = async { drop(stopping.wait_for(|stops| *stops).await) };
            tokio::select! {
                taken = self.take(&server, &places) => if let Err(error) = taken {
                    // Most likely out of file descriptors: without a pause this loop would spin.
                    warn!("cannot accept a request for metrics: {error}");
                    sleep(Duration::from_millis(50)).await;
                },
                () = stops => return,
            }
        }
    }

    async fn take(&mut self, server: &Arc<Server>, places: &Arc<Semaphore>) -> io::Result<()> {
        match self {
            Self::Loopback(socket) => {
                let (stream, _) = socket.accept().await?;
                begin(server, places, stream);
            }
            Self::Unix(listener, readers) => {
                let (stream, _) = listener.socket.accept().await?;
                // Who may not read takes no place from those who may.
                if readers.include(&stream, &*server.users).await? {
                    begin(server, places, stream);
                }
            }
        }
        Ok(())
    }
}

impl Readers {
    async fn include(&mut self, stream: &UnixStream, users: &dyn UnixUsers) -> io::Result<bool> {
        let uid = stream.peer_cred()?.uid();
        if uid == 0 || uid == geteuid().as_raw() {
            return Ok(true);
        }
        let is_due = self.looked_up.is_none_or(|at| at.elapsed() > LOOK_UP_EVERY);
        if is_due && !self.uids.contains(&uid) {
            self.look_up(users).await;
        }
        let is_reader = self.uids.contains(&uid);
        if !is_reader {
            debug!("uid {uid} may not read metrics; see [metrics] readers");
        }
        Ok(is_reader)
    }

    /// A user may have been created after posternd was started.
    async fn look_up(&mut self, users: &dyn UnixUsers) {
        self.looked_up = Some(Instant::now());
        let mut uids = HashSet::new();
        for name in &self.names {
            match users.uid_of(name).await {
                Ok(Some(uid)) => drop(uids.insert(uid)),
                Ok(None) => warn!("metrics.readers: this host knows no user {name}"),
                Err(error) => warn!("metrics.readers: {name}: {error}"),
            }
        }
        self.uids = uids;
    }
}

/// Answers one connection in a task of its own, if there is a place for it.
fn begin(
    server: &Arc<Server>,
    places: &Arc<Semaphore>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) {
    let Ok(place) = Arc::clone(places).try_acquire_owned() else {
        return server.turn_away(
            RefusedPlace::Metrics,
            format_args!("no room for another request of metrics: {PLACES} are open"),
        );
    };
    let server = Arc::clone(server);
    drop(tokio::spawn(async move {
        let service = service_fn(|request| {
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(answer(&server, &request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_WITHIN)
            .keep_alive(false)
            .max_buf_size(MOST_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        // Errors of a connection are caused by the client, and so is a timeout.
        drop(timeout(CONNECTION_WITHIN, connection).await);
        drop(place);
    }));
}

async fn answer(server: &Server, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "metrics are only read\n");
        set(&mut refused, ALLOW, "GET, HEAD");
        return refused;
    }
    match server.exposition().await {
        Ok(text) => {
            let mut response = Response::new(Full::from(text));
            set(&mut response, CONTENT_TYPE, TEXT_FORMAT);
            set(&mut response, CACHE_CONTROL, "no-store");
            response
        }
        Err(why) => {
            error!("metrics cannot be written: {why}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "metrics cannot be written; see the log of posternd\n")
        }
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/plain");
    response
}

fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
}

const PATH: &str = "/metrics";
/// Connections at once. On a TCP address any local user can fill these; on a Unix socket only its readers.
const PLACES: usize = 8;
/// The least that hyper accepts.
const MOST_HEADER_BYTES: usize = 8192;
const HEADER_WITHIN: Duration = Duration::from_secs(5);
/// From the connection to the last byte of the answer.
const CONNECTION_WITHIN: Duration = Duration::from_secs(10);
/// How often an address is tried that another process has.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// How often the users of `readers` are looked up again, where one comes who is none of them.
const LOOK_UP_EVERY: Duration = Duration::from_secs(10);
