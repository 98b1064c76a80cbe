//! Requests the page for phones as a phone would.

use std::path::Path;

use postern_core::config::HttpUrl;
use postern_core::factor::LONGEST_PAGE;
use postern_courier::{NoPage, Page};

use super::remark::Remark;

/// Whether a QR code with the page's address fits on every terminal; `None` if it does.
pub(super) fn fits_terminal(url: &HttpUrl) -> Option<Remark> {
    let url = url.to_string();
    let length = url.len();
    (!postern_core::factor::fits_terminal(&url)).then(|| {
        Remark::warn(format!(
            "{url} has {length} bytes, and the QR code that binds a phone fits on a terminal of 24 rows up to {LONGEST_PAGE}: people there are told to open the address instead; see [web] url"
        ))
    })
}

/// Whether the page exists, is Postern's, and has a certificate that browsers accept.
pub(super) async fn examine(url: &HttpUrl) -> Remark {
    match open(url, None).await {
        Ok(Page { status, .. }) if status != 200 => Remark::fail(format!(
            "{url} answers with status {status}; phones cannot use that: look at the proxy in front of postern-web, and [web] url"
        )),
        Ok(page) if page.body.contains(MARK) => Remark::ok(format!("{url} shows the page for phones")),
        Ok(_) => Remark::fail(format!(
            "{url} shows another page than Postern's; look at the proxy in front of postern-web, and at [web] url"
        )),
        Err(NoPage::Wrong(what)) => Remark::fail(format!(
            "{what}; phones cannot use that: look at the proxy in front of postern-web, its certificate, and [web] url"
        )),
        Err(NoPage::Unreachable(what)) => Remark::warn(format!(
            "{what}: not reached from this host; see that postern-web and the proxy in front of it run, and that phones get there"
        )),
    }
}

/// Requests a page with the host's own trust store, as its other programs use. See [`postern_courier::open_page`].
pub(super) async fn open(url: &HttpUrl, host: Option<&str>) -> Result<Page, NoPage> {
    let named = std::env::var_os("SSL_CERT_FILE");
    let ca_file = named.as_deref().map_or(Path::new(CA_FILE), Path::new);
    postern_courier::open_page(url, host, ca_file).await
}

/// A text in the head of the page for phones.
pub(super) const MARK: &str = "postern-token";
const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";
