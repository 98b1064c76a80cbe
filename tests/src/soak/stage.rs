use super::codes::Codes;
use crate::account_host::AccountHost;
use crate::inbox::Inbox;
use crate::login_host::{LoginUser, Stores};
use crate::{Authenticator, Binder, Dovecot, PamService};

/// A host with every door, and its people. What runs ends before what it needs.
#[derive(Debug)]
pub(super) struct Stage {
    /// Asked by its auth sockets.
    pub(super) dovecots: Dovecots,
    /// A PAM service that asks for password and code.
    pub(super) prompt: PamService,
    pub(super) people: People,
    pub(super) host: AccountHost,
    _imap: PamService,
}

/// A Dovecot for each way in.
#[derive(Debug)]
pub(super) struct Dovecots {
    pub(super) checkpassword: Dovecot,
    pub(super) lua: Dovecot,
    pub(super) pam: Dovecot,
}

/// Who logs in.
#[derive(Debug)]
pub(super) struct People {
    /// With an app password and authenticator apps.
    pub(super) members: Vec<Member>,
    /// The codes of the members' apps, by position in `members`.
    pub(super) codes: Codes,
    /// With a main password alone, which opens mail as well.
    pub(super) plain: Vec<LoginUser>,
    /// With a browser that stays logged in.
    pub(super) inboxes: Vec<Inbox>,
    /// Whose secrets are guessed.
    pub(super) victims: Vec<Member>,
}

/// A person with an app password and an app.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// The main password.
    pub(super) password: String,
    pub(super) app_password: String,
    /// Six digits that are no code of theirs for an hour or two.
    pub(super) wrong_code: String,
}

/// How many people there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crowd {
    /// Of each kind but the members.
    pub(super) others: usize,
    pub(super) members: usize,
    /// Of each member. One gives a code every 30 s.
    pub(super) apps: usize,
}

impl Stage {
    /// A new host. `workers` is how many auth workers a Dovecot may have.
    pub(super) fn new(name: &str, stores: Stores, crowd: Crowd, workers: usize) -> Self {
        let mut host = AccountHost::new(name, stores);
        let users = |host: &AccountHost, base: &str, count: usize| -> Vec<LoginUser> {
            (0..count).map(|_| host.user(base)).collect()
        };
        let plain = users(&host, "plain", crowd.others);
        let members = users(&host, "member", crowd.members);
        let victims = users(&host, "victim", crowd.others);
        let inboxes = users(&host, "inbox", crowd.others).iter().map(|user| Inbox::of(&host, user)).collect();
        // A file belongs to one process at a time.
        assert!(host.posternd.stop().success());
        let binder = Binder::of(&host.site);
        let bind = |user: &LoginUser| {
            let app = Authenticator::random();
            let _ = binder.bind(&user.unix.name, &app);
            app
        };
        // Neighbours are of different people.
        let owners = (0..crowd.apps).flat_map(|_| 0..members.len());
        let apps: Vec<_> = owners.map(|owner| (owner, bind(&members[owner]))).collect();
        let of_victims: Vec<Authenticator> = victims.iter().map(bind).collect();
        drop(binder);
        host.posternd.start_again();
        host.age_ledger();
        let member = |user: &LoginUser, app: &Authenticator| Member {
            name: user.unix.name.clone(),
            password: user.password.clone(),
            app_password: host.site.app_password(&user.unix.name, "soak", &[]).password.replace(' ', ""),
            wrong_code: app.wrong_code(),
        };
        let members = members.iter().zip(&apps).map(|(user, (_, app))| member(user, app)).collect();
        let victims = victims.iter().zip(&of_victims).map(|(user, app)| member(user, app)).collect();
        let people = People { members, codes: Codes::of(apps.into_iter()), plain, inboxes, victims };
        let (imap, prompt) = (imap_service(&host), PamService::new("soak", &host.stack("sshd")));
        Self { dovecots: Dovecots::start(&host, workers), prompt, people, host, _imap: imap }
    }

    /// The same with Dovecots that may have so many auth workers.
    pub(super) fn with_workers(mut self, workers: usize) -> Self {
        self.dovecots = Dovecots::start(&self.host, workers);
        self
    }

    /// The number of accounts.
    pub(super) fn accounts(&self) -> usize {
        let People { members, plain, inboxes, victims, .. } = &self.people;
        members.len() + plain.len() + inboxes.len() + victims.len()
    }
}

impl Dovecots {
    fn start(host: &AccountHost, workers: usize) -> Self {
        let site = &host.site;
        let more = format!("auth_worker_max_count = {workers}\n");
        let mut checkpassword = site.dovecot_config();
        checkpassword.more.push_str(&more);
        let mut lua = site.dovecot_by_lua_config();
        lua.more.push_str(&more);
        let mut pam = site.dovecot_config();
        pam.log = site.output().join("dovecot-pam.log");
        pam.more.push_str(&more);
        // A worker goes on after its hundred logins, where Dovecot would start another one and hide what the module leaves behind.
        pam.databases = Some(
            "passdb {\n  driver = pam\n  args = max_requests=1000000 %s\n}\nuserdb {\n  driver = static\n  \
             args = uid=20000 gid=20000 home=/nonexistent\n}\n"
                .to_owned(),
        );
        let [checkpassword, lua, pam] = [checkpassword, lua, pam].map(|config| Dovecot::start(&config));
        Self { checkpassword, lua, pam }
    }
}

/// The PAM service of Dovecot, as it is shipped.
fn imap_service(host: &AccountHost) -> PamService {
    let shipped = include_str!("../../../packaging/pam/imap");
    let config = host.site.client_config();
    PamService::named(
        "imap",
        &shipped.replace("pam_postern.so", &format!("{{module}} config={}", config.display())),
    )
}
