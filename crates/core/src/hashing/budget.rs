//! What hashing may use.

use super::stored::MAX_MEMORY_KIB;
use super::work::ARENA_KIB;

/// The resources that hashing may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Memory in KiB; at least [`Budget::MIN_MEMORY_KIB`].
    pub memory_kib: u32,
    /// Processor cores.
    pub cores: u32,
}

impl Budget {
    /// The memory for one worker and the largest accepted hash.
    pub const MIN_MEMORY_KIB: u32 = MAX_MEMORY_KIB + ARENA_KIB;

    /// One worker for each core, as long as the largest hash still fits beside their arenas.
    pub(super) fn workers(self) -> u32 {
        let fitting = self.memory_kib.saturating_sub(MAX_MEMORY_KIB) / ARENA_KIB;
        self.cores.min(fitting).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_leave_room_for_the_largest_hash() {
        assert_eq!(Budget { memory_kib: 128 * 1024, cores: 2 }.workers(), 2);
        assert_eq!(Budget { memory_kib: 128 * 1024, cores: 64 }.workers(), 16);
        assert_eq!(Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 64 }.workers(), 1);
    }
}
