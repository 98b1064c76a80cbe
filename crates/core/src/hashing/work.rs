//! One computation of argon2id, and the memory for it.

use argon2::{Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::stored::{ALGORITHM, Cost};

/// The purpose of a computation. Each purpose is counted separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An app password.
    AppPassword,
    /// A main password.
    MainPassword,
    /// A recovery code.
    RecoveryCode,
}

/// One computation, with what it needs.
pub(super) struct Work {
    secret: Zeroizing<Vec<u8>>,
    salt: Vec<u8>,
    pub(super) params: Params,
    output: usize,
    pub(super) purpose: Purpose,
}

impl Work {
    pub(super) fn new(secret: &[u8], salt: &[u8], params: Params, output: usize, purpose: Purpose) -> Self {
        Self { secret: Zeroizing::new(secret.to_vec()), salt: salt.to_vec(), params, output, purpose }
    }

    pub(super) fn memory_kib(&self) -> u32 {
        self.params.m_cost()
    }

    pub(super) fn cost(&self) -> Cost {
        Cost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() }
    }

    /// The memory that it needs beyond its worker's arena.
    pub(super) fn extra_kib(&self) -> u32 {
        if self.memory_kib() <= ARENA_KIB { 0 } else { self.memory_kib() }
    }

    pub(super) fn compute(&self, memory: &mut [Block]) -> Option<Zeroizing<Vec<u8>>> {
        let mut output = Zeroizing::new(vec![0; self.output]);
        let memory = memory.get_mut(..self.params.block_count())?;
        Argon2::new(ALGORITHM, Version::V0x13, self.params.clone())
            .hash_password_into_with_memory(&self.secret, &self.salt, &mut output, memory)
            .ok()?;
        Some(output)
    }
}

/// Memory for one large computation, which is returned to the system after it.
///
/// glibc's malloc keeps freed memory in its heaps, where large blocks among small ones add up to many times the budget. It always
/// maps fresh memory only for blocks over `DEFAULT_MMAP_THRESHOLD_MAX` (mallopt(3)). Pages beyond `blocks` are never touched, so
/// they cost nothing.
pub(super) fn fresh(blocks: usize) -> Vec<Block> {
    let mut memory = Vec::with_capacity(blocks.max(ALWAYS_MAPPED));
    memory.resize(blocks, Block::new());
    memory
}

/// The memory that each worker keeps for the usual hash, so that a check does not need fresh pages.
pub(super) const ARENA_KIB: u32 = Cost::APP_PASSWORD.memory_kib;
/// In blocks of 1 KiB: somewhat more than 32 MiB.
const ALWAYS_MAPPED: usize = 33 * 1024;
