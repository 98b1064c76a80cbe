//! A person whose browser is logged in, with what it hands to web mails.

use serde_json::json;

use crate::account_host::AccountHost;
use crate::form_client::FormClient;
use crate::http::HttpReply;
use crate::login_host::LoginUser;

/// A person whose browser is logged in, and their open web mails.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// The name.
    pub user: String,
    /// What Roundcube logs in with: the session mail password.
    pub password: String,
    /// An app password of the same person.
    pub app_password: String,
    /// What the gate knows the browser by, as a `Cookie` header.
    pub cookie: String,
}

impl Inbox {
    /// That of a new person.
    #[must_use]
    pub fn open(host: &AccountHost) -> Self {
        Self::of(host, &host.user("bench"))
    }

    /// That of a person without a factor.
    #[must_use]
    pub fn of(host: &AccountHost, user: &LoginUser) -> Self {
        let app_password = host.site.app_password(&user.unix.name, "bench", &[]).password.replace(' ', "");
        let mut client = FormClient::logged_in(host, user);
        let of_roundcube = handed(host, &mut client, "roundcube");
        let of_gate = handed(host, &mut client, "gated");
        Self {
            user: user.unix.name.clone(),
            password: of_roundcube("password"),
            app_password,
            cookie: format!("__Host-postern-application={}", of_gate("handle")),
        }
    }
}

/// What an application is handed, by name.
fn handed(
    host: &AccountHost,
    client: &mut FormClient<'_>,
    application: &str,
) -> impl Fn(&str) -> String + use<> {
    let state = "0123456789abcdef";
    let reply = client.get(&format!("/application?name={application}&state={state}"));
    let address = reply.header("location").expect("a code").to_owned();
    let code = address.split("postern_code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code");
    let question = json!({ "application": application, "code": code, "state": state });
    let reply: HttpReply =
        host.web.applications().request("POST", "/application/redeem").json(&question).send();
    let answer = reply.json();
    move |name| answer[name].as_str().expect("what is handed over").to_owned()
}
