use postern_core::words::Language;

use crate::harness::{App, MAIN_PASSWORD, Site};

#[tokio::test]
async fn people_are_spoken_to_in_their_language_from_the_password_on() {
    let mut site = Site::new().await;
    let alice = site.person_with("alice", &[("preferredLanguage", "fr, zh-CN;q=0.8, en;q=0.5")]).await;
    let app = site.bind(&alice, "phone").await;
    let wrong = app.wrong_code(1);
    let ended =
        site.visit("sshd", "alice").language("en-GB").says(&[MAIN_PASSWORD, "x", &wrong, &app.code()]).await;
    let question = "请输入“phone”的验证码： ";
    assert_eq!(ended.questions(), ["Password: ", question, question, question]);
    assert_eq!(
        ended.lines(),
        ["这不是验证码。验证码为 6 位或 8 位数字，恢复码为 20 个字母和数字。", "验证码错误，或已被使用。"]
    );
    assert_eq!(ended.outcome.trail.language, Some(Language::SimplifiedChinese));
    site.configure(|setup| setup.language = Language::SimplifiedChinese);
    let bob = site.person_with("bob", &[("preferredLanguage", "en")]).await;
    drop(site.bind(&bob, "phone").await);
    let ended = site.visit("sshd", "bob").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions(), ["密码： ", "Code from phone: "]);
}

#[tokio::test]
async fn without_a_preferred_language_the_clients_and_then_the_sites_is_used() {
    let mut site = Site::new().await;
    let alice = site.person_with("alice", &[("preferredLanguage", "fr")]).await;
    drop(site.bind(&alice, "phone").await);
    for (site_language, client, expected) in [
        (Language::English, None, ["Password: ", "Code from phone: "]),
        (Language::English, Some("zh_CN.UTF-8"), ["密码： ", "请输入“phone”的验证码： "]),
        (Language::SimplifiedChinese, None, ["密码： ", "请输入“phone”的验证码： "]),
        (Language::SimplifiedChinese, Some("en_US.UTF-8"), ["Password: ", "Code from phone: "]),
        (Language::SimplifiedChinese, Some("C"), ["密码： ", "请输入“phone”的验证码： "]),
        (Language::SimplifiedChinese, Some("zh-TW"), ["密码： ", "请输入“phone”的验证码： "]),
    ] {
        site.configure(|setup| setup.language = site_language);
        let visit = site.visit("sshd", "alice");
        let visit = client.map_or_else(|| visit.clone(), |client| visit.clone().language(client));
        let ended = visit.says(&[MAIN_PASSWORD]).await;
        assert_eq!(ended.questions(), expected, "{site_language} {client:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_never_shows_which_language_an_account_prefers() {
    let site = Site::new().await;
    drop(site.person_with("alice", &[("preferredLanguage", "zh-CN")]).await);
    for name in ["alice", "nobody"] {
        let ended = site.visit("sshd", name).says(&["wrong"]).await;
        assert_eq!(ended.questions(), ["Password: "]);
        assert_eq!(ended.outcome.trail.language, Some(Language::English), "nor do the words of the verdict");
    }
}

#[tokio::test]
async fn an_enrolment_is_in_the_persons_language_to_its_end() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.second_factor = postern_core::policy::SecondFactor::Required);
    drop(site.person_with("alice", &[("preferredLanguage", "zh-CN")]).await);
    let mut talk = site.visit("sshd", "alice").begin();
    assert_eq!(talk.answer(MAIN_PASSWORD).await, "Password: ");
    let question = talk.asked().await;
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    let ended = talk.ended().await;
    assert!(ended.is_accept());
    let is_chinese = |text: &&str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(is_chinese(&&*question));
    let words = ended.lines().into_iter().filter(|line| line.chars().any(char::is_alphabetic));
    assert!(words.clone().count() >= 5);
    assert!(words.clone().all(|line| is_chinese(&line)), "{:?}", words.collect::<Vec<_>>());
}
