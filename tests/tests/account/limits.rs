//! What people read where postern-web answers a request by itself, before a page is asked for.

use std::io::{Read, Write};
use std::time::Duration;

use postern_tests::Web;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::http::Place;
use postern_tests::login_host::Stores;
use postern_tests::nginx::{Nginx, Security};

#[test]
fn a_request_that_is_cut_short_is_answered_by_a_page() {
    let host = AccountHost::new("account_limits", Stores::Embedded);
    let lines = format!(
        "url = \"https://{{host}}/\"\naccount_url = \"https://{}/\"\n[limits]\nper_client = 1\nbody_time = \"2s\"\n",
        host.authority()
    );
    let web = Web::with("account_limits_web", &host.site.socket(), &lines);
    let request = |method: &str, path: &str| {
        let from = web.place().request(method, path).header("X-Forwarded-For", "192.0.2.9");
        from.header("Host", &host.authority())
            .header("X-Forwarded-Proto", "https")
            .header("Accept-Language", "zh-CN")
    };
    // A form whose end does not come keeps the one request that this client may have.
    let mut slow = web.place().connect().unwrap();
    let head = "POST /app-passwords/create HTTP/1.1\r\nX-Forwarded-For: 192.0.2.9\r\nHost: ";
    write!(
        slow,
        "{head}{}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlabel=",
        host.authority()
    )
    .unwrap();
    let busy = postern_tests::guard::wait_for("the limit", Duration::from_secs(10), || {
        let reply = request("GET", "/log-in").send();
        (reply.status == 429).then_some(reply)
    });
    assert!(busy.body.contains("<html lang=\"zh-CN\">") && busy.body.contains("请求过多"), "{}", busy.body);
    assert_eq!(busy.header("retry-after"), Some("1"));
    let mut late = String::new();
    slow.read_to_string(&mut late).unwrap();
    assert!(late.starts_with("HTTP/1.1 408 "), "{late}");
    assert!(late.contains("That took too long.") && late.contains("href=\"/app-passwords\""), "{late}");
    assert!(
        late.contains("default-src 'none'") && late.contains("no-store"),
        "the headers of a page: {late}"
    );
    let large = vec![b'x'; 9_000];
    let large = request("POST", "/security/add").body(large).send();
    assert_eq!(large.status, 413);
    assert!(
        large.body.contains("提交的内容过长") && large.body.contains("href=\"/security\""),
        "{}",
        large.body
    );
    let again = request("GET", "/app-passwords/create").send();
    assert_eq!((again.status, again.header("allow")), (405, Some("POST")));
    assert!(again.body.contains("此页面仅显示一次"), "{}", again.body);
    // Programs read other things.
    assert!(!web.place().request("POST", "/").send().body.contains("<html"));
}

#[test]
fn while_postern_web_is_down_nginx_says_so_calmly() {
    let mut host = AccountHost::new("account_nginx", Stores::Embedded);
    let nginx = Nginx::start("account_nginx", &host.web, postern_tests::guard::free_port(), Security::None);
    let place = Place::Port(nginx.account);
    assert!(host.web.stop().success());
    let reply = place.request("GET", "/log-in").send();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("60")));
    assert!(reply.body.contains("Try again in a minute.") && reply.body.contains("一分钟"), "{}", reply.body);
    assert!(reply.header("strict-transport-security").is_some());
    host.web.start_again();
    drop(FormClient::new(&host));
}
