//! Arrow builders that begin each batch with room for one like the last: growing by doubling would
//! copy every column several times a batch.

use core::ops::{Deref, DerefMut};

use arrow_array::builder;
use arrow_array::types::{
    ArrowPrimitiveType, Int32Type, Int64Type, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{Array, PrimitiveArray, StringArray};

/// A little more than `last`, so that a batch like the last one fits.
fn room_for(last: usize) -> usize {
    last + last / 8
}

/// As Arrow's builder of this name.
#[derive(Default)]
pub(super) struct StringBuilder(builder::StringBuilder);

impl StringBuilder {
    /// The column; the builder is empty after it.
    pub(super) fn finish(&mut self) -> StringArray {
        let column = self.0.finish();
        let (rows, bytes) = (room_for(column.len()), room_for(column.value_data().len()));
        self.0 = builder::StringBuilder::with_capacity(rows, bytes);
        column
    }
}

impl Deref for StringBuilder {
    type Target = builder::StringBuilder;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for StringBuilder {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// As Arrow's builder of this name.
pub(super) struct PrimitiveBuilder<T: ArrowPrimitiveType>(builder::PrimitiveBuilder<T>);

pub(super) type Int32Builder = PrimitiveBuilder<Int32Type>;
pub(super) type Int64Builder = PrimitiveBuilder<Int64Type>;
pub(super) type UInt16Builder = PrimitiveBuilder<UInt16Type>;
pub(super) type TimestampNanosecondBuilder = PrimitiveBuilder<TimestampNanosecondType>;

impl<T: ArrowPrimitiveType> Default for PrimitiveBuilder<T> {
    fn default() -> Self {
        Self(builder::PrimitiveBuilder::default())
    }
}

impl<T: ArrowPrimitiveType> PrimitiveBuilder<T> {
    /// The column; the builder is empty after it.
    pub(super) fn finish(&mut self) -> PrimitiveArray<T> {
        let column = self.0.finish();
        self.0 = builder::PrimitiveBuilder::with_capacity(room_for(column.len()));
        column
    }
}

impl<T: ArrowPrimitiveType> Deref for PrimitiveBuilder<T> {
    type Target = builder::PrimitiveBuilder<T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ArrowPrimitiveType> DerefMut for PrimitiveBuilder<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_like_the_last_fits_without_growing() {
        let (mut texts, mut numbers) = (StringBuilder::default(), Int64Builder::default());
        for round in 0..3 {
            let capacity = numbers.capacity();
            for row in 0..5000 {
                texts.append_value("seven b");
                numbers.append_option((row != 3).then_some(row));
            }
            assert!(round == 0 || numbers.capacity() == capacity, "grew in round {round}");
            let (texts, numbers) = (texts.finish(), numbers.finish());
            assert_eq!((texts.len(), texts.value(4999), numbers.len()), (5000, "seven b", 5000));
            assert_eq!((numbers.null_count(), numbers.value(4)), (1, 4));
        }
    }
}
