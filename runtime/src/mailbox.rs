//! The queue of a process.
//!
//! 1. Senders push at the back of `inbox`, under its lock; the order of pushing is the order of handling (`SIG-1`).
//! 2. Only the process itself takes from `saved`: what it has taken from the inbox and not handled yet, oldest first. So
//!    the whole mailbox is `saved` followed by `inbox`. Who pushes to a full mailbox may leave a gap there in place of the
//!    oldest message, so that no other moves.
//! 3. Once closed, nothing gets in; whoever pushes gets the message back.
//! 4. A receive remembers how far it has looked by [`Seen`]: a place in `saved`, which holds until a message is removed from
//!    there; then it looks at all again.
//! 5. Lock order: `saved`, then `inbox`. Wakers are woken, and messages dropped, outside of both.

use std::collections::VecDeque;
use std::task::Waker;

use crate::Info;
use crate::sync::Mutex;

/// What a mailbox holds: an [`Info`], or for a server also its typed messages.
pub(crate) trait Letter: Send + Sized + 'static {
    fn from_info(info: Info) -> Self;
    /// Gives itself back if it is a typed message, which `receive!` cannot see.
    fn into_info(self) -> Result<Info, Self>;
    fn as_info(&self) -> Option<&Info>;
    /// What it is, for people.
    fn name(&self) -> &'static str;
    /// Whether there can be gaps: places of messages that were dropped for newer ones.
    const HAS_GAPS: bool = false;
    /// Takes a message that may be dropped for a newer one, and leaves a gap.
    fn give_way(&mut self) -> Option<Self> {
        None
    }
    fn is_gap(&self) -> bool {
        false
    }
}

impl Letter for Info {
    fn from_info(info: Info) -> Self {
        info
    }

    fn into_info(self) -> Result<Info, Self> {
        Ok(self)
    }

    fn as_info(&self) -> Option<&Info> {
        Some(self)
    }

    fn name(&self) -> &'static str {
        self.type_name()
    }
}

pub(crate) struct Mailbox<L> {
    saved: Mutex<Saved<L>>,
    inbox: Mutex<Inbox<L>>,
}

struct Saved<L> {
    queue: VecDeque<L>,
    /// How many messages were removed from it so far.
    removals: u64,
}

/// How far a receive has looked (rule 4).
#[derive(Default)]
pub(crate) struct Seen {
    at: usize,
    removals: u64,
}

impl Seen {
    fn begin_again_after_removals<L>(&mut self, saved: &Saved<L>) {
        if self.removals != saved.removals {
            *self = Self {
                at: 0,
                removals: saved.removals,
            };
        }
    }
}

struct Inbox<L> {
    queue: VecDeque<L>,
    waiting: Waiting,
    closed: bool,
}

/// Who waits in `receive!`: mostly one; several where a process waits for several messages side by side.
#[derive(Default)]
struct Waiting {
    one: Option<Waker>,
    more: Vec<Waker>,
}

impl Waiting {
    fn add(&mut self, waker: Waker) {
        if self.one.is_none() {
            self.one = Some(waker);
        } else if !self
            .one
            .iter()
            .chain(&self.more)
            .any(|other| other.will_wake(&waker))
        {
            self.more.push(waker);
        }
    }
}

/// Whom a push must wake, outside of all locks.
#[must_use]
pub(crate) struct Wake(Waiting);

impl Wake {
    pub(crate) fn wake(self) {
        for waker in self.0.one.into_iter().chain(self.0.more) {
            waker.wake();
        }
    }
}

impl<L: Letter> Mailbox<L> {
    pub(crate) const fn new() -> Self {
        let inbox = Inbox {
            queue: VecDeque::new(),
            waiting: Waiting {
                one: None,
                more: Vec::new(),
            },
            closed: false,
        };
        let saved = Saved {
            queue: VecDeque::new(),
            removals: 0,
        };
        Self {
            saved: Mutex::new(saved),
            inbox: Mutex::new(inbox),
        }
    }

    pub(crate) fn push(&self, letter: L) -> Result<Wake, L> {
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        inbox.queue.push_back(letter);
        Ok(Wake(std::mem::take(&mut inbox.waiting)))
    }

    /// Pushes, and drops the oldest message that may be dropped: it is given out. Gives the new one back if there is none, or
    /// if the mailbox is closed.
    pub(crate) fn push_for_oldest(&self, letter: L) -> Result<(Wake, L), L> {
        let mut saved = self.saved.lock();
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        let mut oldest = saved.queue.iter_mut().find_map(L::give_way);
        if oldest.is_none() {
            let mut places = inbox.queue.iter_mut().enumerate();
            let found = places.find_map(|(at, place)| Some((at, place.give_way()?)));
            if let Some((at, letter)) = found {
                inbox.queue.remove(at);
                oldest = Some(letter);
            }
        }
        let Some(oldest) = oldest else {
            return Err(letter);
        };
        inbox.queue.push_back(letter);
        Ok((Wake(std::mem::take(&mut inbox.waiting)), oldest))
    }

    /// Takes the oldest message. The inbox is looked at only if `has_mail` says so.
    pub(crate) fn pop(&self, has_mail: impl FnOnce() -> bool) -> Option<L> {
        let mut saved = self.saved.lock();
        saved.removals += 1;
        if let Some(letter) = saved.queue.pop_front() {
            return Some(letter);
        }
        if !has_mail() {
            return None;
        }
        std::mem::swap(&mut saved.queue, &mut self.inbox.lock().queue);
        saved.queue.pop_front()
    }

    /// Takes the oldest letter that is wanted, and leaves the others in place. What `seen` counts was not wanted before.
    pub(crate) fn pop_wanted(&self, seen: &mut Seen, wanted: &dyn Fn(&L) -> bool) -> Option<L> {
        let mut saved = self.saved.lock();
        saved.queue.append(&mut self.inbox.lock().queue);
        seen.begin_again_after_removals(&saved);
        let at = saved.queue.iter().skip(seen.at).position(wanted);
        let Some(at) = at.map(|at| at + seen.at) else {
            seen.at = saved.queue.len();
            return None;
        };
        seen.at = at;
        saved.queue.remove(at)
    }

    /// Gives back the memory of a burst.
    pub(crate) fn shrink(&self) {
        let mut saved = self.saved.lock();
        if saved.queue.is_empty() {
            saved.queue = VecDeque::new();
        }
        let mut inbox = self.inbox.lock();
        if inbox.queue.is_empty() {
            inbox.queue = VecDeque::new();
        }
    }

    /// Offers the messages to `select`, oldest first, until it keeps one, for `receive!`. What it gives back stays where
    /// it is, in order (rule 2). Returns whether one was kept.
    ///
    /// What `seen` counts was offered in vain, and is not offered again. If none is kept, `waker` is woken by the next push.
    pub(crate) fn select(
        &self,
        seen: &mut Seen,
        waker: Option<Waker>,
        select: &mut dyn FnMut(Info) -> Option<Info>,
    ) -> bool {
        loop {
            while let Some(info) = self.take_at(seen) {
                let kept = select(info);
                let mut saved = self.saved.lock();
                let Some(info) = kept else {
                    saved.queue.remove(seen.at);
                    saved.removals += 1;
                    return true;
                };
                if let Some(place) = saved.queue.get_mut(seen.at) {
                    *place = L::from_info(info);
                }
                seen.at += 1;
            }
            let mut saved = self.saved.lock();
            let mut inbox = self.inbox.lock();
            if inbox.queue.is_empty() {
                if let Some(waker) = waker {
                    inbox.waiting.add(waker);
                }
                return false;
            }
            saved.queue.append(&mut inbox.queue);
        }
    }

    /// Takes the first saved [`Info`] at or after `seen`, moves `seen` to its place, and holds that place with a `()`.
    fn take_at(&self, seen: &mut Seen) -> Option<Info> {
        let mut saved = self.saved.lock();
        seen.begin_again_after_removals(&saved);
        while let Some(place) = saved.queue.get_mut(seen.at) {
            if place.as_info().is_some() {
                return std::mem::replace(place, L::from_info(Info::new(())))
                    .into_info()
                    .ok();
            }
            seen.at += 1;
        }
        None
    }

    /// Removes the oldest [`Info`] that `found` wants.
    pub(crate) fn remove(&self, found: &dyn Fn(&Info) -> bool) -> Option<Info> {
        let is_it = |letter: &L| letter.as_info().is_some_and(found);
        let mut saved = self.saved.lock();
        let mut inbox = self.inbox.lock();
        saved.removals += 1;
        let letter = match saved.queue.iter().position(is_it) {
            Some(at) => saved.queue.remove(at),
            None => inbox
                .queue
                .iter()
                .position(is_it)
                .and_then(|at| inbox.queue.remove(at)),
        };
        letter.and_then(|letter| letter.into_info().ok())
    }

    /// Removes every [`Info`] that `found` wants, in one pass.
    pub(crate) fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info> {
        let mut saved = self.saved.lock();
        saved.queue.append(&mut self.inbox.lock().queue);
        saved.removals += 1;
        let mut removed = Vec::new();
        let all = std::mem::take(&mut saved.queue);
        for letter in all {
            match letter.into_info() {
                Ok(info) if found(&info) => removed.push(info),
                Ok(info) => saved.queue.push_back(L::from_info(info)),
                Err(letter) => saved.queue.push_back(letter),
            }
        }
        removed
    }

    /// For how many messages it holds memory.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        let saved = self.saved.lock();
        saved.queue.capacity() + self.inbox.lock().queue.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        let saved = self.saved.lock();
        let gaps = if L::HAS_GAPS {
            saved.queue.iter().filter(|letter| letter.is_gap()).count()
        } else {
            0
        };
        saved.queue.len() - gaps + self.inbox.lock().queue.len()
    }

    /// What waits, oldest first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let saved = self.saved.lock();
        let inbox = self.inbox.lock();
        saved
            .queue
            .iter()
            .chain(&inbox.queue)
            .filter(|letter| !letter.is_gap())
            .map(L::name)
            .collect()
    }

    /// Lets nothing in any more and gives out what was not handled (rule 3).
    pub(crate) fn close(&self) -> VecDeque<L> {
        let mut saved = self.saved.lock();
        let mut inbox = self.inbox.lock();
        inbox.closed = true;
        let waiting = std::mem::take(&mut inbox.waiting);
        let mut left = std::mem::take(&mut saved.queue);
        left.append(&mut inbox.queue);
        drop(inbox);
        drop(saved);
        drop(waiting);
        left
    }
}
