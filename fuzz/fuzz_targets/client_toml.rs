//! client.toml, as the front doors read it.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use postern_ipc::ClientConfig;

fuzz_target!(|text: &str| {
    match ClientConfig::parse(text) {
        Err(error) => assert!(!error.to_string().trim().is_empty(), "refused without a reason"),
        Ok(config) => {
            let bounds = Duration::from_millis(100)..=Duration::from_secs(600);
            assert!(config.socket.is_absolute());
            assert!(bounds.contains(&config.mail_deadline) && bounds.contains(&config.interactive_deadline));
            assert!(config.smtp_defer_after.is_zero() || bounds.contains(&config.smtp_defer_after));
        }
    }
});
