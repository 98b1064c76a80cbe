use postern_core::words::Language;
use postern_tests::Browser;
use postern_tests::browser::BrowserBuilder;
use postern_tests::transcript::Transcript;
use serde_json::Value;

use crate::OnPhone;
use crate::phone_posternd::NUMBER;

#[test]
fn every_view_is_for_everyone_in_english() {
    every_view(OnPhone::of("looks_en", Browser::builder("looks_en")), &EN);
}

#[test]
fn every_view_is_for_everyone_in_chinese() {
    every_view(OnPhone::of("looks_zh", Browser::builder("looks_zh").language("zh-CN")), &ZH);
}

#[test]
fn every_view_is_for_everyone_in_the_dark() {
    let phone: BrowserBuilder = Browser::builder("looks_dark").dark();
    let phone = OnPhone::of("looks_dark", phone);
    phone.browser.open(&phone.web.url());
    assert_eq!(phone.browser.js("return matchMedia('(prefers-color-scheme: dark)').matches"), true);
    every_view(phone, &EN);
}

#[test]
fn the_language_can_be_changed_and_is_kept() {
    let phone = OnPhone::new("language");
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("Set up this phone");
    assert_eq!(phone.browser.js("return document.documentElement.lang"), "en");
    phone.browser.click("中文");
    phone.browser.wait_for_text("绑定这部手机");
    assert_eq!(phone.browser.js("return document.documentElement.lang"), "zh-Hans");
    assert_eq!(phone.browser.js("return document.activeElement.id"), "language", "the focus stays");
    phone.browser.reload();
    phone.browser.wait_for_text("绑定这部手机");
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("button[type=submit]");
    phone.browser.wait_for_text("请核对这六位数字");
    let languages: Vec<Value> =
        phone.phone_posternd.state().visitors.iter().map(|(language, _)| language.clone()).collect();
    assert!(languages.iter().all(|language| language == "zh-Hans") && !languages.is_empty(), "{languages:?}");
    phone.browser.click("English");
    phone.browser.wait_for_text("Compare these six digits");
}

#[test]
fn touch_targets_are_large_enough_and_nothing_is_wider_than_the_phone() {
    let phone = OnPhone::new("sizes");
    phone.bind();
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.wait_for_text("Open");
    sizes(&phone);
    phone.browser.click("Settings of this phone");
    sizes(&phone);
    phone.open_challenge(&id);
    sizes(&phone);
    phone.browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        &serde_json::json!({"width": 320, "height": 568, "deviceScaleFactor": 2, "mobile": true}),
    );
    sizes(&phone);
}

fn sizes(phone: &OnPhone) {
    let small = phone.browser.js(
        "return Array.from(document.querySelectorAll('button, input, summary, a')).filter((e) => e.getClientRects().length)
            .map((e) => [e.textContent || e.id, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44)
            .map(([name]) => name)",
    );
    assert_eq!(small, Value::from(Vec::<Value>::new()));
    let wide = phone.browser.js("return document.documentElement.scrollWidth - window.innerWidth");
    assert!(wide.as_i64().is_some_and(|more| more <= 0), "{wide}");
}

/// Goes through every view, has each one checked by axe, and takes its picture.
fn every_view(mut phone: OnPhone, words: &Words) {
    phone.phone_posternd.state().push_key = Some(PUSH_KEY.to_owned());
    phone.phone_posternd.state().ntfy = true;
    let mut transcript = Transcript::new(words.language, "phone-page", "The page on the phone");
    transcript.replace(&phone.web.url(), "https://2fa.example.org");
    for seconds in 0..=120 {
        for (shown, stand_in) in words.countdowns {
            transcript.replace(&shown.replace('#', &seconds.to_string()), stand_in);
        }
    }
    let mut look = |phone: &mut OnPhone, name: &str, text: &str| {
        phone.browser.wait_for_text(text);
        phone.browser.axe();
        phone.browser.screenshot(name);
        transcript.heading(name);
        transcript.text(&phone.browser.text());
    };
    phone.browser.open(&phone.web.url());
    look(&mut phone, "unbound", "postern my phone enrol");
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), "00"));
    look(&mut phone, "lost", words.lost);
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    look(&mut phone, "name", words.name);
    phone.browser.type_into("#name", "");
    phone.browser.click("button[type=submit]");
    look(&mut phone, "name-wrong", words.name_wrong);
    phone.browser.type_into("#name", "Pixel");
    phone.browser.click("button[type=submit]");
    look(&mut phone, "compare", words.compare);
    phone.phone_posternd.confirm();
    look(&mut phone, "home", words.home);
    phone.browser.click(words.settings);
    phone.browser.click(words.ntfy);
    look(&mut phone, "settings", "https://ntfy.example/qZ7up8kT2mVx");
    phone.browser.click(words.forget);
    look(&mut phone, "forget", "postern my phone remove");
    let id = phone.phone_posternd.challenge(1, 100);
    look(&mut phone, "waiting", words.waiting);
    phone.open_challenge(&id);
    look(&mut phone, "challenge", words.challenge);
    phone.browser.click("button[type=submit]");
    look(&mut phone, "challenge-wrong", words.number_wrong);
    phone.browser.click(words.not_me);
    look(&mut phone, "not-me", words.not_me_title);
    phone.open_challenge(&id);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.press("Enter");
    look(&mut phone, "approved", words.approved);
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    look(&mut phone, "over", words.over);
    phone.web.stop();
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    look(&mut phone, "unreachable", words.unreachable);
    assert_eq!(
        phone
            .browser
            .console()
            .into_iter()
            .filter(|line| !line.contains("ERR_CONNECTION_REFUSED"))
            .collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    transcript.finish();
}

struct Words {
    language: Language,
    /// Lines with a number of seconds, which differs from run to run.
    countdowns: [(&'static str, &'static str); 3],
    lost: &'static str,
    name: &'static str,
    name_wrong: &'static str,
    compare: &'static str,
    home: &'static str,
    settings: &'static str,
    ntfy: &'static str,
    forget: &'static str,
    waiting: &'static str,
    challenge: &'static str,
    number_wrong: &'static str,
    not_me: &'static str,
    not_me_title: &'static str,
    approved: &'static str,
    over: &'static str,
    unreachable: &'static str,
}

const EN: Words = Words {
    language: Language::English,
    countdowns: [
        ("\n# s left", "\n90 s left"),
        ("\n# s\n", "\n90 s\n"),
        ("New code in # s", "New code in 20 s"),
    ],
    lost: "Set up this phone again",
    name: "Name of this phone",
    name_wrong: "A name has 1 to 64 characters.",
    compare: "Compare these six digits",
    home: "This phone is set up for alice.",
    settings: "Settings of this phone",
    ntfy: "The ntfy app",
    forget: "Forget this phone here",
    waiting: "A login is waiting for your answer.",
    challenge: "Is this you?",
    number_wrong: "Those are not two digits. Type the two that are shown where you log in.",
    not_me: "This was not me",
    not_me_title: "Was it someone else?",
    approved: "Approved",
    over: "This request has ended",
    unreachable: "The server does not answer.",
};
const ZH: Words = Words {
    language: Language::SimplifiedChinese,
    countdowns: [("剩余 # 秒", "剩余 90 秒"), ("\n# 秒\n", "\n90 秒\n"), ("\n# 秒后更新", "\n20 秒后更新")],
    lost: "请重新绑定这部手机",
    name: "这部手机的名称",
    name_wrong: "名称须为 1 至 64 个字符。",
    compare: "请核对这六位数字",
    home: "这部手机已绑定到 alice。",
    settings: "这部手机的设置",
    ntfy: "ntfy 应用",
    forget: "从此浏览器中删除密钥",
    waiting: "有一个登录请求等待您确认。",
    challenge: "是您本人吗？",
    number_wrong: "请输入登录界面显示的两位数字。",
    not_me: "不是我本人",
    not_me_title: "不是您本人操作？",
    approved: "已批准",
    over: "此登录请求已结束",
    unreachable: "服务器没有响应。",
};
/// A point of P-256, as a site's key for push messages is.
pub(crate) const PUSH_KEY: &str =
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
