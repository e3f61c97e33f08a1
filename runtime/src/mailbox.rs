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
//! 6. Many messages stand in several queues of at most [`CHUNK`], so that a flood is not copied to ever bigger memory: the
//!    inbox in `full` and then `queue`, what was taken from it in `queue` and then `later`.
//! 7. `holds` says whether `saved` holds anything. It is written under its lock; the process itself may read it without,
//!    since nobody else makes `saved` empty or not.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use crate::Info;
use crate::sync::{Mutex, MutexGuard};

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
    holds: AtomicBool,
}

/// How many messages stand in one piece of memory at most, unless a receive looks through them.
const CHUNK: usize = 128;

type Chunks<L> = VecDeque<VecDeque<L>>;

struct Saved<L> {
    queue: VecDeque<L>,
    later: Option<Box<Chunks<L>>>,
    /// How many messages were removed from it so far.
    removals: u64,
}

impl<L> Saved<L> {
    /// Makes one queue of all, the inbox included.
    fn take_all(&mut self, inbox: &mut Inbox<L>) {
        for mut chunk in self.later.take().into_iter().flat_map(|later| *later) {
            self.queue.append(&mut chunk);
        }
        for mut chunk in inbox.full.take().into_iter().flat_map(|full| *full) {
            self.queue.append(&mut chunk);
        }
        self.queue.append(&mut inbox.queue);
    }

    /// Takes the inbox, when nothing is left.
    #[inline]
    fn take_inbox(&mut self, inbox: &mut Inbox<L>) {
        if inbox.full.is_some() {
            self.take_chunks(inbox);
        } else {
            std::mem::swap(&mut self.queue, &mut inbox.queue);
        }
    }

    #[cold]
    fn take_chunks(&mut self, inbox: &mut Inbox<L>) {
        self.later = inbox.full.take();
        let last = std::mem::replace(&mut inbox.queue, std::mem::take(&mut self.queue));
        if let Some(later) = &mut self.later {
            later.push_back(last);
        }
    }

    /// Goes on to the next queue when one is empty (rule 6).
    #[cold]
    fn next_chunk(&mut self) {
        let Some(later) = &mut self.later else {
            return;
        };
        // One from which messages were dropped for newer ones may be empty.
        while self.queue.is_empty()
            && let Some(next) = later.pop_front()
        {
            self.queue = next;
        }
        if later.is_empty() {
            self.later = None;
        }
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.later.is_none()
    }

    fn chunks(&self) -> impl Iterator<Item = &L> {
        let later = self.later.iter().flat_map(|later| later.iter().flatten());
        self.queue.iter().chain(later)
    }
}

/// The lock of `saved` (rule 7).
struct Locked<'a, L> {
    saved: MutexGuard<'a, Saved<L>>,
    holds: &'a AtomicBool,
}

impl<L> Deref for Locked<'_, L> {
    type Target = Saved<L>;

    fn deref(&self) -> &Self::Target {
        &self.saved
    }
}

impl<L> DerefMut for Locked<'_, L> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.saved
    }
}

impl<L> Drop for Locked<'_, L> {
    #[inline]
    fn drop(&mut self) {
        self.holds.store(!self.saved.is_empty(), Ordering::Relaxed);
    }
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
    full: Option<Box<Chunks<L>>>,
    queue: VecDeque<L>,
    waiting: Waiting,
    closed: bool,
}

impl<L> Inbox<L> {
    #[inline(always)]
    fn push(&mut self, letter: L) {
        if self.queue.len() == CHUNK {
            self.begin_chunk();
        }
        self.queue.push_back(letter);
    }

    #[cold]
    fn begin_chunk(&mut self) {
        let full = std::mem::replace(&mut self.queue, VecDeque::with_capacity(CHUNK));
        self.full.get_or_insert_default().push_back(full);
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.full.is_none()
    }

    /// Its queues, oldest first.
    fn chunks_mut(&mut self) -> impl Iterator<Item = &mut VecDeque<L>> {
        let full = self.full.iter_mut().flat_map(|full| full.iter_mut());
        full.chain(std::iter::once(&mut self.queue))
    }

    fn chunks(&self) -> impl Iterator<Item = &L> {
        let full = self.full.iter().flat_map(|full| full.iter().flatten());
        full.chain(&self.queue)
    }
}

/// Who waits in `receive!`: mostly one; several where a process waits for several messages side by side.
#[derive(Default)]
struct Waiting {
    one: Option<Waker>,
    #[expect(
        clippy::box_collection,
        reason = "it is hardly ever there, and moved with every push"
    )]
    more: Option<Box<Vec<Waker>>>,
}

impl Waiting {
    fn add(&mut self, waker: Waker) {
        if self.one.is_none() {
            self.one = Some(waker);
        } else if !self
            .one
            .iter()
            .chain(self.more.iter().flat_map(|more| &**more))
            .any(|other| other.will_wake(&waker))
        {
            self.more.get_or_insert_default().push(waker);
        }
    }
}

/// Whom a push must wake, outside of all locks.
#[must_use]
pub(crate) struct Wake(Waiting);

impl Wake {
    #[inline]
    pub(crate) fn wake(self) {
        if let Some(one) = self.0.one {
            one.wake();
            for waker in self.0.more.into_iter().flat_map(|more| *more) {
                waker.wake();
            }
        }
    }
}

impl<L: Letter> Mailbox<L> {
    pub(crate) const fn new() -> Self {
        let inbox = Inbox {
            full: None,
            queue: VecDeque::new(),
            waiting: Waiting {
                one: None,
                more: None,
            },
            closed: false,
        };
        let saved = Saved {
            queue: VecDeque::new(),
            later: None,
            removals: 0,
        };
        Self {
            saved: Mutex::new(saved),
            inbox: Mutex::new(inbox),
            holds: AtomicBool::new(false),
        }
    }

    #[inline]
    fn saved(&self) -> Locked<'_, L> {
        Locked {
            saved: self.saved.lock(),
            holds: &self.holds,
        }
    }

    #[inline(always)]
    pub(crate) fn push(&self, letter: L) -> Result<Wake, L> {
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        inbox.push(letter);
        Ok(Wake(std::mem::take(&mut inbox.waiting)))
    }

    /// Pushes, and drops the oldest message that may be dropped: it is given out. Gives the new one back if there is none, or
    /// if the mailbox is closed.
    pub(crate) fn push_for_oldest(&self, letter: L) -> Result<(Wake, L), L> {
        let mut saved = self.saved();
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        let Saved { queue, later, .. } = &mut *saved;
        let mut kept = queue.iter_mut();
        let later = later.iter_mut();
        let mut later = later.flat_map(|later| later.iter_mut().flatten());
        let oldest = kept
            .find_map(L::give_way)
            .or_else(|| later.find_map(L::give_way))
            .or_else(|| {
                inbox.chunks_mut().find_map(|queue| {
                    let mut places = queue.iter_mut().enumerate();
                    let (at, oldest) =
                        places.find_map(|(at, place)| Some((at, place.give_way()?)))?;
                    queue.remove(at);
                    Some(oldest)
                })
            });
        let Some(oldest) = oldest else {
            return Err(letter);
        };
        inbox.push(letter);
        Ok((Wake(std::mem::take(&mut inbox.waiting)), oldest))
    }

    /// Takes the oldest message. The inbox is looked at only if `has_mail` says so.
    ///
    /// The message is moved once, from the queue to the caller: a copy of what was written just before may stall.
    #[inline(never)]
    pub(crate) fn pop(&self, has_mail: impl FnOnce() -> bool) -> Option<L> {
        let is_empty = !self.holds.load(Ordering::Relaxed);
        if is_empty && !has_mail() {
            return None;
        }
        if is_empty {
            let mut inbox = self.inbox.lock();
            if inbox.queue.len() <= 1 && inbox.full.is_none() {
                // No more is there, so nothing needs to be saved.
                return inbox.queue.pop_front();
            }
        }
        let mut saved = self.saved();
        saved.removals += 1;
        if is_empty {
            saved.take_inbox(&mut self.inbox.lock());
        }
        if saved.queue.is_empty() {
            saved.next_chunk();
        }
        saved.queue.pop_front()
    }

    /// Takes the oldest letter that is wanted, and leaves the others in place. What `seen` counts was not wanted before.
    pub(crate) fn pop_wanted(&self, seen: &mut Seen, wanted: &dyn Fn(&L) -> bool) -> Option<L> {
        let mut saved = self.saved();
        saved.take_all(&mut self.inbox.lock());
        seen.begin_again_after_removals(&saved);
        let at = saved.queue.iter().skip(seen.at).position(wanted);
        let Some(at) = at.map(|at| at + seen.at) else {
            seen.at = saved.queue.len();
            return None;
        };
        seen.at = at;
        saved.removals += 1;
        seen.removals = saved.removals;
        saved.queue.remove(at)
    }

    /// Gives back the memory of a burst.
    pub(crate) fn shrink(&self) {
        let mut saved = self.saved();
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
                let mut saved = self.saved();
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
            let mut saved = self.saved();
            let mut inbox = self.inbox.lock();
            if inbox.is_empty() && saved.later.is_none() {
                if let Some(waker) = waker {
                    inbox.waiting.add(waker);
                }
                return false;
            }
            saved.take_all(&mut inbox);
        }
    }

    /// Takes the first saved [`Info`] at or after `seen`, moves `seen` to its place, and holds that place with a `()`.
    fn take_at(&self, seen: &mut Seen) -> Option<Info> {
        let mut saved = self.saved();
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
        let mut saved = self.saved();
        let mut inbox = self.inbox.lock();
        saved.removals += 1;
        saved.take_all(&mut inbox);
        let at = saved.queue.iter().position(is_it);
        let letter = at.and_then(|at| saved.queue.remove(at));
        letter.and_then(|letter| letter.into_info().ok())
    }

    /// Removes every [`Info`] that `found` wants, in one pass.
    pub(crate) fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info> {
        let mut saved = self.saved();
        saved.take_all(&mut self.inbox.lock());
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
        let saved = self.saved();
        saved.queue.capacity() + self.inbox.lock().queue.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        let saved = self.saved();
        let lens = |chunks: &Option<Box<Chunks<L>>>| -> usize {
            let chunks = chunks.iter().flat_map(|chunks| chunks.iter());
            chunks.map(VecDeque::len).sum()
        };
        let saved = if L::HAS_GAPS {
            saved.chunks().filter(|letter| !letter.is_gap()).count()
        } else {
            saved.queue.len() + lens(&saved.later)
        };
        let inbox = self.inbox.lock();
        saved + lens(&inbox.full) + inbox.queue.len()
    }

    /// What waits, oldest first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let saved = self.saved();
        let inbox = self.inbox.lock();
        saved
            .chunks()
            .chain(inbox.chunks())
            .filter(|letter| !letter.is_gap())
            .map(L::name)
            .collect()
    }

    /// Lets nothing in any more and gives out what was not handled (rule 3).
    pub(crate) fn close(&self) -> VecDeque<L> {
        let mut saved = self.saved();
        let mut inbox = self.inbox.lock();
        inbox.closed = true;
        let waiting = std::mem::take(&mut inbox.waiting);
        saved.take_all(&mut inbox);
        let left = std::mem::take(&mut saved.queue);
        drop(inbox);
        drop(saved);
        drop(waiting);
        left
    }
}
