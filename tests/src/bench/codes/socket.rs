use std::io::{Result, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, Style, Tone, Verdict};

use super::stock::Ready;
use super::{Plan, Side};
use crate::bench::numbers::cpu_time;
use crate::bench::results::{Aim, Figure, Results, Row};
use crate::bench::turns;
use crate::{Typist, flood, guard, otp};

/// Logins at the socket of each side in turn: a connection, a question, a code, a yes.
pub(super) fn run(
    plan: &Plan,
    sides: &mut [Side; 2],
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    let mut figures = Vec::new();
    for in_flight in IN_FLIGHT {
        let mut rounds: [Vec<Round>; 2] = Default::default();
        for number in 0..plan.rounds {
            for which in turns(number, sides.len()) {
                rounds[which].push(round(&mut sides[which], in_flight, plan.round));
            }
        }
        let level = format!("straight at the socket, {in_flight} in flight");
        let mut rows = Vec::new();
        for (side, rounds) in sides.iter().zip(&rounds) {
            let rates = rounds.iter().map(|round| round.times.len() as f64 / round.took.as_secs_f64());
            let times = rounds.iter().flat_map(|round| round.times.iter().copied());
            let row = Row::new(&level, side.name, true, rates, times);
            let (name, p99) = (|what| format!("{}, {in_flight} in flight: {what}", side.name), row.p99);
            let aim = |aim| (in_flight > 1 && side.is_promised).then_some(aim);
            let rate = Figure {
                name: name("codes"),
                value: row.rate,
                unit: "logins/s",
                aim: aim(Aim::AtLeast(AIM)),
            };
            figures.push(rate);
            figures.push(Figure::once(name("p99"), p99, "ms", aim(Aim::AtMost(AIM_MS))));
            let cpu: f64 = rounds.iter().map(|round| round.cpu.as_secs_f64() * 1e3).sum();
            let logins: usize = rounds.iter().map(|round| round.times.len()).sum();
            figures.push(Figure::once(name("posternd's processor"), cpu / logins as f64, "ms a login", None));
            rows.push(row);
        }
        results.level(out, rows)?;
    }
    figures.into_iter().try_for_each(|figure| results.figure(out, figure))?;
    writeln!(out)
}

struct Round {
    /// In milliseconds.
    times: Vec<f64>,
    took: Duration,
    cpu: Duration,
}

fn round(side: &mut Side, in_flight: usize, time: Duration) -> Round {
    // A code that runs out meanwhile would be refused, and so would be a stock that is used up.
    let mut ready = side.stock.ready();
    while 30 - otp::now() % 30 < time.as_secs() + 3 || ready.len() < LEAST {
        guard::pause(Duration::from_millis(200));
        ready = side.stock.ready();
    }
    let (used, times) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let socket = side.site.socket();
    let (started, cpu) = (Instant::now(), cpu_time(side.posternd.pid()));
    flood::each(ready.into_iter().take_while(|_| started.elapsed() < time), in_flight, |one: Ready| {
        let began = Instant::now();
        at_prompt(&socket, &one);
        times.lock().expect("a list").push(began.elapsed().as_secs_f64() * 1e3);
        used.lock().expect("a list").push(one);
    });
    let (took, cpu) = (started.elapsed(), cpu_time(side.posternd.pid()) - cpu);
    side.stock.use_up(&used.into_inner().expect("a list"));
    Round { times: times.into_inner().expect("a list"), took, cpu }
}

/// Logs in with a code at the service sshd, whose first factor is the stack's.
pub(in crate::bench) fn at_prompt(socket: &Path, one: &Ready) {
    let begin = Begin {
        device: Some(KEY.to_owned()),
        interactive: true,
        ..Begin::new(Flow::Login, "sshd", &*one.name)
    };
    let client = Client::connect(socket, Instant::now() + LIMIT).expect("posternd listens");
    let typist = Typist::new(|style, text| {
        assert!(style == Style::Visible && text.starts_with("Code from "), "{text}");
        Some(one.code.clone())
    });
    let ended =
        client.converse(begin, &mut typist.reading(|tone, text| assert!(tone == Tone::Info, "{text}")));
    assert!(matches!(ended, Ok(Verdict::Accept(_))), "{}: {ended:?}", one.name);
}

const IN_FLIGHT: [usize; 2] = [1, 20];
/// Codes a second, on two cores.
const AIM: f64 = 2_000.0;
const AIM_MS: f64 = 20.0;
/// Fewer would be no round.
const LEAST: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(20);
/// 32 spaces, as an ssh key.
const KEY: &str = "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";
