//! Exchanges that last: their rows are told while they grow.

use super::Settings;
use crate::event::{Completeness, Exchange, Growing};
use crate::limits::GROWTH_EVERY;

/// Numbers of exchanges begin here where a protocol has none of its own: above those of HTTP/2's
/// streams, which an upgraded connection may go on with.
pub(super) const FIRST_NUMBER: u32 = 1 << 31;

/// When an exchange that lasts is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    id: u32,
    /// When it was told last.
    told: Option<i64>,
    /// More has come since.
    has_news: bool,
}

impl Growth {
    /// Of exchange `id` of its flow; `None` where each is told once.
    pub(super) fn new(id: u32, settings: &Settings) -> Option<Self> {
        settings.growing.then_some(Self { id, told: None, has_news: false })
    }

    /// Something is new at `now`: whether it is to be told.
    pub(super) fn is_due(&mut self, now: i64) -> bool {
        self.has_news = true;
        self.is_late(now)
    }

    /// Whether something that came before is still to be told at `now`.
    pub(super) fn is_late(&self, now: i64) -> bool {
        let is_time = self.told.is_none_or(|told| now.saturating_sub(told) >= GROWTH_EVERY);
        self.has_news && is_time
    }

    /// Marks a row that is about to be told at `now`, of an exchange that goes on.
    pub(super) fn mark_open(&mut self, exchange: &mut Exchange, now: i64) {
        self.mark_last(exchange);
        exchange.completeness = Completeness::Open;
        // It is not over, so that nothing ended it and nothing has failed.
        exchange.error = None;
        if let Some(response) = &mut exchange.response {
            response.last_time = None;
        }
        (self.told, self.has_news) = (Some(now), false);
    }

    /// Marks the last row.
    pub(super) fn mark_last(&self, exchange: &mut Exchange) {
        exchange.growing = Some(Growing { id: self.id, again: self.told.is_some() });
    }
}
