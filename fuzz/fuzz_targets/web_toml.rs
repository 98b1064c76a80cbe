//! web.toml, as postern-web reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(what) = postern_web::examine_config(text) {
        assert!(!what.trim().is_empty(), "refused without a reason");
    }
});
