//! The gate before a web mail without a plugin. The web server asks it about each request (nginx's `auth_request`, `forward_auth` of Caddy
//! and Traefik) and passes on a credential that proves itself to the mail servers; never a name that the web mail would have to believe.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, VARY,
};
use hyper::{Request, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;
use subtle::ConstantTimeEq;
use tracing::error;
use zeroize::Zeroizing;

use crate::account::Form;
use crate::reply::{self, Reply};
use crate::token::random_token;

use super::cookies;
use super::live::{Known, LiveSession};
use super::original::{Original, Reader};
use super::site::ApplicationSite;
use super::words::Words;

/// What the web server says in the query of its question.
struct Question {
    application: String,
    /// Whether it passes the answer on to the browser whatever it is, as Caddy and Traefik do; nginx does not.
    is_passed_on: bool,
}

impl Question {
    /// `application=NAME`, and perhaps `answer=redirect`.
    fn of(query: Option<&str>) -> Option<Self> {
        let form = Form::parse(query?.as_bytes(), &["application", "answer"])?;
        let application = form.field("application").to_owned();
        let is_passed_on = match form.field("answer") {
            "" => false,
            "redirect" => true,
            _ => return None,
        };
        (!application.is_empty()).then_some(Self { application, is_passed_on })
    }
}

impl ApplicationSite {
    /// Whether a request may go on: 200 with the credential, else 401, or the answer for the browser.
    pub(super) async fn gate(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        let Some(question) = Question::of(request.uri().query()) else { return misused() };
        let headers = request.headers();
        let original = Original::of(headers);
        let comes_back = original.code().is_some() && cookies::state(headers).is_some();
        let known = match cookies::key(headers) {
            Some(key) if !comes_back => {
                let texts = self.refresh.get(&question.application);
                let is_active = !texts.is_some_and(|texts| original.is_refresh(texts));
                let known = self.live.recent(&key, is_active, client.clone()).await;
                if let Known::Live(live) = &known
                    && live.application == question.application
                {
                    return may_go_on(live, &key);
                }
                known
            }
            Some(_) | None => Known::Over,
        };
        match known {
            Known::Nothing if question.is_passed_on => unavailable(headers),
            Known::Nothing => reply::text(StatusCode::SERVICE_UNAVAILABLE, "Nothing is known right now."),
            Known::Live(_) | Known::Over if question.is_passed_on => {
                self.answer_to_browser(&question.application, client, headers).await
            }
            Known::Live(_) | Known::Over => {
                let mut reply = reply::text(StatusCode::UNAUTHORIZED, "Log in first.");
                if let Ok(address) = HeaderValue::from_str(&self.account_url) {
                    reply.headers_mut().insert("postern-log-in", address);
                }
                reply
            }
        }
    }

    /// The answer to a browser whose request may not go on.
    pub(super) async fn log_in(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        match Question::of(request.uri().query()) {
            Some(question) => self.answer_to_browser(&question.application, client, request.headers()).await,
            None => misused(),
        }
    }

    /// Ends the session, and sends the browser to the login.
    pub(super) async fn log_out(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        let headers = request.headers();
        // A link of another site logs nobody out.
        if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
            return see("/");
        }
        if let Some(key) = cookies::key(headers)
            && !self.live.end(&key, client).await
        {
            // It is still open: the person has to know.
            return unavailable(headers);
        }
        let mut reply = see(&self.logged_out_address());
        cookies::clear_key(&mut reply);
        cookies::clear_others(&mut reply, headers, Original::of(headers).uri);
        reply
    }

    async fn answer_to_browser(
        &self,
        application: &str,
        client: Option<String>,
        headers: &HeaderMap,
    ) -> Reply {
        let original = Original::of(headers);
        let Some((code, given)) = original.code() else {
            return self.begin_log_in(application, headers, &original);
        };
        match cookies::state(headers) {
            Some((state, wanted)) if bool::from(state.as_bytes().ct_eq(given.as_bytes())) => {
                let known = self.live.redeem(code, application, &state, client).await;
                answer_to_code(&known, headers, &original, &wanted)
            }
            // Another tab has begun a login since, or has come back from one: that one counts.
            Some(_) => see("/"),
            None if cookies::key(headers).is_some() => see("/"),
            None => not_done(headers),
        }
    }

    /// Sends a page to the login; scripts and frames are told, since a redirect would show nobody anything.
    fn begin_log_in(&self, application: &str, headers: &HeaderMap, original: &Original<'_>) -> Reply {
        let words = Words::of(headers);
        let mut reply = match original.reader() {
            Reader::Page => {
                let state = match random_token() {
                    Ok(state) => state,
                    Err(error) => {
                        error!("no random bytes: {error}");
                        return unavailable(headers);
                    }
                };
                let mut reply = see(&self.log_in_address(application, &state));
                cookies::set_state(&mut reply, &state, original.wanted());
                // Whoever logs in may be another person. A browser sends each cookie to its own path alone, so here and on the way back.
                cookies::clear_others(&mut reply, headers, original.uri);
                reply
            }
            Reader::Frame => {
                let way_on = html! { a href="/" target="_top" { (words.log_in) } };
                page(StatusCode::UNAUTHORIZED, words, words.over_title, words.over_text, &way_on)
            }
            Reader::Script => {
                // SOGo, for one, shows a person what is under `message`.
                let value = json!({
                    "error": "over", "text": words.over_text, "message": words.over_text, "log_in": self.account_url,
                });
                reply::json(StatusCode::UNAUTHORIZED, &value)
            }
        };
        // A key that is good no more only costs questions.
        cookies::clear_key(&mut reply);
        reply
    }
}

/// Where a browser goes that came back with a code.
fn answer_to_code(known: &Known, headers: &HeaderMap, original: &Original<'_>, wanted: &str) -> Reply {
    let mut reply = match known {
        Known::Live(live) => {
            let mut reply = see(wanted);
            cookies::set_key(&mut reply, &live.key);
            cookies::clear_others(&mut reply, headers, original.uri);
            reply
        }
        Known::Over => not_done(headers),
        Known::Nothing => return unavailable(headers),
    };
    cookies::clear_state(&mut reply);
    reply
}

/// A login that came to nothing.
fn not_done(headers: &HeaderMap) -> Reply {
    let words = Words::of(headers);
    let way_on = html! { a href="/" { (words.log_in) } };
    page(StatusCode::FORBIDDEN, words, words.not_done_title, words.not_done_text, &way_on)
}

/// Basic (RFC 7617), with the session mail password.
fn may_go_on(live: &LiveSession, key: &str) -> Reply {
    let mut reply = reply::text(StatusCode::OK, "ok");
    let pair = Zeroizing::new(format!("{}:{}", live.user, *live.password));
    let line = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    match HeaderValue::from_str(&line) {
        Ok(mut value) if !live.user.contains(':') => {
            value.set_sensitive(true);
            reply.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(_) | Err(_) => {
            error!("a user name with a colon has no place in Basic authentication (RFC 7617, section 2)");
            return reply::text(StatusCode::SERVICE_UNAVAILABLE, "This user name cannot be passed on.");
        }
    }
    if *live.key != key {
        cookies::set_key(&mut reply, &live.key);
    }
    reply
}

/// A page for a browser while nothing is known.
pub(super) fn unavailable(headers: &HeaderMap) -> Reply {
    let words = Words::of(headers);
    let way_on = html! { a href="" { (words.try_again) } };
    let mut reply = page(StatusCode::SERVICE_UNAVAILABLE, words, words.down_title, words.down_text, &way_on);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    reply
}

fn misused() -> Reply {
    reply::text(StatusCode::BAD_REQUEST, "Ask with ?application=NAME, a name of [web.applications].")
}

/// Sends the browser on (RFC 9110, section 15.4.4).
fn see(address: &str) -> Reply {
    let mut reply = reply::text(StatusCode::SEE_OTHER, "Go on.");
    if let Ok(address) = HeaderValue::from_str(address) {
        reply.headers_mut().insert(LOCATION, address);
    }
    reply
}

fn page(status: StatusCode, words: &Words, title: &str, text: &str, way_on: &Markup) -> Reply {
    let markup = html! {
        (DOCTYPE)
        html lang=(words.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } p { (text) } p { (way_on) } } }
        }
    };
    let mut reply = reply::with(status, "text/html; charset=utf-8", markup.into_string());
    reply.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    reply.headers_mut().insert(VARY, HeaderValue::from_static("accept-language, sec-fetch-dest, cookie"));
    reply
}

/// The pages stand at the host of the web mail, perhaps in a frame of it, and load nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:light-dark(#f4f6f8,#15181d);color:light-dark(#1b1f24,#e6e9ed)}\
main{max-width:28rem;margin:12vh auto;padding:2rem;border-radius:.75rem;background:light-dark(#fff,#1e232a)}\
h1{margin:0 0 .5rem;font-size:1.4rem}\
a{display:inline-block;margin-top:.5rem;padding:.6rem 1.2rem;border-radius:.5rem;background:#1f4e79;color:#fff;text-decoration:none}";
