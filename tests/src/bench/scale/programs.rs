use std::fs;
use std::io::{Result, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bench::numbers::sorted;
use crate::bench::results::{Aim, Figure, Results, Spread};
use crate::{Ran, Site, Web, host};

/// Prints the size of each program and how long it takes to start.
pub(super) fn run(results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let site = Site::new("bench-programs");
    let mut posternd = site.posternd();
    let times = (0..RUNS / 4).map(|_| {
        assert!(posternd.stop().success());
        timed(|| posternd.start_again())
    });
    let serves = sorted(times);
    let mut web = Web::start("bench-programs", &site.socket());
    let times = (0..RUNS / 4).map(|_| {
        assert!(web.stop().success());
        timed(|| web.start_again())
    });
    let shows = sorted(times);
    let account = site.account("bench");
    let app = site.app_password(&account.name, "bench", &[]).password.replace(' ', "");
    let login = crate::Attempt::new("imap", &account.name, &app).fd3();
    let checks = sorted((0..RUNS).map(|_| {
        let check = site.checkpassword().args(&["/bin/true"]).login("imap", "127.0.0.1").input(&login);
        check.run().succeeded().took.wall().as_secs_f64() * 1e3
    }));
    let starts = [
        ("posternd until its socket answers, asked every 10 ms", serves),
        ("postern-web until /health answers, asked every 10 ms", shows),
        ("postern --version", version("postern")),
        ("postern-checkpassword, a login over SQLite and the program that it runs", checks),
    ];
    for (name, times) in starts {
        let value = Spread::of(times.into_iter());
        results.figure(out, Figure { name: format!("start: {name}"), value, unit: "ms", aim: None })?;
    }
    for (program, aim) in PROGRAMS {
        let size = fs::metadata(host::program(program))?.len() as f64 / 1024.0;
        let aim = aim.map(Aim::AtMost);
        results.figure(out, Figure::once(format!("size: {program}"), size, "KiB", aim))?;
    }
    Ok(())
}

fn version(program: &str) -> Vec<f64> {
    let path = host::program(program);
    sorted((0..RUNS).map(|_| {
        let mut command = Command::new(&path);
        timed(|| drop(Ran::of(command.arg("--version").current_dir("/"), b"", LIMIT).succeeded()))
    }))
}

fn timed(run: impl FnOnce()) -> f64 {
    let began = Instant::now();
    run();
    began.elapsed().as_secs_f64() * 1e3
}

/// And how many KiB each may have at most.
const PROGRAMS: [(&str, Option<f64>); 6] = [
    ("posternd", None),
    ("postern-web", None),
    ("postern", None),
    ("postern-checkpassword", None),
    ("pam_postern.so", Some(1024.0)),
    ("postern_lua.so", None),
];
const RUNS: usize = 40;
const LIMIT: Duration = Duration::from_secs(20);
