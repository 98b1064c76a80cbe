//! posternd's metrics: what they say of real logins, what they do not say, who can read them, and what a real Prometheus makes of them.

mod listener;
mod promtool;
mod scraped;
mod server;
mod text;
