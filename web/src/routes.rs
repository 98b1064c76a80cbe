use std::time::{Duration, Instant};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE,
    TRANSFER_ENCODING,
};
use hyper::{Method, Request, StatusCode};
use postern_ipc::PhoneFlow;
use tracing::{error, info};

use crate::account::{AccountPath, AccountSite, protect};
use crate::address::Network;
use crate::api::{self, Api, Requester};
use crate::applications::{ApplicationPath, ApplicationSite};
use crate::client_limit::ClientLimit;
use crate::config::Config;
use crate::connection_slots::ConnectionSlot;
use crate::published_settings::PublishedSettings;
use crate::reply::{self, Reply};
use crate::request_log::RequestLog;
use crate::route::{HEALTH, Route};
use crate::site::Site;
use crate::token::{self, Token};
use crate::{address, assets};

/// Which listener a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The proxy's.
    Public,
    /// That of web mails and of the web servers before them.
    Applications,
}

/// What all connections share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) config: &'a Config,
    pub(crate) api: &'a Api,
    /// What mail programs are told.
    pub(crate) settings: &'a PublishedSettings,
    /// The account's pages, if there are any.
    pub(crate) account: Option<&'a AccountSite>,
    /// The applications, if there are any.
    pub(crate) applications: Option<&'a ApplicationSite>,
    /// The concurrent requests of each client.
    pub(crate) requests: &'a ClientLimit,
    /// Limits the lines of requests in the log.
    pub(crate) log: &'a RequestLog,
}

/// Answers a request and logs it: the client, the path and the result, never the content.
pub(crate) async fn answer(
    server: Server<'_>,
    door: Door,
    slot: &ConnectionSlot,
    request: Request<Incoming>,
) -> Reply {
    let (began, config) = (Instant::now(), server.config);
    let header = match door {
        Door::Public => config.client_address_header.clone(),
        Door::Applications => Some(FORWARDED_FOR),
    };
    let client = address::of_client(request.headers(), header.as_ref());
    let network = client.as_deref().and_then(Network::of);
    slot.waits_for(network);
    let method = request.method().clone();
    // What follows such a body on the same connection is not read: a proxy may see its end elsewhere (RFC 9112, section 11.2).
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let site = match door {
        Door::Public => site_of(config, &request),
        Door::Applications => Some(Site::Applications),
    };
    let route = route_of(site, request.uri().path());
    let path = name_in_log(route, request.uri().path());
    // The requests of one page come all at once, and wait for one answer of posternd.
    let share = server.requests.try_take(network.filter(|_| door == Door::Public));
    let account = server.account.filter(|_| site == Some(Site::Account));
    let asked = account.map(|_| request.headers().clone());
    let mut reply = match route {
        _ if share.is_none() => too_many(route),
        Some(route) if route.allows(&method) => {
            let served = serve(server, slot, route, &client, request);
            match tokio::time::timeout(config.limits.request_time, served).await {
                Ok(reply) => reply,
                Err(_) => late(route),
            }
        }
        Some(route) => {
            discard(request.into_body()).await;
            let text = format!("Only {} here.", route.allow());
            let mut reply = reply::text(StatusCode::METHOD_NOT_ALLOWED, &text);
            reply.headers_mut().insert(ALLOW, HeaderValue::from_static(route.allow()));
            reply
        }
        None => {
            let (parts, body) = request.into_parts();
            discard(body).await;
            nothing(server, site, &parts.headers)
        }
    };
    if let (Some(account), Some(asked)) = (account, asked) {
        let path = match route {
            Some(Route::Account(path)) => Some(path),
            Some(
                Route::Page
                | Route::Asset(_)
                | Route::Health
                | Route::Autoconfig
                | Route::Api(_)
                | Route::Application(_),
            )
            | None => None,
        };
        reply = account.in_words(asked, path, reply);
        protect(&mut reply);
    }
    let status = reply.status();
    drop(share);
    // A client that does not read the answer can be evicted as well.
    slot.waits_for(network);
    let is_cut_short =
        [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if !matches!(method, Method::GET | Method::HEAD | Method::POST)
        || is_chunked
        || is_cut_short.contains(&status)
    {
        // An unread body may follow.
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if server.log.admits(network, Instant::now()) {
        info!(
            "{} {} {path} {} {}ms",
            client.as_deref().unwrap_or("-"),
            if route.is_some() { method.as_str() } else { "-" },
            status.as_u16(),
            began.elapsed().as_millis()
        );
    }
    reply
}

/// The site that a request is for. A target with a host of its own comes from no proxy (RFC 9112, section 3.2.2).
fn site_of<B>(config: &Config, request: &Request<B>) -> Option<Site> {
    if request.uri().authority().is_some() {
        None
    } else if config.autoconfig_hosts.are_asked(request.headers()) {
        Some(Site::MailPrograms)
    } else {
        config.sites.of(request.headers())
    }
}

fn route_of(site: Option<Site>, path: &str) -> Option<Route> {
    match site {
        _ if path == HEALTH => Some(Route::Health),
        Some(Site::Phone) => Route::of(path),
        Some(Site::Account) => {
            AccountPath::of(path).map(Route::Account).or_else(|| Route::for_mail_programs(path))
        }
        Some(Site::MailPrograms) => Route::for_mail_programs(path),
        Some(Site::Applications) => ApplicationPath::of(path).map(Route::Application),
        None => None,
    }
}

fn name_in_log(route: Option<Route>, path: &str) -> String {
    match route {
        Some(Route::Account(path)) => path.name().to_owned(),
        Some(Route::Application(path)) => path.name().to_owned(),
        Some(Route::Page | Route::Asset(_) | Route::Health | Route::Autoconfig | Route::Api(_)) => {
            path.to_owned()
        }
        // An unknown path is the client's invention, and may hold a misplaced secret.
        None => "(unknown)".to_owned(),
    }
}

fn nothing(server: Server<'_>, site: Option<Site>, headers: &HeaderMap) -> Reply {
    match (site, server.account) {
        (None, _) => reply::text(StatusCode::MISDIRECTED_REQUEST, "This host is not served here."),
        (Some(Site::Account), Some(account)) => account.not_found(headers.clone()),
        (Some(Site::Phone | Site::Account | Site::MailPrograms | Site::Applications), _) => {
            reply::text(StatusCode::NOT_FOUND, "There is nothing here.")
        }
    }
}

async fn account(
    server: Server<'_>,
    path: AccountPath,
    client: Option<String>,
    request: Request<Incoming>,
) -> Reply {
    match (server.account, whole(server, Route::Account(path), request).await) {
        // It may give way while it waits: what was begun goes on without it.
        (Some(account), Ok(request)) => account.answer(path, client, request).await,
        (None, _) => reply::text(StatusCode::NOT_FOUND, "There is nothing here."),
        (Some(_), Err(reply)) => *reply,
    }
}

async fn application(
    server: Server<'_>,
    path: ApplicationPath,
    client: Option<String>,
    request: Request<Incoming>,
) -> Reply {
    match (server.applications, whole(server, Route::Application(path), request).await) {
        (Some(applications), Ok(request)) => applications.answer(path, client, request).await,
        (None, _) => reply::text(StatusCode::NOT_FOUND, "There is nothing here."),
        (Some(_), Err(reply)) => *reply,
    }
}

/// The request with its whole body, or the answer to one that is too large or too slow.
async fn whole(
    server: Server<'_>,
    route: Route,
    request: Request<Incoming>,
) -> Result<Request<Bytes>, Box<Reply>> {
    let limits = &server.config.limits;
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(limits.body_time, read(body, limits.body)).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, body)),
        Ok(Err(reply)) => Err(Box::new(reply)),
        Err(_) => Err(Box::new(late(route))),
    }
}

async fn serve(
    server: Server<'_>,
    slot: &ConnectionSlot,
    route: Route,
    client: &Option<String>,
    request: Request<Incoming>,
) -> Reply {
    match route {
        Route::Page => page(request.headers()),
        Route::Asset(asset) => reply::with(StatusCode::OK, asset.content_type, asset.bytes),
        Route::Health => reply::text(StatusCode::OK, "ok"),
        Route::Autoconfig => server.settings.reply(server.api).await,
        Route::Api(flow) => relay(server, slot, flow, client.clone(), request).await,
        Route::Account(path) => account(server, path, client.clone(), request).await,
        Route::Application(path) => application(server, path, client.clone(), request).await,
    }
}

fn page(headers: &HeaderMap) -> Reply {
    let token = match Token::of_visitor(headers) {
        Ok(token) => token,
        Err(error) => {
            error!("no random bytes: {error}");
            return reply::text(StatusCode::SERVICE_UNAVAILABLE, "This page cannot be shown just now.");
        }
    };
    let page = assets::PAGE.replace(assets::TOKEN_PLACE, token.as_str());
    let mut reply = reply::with(StatusCode::OK, "text/html; charset=utf-8", page);
    if let Ok(cookie) = HeaderValue::from_str(&token.cookie(headers)) {
        reply.headers_mut().insert(SET_COOKIE, cookie);
    }
    reply
}

async fn relay(
    server: Server<'_>,
    slot: &ConnectionSlot,
    flow: PhoneFlow,
    client: Option<String>,
    request: Request<Incoming>,
) -> Reply {
    // A client is refused only once its body is read: it would be writing it still when the connection is closed.
    let request = match whole(server, Route::Api(flow), request).await {
        Ok(request) => request,
        Err(reply) => return *reply,
    };
    let headers = request.headers();
    if !is_json(headers) {
        let text = "Send a JSON object with Content-Type: application/json.";
        return reply::refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", text);
    }
    if !token::is_from_page(headers) {
        let text = "This request does not come from the page. Load the page again.";
        return reply::refusal(StatusCode::FORBIDDEN, "token", text);
    }
    let language = language(headers);
    match api::arguments(flow, request.body()) {
        Ok(arguments) => server.api.relay(slot, flow, arguments, Requester { rhost: client, language }).await,
        Err(what) => reply::refusal(StatusCode::BAD_REQUEST, "malformed", &what),
    }
}

async fn read(body: Incoming, most: usize) -> Result<Bytes, Reply> {
    let too_large = || {
        let text = format!("A request has {most} bytes at most.");
        reply::refusal(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &text)
    };
    if body.size_hint().lower() > most as u64 {
        discard(body).await;
        return Err(too_large());
    }
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(reply::refusal(StatusCode::BAD_REQUEST, "malformed", "The request was cut short.")),
    }
}

/// Takes a little of what is not wanted. A client that still writes when the connection is closed may never read the answer, and a
/// proxy then makes one of its own.
async fn discard(mut body: Incoming) {
    let discarding = async {
        let mut taken = 0;
        while taken < MOST_DISCARDED
            && let Some(Ok(frame)) = body.frame().await
        {
            taken += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    drop(tokio::time::timeout(LONGEST_DISCARDING, discarding).await);
}

fn too_many(route: Option<Route>) -> Reply {
    let text = "Too many requests at one time come from your address. Try again in a moment.";
    let mut reply = match route {
        Some(Route::Api(_)) => reply::refusal(StatusCode::TOO_MANY_REQUESTS, "too_many", text),
        Some(
            Route::Page
            | Route::Asset(_)
            | Route::Health
            | Route::Autoconfig
            | Route::Account(_)
            | Route::Application(_),
        )
        | None => reply::text(StatusCode::TOO_MANY_REQUESTS, text),
    };
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}

fn late(route: Route) -> Reply {
    let text = "That took too long.";
    match route {
        Route::Api(_) => reply::refusal(StatusCode::REQUEST_TIMEOUT, "late", text),
        Route::Page
        | Route::Asset(_)
        | Route::Health
        | Route::Autoconfig
        | Route::Account(_)
        | Route::Application(_) => reply::text(StatusCode::REQUEST_TIMEOUT, text),
    }
}

/// Whether a request says that its body is JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The first language that the page accepts (BCP 47).
fn language(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("accept-language")?.to_str().ok()?;
    let first = value.split([',', ';']).next()?.trim();
    let is_tag = !first.is_empty()
        && first.len() <= 35
        && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_tag.then(|| first.to_owned())
}

/// What web mails, and the web servers before them, tell the browser's address in.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How much of a body that is too large is taken, and how long that may last.
const MOST_DISCARDED: usize = 64 * 1024;
const LONGEST_DISCARDING: Duration = Duration::from_millis(300);
