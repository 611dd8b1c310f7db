//! From flows to rows: everything that an engine has beside its flow table.

use super::announced::Announced;
use super::config::Config;
use super::rows::{Feed, Rows};
use super::totals::Totals;
use crate::flow::{Flow, State, TcpFlow};
use crate::proto::{Close, ftp};
use crate::stream::Connection;

const SECOND: i64 = 1_000_000_000;

/// Rows, totals, and what both need. Apart from the flow table, so that a flow of the table and
/// the output can be used at once.
pub(super) struct Output {
    pub(super) config: Config,
    pub(super) interfaces: Vec<Option<String>>,
    pub(super) rows: Rows,
    pub(super) totals: Totals,
    pub(super) announced: Announced,
    /// State of a connection that was retired, for the next one: see `unfold_into_spare`.
    pub(super) spare: Option<Box<TcpFlow>>,
}

impl Output {
    pub(super) fn new(config: Config) -> Self {
        let rows = Rows::new(&config);
        let (totals, announced) = (Totals::default(), Announced::default());
        Self { config, interfaces: Vec::new(), rows, totals, announced, spare: None }
    }

    /// Lets `act` work on the flow's connection, what comes out of it going on to the flow's
    /// protocol and from there to rows; accounts for all of it.
    #[inline]
    pub(super) fn follow<T>(
        &mut self,
        flow: &mut Flow,
        time: i64,
        act: impl FnOnce(&mut Connection, &mut Feed<'_>) -> T,
    ) -> T {
        // Made late where the first packets were cut inside the TCP header.
        let mut tcp = flow.tcp.take().unwrap_or_default();
        let TcpFlow { connection, app, community_id } = &mut *tcp;
        let before = connection.counters;
        let mut feed = Feed {
            app,
            time,
            settings: &self.config.settings,
            opaque: 0,
            sink: self.rows.sink(flow, community_id, &self.config, &self.interfaces),
        };
        let result = act(connection, &mut feed);
        let (opaque, counted) = (feed.opaque, feed.sink.counted());
        if let Some(news) = feed.sink.take_news() {
            for said in news.note(flow) {
                self.announced.announce(said, flow, time);
            }
        }
        flow.protocol = app.protocol().or(flow.protocol);
        flow.requests += counted.requests;
        let totals = &mut self.totals;
        totals.opaque_bytes += opaque;
        totals.requests += counted.requests;
        totals.parse_errors += counted.parse_errors;
        totals.gaps += u64::from(connection.counters.gaps - before.gaps);
        totals.gap_bytes += connection.counters.gap_bytes - before.gap_bytes;
        flow.tcp = Some(tcp);
        result
    }

    /// Gives up holes in a connection that have waited long enough.
    pub(super) fn settle(&mut self, flow: &mut Flow, now: i64) {
        if flow.tcp.is_some() && flow.ended.is_none() {
            let time = flow.last_time;
            let grows = self.config.settings.growing;
            self.follow(flow, time, |connection, feed| {
                connection.settle(now, feed);
                if grows {
                    feed.tick(now);
                }
            });
        }
        if flow.udp.is_some() {
            self.settle_datagrams(flow, now);
        }
    }

    /// Ends what a flow still carries, and writes its row.
    pub(super) fn retire(&mut self, flow: &mut Flow, close: Close) {
        let is_lone = flow.lone.is_some();
        if is_lone {
            self.unfold_into_spare(flow);
        }
        if flow.tcp.is_some() && flow.ended.is_none() {
            let time = flow.last_time;
            self.follow(flow, time, |connection, feed| {
                connection.finish(feed);
                feed.close(close);
            });
        }
        if flow.udp.is_some() {
            self.close_datagrams(flow, close);
        }
        let end = match flow.ended.unwrap_or(close) {
            Close::Timeout if flow.state == State::Closed => Close::Finished,
            other => other,
        };
        self.sum_up(flow);
        self.rows.flow(flow, Some(end), &self.config, &self.interfaces);
        if is_lone {
            self.spare = flow.tcp.take();
        }
    }

    /// Writes a row for a flow that lives on, if it is time for one and there is news.
    pub(super) fn report(&mut self, flow: &mut Flow, now: i64) {
        let Some(every) = self.config.flow_update else { return };
        let due = match flow.reported {
            // Most flows are over sooner, and one row does.
            i64::MIN => now - flow.first_time >= SECOND,
            reported => now - reported >= every && flow.last_time >= reported,
        };
        if due {
            flow.reported = now;
            self.unfold(flow);
            self.sum_up(flow);
            self.rows.flow(flow, None, &self.config, &self.interfaces);
        }
    }

    /// Writes the summary of what says nothing of itself: asked before a row is made.
    fn sum_up(&self, flow: &mut Flow) {
        flow.sum_up();
        if let Some(number) = flow.announced()
            && let Some(summary) = self.announced.summary(number)
        {
            flow.set_summary(Box::new(summary));
        }
    }

    /// Whether a flow that begins is a connection of data that was announced.
    #[cold]
    pub(super) fn recognise_data(&mut self, flow: &mut Flow) {
        let Some(number) = self.announced.claim(&flow.key, flow.first_time) else { return };
        if self.announced.client_is_low(number, &flow.key) != Some(flow.client_is_low) {
            flow.swap_roles();
        }
        flow.set_announced(number, &ftp::DATA);
        // The announcement may be forgotten before the flow ends.
        self.sum_up(flow);
    }
}
