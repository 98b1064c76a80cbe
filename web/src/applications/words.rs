//! What the gate says, in the language of the browser.

use hyper::HeaderMap;
use hyper::header::ACCEPT_LANGUAGE;

/// The phrases in one language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) tag: &'static str,
    pub(super) over_title: &'static str,
    pub(super) over_text: &'static str,
    pub(super) log_in: &'static str,
    pub(super) not_done_title: &'static str,
    pub(super) not_done_text: &'static str,
    pub(super) down_title: &'static str,
    pub(super) down_text: &'static str,
    pub(super) try_again: &'static str,
}

impl Words {
    /// Of the first language that the browser accepts and that there is.
    pub(super) fn of(headers: &HeaderMap) -> &'static Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = accepted.split(',').map(str::trim).find_map(|tag| {
            let tag = tag.to_ascii_lowercase();
            if tag.starts_with("zh") { Some(&CHINESE) } else { tag.starts_with("en").then_some(&ENGLISH) }
        });
        first.unwrap_or(&ENGLISH)
    }
}

const ENGLISH: Words = Words {
    tag: "en",
    over_title: "You are logged out",
    over_text: "Log in again to go on. What you have written is kept as long as this page stays open.",
    log_in: "Log in",
    not_done_title: "You are not logged in",
    not_done_text: "This login took too long, was used already, or began in another window. Log in again.",
    down_title: "Not available right now",
    down_text: "The login service cannot be reached. Nothing is lost; try again in a moment.",
    try_again: "Try again",
};

const CHINESE: Words = Words {
    tag: "zh-CN",
    over_title: "您已退出登录",
    over_text: "请重新登录后继续。只要不关闭此页面，已写的内容就不会丢失。",
    log_in: "登录",
    not_done_title: "登录未完成",
    not_done_text: "这次登录已超时、已使用过，或是在另一个窗口中开始的。请重新登录。",
    down_title: "暂时无法使用",
    down_text: "暂时无法连接登录服务。没有任何内容丢失，请稍后再试。",
    try_again: "重试",
};
