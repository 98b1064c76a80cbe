//! What mail programs are set up with: an Apple configuration profile, a QR code for Thunderbird on Android, and Thunderbird's
//! `config-v1.1.xml`. Everything here is a pure function of what posternd told in records, and escapes all of it.

mod autoconfig;
mod mobileconfig;
mod servers;
mod site;
mod thunderbird_qr;
mod xml;

pub use autoconfig::{AUTOCONFIG_TYPE, autoconfig};
pub use mobileconfig::{MOBILECONFIG_TYPE, Uuid, mobileconfig};
pub use servers::{MailServer, MailServers, NewMailAccount, NotARecord, Protocol, Tls};
pub use site::{MailSite, UserName};
pub use thunderbird_qr::thunderbird_qr;
