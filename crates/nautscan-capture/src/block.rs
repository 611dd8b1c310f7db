//! Memory that one thread fills and others read, used again without being freed.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::limits::LENT_BLOCKS;

/// Bytes of packets. Whoever holds a share may read; written is only into blocks that nobody else
/// holds, so that no lock is needed.
pub(crate) type Block = Arc<[u8]>;

/// Blocks of which others may hold shares, oldest first.
#[derive(Default)]
pub(crate) struct BlockPool(VecDeque<Block>);

impl BlockPool {
    /// A block of `size` bytes that nobody holds: the oldest given back, if it is free, or a new
    /// one. Readers take blocks in turn, so that if the oldest is in use, the others are.
    pub(crate) fn take(&mut self, size: usize) -> Block {
        let Some(mut oldest) = self.0.pop_front() else { return Self::new_block(size) };
        if Arc::get_mut(&mut oldest).is_none() {
            self.0.push_front(oldest);
            return Self::new_block(size);
        }
        if oldest.len() == size { oldest } else { Self::new_block(size) }
    }

    /// Keeps a block for [`Self::take`], whoever may still hold shares of it.
    pub(crate) fn give(&mut self, block: Block) {
        if self.0.len() < LENT_BLOCKS {
            self.0.push_back(block);
        }
    }

    /// A block of zeros.
    pub(crate) fn new_block(size: usize) -> Block {
        std::iter::repeat_n(0, size).collect()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaches `LENT_BLOCKS`: what is beyond is freed when its readers are done.
    #[test]
    fn so_many_blocks_are_kept() {
        let mut pool = BlockPool::default();
        let held: Vec<Block> = (0..=LENT_BLOCKS).map(|_| BlockPool::new_block(1)).collect();
        for block in &held {
            pool.give(Block::clone(block));
        }
        assert_eq!(pool.len(), LENT_BLOCKS);
        assert!(pool.take(1).iter().all(|&byte| byte == 0), "a new one: all are held");
        assert_eq!(pool.len(), LENT_BLOCKS);
        drop(held);
        pool.take(1);
        assert_eq!(pool.len(), LENT_BLOCKS - 1);
    }
}
