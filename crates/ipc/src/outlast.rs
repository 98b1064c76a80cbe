use std::time::Instant;

/// The service that Postfix' smtpd is to Dovecot.
///
/// Postfix takes every failure that Dovecot tells it of for a wrong password (535), an outage, too. Only where Dovecot says
/// nothing within 10 s does it answer 454, which mail programs try again. So an outage is told so late
/// ([`ClientConfig::smtp_defer_after`](crate::ClientConfig)) that Postfix no longer listens.
pub const POSTFIX: &str = "smtp";

/// Waits until `end`.
#[allow(
    clippy::disallowed_methods,
    reason = "this waits for the time alone, and no longer than its caller says"
)]
pub fn wait_until(end: Instant) {
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
}
