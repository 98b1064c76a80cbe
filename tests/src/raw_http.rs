//! Requests as an attacker means them, byte by byte, from any address of loopback, in the clear or over TLS.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;

use crate::certs::Certs;
use crate::http::Stream;

/// A connection to a port of 127.0.0.1 from another address of loopback, for servers that count addresses.
#[must_use]
pub fn connect_from(from: Ipv4Addr, port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?.into_std()
    });
    let stream = stream.unwrap_or_else(|error| panic!("{from} to port {port}: {error}"));
    stream.set_nonblocking(false).expect("a socket");
    stream
}

/// The same over TLS, with the protocols that browsers offer.
#[must_use]
pub fn connect_tls_from(
    from: Ipv4Addr,
    port: u16,
    certs: &Certs,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = fs::read(&certs.ca).expect("an authority");
    roots.add(CertificateDer::from_pem_slice(&authority).expect("a certificate")).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.expect("TLS").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    StreamOwned::new(session, connect_from(from, port))
}

/// Sends `bytes`, and gives what comes back until the server hangs up or is silent for as long as the stream's timeout.
#[must_use]
pub fn exchange(stream: &mut dyn Stream, bytes: &[u8]) -> String {
    // A server that refuses early need not read all of it.
    drop(stream.write_all(bytes).and_then(|()| stream.flush()));
    rest(stream)
}

/// What comes until the server hangs up or is silent for as long as the stream's timeout.
#[must_use]
pub fn rest(stream: &mut dyn Stream) -> String {
    let (mut all, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        all.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The statuses of the answers in `text`, one after the other. "100 Continue" is none.
#[must_use]
pub fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.filter_map(|rest| rest.get(..3)?.parse().ok()).filter(|status| *status != 100).collect()
}

/// How long a server may think about an answer before it counts as silent.
pub const SILENCE: Duration = Duration::from_secs(3);
