//! What web mails, and the web servers before them, ask about the sessions of browsers. They reach a listener of their own; whoever can
//! reach it is one of them. Nothing is decided here: each answer is posternd's, kept for a few seconds where a page asks many times.

mod cookies;
mod gate;
mod live;
mod original;
mod path;
mod plugin;
mod site;
mod words;

use hyper::Request;
use hyper::body::Bytes;

use crate::reply::Reply;

pub use original::is_local;
pub use path::ApplicationPath;

pub(crate) use site::ApplicationSite;

impl ApplicationSite {
    /// Answers a request for `path`, which allows its method. `client` is the client's address.
    pub(crate) async fn answer(
        &self,
        path: ApplicationPath,
        client: Option<String>,
        request: Request<Bytes>,
    ) -> Reply {
        match path {
            ApplicationPath::Redeem => self.redeem(client, &request).await,
            ApplicationPath::Check => self.check(client, &request).await,
            ApplicationPath::End => self.end(client, &request).await,
            ApplicationPath::Gate => self.gate(client, &request).await,
            ApplicationPath::LogIn => self.log_in(client, &request).await,
            ApplicationPath::LogOut => self.log_out(client, &request).await,
            ApplicationPath::Unavailable => gate::unavailable(request.headers()),
        }
    }
}
