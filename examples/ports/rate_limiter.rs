//! A rate limiter, by the token bucket: so many requests at once, and one more for each token that comes back.

use std::collections::VecDeque;
use std::time::Duration;

use beamish::prelude::*;

#[genserver(name = "RateLimiter")]
pub struct RateLimiter {
    capacity: u32,
    tokens: u32,
    refresh_rate: Duration,
    waiting: VecDeque<ReplyTo<()>>,
}

struct TokenRefresh;

/// Makes a request when its turn has come.
pub async fn make_request<F: Future>(request: F) -> Result<F::Output, CallError> {
    RateLimiterRef::named().wait_for_turn().infinity().await?;
    Ok(request.await)
}

#[genserver]
impl RateLimiter {
    /// At most `capacity` requests at once, and as many in each `timeframe` afterwards.
    #[init]
    fn init(capacity: u32, timeframe: Duration) -> Self {
        let limiter = Self {
            capacity,
            tokens: capacity,
            refresh_rate: timeframe / capacity,
            waiting: VecDeque::new(),
        };
        limiter.schedule_refresh();
        limiter
    }

    #[handle_call]
    fn wait_for_turn(&mut self, turn: ReplyTo<()>) {
        if self.tokens == 0 {
            self.waiting.push_back(turn);
        } else {
            self.tokens -= 1;
            turn.reply(());
        }
    }

    #[handle_info]
    fn token_refresh(&mut self, _: TokenRefresh) {
        match self.waiting.pop_front() {
            Some(turn) => turn.reply(()),
            None => self.tokens = self.capacity.min(self.tokens + 1),
        }
        self.schedule_refresh();
    }

    fn schedule_refresh(&self) {
        process::send_after(self_pid(), TokenRefresh, self.refresh_rate);
    }
}
