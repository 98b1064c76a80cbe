use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::tls::Tls;

/// A connection with a limit on the bytes from the other side, because the client parses an answer anew with each of its lines.
#[derive(Debug)]
pub(super) struct Bounded<S> {
    inner: S,
    peer: SocketAddr,
    left: usize,
    /// Bytes that are read before those from the other side.
    first: &'static [u8],
}

impl Bounded<TcpStream> {
    /// Connects to a server.
    pub(super) async fn connect(host: &str, port: u16) -> io::Result<Self> {
        let inner = TcpStream::connect((host, port)).await?;
        let peer = inner.peer_addr()?;
        Ok(Self { inner, peer, left: MOST_BYTES, first: b"" })
    }

    /// The same connection inside TLS. If the handshake fails, the error explains it to an admin.
    pub(super) async fn encrypted(
        self,
        tls: &Tls,
        host: ServerName<'static>,
    ) -> Result<Bounded<TlsStream<Self>>, String> {
        let peer = self.peer;
        let inner = tls.connector.connect(host, self).await.map_err(|error| tls.explain(&error))?;
        Ok(Bounded { inner, peer, left: MOST_BYTES, first: b"" })
    }
}

impl<S> Bounded<S> {
    /// The same with the server's greeting in front, which was read before STARTTLS.
    pub(super) fn greeted(self) -> Self {
        Self { first: b"220 \r\n", ..self }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let most = self.first.len().min(buffer.remaining());
            let (now, later) = self.first.split_at_checked(most).unwrap_or((self.first, b""));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let done = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        match self.left.checked_sub(read) {
            Some(left) => {
                self.left = left;
                done
            }
            None => Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "it says too much"))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

/// Greetings, answers, and certificates after STARTTLS.
const MOST_BYTES: usize = 20 * 1024;
