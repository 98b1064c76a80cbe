//! Whoever logs in. A code of an app is good once, so several people take turns.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::SigningKey;

use crate::account_host::AccountPages;
use crate::courier_host::bind_phone;
use crate::form_client::FormClient;
use crate::http::HttpReply;
use crate::login_host::{CodeApp, LoginHost, LoginUser};
use crate::self_service::Said;
use crate::{Handset, Mailbox, Stopwatch, UnixUser, Web, canary, guard};

use super::scene::{GATED, Proxies};

/// All of them, by what they do.
pub(super) struct People {
    /// With an app, at ssh.
    pub(super) ssh: Turns<LoginUser>,
    /// With an app, at the pages.
    pub(super) page: Turns<LoginUser>,
    /// With recovery codes, at ssh.
    pub(super) recovery: Turns<WithCodes>,
    /// Gets codes by mail, at ssh and at the pages.
    pub(super) mailed: Turns<WithCodes>,
    /// Is notified on a phone, at ssh and at the pages.
    pub(super) rung: Turns<Rung>,
    /// Reads mail with an app password.
    pub(super) reader: (String, String),
    /// Has sessions behind the gate.
    pub(super) gate: Turns<GateSession>,
    pub(super) gate_user: String,
    /// Runs `postern my`.
    pub(super) owner: UnixUser,
}

/// Things that are used one after the other.
pub(super) struct Turns<T>(Mutex<VecDeque<T>>);

/// A person with recovery codes.
pub(super) struct WithCodes {
    pub(super) user: LoginUser,
    pub(super) codes: Vec<String>,
}

/// A person whose phone is notified.
pub(super) struct Rung {
    pub(super) user: LoginUser,
    pub(super) phone: Handset,
    /// The codes of the phone.
    pub(super) app: CodeApp,
    /// What only the messages to this phone have in their address.
    pub(super) endpoint: String,
    /// How many messages it has had.
    pub(super) pushes: usize,
}

/// A browser that the gate lets through.
pub(super) struct GateSession {
    pub(super) cookie: String,
    pub(super) asked: Stopwatch,
}

impl<T> Turns<T> {
    fn of(all: impl IntoIterator<Item = T>) -> Self {
        Self(Mutex::new(all.into_iter().collect()))
    }

    /// Lends the one that was used longest ago.
    pub(super) fn next<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        self.next_where(|_| true, use_it)
    }

    /// The same among those that are `wanted`.
    pub(super) fn next_where<R>(
        &self,
        mut wanted: impl FnMut(&T) -> bool,
        use_it: impl FnOnce(&mut T) -> R,
    ) -> R {
        let mut taken = {
            let mut all = self.lock();
            let place = all.iter().position(&mut wanted).expect("more people in fault_table/people.rs");
            all.remove(place).expect("it is there")
        };
        let result = use_it(&mut taken);
        self.lock().push_back(taken);
        result
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl People {
    pub(super) fn make(
        host: &LoginHost,
        web: &Web,
        pages: &AccountPages,
        mailbox: &Mailbox,
        proxies: &Proxies,
    ) -> Self {
        let with_app = |name: &'static str| Turns::of((0..TURNS).map(move |_| host.enrolled(name)));
        let with_codes = || {
            Turns::of((0..TURNS).map(|_| {
                let mut user = host.enrolled("rosa");
                let codes = recovery_codes(host, &user.password.clone(), &mut user, |user| user.app.code());
                WithCodes { user, codes }
            }))
        };
        let gina = host.user("gina");
        let session = || {
            let mut client = FormClient::of(pages);
            client.log_in(&gina);
            assert_eq!(client.path, "/security", "{}", client.page.body);
            GateSession { cookie: through_the_gate(web, &mut client), asked: Stopwatch::start() }
        };
        // Side by side, as each of them waits most of the time.
        std::thread::scope(|scope| {
            let ssh = scope.spawn(|| with_app("sam"));
            let page = scope.spawn(|| with_app("paula"));
            let recovery = scope.spawn(with_codes);
            let mailed = scope.spawn(|| Turns::of((0..4).map(|_| mailed(host, mailbox))));
            let rung = scope.spawn(|| Turns::of((0..TURNS).map(|_| rung(host, web, proxies))));
            let gate = scope.spawn(|| Turns::of((0..GATE_SESSIONS).map(|_| session())));
            let app = host.site.app_password("mary", "Phone", &[]);
            Self {
                ssh: ssh.join().expect("people"),
                page: page.join().expect("people"),
                recovery: recovery.join().expect("people"),
                mailed: mailed.join().expect("people"),
                rung: rung.join().expect("people"),
                reader: ("mary".to_owned(), app.password),
                gate: gate.join().expect("people"),
                gate_user: gina.unix.name.clone(),
                owner: gina.unix.clone(),
            }
        })
    }
}

fn recovery_codes(
    host: &LoginHost,
    password: &str,
    user: &mut LoginUser,
    code: impl Fn(&mut LoginUser) -> String,
) -> Vec<String> {
    let (mut visit, mut codes) = (host.visit(user, "recovery_codes", &[]), Vec::new());
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(password),
            Said::Ask { is_hidden: false, .. } => visit.answer(&code(user)),
            Said::Record { value, .. } => codes.push(value["code"].as_str().expect("a code").to_owned()),
            Said::Tell { .. } => {}
            Said::Accept => return codes,
            other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
        }
    }
}

/// To whom a code is mailed at each login, and who could type another one.
fn mailed(host: &LoginHost, mailbox: &Mailbox) -> WithCodes {
    let mut user = host.user("milo");
    let mut visit = host.visit(&user, "enrol", &[("kind", "email"), ("to", &user.backup())]);
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { .. } => visit.answer(&mailbox.next_to(&user.backup()).code()),
            Said::Tell { .. } | Said::Record { .. } => {}
            Said::Accept => break,
            other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
        }
    }
    let codes = recovery_codes(host, &user.password.clone(), &mut user, |user| {
        mailbox.next_to(&user.backup()).code()
    });
    // The factor that is bound first is proposed, and times are whole seconds.
    guard::pause(Duration::from_millis(1100));
    user.app = host.enrol_another(&user, "authenticator");
    WithCodes { user, codes }
}

fn rung(host: &LoginHost, web: &Web, proxies: &Proxies) -> Rung {
    let user = host.user("rita");
    let phone = bind_phone(web, host.visit(&user, "enrol", &[("kind", "phone")]), &user, &[]);
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("random bytes");
    let key = SigningKey::from_slice(&random).expect("nearly every number is a key");
    let (endpoint, auth) = (URL_SAFE_NO_PAD.encode(&random[16..]), URL_SAFE_NO_PAD.encode(&random[..16]));
    canary::register(&auth);
    let address = format!("https://127.0.0.1:{}/push/{endpoint}", proxies.push.port());
    let p256dh = URL_SAFE_NO_PAD.encode(key.verifying_key().to_sec1_point(false).as_bytes());
    let fields = [("ring", "web_push"), ("endpoint", &*address), ("p256dh", &*p256dh), ("auth", &*auth)];
    let heard = phone.asks(web, "ring", &fields);
    assert!(heard.is_accept(), "{heard:?}");
    Rung { user, app: CodeApp::of(phone.app()), phone, endpoint, pushes: 0 }
}

/// Goes through the login of the gate in a browser that is logged in, and gives the cookie at the web mail's host.
fn through_the_gate(web: &Web, client: &mut FormClient<'_>) -> String {
    let begun = web.at_gate(LOG_IN, "/mail", "").send();
    let address = begun.header("location").unwrap_or_else(|| panic!("no login: {begun:?}"));
    let state = address.split("state=").nth(1).expect("a state").to_owned();
    let back = client.get(&format!("/application?name=gated&state={state}"));
    let back = back.header("location").unwrap_or_else(|| panic!("no way back: {}", back.body));
    let uri = back.replacen(GATED, "/", 1);
    let done = web.at_gate(LOG_IN, &uri, &cookie(&begun, "-state")).send();
    cookie(&done, "-application")
}

fn cookie(reply: &HttpReply, ending: &str) -> String {
    let lines = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
    let mut pairs = lines.filter_map(|(_, line)| line.split(';').next()?.split_once('='));
    let (name, value) = pairs
        .find(|(name, value)| name.ends_with(ending) && !value.is_empty())
        .unwrap_or_else(|| panic!("no cookie {ending}: {reply:?}"));
    canary::register(value);
    format!("{name}={value}")
}

/// Each shows three codes in the first minute and then one every half minute.
const TURNS: usize = 8;
const GATE_SESSIONS: usize = 6;
const LOG_IN: &str = "/gate/log-in?application=gated";
