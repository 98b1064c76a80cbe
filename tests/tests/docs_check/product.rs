//! Parts of the product's programs, which are no libraries.

#![allow(dead_code, unused_imports, reason = "only what the command line looks like is asked")]

#[path = "../../../checkpassword/src/arguments.rs"]
pub(crate) mod checkpassword;
#[path = "../../../cli/src/args/mod.rs"]
pub(crate) mod cli;
#[path = "../../../daemon/src/args.rs"]
pub(crate) mod daemon;
#[path = "../../../pam-module/src/arguments.rs"]
pub(crate) mod pam_module;
