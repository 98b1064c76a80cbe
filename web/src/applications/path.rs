use hyper::Method;

/// What a path of the applications' listener leads to. Every other path is 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationPath {
    /// Swaps a code for what an application logs in to mail services with.
    Redeem,
    /// Whether a session is open.
    Check,
    /// Ends a session.
    End,
    /// Whether a request may go on to a web mail, for the web server before it.
    Gate,
    /// The answer to a browser that may not go on.
    LogIn,
    /// Ends the session of a browser, and sends it to the login.
    LogOut,
    /// The answer to a browser while nothing is known.
    Unavailable,
}

impl ApplicationPath {
    const ALL: [Self; 7] =
        [Self::Redeem, Self::Check, Self::End, Self::Gate, Self::LogIn, Self::LogOut, Self::Unavailable];

    /// What the path leads to.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == path)
    }

    /// The path, as the log has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redeem => "/application/redeem",
            Self::Check => "/application/check",
            Self::End => "/application/end",
            Self::Gate => "/gate",
            Self::LogIn => "/gate/log-in",
            Self::LogOut => "/gate/log-out",
            Self::Unavailable => "/gate/unavailable",
        }
    }

    /// The methods that it serves, for the header `Allow` (RFC 9110, section 10.2.1).
    #[must_use]
    pub fn allow(self) -> &'static str {
        match self {
            Self::Redeem | Self::Check | Self::End => "POST",
            // A web server asks for what it was asked itself: with its client's method, or with its own.
            Self::Gate | Self::LogIn | Self::LogOut | Self::Unavailable => {
                "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
            }
        }
    }

    /// Whether it serves a method. Those of WebDAV and its kin are served at the gate as well.
    #[must_use]
    pub fn allows(self, method: &Method) -> bool {
        match self {
            Self::Redeem | Self::Check | Self::End => *method == Method::POST,
            Self::Gate | Self::LogIn | Self::LogOut | Self::Unavailable => *method != Method::CONNECT,
        }
    }
}
