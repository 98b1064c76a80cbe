use std::time::Instant;

/// The service name under which Dovecot authenticates for Postfix' smtpd.
///
/// Postfix treats every failure that Dovecot reports as a wrong password (535), even an outage. Only if Dovecot stays
/// silent for 10 s does it answer 454, on which mail programs try again. An outage is therefore reported so late
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
