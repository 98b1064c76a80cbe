use hyper::HeaderMap;
use hyper::header::HOST;

/// The names of hosts at which only the settings of mail programs are served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct HostNames(Vec<String>);

impl HostNames {
    /// Reads the value of the configuration.
    ///
    /// # Errors
    /// The name that is none.
    pub(crate) fn parse(names: Vec<String>) -> Result<Self, String> {
        let is_name = |name: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('.') && !name.ends_with('.')
        };
        match names.iter().find(|name| !is_name(name)) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(Self(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())),
        }
    }

    /// Whether a host is one of them.
    pub(crate) fn has(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Whether a request is for one of them. The port does not matter, as the proxy may listen at any.
    pub(crate) fn are_asked(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
        let name = host.split(':').next().unwrap_or_default();
        let name = name.strip_suffix('.').unwrap_or(name);
        self.has(name)
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn a_host_is_compared_without_case_port_and_last_dot() {
        let names = HostNames::parse(vec!["autoconfig.Example.org".to_owned()]).unwrap();
        let asked = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            names.are_asked(&headers)
        };
        for host in ["autoconfig.example.org", "AUTOCONFIG.example.org:8443", "autoconfig.example.org."] {
            assert!(asked(host), "{host}");
        }
        for host in
            ["2fa.example.org", "autoconfig.example.org.evil.example", "", ":80", "xautoconfig.example.org"]
        {
            assert!(!asked(host), "{host}");
        }
        assert!(!names.are_asked(&HeaderMap::new()));
        for wrong in
            ["", "https://autoconfig.example.org", "autoconfig.example.org:443", "*.example.org", ".a"]
        {
            assert!(HostNames::parse(vec![wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
