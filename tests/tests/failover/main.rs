//! Replay protection over a failover as it happens: two hosts with a posternd each, Redis and LDAP servers on machines of their own,
//! and a network that is cut in two while users log in at both hosts.
//!
//! Each side of a cut lives on, with a host of its own. A history of all tries is kept, and no code of an account may have been
//! accepted twice in it.

mod cluster;
mod crowd;
mod history;
mod hosts;
mod play;
mod sentinel;
mod syncrepl;
