//! How the pages look: in Chinese, dark, on a phone, narrow, enlarged, by keyboard, with a site's own name and colours.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::Stores;
use postern_tests::{Browser, canary};

/// Nothing is wider than the window.
fn fits(browser: &Browser) {
    let widths = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert!(browser.js(widths).as_i64().unwrap() <= 0, "{} is too wide:\n{}", browser.url(), browser.text());
}

#[test]
fn every_page_is_usable_on_a_phone_in_chinese_and_in_the_dark() {
    let host = AccountHost::shared(Stores::Embedded);
    let wei = host.user_with("wei", &[("preferredLanguage", "zh-CN")]);
    let mut browser = host.browser(Browser::builder("account_chinese").language("zh-CN").dark());
    let look = |browser: &mut Browser, name: &str| {
        browser.screenshot(name);
        browser.axe();
        fits(browser);
    };
    browser.wait_for_text("主密码");
    look(&mut browser, "log-in");
    browser.type_into("#user", "nobody");
    browser.type_into("#password", &wei.password);
    browser.click("form[action='/log-in'] button");
    browser.wait_for_text("登录失败");
    look(&mut browser, "log-in-failed");
    host.log_in(&browser, &wei);
    browser.wait_for_text("尚未绑定");
    look(&mut browser, "security-empty");
    for (kind, title) in [
        ("passkey", "创建通行密钥"),
        ("email", "绑定备用邮箱"),
        ("sms", "绑定手机号"),
        ("phone", "绑定手机"),
        ("totp", "绑定身份验证器"),
    ] {
        browser.open(&host.url("/security"));
        browser.click(&format!("form:has(input[value={kind}]) button"));
        browser.wait_for_text(title);
        look(&mut browser, kind);
        if kind != "totp" {
            browser.click("取消");
        }
    }
    let key: String = browser.text_of(".secret code").split_whitespace().collect();
    canary::register(&key);
    browser.open(&host.url("/app-passwords"));
    look(&mut browser, "app-passwords");
    browser.type_into("#label", "手机邮件");
    browser.click("创建");
    browser.wait_for_text("仅显示这一次");
    canary::register(&browser.text_of("#password").split(' ').collect::<String>());
    look(&mut browser, "app-password");
    browser.open(&host.url("/app-passwords"));
    browser.wait_for_text("手机邮件");
    look(&mut browser, "app-passwords-one");
    browser.open(&host.url("/devices"));
    browser.wait_for_text("当前浏览器");
    look(&mut browser, "devices");
    browser.open(&host.url("/nothing"));
    look(&mut browser, "nothing");
    assert_eq!(browser.console(), [""; 0], "no page breaks the policy of its own");
}

#[test]
fn a_person_gets_in_by_keyboard_alone_at_320_pixels_and_twice_the_size() {
    let host = AccountHost::shared(Stores::Embedded);
    let mut anna = host.enrolled_with("anna", &[]);
    let browser = host.browser(Browser::builder("account_keyboard").desktop());
    drop(browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        &serde_json::json!({"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false}),
    ));
    let types = |text: &str| text.chars().for_each(|character| browser.press_character(character));
    browser.open(&host.url("/log-in"));
    browser.wait_until("the first field", || {
        (browser.js("return document.activeElement.id") == "user").then_some(())
    });
    types(&anna.unix.name);
    browser.press("Tab");
    types(&anna.password);
    browser.press("Enter");
    browser.wait_for_text("Code from");
    fits(&browser);
    types(&anna.app.code());
    browser.press("Enter");
    browser.wait_for_text("Add another way");
    fits(&browser);
    for path in ["/app-passwords", "/devices"] {
        browser.open(&host.url(path));
        fits(&browser);
    }
    // The first stop of the keyboard leaps over the menu.
    browser.press("Tab");
    assert_eq!(browser.js("return document.activeElement.className"), "skip");
}

#[test]
fn the_first_page_is_small() {
    let host = AccountHost::shared(Stores::Embedded);
    let client = FormClient::new(&host);
    let mut bytes = client.page.body.len();
    for path in ["/account.css", "/account.js", "/branding.css", "/logo"] {
        let reply = host.request("GET", path).send();
        assert_eq!(reply.status, 200, "{path}");
        bytes += reply.body.len();
    }
    assert!(bytes < 50_000, "{bytes} bytes");
}
