//! TCP connections that are kept open between logins.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// Connects to the first address of `host` that answers. Each has `one_address`: one that drops packets must not use up the time of the
/// others.
///
/// The kernel asks an idle peer every 30 s whether it is there (SO_KEEPALIVE, tcp(7)), so that no firewall forgets the connection, and
/// one that is gone is noticed before a login needs it.
pub(crate) async fn connect(host: &str, port: u16, one_address: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        match tokio::time::timeout(one_address, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
                rustix::net::sockopt::set_tcp_keepidle(&stream, KEEPALIVE)?;
                rustix::net::sockopt::set_tcp_keepintvl(&stream, KEEPALIVE)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

const KEEPALIVE: Duration = Duration::from_secs(30);
