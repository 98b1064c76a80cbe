//! What stands in for postern-web's listener for applications: it answers as it is told, and an app password is the session mail
//! password. So the plugin is seen with every answer, those among them that postern-web never gives.

use std::sync::Arc;

use postern_tests::http::HttpReply;
use postern_tests::http_double::{Mood, Seen};
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::site::random_password;
use postern_tests::webmail_host::{Roundcube, Settings, WebmailClient, WebmailHost};
use postern_tests::{HttpDouble, canary};
use serde_json::json;

/// A Roundcube with the plugin, before the stand-in.
pub(crate) struct StandIn {
    pub(crate) roundcube: Roundcube,
    pub(crate) listener: HttpDouble,
    pub(crate) host: Arc<WebmailHost>,
}

/// A person whom the stand-in knows.
pub(crate) struct Known {
    pub(crate) user: LoginUser,
    pub(crate) password: String,
    pub(crate) handle: String,
}

impl StandIn {
    /// `name` names the directory of its logs.
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, |settings| settings)
    }

    /// The same with other settings of Roundcube.
    pub(crate) fn with(name: &str, settings: impl FnOnce(Settings) -> Settings) -> Self {
        let host = WebmailHost::shared(Stores::Embedded);
        let listener = HttpDouble::plain();
        let address = format!("tcp://127.0.0.1:{}", listener.port());
        let settings = settings(Settings::with_plugin(&host.url(PAGES), &address));
        let roundcube = host.roundcube(name, &settings);
        Self { roundcube, listener, host }
    }

    /// The address of a page of the account, of which there are none here: they would go on with the sign-in.
    pub(crate) fn pages(&self, page: &str) -> String {
        self.host.url(&format!("{PAGES}{page}"))
    }

    /// A person with a factor and an app password.
    pub(crate) fn person(&self, name: &str) -> Known {
        let user = self.host.enrolled_with(name, &[]);
        let password = self.app_password(&user.unix.name, "web mail");
        let handle = format!("handle_{}", random_password());
        canary::register(&handle);
        Known { user, password, handle }
    }

    /// An app password as it is typed, without spaces.
    pub(crate) fn app_password(&self, name: &str, label: &str) -> String {
        let shown = self.host.site.app_password(name, label, &[]).password;
        let password: String = shown.split(' ').collect();
        canary::register(&password);
        password
    }

    /// From now on every question is about this person's session, which lives.
    pub(crate) fn knows(&self, person: &Known) {
        let body = json!({"user": person.user.unix.name, "password": person.password, "handle": person.handle,
            "session": "1a2b3c4d", "idle_ends": 1_790_000_000, "ends": 1_790_000_000});
        self.listener.set(Mood::Answers(200, JSON.to_owned(), body.to_string()));
    }

    /// From now on no session lives.
    pub(crate) fn knows_nobody(&self) {
        let body = json!({"error": "over", "text": "Log in again."});
        self.listener.set(Mood::Answers(403, JSON.to_owned(), body.to_string()));
    }

    /// From now on nothing can be said.
    pub(crate) fn is_out_of_order(&self) {
        let body = json!({"error": "unavailable", "text": "Try again."});
        self.listener.set(Mood::Answers(503, JSON.to_owned(), body.to_string()));
    }

    /// The questions of this kind so far.
    pub(crate) fn asked(&self, verb: &str) -> Vec<Seen> {
        let target = format!("/application/{verb}");
        self.listener.seen().into_iter().filter(|seen| seen.target == target).collect()
    }

    /// A client that is sent to the sign-in, and the state that it is sent with.
    #[track_caller]
    pub(crate) fn at_sign_in(&self, path: &str) -> (WebmailClient, String) {
        let mut client = self.roundcube.client();
        let reply = client.get(path);
        let state = self.state(&reply);
        (client, state)
    }

    /// The state of a redirect to the sign-in.
    #[track_caller]
    pub(crate) fn state(&self, reply: &HttpReply) -> String {
        let location = reply.header("location").unwrap_or_default();
        let sign_in = format!("{}?name=roundcube&state=", self.pages("application"));
        let state = location.strip_prefix(&sign_in);
        let state =
            state.unwrap_or_else(|| panic!("not to the sign-in: {} {location}", reply.status)).to_owned();
        assert_eq!(reply.status, 303, "{location}");
        assert!(state.len() == 43 && is_base64url(&state), "{state}");
        state
    }

    /// A client that is signed in.
    #[track_caller]
    pub(crate) fn signed_in(&self, person: &Known) -> WebmailClient {
        self.knows(person);
        let (mut client, state) = self.at_sign_in("/");
        let reply = come_back(&mut client, CODE, &state);
        assert_eq!(reply.status, 302, "{reply:?} {}", self.roundcube.log());
        assert!(is_inbox(&client.get("/?_task=mail")), "{}", self.roundcube.log());
        client
    }
}

/// Comes back from the sign-in.
pub(crate) fn come_back(client: &mut WebmailClient, code: &str, state: &str) -> HttpReply {
    client.get(&format!("/?postern_code={code}&postern_state={state}"))
}

/// Whether a page shows a mailbox.
pub(crate) fn is_inbox(reply: &HttpReply) -> bool {
    reply.status == 200 && reply.body.contains("id=\"messagelist\"")
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Where the pages of accounts stand for the plugin.
const PAGES: &str = "/stand-in/";
const JSON: &str = "Content-Type: application/json\r\n";
/// A code of the usual form.
pub(crate) const CODE: &str = "c0de-C0de_c0de.C0dec0deC0dec0deC0dec0deC0dec0deC0dec0de";
