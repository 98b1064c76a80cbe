//! What people see while a part of it does not work, and what is left afterwards.

use postern_tests::Web;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{LoginUser, Stores};

#[test]
fn sessions_outlive_postern_web_and_a_login_under_way_begins_again() {
    let mut host = AccountHost::new("account_restart", Stores::Embedded);
    let (anna, mut bert) = (host.user("anna"), host.enrolled_with("bert", &[]));
    let (cookies, half) = {
        let of_anna = FormClient::logged_in(&host, &anna);
        let mut of_bert = FormClient::new(&host);
        of_bert.log_in(&bert);
        assert!(of_bert.path.starts_with("/step/"));
        (of_anna.cookies, (of_bert.cookies, of_bert.path, of_bert.page))
    };
    assert!(host.web.stop().success());
    host.web.start_again();
    let mut of_anna = FormClient::new(&host);
    of_anna.cookies = cookies;
    assert_eq!(of_anna.get("/devices").status, 200, "the session goes on");
    let mut of_bert = FormClient::new(&host);
    (of_bert.cookies, of_bert.path, of_bert.page) = half;
    let code = bert.app.code();
    of_bert.answer(&code);
    assert!(of_bert.page.body.contains("This login was not finished"), "{}", of_bert.page.body);
    of_bert.log_in(&bert);
    of_bert.answer(&code);
    assert_eq!(of_bert.path, "/security", "the code was not spent: {}", of_bert.page.body);
}

#[test]
fn what_is_under_way_begins_again_after_a_crash() {
    let mut host = AccountHost::new("account_crash", Stores::LdapAndRedis);
    let (anna, mut bert) = (host.user("anna"), host.enrolled_with("bert", &[]));
    let under_way = |host: &AccountHost, bert: &LoginUser| {
        let mut change = FormClient::logged_in(host, &anna);
        change.submit("/security/add", &[("kind", "email")]);
        change.answer(&anna.backup());
        let code = host.mailbox.next_to(&anna.backup()).code();
        let mut login = FormClient::new(host);
        login.log_in(bert);
        assert!(change.path.starts_with("/step/") && login.path.starts_with("/step/"));
        [change, login].map(|client| (client.cookies, client.path, client.page, code.clone()))
    };
    let directory = |host: &AccountHost| host.slapd.as_ref().unwrap().export();
    let before = directory(&host);
    for crashed in ["postern-web", "posternd"] {
        let both = under_way(&host, &bert);
        if crashed == "postern-web" {
            host.web.kill9();
            host.web.start_again();
        } else {
            host.posternd.kill9();
            host.posternd.start_again();
        }
        let [mut change, mut login] = both.map(|(cookies, path, page, code)| {
            let mut client = FormClient::new(&host);
            (client.cookies, client.path, client.page) = (cookies, path, page);
            client.answer(&code);
            client
        });
        if crashed == "postern-web" {
            assert!(login.page.body.contains("This login was not finished"), "{}", login.page.body);
            assert_eq!(change.path, "/security?why=again");
            assert!(change.page.body.contains("was not finished"), "{}", change.page.body);
        } else {
            for client in [&change, &login] {
                let page = &client.page;
                assert_eq!((page.status, page.header("retry-after")), (503, Some("60")), "{}", page.body);
            }
        }
        assert_eq!(directory(&host), before, "{crashed}: nothing was half changed");
        assert_eq!(change.get("/devices").status, 200, "{crashed}: the session goes on");
        login.log_in(&bert);
        login.answer(&bert.app.code());
        assert_eq!(login.path, "/security", "{}", login.page.body);
    }
}

#[test]
fn two_postern_web_behind_one_address_share_sessions() {
    let host = AccountHost::shared(Stores::Embedded);
    let client = FormClient::logged_in(&host, &host.user("anna"));
    let lines = format!("url = \"https://{{host}}/\"\naccount_url = \"https://{}/\"\n", host.authority());
    let other = Web::with("account_second", &host.site.socket(), &lines);
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let page = other
        .place()
        .request("GET", "/devices")
        .header("Host", &host.authority())
        .header("Cookie", &cookies.join("; "))
        .send();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("(this browser)"), "{}", page.body);
}

#[test]
fn without_posternd_a_calm_page_says_so_and_the_session_stays() {
    let mut host = AccountHost::new("account_down", Stores::Embedded);
    let anna = host.user("anna");
    let cookies = FormClient::logged_in(&host, &anna).cookies;
    assert!(host.posternd.stop().success());
    {
        let mut client = FormClient::new(&host);
        client.log_in(&anna);
        let page = &client.page;
        assert_eq!((page.status, page.header("retry-after")), (503, Some("60")));
        assert!(page.body.contains("cannot be reached right now"), "{}", page.body);
        assert!(page.body.contains(&format!("value=\"{}\"", anna.unix.name)), "what was typed is not lost");
        client.cookies = cookies.clone();
        for path in ["/security", "/app-passwords", "/devices"] {
            let page = client.get(path);
            assert_eq!((page.status, page.header("retry-after")), (503, Some("60")), "{path}");
            assert!(page.header("set-cookie").is_none(), "the cookie stays");
        }
    }
    host.posternd.start_again();
    let mut client = FormClient::new(&host);
    client.cookies = cookies;
    // An embedded ledger that may have lost something has no sessions.
    assert!(matches!(client.get("/security").status, 200));
    client.log_in(&anna);
    assert_eq!(client.path, "/security");
}

#[test]
fn a_flushed_redis_means_that_everybody_logs_in_again() {
    let host = AccountHost::new("account_flushed", Stores::LdapAndRedis);
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(&host);
    client.log_in(&anna);
    let path = client.path.clone();
    client.submit(&path, &[("answer", &anna.app.code()), ("trust", "on")]);
    assert_eq!(client.path, "/security", "{}", client.page.body);
    drop(host.redis.as_ref().unwrap().cli(&["FLUSHALL"]));
    client.get("/security");
    assert!(client.page.body.contains("You were logged out."), "{}", client.page.body);
    client.log_in(&anna);
    assert!(client.path.starts_with("/step/"), "no trust comes back: {}", client.page.body);
}

#[test]
fn who_has_too_many_logins_waiting_reads_that_and_not_of_an_outage() {
    let host = AccountHost::new("account_busy", Stores::Embedded);
    let mut anna = host.enrolled_with("anna", &[]);
    // As many as one account may have ([limits] connections_per_user).
    let mut waiting: Vec<FormClient<'_>> = (0..4).map(|_| FormClient::new(&host)).collect();
    for client in &mut waiting {
        client.log_in(&anna);
        assert!(client.path.starts_with("/step/"), "{}", client.page.body);
    }
    let mut one_more = FormClient::new(&host);
    one_more.log_in(&anna);
    let page = &one_more.page;
    assert_eq!((page.status, page.header("retry-after")), (503, Some("60")));
    assert!(page.body.contains("waiting to be finished at one time"), "{}", page.body);
    assert!(!page.body.contains("cannot be reached"), "{}", page.body);
    assert!(page.body.contains(&format!("value=\"{}\"", anna.unix.name)), "what was typed is not lost");
    // Who does not know the main password hears what they hear at any other time.
    let mut stranger = FormClient::new(&host);
    stranger.submit("/log-in", &[("user", &anna.unix.name), ("password", "wrong")]);
    assert_eq!(stranger.page.status, 403);
    assert!(stranger.page.body.contains("You could not be logged in."), "{}", stranger.page.body);
    // One that is finished makes room.
    waiting[0].answer(&anna.app.code());
    assert_eq!(waiting[0].path, "/security", "{}", waiting[0].page.body);
    one_more.log_in(&anna);
    assert!(one_more.path.starts_with("/step/"), "{}", one_more.page.body);
    // A change that has to ask is told the same.
    let mut here = waiting.remove(0);
    let id = here.hidden("id").expect("the factor");
    here.submit("/security/replace", &[("id", &id), ("kind", "totp")]);
    assert_eq!(here.page.status, 503);
    assert!(here.page.body.contains("waiting to be finished at one time"), "{}", here.page.body);
    assert!(host.posternd.log().contains("no room for another person with a browser"));
}

#[test]
fn a_flood_of_faults_does_not_fill_the_log() {
    let mut host = AccountHost::new("account_flood", Stores::Embedded);
    let anna = host.user("anna");
    let cookies = FormClient::logged_in(&host, &anna).cookies;
    assert!(host.posternd.stop().success());
    let mut client = FormClient::new(&host);
    client.cookies = cookies;
    for _ in 0..300 {
        assert_eq!(client.get("/security").status, 503);
    }
    let told = host.web.logged(&["more faults than are logged: left_out="]);
    assert!(!told.ends_with("left_out=0"), "{told}");
    let faults = host.web.log().lines().filter(|line| line.contains("ERROR")).count();
    assert!((50..300).contains(&faults), "{faults} lines for 300 requests");
}
