//! The web server before Roundcube.

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// nginx.
    Nginx,
    /// Apache.
    Apache,
}

/// Where it listens, on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// With TLS, for browsers.
    pub(super) tls: u16,
    /// Without, for clients that send what no browser would.
    pub(super) clear: u16,
}
