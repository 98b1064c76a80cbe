//! Reads PAM service files (pam.conf(5)) and explores the stacks that they describe: which sequences of module answers let a
//! user in, and whether `pam_postern.so` was asked on the way.
//!
//! The crate works on text alone: it opens no file, loads no module and depends on nothing else of this workspace. It
//! accepts any input. A line that libpam cannot read counts as one that fails, as it does in libpam.
//!
//! ```
//! use postern_pam_stack::{Assumptions, Files, ManagementGroup, PosternAnswer, explore, flatten};
//!
//! let text = "auth sufficient pam_unix.so\nauth required pam_postern.so\n";
//! let files = Files::from([("sshd".to_owned(), text.to_owned())]);
//! let steps = flatten(&files, "sshd", ManagementGroup::Auth);
//! let found = explore(&steps, Assumptions::without_postern(ManagementGroup::Auth));
//! let bypass = found.ways_in.iter().find_map(|way| way.bypass).expect("pam_unix ends the stack");
//! assert_eq!(steps[bypass.step].described(), "sshd:1: pam_unix.so (sufficient)");
//! assert!(found.ways_in.iter().any(|way| way.postern == PosternAnswer::Accepts));
//! ```

#![forbid(unsafe_code)]

mod control;
mod explore;
mod file;
mod module;
mod stack;

pub use control::{Action, Control, ReturnCode};
pub use explore::{Assumptions, Bypass, Exploration, PosternAnswer, WayIn, can_succeed, explore};
pub use file::{Line, parse_file};
pub use module::ModuleRole;
pub use stack::{Files, ManagementGroup, Step, flatten, included_files, postern_step};
