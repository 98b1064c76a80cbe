use postern_tests::Browser;
use postern_tests::browser::BrowserBuilder;
use serde_json::Value;

use crate::World;
use crate::phone_posternd::NUMBER;

#[test]
fn every_view_is_for_everyone_in_english() {
    every_view(World::of("looks_en", Browser::builder("looks_en")), &EN);
}

#[test]
fn every_view_is_for_everyone_in_chinese() {
    every_view(World::of("looks_zh", Browser::builder("looks_zh").language("zh-CN")), &ZH);
}

#[test]
fn every_view_is_for_everyone_in_the_dark() {
    let phone: BrowserBuilder = Browser::builder("looks_dark").dark();
    let world = World::of("looks_dark", phone);
    world.browser.open(&world.web.url());
    assert_eq!(world.browser.js("return matchMedia('(prefers-color-scheme: dark)').matches"), true);
    every_view(world, &EN);
}

#[test]
fn the_language_can_be_changed_and_is_kept() {
    let world = World::new("language");
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("Bind this phone");
    assert_eq!(world.browser.js("return document.documentElement.lang"), "en");
    world.browser.click("中文");
    world.browser.wait_for_text("绑定这部手机");
    assert_eq!(world.browser.js("return document.documentElement.lang"), "zh-Hans");
    assert_eq!(world.browser.js("return document.activeElement.id"), "language", "the focus stays");
    world.browser.reload();
    world.browser.wait_for_text("绑定这部手机");
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    world.browser.click("button[type=submit]");
    world.browser.wait_for_text("请核对此代码");
    let languages: Vec<Value> =
        world.phone_posternd.state().visitors.iter().map(|(language, _)| language.clone()).collect();
    assert!(languages.iter().all(|language| language == "zh-Hans") && !languages.is_empty(), "{languages:?}");
    world.browser.click("English");
    world.browser.wait_for_text("Compare this code");
}

#[test]
fn touch_targets_are_large_enough_and_nothing_is_wider_than_the_phone() {
    let world = World::new("sizes");
    world.bind();
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.wait_for_text("Look at it");
    sizes(&world);
    world.browser.click("Settings of this phone");
    sizes(&world);
    world.open_challenge(&id);
    sizes(&world);
    world.browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        &serde_json::json!({"width": 320, "height": 568, "deviceScaleFactor": 2, "mobile": true}),
    );
    sizes(&world);
}

fn sizes(world: &World) {
    let small = world.browser.js(
        "return Array.from(document.querySelectorAll('button, input, summary, a')).filter((e) => e.getClientRects().length)
            .map((e) => [e.textContent || e.id, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44)
            .map(([name]) => name)",
    );
    assert_eq!(small, Value::from(Vec::<Value>::new()));
    let wide = world.browser.js("return document.documentElement.scrollWidth - window.innerWidth");
    assert!(wide.as_i64().is_some_and(|more| more <= 0), "{wide}");
}

/// Goes through every view, has each one checked by axe, and takes its picture.
fn every_view(mut world: World, words: &Words) {
    world.phone_posternd.state().push_key = Some(PUSH_KEY.to_owned());
    world.phone_posternd.state().ntfy = true;
    let look = |world: &mut World, name: &str, text: &str| {
        world.browser.wait_for_text(text);
        world.browser.axe();
        world.browser.screenshot(name);
    };
    world.browser.open(&world.web.url());
    look(&mut world, "unbound", "postern my phone enrol");
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), "00"));
    look(&mut world, "lost", words.lost);
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    look(&mut world, "name", words.name);
    world.browser.type_into("#name", "");
    world.browser.click("button[type=submit]");
    look(&mut world, "name-wrong", words.name_wrong);
    world.browser.type_into("#name", "Pixel");
    world.browser.click("button[type=submit]");
    look(&mut world, "compare", words.compare);
    world.phone_posternd.confirm();
    look(&mut world, "home", words.home);
    world.browser.click(words.settings);
    world.browser.click(words.ntfy);
    look(&mut world, "settings", "https://ntfy.example/qZ7up8kT2mVx");
    world.browser.click(words.forget);
    look(&mut world, "forget", "postern my phone remove");
    let id = world.phone_posternd.challenge(1, 100);
    look(&mut world, "waiting", words.waiting);
    world.open_challenge(&id);
    look(&mut world, "challenge", words.challenge);
    world.browser.click("button[type=submit]");
    look(&mut world, "challenge-wrong", words.number_wrong);
    world.browser.click(words.not_me);
    look(&mut world, "not-me", words.not_me_title);
    world.open_challenge(&id);
    world.browser.type_into("#number", NUMBER);
    world.browser.press("Enter");
    look(&mut world, "approved", words.approved);
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    look(&mut world, "over", words.over);
    world.web.stop();
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    look(&mut world, "unreachable", words.unreachable);
    assert_eq!(
        world
            .browser
            .console()
            .into_iter()
            .filter(|line| !line.contains("ERR_CONNECTION_REFUSED"))
            .collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

struct Words {
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
    lost: "Bind this phone again",
    name: "Name of this phone",
    name_wrong: "A name has 1 to 64 characters.",
    compare: "Compare this code",
    home: "This phone is bound to alice.",
    settings: "Settings of this phone",
    ntfy: "The ntfy app",
    forget: "Forget this phone here",
    waiting: "A login waits for your answer.",
    challenge: "Is this you?",
    number_wrong: "Type the two digits that are shown at the login.",
    not_me: "This was not me",
    not_me_title: "Somebody else?",
    approved: "Approved",
    over: "This login is over",
    unreachable: "The server does not answer.",
};
const ZH: Words = Words {
    lost: "请重新绑定这部手机",
    name: "这部手机的名称",
    name_wrong: "名称须为 1 至 64 个字符。",
    compare: "请核对此代码",
    home: "这部手机已绑定到 alice。",
    settings: "这部手机的设置",
    ntfy: "ntfy 应用",
    forget: "在此删除这部手机",
    waiting: "有一次登录等待您的答复。",
    challenge: "是您本人吗？",
    number_wrong: "请输入登录处显示的两位数字。",
    not_me: "不是我",
    not_me_title: "是别人？",
    approved: "已批准",
    over: "此次登录已结束",
    unreachable: "服务器没有响应。",
};
/// A point of P-256, as a site's key for push messages is.
pub(crate) const PUSH_KEY: &str =
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
