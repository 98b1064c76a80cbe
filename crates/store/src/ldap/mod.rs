//! The site's LDAP as the directory: accounts are people's own entries, and Postern's state is attributes on them.

mod binders;
mod connect;
mod directory;
mod entry;
mod examine;
mod modify;
mod product;
mod server;
mod servers;
mod stale;
mod trouble;
mod uid;
mod user_bind;

pub use connect::OpenLdapError;
pub use directory::LdapDirectory;
pub use examine::Finding;
pub use product::Product;
