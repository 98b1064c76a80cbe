use crate::form_client::FormClient;
use crate::http::HttpReply;
use crate::login_host::LoginUser;
use crate::stopwatch::{Elapsed, Stopwatch};

use super::super::people::{Rung, WithCodes};
use super::{Party, Phase, Scene, Seen, Verdict};

/// A login at the account's pages, in a browser without a script.
pub(super) fn attempt(scene: &Scene, party: Party, phase: Phase) -> Seen {
    let people = &scene.people;
    match party {
        Party::Ldap | Party::Redis | Party::Posternd => people.page.next(|user| {
            let mut visit = Visit::begin(scene, user);
            if visit.is_asked() {
                visit.answer(&user.app.code());
            }
            visit.ends(Verdict::Accepted)
        }),
        Party::Smtp => people.mailed.next_where(has_codes, |person| mailed(scene, person, phase)),
        Party::Push => people.rung.next(|person| rung(scene, person, phase)),
    }
}

pub(super) fn has_codes(person: &WithCodes) -> bool {
    !person.codes.is_empty()
}

fn mailed(scene: &Scene, person: &mut WithCodes, phase: Phase) -> Seen {
    let mut visit = Visit::begin(scene, &person.user);
    if !visit.is_asked() {
        return visit.ends(Verdict::Accepted);
    }
    let is_told = visit.says("No code could be sent") || visit.says("Nothing can be sent");
    match phase {
        Phase::Healthy if is_told => return visit.broken(),
        Phase::Healthy => {
            let code = scene.mailbox.next_to(&person.user.backup()).code();
            visit.answer(&code);
        }
        Phase::Faulty => visit.answer(&person.codes.pop().expect("it has codes")),
    }
    visit.ends(if is_told { Verdict::OtherWay } else { Verdict::Accepted })
}

fn rung(scene: &Scene, person: &mut Rung, phase: Phase) -> Seen {
    let mut visit = Visit::begin(scene, &person.user);
    if !visit.is_asked() {
        return visit.ends(Verdict::Accepted);
    }
    // What a page shows in the place of a request that is on its way.
    let is_told = visit.says("Scan this QR code with your phone");
    match phase {
        Phase::Healthy if is_told => return visit.broken(),
        Phase::Healthy => {
            person.is_rung(scene);
            let number = visit.digits();
            person.approves(scene, &number);
            visit.answer("");
        }
        Phase::Faulty => visit.answer(&person.code()),
    }
    visit.ends(if is_told { Verdict::OtherWay } else { Verdict::Accepted })
}

struct Visit<'s> {
    client: FormClient<'s>,
    longest: Elapsed,
}

impl<'s> Visit<'s> {
    fn begin(scene: &'s Scene, user: &LoginUser) -> Self {
        let started = Stopwatch::start();
        let mut client = FormClient::of(&scene.pages);
        client.log_in(user);
        Self { client, longest: started.elapsed() }
    }

    fn answer(&mut self, answer: &str) {
        let started = Stopwatch::start();
        self.client.answer(answer);
        let took = started.elapsed();
        if took.wall() > self.longest.wall() {
            self.longest = took;
        }
    }

    fn is_asked(&self) -> bool {
        self.client.path.starts_with("/step/") && self.client.page.status == 200
    }

    fn says(&self, text: &str) -> bool {
        self.client.page.body.contains(text)
    }

    fn digits(&self) -> String {
        let rest = self.client.page.body.split("class=\"digits\">").nth(1);
        rest.and_then(|rest| rest.split('<').next()).expect("a number to type on the phone").to_owned()
    }

    fn broken(self) -> Seen {
        Seen { verdict: Verdict::Broken, took: self.longest, words: words(&self.client.page) }
    }

    /// `if_in` where the person is in at the end.
    fn ends(self, if_in: Verdict) -> Seen {
        let page = &self.client.page;
        let verdict = match page.status {
            200 if self.client.cookie("-session").is_some() => if_in,
            503 if self.says("cannot be reached right now") => Verdict::TryLater,
            403 => Verdict::Refused,
            _ => Verdict::Broken,
        };
        Seen { verdict, took: self.longest, words: format!("{} {}", self.client.path, words(page)) }
    }
}

/// The status, and the page's text without its markup.
fn words(page: &HttpReply) -> String {
    let body = page.body.split("<main").nth(1).unwrap_or(&page.body);
    let mut text = String::new();
    let mut is_markup = false;
    for c in body.chars() {
        match c {
            '<' => {
                is_markup = true;
                text.push(' ');
            }
            '>' => is_markup = false,
            c if !is_markup => text.push(c),
            _ => {}
        }
    }
    let text: Vec<&str> = text.split_whitespace().collect();
    format!("{}: {}", page.status, text.join(" ").chars().take(200).collect::<String>())
}
