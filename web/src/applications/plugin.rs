//! The interface for web mails with a plugin: JSON, one object a request, with exactly the fields of its question.

use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::reply::{self, Reply};
use crate::routes::is_json;

use super::live::Known;
use super::site::ApplicationSite;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redeem {
    application: String,
    code: String,
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    handle: String,
    is_active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    handle: String,
}

impl ApplicationSite {
    pub(super) async fn redeem(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        match parse::<Redeem>(request) {
            Ok(Redeem { application, code, state }) => {
                answer(&self.live.redeem(&code, &application, &state, client).await)
            }
            Err(reply) => *reply,
        }
    }

    pub(super) async fn check(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        match parse::<Check>(request) {
            Ok(Check { handle, is_active }) => answer(&self.live.check(&handle, is_active, client).await),
            Err(reply) => *reply,
        }
    }

    pub(super) async fn end(&self, client: Option<String>, request: &Request<Bytes>) -> Reply {
        match parse::<End>(request) {
            Ok(End { handle }) if self.live.end(&handle, client).await => {
                reply::with(StatusCode::NO_CONTENT, "application/json", "")
            }
            Ok(End { .. }) => unavailable(),
            Err(reply) => *reply,
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(request: &'a Request<Bytes>) -> Result<T, Box<Reply>> {
    if !is_json(request.headers()) {
        let text = "Send a JSON object with Content-Type: application/json.";
        return Err(Box::new(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", text)));
    }
    // What is wrong with it may be a secret in the wrong place.
    let text = "Not a JSON object with exactly the fields of this question.";
    serde_json::from_slice(request.body())
        .map_err(|_| Box::new(refusal(StatusCode::BAD_REQUEST, "malformed", text)))
}

fn answer(known: &Known) -> Reply {
    match known {
        Known::Live(live) => {
            let value = json!({
                "user": live.user, "password": *live.password, "handle": *live.key, "session": live.id,
                "idle_ends": live.idle_ends, "ends": live.ends,
            });
            reply::json(StatusCode::OK, &value)
        }
        Known::Over => {
            refusal(StatusCode::FORBIDDEN, "over", "The code cannot be used, or the session has ended.")
        }
        Known::Nothing => unavailable(),
    }
}

fn unavailable() -> Reply {
    let text = "The login service cannot be reached right now. Try again in a moment.";
    refusal(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}

fn refusal(status: StatusCode, error: &str, text: &str) -> Reply {
    reply::json(status, &json!({ "error": error, "text": text }))
}
