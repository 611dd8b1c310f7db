//! What a flow's protocol says of itself: its `summary` column.

/// Name and value, in order; becomes a JSON object. Names are distinct.
pub type Summary = Vec<(&'static str, String)>;

/// Bytes that it holds, itself included.
pub(crate) fn memory(summary: &Summary) -> usize {
    let texts: usize = summary.iter().map(|(_, value)| value.capacity()).sum();
    size_of::<Summary>() + summary.capacity() * size_of::<(&'static str, String)>() + texts
}
