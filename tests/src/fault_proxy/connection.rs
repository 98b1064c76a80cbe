use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_rustls::TlsAcceptor;

use crate::certs::Certs;
use crate::wire;

use super::writes::Tap;
use super::{Fault, Place, SLOW, Shared};

/// What a proxy says that speaks TLS.
pub(super) struct Tls {
    good: TlsAcceptor,
    expired: TlsAcceptor,
}

impl Tls {
    pub(super) fn of(good: &Certs, expired: &Certs) -> Self {
        Self { good: acceptor(good), expired: acceptor(expired) }
    }
}

fn acceptor(certs: &Certs) -> TlsAcceptor {
    TlsAcceptor::from(certs.server_config())
}

pub(super) async fn serve_tcp(client: TcpStream, shared: Arc<Shared>) {
    let Place::Tcp { server, .. } = shared.place else { return };
    let fault = *shared.fault.borrow();
    match &shared.tls {
        None => through(client, || TcpStream::connect(("127.0.0.1", server)), &shared).await,
        Some(tls) => {
            let is_expired = fault == Fault::ExpiredCertificate;
            let acceptor = if is_expired { &tls.expired } else { &tls.good };
            // A handshake belongs to the connection: whatever delays answers delays it.
            match fault {
                Fault::Silent => return silence(&shared).await,
                Fault::Slow => sleep(SLOW).await,
                _ => {}
            }
            let Ok(client) = acceptor.accept(client).await else { return };
            through(client, || TcpStream::connect(("127.0.0.1", server)), &shared).await;
        }
    }
}

pub(super) async fn serve_unix(client: UnixStream, shared: Arc<Shared>) {
    let Place::Unix { server, .. } = &shared.place else { return };
    let Ok(peer) = client.peer_cred() else { return };
    let connect = || async {
        let stream = wire::connect_as(peer.uid(), server)?;
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream)
    };
    through(client, connect, &shared).await;
}

/// Nothing is said until the fault is another one.
async fn silence(shared: &Shared) {
    drop(shared.fault.subscribe().changed().await);
}

async fn through<C, S, F>(mut client: C, connect: impl FnOnce() -> F, shared: &Shared)
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = io::Result<S>>,
{
    let fault = shared.fault.subscribe();
    let now = *fault.borrow();
    if let Fault::Says(text) = now {
        drop(client.write_all(text.as_bytes()).await);
        drop(client.shutdown().await);
        return;
    }
    let Ok(server) = connect().await else { return };
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let (arrived, answers) = mpsc::unbounded_channel();
    let tap = shared.writes.tap(shared.connections.fetch_add(1, Ordering::Relaxed));
    tokio::select! {
        () = requests(from_client, to_server, fault.clone(), &tap) => {}
        () = read_answers(from_server, &arrived) => {}
        () = write_answers(to_client, answers, now, fault.clone(), &tap) => {}
    }
}

/// When a slow server would say it, and what it said.
type Answer = (Instant, Vec<u8>);

/// Never ends while the client may still be told something.
async fn read_answers(mut server: impl AsyncRead + Unpin, arrived: &mpsc::UnboundedSender<Answer>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = server.read(&mut buffer).await.unwrap_or(0);
        let late = Instant::now() + SLOW;
        if arrived.send((late, buffer[..count].to_vec())).is_err() {
            return;
        }
        if count == 0 {
            // The other half closes the connection when all of it is written.
            std::future::pending::<()>().await;
        }
    }
}

/// Forwards what a client says, also to a server whose answers get lost.
async fn requests(
    mut client: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    mut fault: watch::Receiver<Fault>,
    tap: &Tap,
) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match client.read(&mut buffer).await {
            Ok(0) | Err(_) => {
                // A client may close its side alone.
                drop(server.shutdown().await);
                std::future::pending::<()>().await;
                return;
            }
            Ok(count) => count,
        };
        while matches!(*fault.borrow_and_update(), Fault::BlackHole | Fault::Silent) {
            if fault.changed().await.is_err() {
                return;
            }
        }
        let mut parts = tap.parts(&buffer[..count]);
        while let Some(part) = parts.pop_front() {
            if !tap.may_pass(&part).await
                || server.write_all(&part).await.is_err()
                || server.flush().await.is_err()
            {
                return;
            }
        }
    }
}

/// Says to a client what the server said, as the fault has it; ends with the connection.
async fn write_answers(
    mut client: impl AsyncWrite + Unpin,
    mut answers: mpsc::UnboundedReceiver<Answer>,
    at_its_start: Fault,
    mut fault: watch::Receiver<Fault>,
    tap: &Tap,
) {
    let mut is_broken = false;
    loop {
        let now = *fault.borrow_and_update();
        match now {
            Fault::Refuse | Fault::Says(_) => return,
            // A client that takes the certificate is served, so that this is seen.
            Fault::ExpiredCertificate if at_its_start == now => {}
            Fault::ExpiredCertificate => return,
            Fault::HalfClose => {
                drop(client.shutdown().await);
                is_broken = true;
            }
            Fault::Garbage => {
                drop(client.write_all(GARBAGE).await);
                drop(client.flush().await);
                is_broken = true;
            }
            Fault::None if is_broken => return,
            Fault::None | Fault::BlackHole | Fault::Silent | Fault::Slow | Fault::OneByteASecond => {}
        }
        // Until the fault is another one.
        loop {
            let (late, bytes) = tokio::select! {
                changed = fault.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                answer = answers.recv() => match answer {
                    Some(answer) => answer,
                    None => return,
                },
            };
            if !tap.answered().await || !deliver(&mut client, late, &bytes, &mut fault).await {
                return;
            }
        }
    }
}

/// Whether the connection goes on.
async fn deliver(
    client: &mut (impl AsyncWrite + Unpin),
    late: Instant,
    bytes: &[u8],
    fault: &mut watch::Receiver<Fault>,
) -> bool {
    let mut written = 0;
    loop {
        // Not marked as seen: the caller has to hear of it, too.
        let now = *fault.borrow();
        match now {
            Fault::None => {}
            Fault::BlackHole | Fault::Silent => {
                if !is_other(fault, now, None).await {
                    return false;
                }
                continue;
            }
            Fault::Slow => {
                if is_changed_before(fault, now, late).await {
                    continue;
                }
            }
            Fault::OneByteASecond => {
                let Some(byte) = bytes.get(written) else { return !bytes.is_empty() };
                if client.write_all(&[*byte]).await.is_err() || client.flush().await.is_err() {
                    return false;
                }
                written += 1;
                is_changed_before(fault, now, Instant::now() + Duration::from_secs(1)).await;
                continue;
            }
            Fault::HalfClose | Fault::Says(_) => return true,
            Fault::Garbage => return client.write_all(GARBAGE).await.is_ok() && client.flush().await.is_ok(),
            Fault::Refuse => return false,
            Fault::ExpiredCertificate => {}
        }
        let rest = bytes.get(written..).unwrap_or_default();
        if bytes.is_empty() {
            drop(client.shutdown().await);
            return false;
        }
        return client.write_all(rest).await.is_ok() && client.flush().await.is_ok();
    }
}

async fn is_changed_before(fault: &watch::Receiver<Fault>, now: Fault, end: Instant) -> bool {
    is_other(fault, now, Some(end)).await
}

/// Whether the fault became another one before `end`.
async fn is_other(fault: &watch::Receiver<Fault>, now: Fault, end: Option<Instant>) -> bool {
    // A receiver of its own, so that the change is not marked as seen.
    let mut fault = fault.clone();
    let other = fault.wait_for(|fault| *fault != now);
    match end {
        None => other.await.is_ok(),
        Some(end) => tokio::select! {
            other = other => other.is_ok(),
            () = sleep_until(end) => false,
        },
    }
}

/// No LDAP, RESP, JSON, SMTP or HTTP.
const GARBAGE: &[u8] = b"\x00\xff\xfe\r\n{]}\x16\x03\r\n250 HTTP/9.9 OK\r\n\r\n";
const CHUNK: usize = 16 * 1024;
