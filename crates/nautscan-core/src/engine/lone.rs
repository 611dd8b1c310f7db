//! Connections that are no more than a SYN: noted, and followed when something comes after it.

use super::output::Output;
use crate::flow::{Flow, LoneSyn, State, TcpFlow};
use crate::proto::Side;
use crate::stream::Segment;

impl Output {
    /// Whether `segment`, of a connection that is not followed yet, is to be followed: the SYN
    /// that it begins with is only noted.
    #[inline(never)]
    pub(super) fn begin(&mut self, flow: &mut Flow, side: Side, segment: &Segment<'_>) -> bool {
        if flow.lone.is_some() {
            self.unfold(flow);
            return true;
        }
        if side == Side::Client && flow.ended.is_none() {
            flow.lone = LoneSyn::of(segment).map(Box::new);
        }
        if flow.lone.is_some() {
            flow.state = State::SynSent;
            return false;
        }
        // Who is the client is told by what is said first, and noted there.
        flow.tcp = Some(Box::default());
        true
    }

    /// Follows the SYN that was only noted, as if it came now.
    #[inline(never)]
    pub(super) fn unfold(&mut self, flow: &mut Flow) {
        let Some(lone) = flow.lone.take() else { return };
        let segment = lone.segment();
        self.follow(flow, segment.time, |connection, feed| {
            connection.segment(Side::Client, &segment, feed);
        });
    }

    /// Likewise for a flow that is over, into memory that is used again.
    pub(super) fn unfold_into_spare(&mut self, flow: &mut Flow) {
        if let Some(spare) = &mut self.spare {
            **spare = TcpFlow::default();
        }
        flow.tcp = self.spare.take();
        self.unfold(flow);
    }
}
