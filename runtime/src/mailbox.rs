//! The queue of a process.
//!
//! 1. Senders push at the back of `inbox`, under its lock; the order of pushing is the order of handling (`SIG-1`).
//! 2. Only the process itself takes from `saved`: what it has taken from the inbox and not handled yet, oldest first. So
//!    the whole mailbox is a [`Batch`] if there is one, followed by `saved` and then by `inbox`. Who pushes to a full
//!    mailbox may leave a gap in `saved` in place of the oldest message, so that no other moves.
//! 3. Once closed, nothing gets in; whoever pushes gets the message back.
//! 4. A receive remembers how far it has looked by [`Seen`]: a place in `saved`, which holds until a message is removed from
//!    there; then it looks at all again.
//! 5. Lock order: `saved`, then `inbox`. Wakers are woken, and messages dropped, outside of both.
//! 6. Many messages stand in several queues of at most [`CHUNK`], so that a flood is not copied to ever bigger memory: the
//!    inbox in `first`, `full` and then `queue`, what was taken from it in `queue` and then `later`.
//! 7. A message that comes alone stands in `first`, and takes no memory of its own. Where `first` is empty, so is the inbox.
//! 8. `state` says whether `saved` holds anything, and how many messages were removed from there so far. It is written under
//!    the lock of `saved`; the process itself may read it without, since nobody else makes `saved` empty or not, but for who
//!    closes the mailbox of a process that is abandoned.
//! 9. A server takes the oldest messages of `saved` at once, at most [`CHUNK`], if nobody waits for an answer to one of
//!    them, no receive could want one, and no system request is among them: a [`Batch`]. Others see how many messages are
//!    left in it (`batched`), and no more. What is left goes back to the front of `saved` as soon as there is anything to
//!    do but to hand the next one to a plain function: so it never lasts over a suspension. If the mailbox was closed
//!    meanwhile, which only an abandoned process sees, its task closes it again at its own end.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::Info;
use crate::process::control::Head;
use crate::sync::checked::{AtomicU32, Mutex, MutexGuard, Ordering};

/// What a mailbox holds: an [`Info`], or for a server also its typed messages.
pub(crate) trait Letter: Send + Sized + 'static {
    fn from_info(info: Info) -> Self;
    /// Gives itself back if it is a typed message, which `receive!` cannot see.
    fn into_info(self) -> Result<Info, Self>;
    fn as_info(&self) -> Option<&Info>;
    /// What it is, for people.
    fn name(&self) -> &'static str;
    /// Whether it may stand in a [`Batch`] (rule 9).
    fn is_quiet(&self) -> bool {
        false
    }
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
    saved: Mutex<Option<Box<Saved<L>>>>,
    inbox: Mutex<Inbox<L>>,
    /// [`HOLDS`], and over it the number of removals (rule 8), which is only ever compared with a recent one.
    state: AtomicU32,
    /// How many messages are in the batch (rule 9). Increased and set to 0 under the lock of `saved`.
    batched: AtomicU32,
}

const HOLDS: u32 = 1;
const REMOVED: u32 = 2;

/// How many messages stand in one piece of memory at most, unless a receive looks through them.
const CHUNK: usize = 128;

/// Fewer than these are not taken at once: to give back what is left takes as long as to take two.
const BATCH: usize = 4;

type Chunks<L> = VecDeque<VecDeque<L>>;

struct Saved<L> {
    queue: VecDeque<L>,
    later: Option<Box<Chunks<L>>>,
}

impl<L> Default for Saved<L> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            later: None,
        }
    }
}

impl<L> Saved<L> {
    /// Makes one queue of all, the inbox included.
    fn take_all(&mut self, inbox: &mut Inbox<L>) {
        for mut chunk in self.later.take().into_iter().flat_map(|later| *later) {
            self.queue.append(&mut chunk);
        }
        self.queue.extend(inbox.first.take());
        if let Some(more) = &mut inbox.more {
            for mut chunk in more.full.take().into_iter().flat_map(|full| *full) {
                self.queue.append(&mut chunk);
            }
            self.queue.append(&mut more.queue);
        }
    }

    /// Takes the inbox, when nothing is left, and gives out the oldest.
    #[inline]
    fn take_inbox(&mut self, inbox: &mut Inbox<L>) -> Option<L> {
        if let Some(more) = &mut inbox.more {
            if more.full.is_some() {
                self.take_chunks(more);
            } else {
                mem::swap(&mut self.queue, &mut more.queue);
            }
        }
        inbox.first.take()
    }

    #[cold]
    fn take_chunks(&mut self, more: &mut More<L>) {
        self.later = more.full.take();
        let last = mem::replace(&mut more.queue, mem::take(&mut self.queue));
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

    /// Takes the oldest messages, if enough of them may be taken at once (rule 9).
    fn take_batch(&mut self) -> Option<VecDeque<L>>
    where
        L: Letter,
    {
        let len = self.queue.len();
        if !(BATCH..=CHUNK).contains(&len) {
            return None;
        }
        let quiet = self.queue.iter().position(|letter| !letter.is_quiet());
        match quiet.unwrap_or(len) {
            0..BATCH => None,
            quiet if quiet == len => Some(mem::take(&mut self.queue)),
            quiet => {
                let loud = self.queue.split_off(quiet);
                Some(mem::replace(&mut self.queue, loud))
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.later.is_none()
    }

    fn iter(&self) -> impl Iterator<Item = &L> {
        let later = self.later.iter().flat_map(|later| later.iter().flatten());
        self.queue.iter().chain(later)
    }
}

/// The lock of `saved` (rule 8).
struct Locked<'a, L> {
    saved: MutexGuard<'a, Option<Box<Saved<L>>>>,
    state: &'a AtomicU32,
}

impl<L> Locked<'_, L> {
    fn get(&mut self) -> &mut Saved<L> {
        self.saved.get_or_insert_default()
    }

    fn removals(&self) -> u32 {
        self.state.load(Ordering::Relaxed) / REMOVED
    }

    /// A message was removed, or several.
    fn removed(&self) {
        let state = self.state.load(Ordering::Relaxed);
        self.state
            .store(state.wrapping_add(REMOVED), Ordering::Relaxed);
    }
}

impl<L> Drop for Locked<'_, L> {
    #[inline]
    fn drop(&mut self) {
        let holds = self.saved.as_ref().is_some_and(|saved| !saved.is_empty());
        let state = self.state.load(Ordering::Relaxed) & !HOLDS;
        self.state
            .store(state | u32::from(holds), Ordering::Relaxed);
    }
}

/// How far a receive has looked (rule 4).
#[derive(Default)]
pub(crate) struct Seen {
    at: usize,
    removals: u32,
}

impl Seen {
    const fn begin_again_after(&mut self, removals: u32) {
        if self.removals != removals {
            *self = Self { at: 0, removals };
        }
    }
}

struct Inbox<L> {
    first: Option<L>,
    more: Option<Box<More<L>>>,
    /// Whether the task of the process waits in `receive!`.
    task_waits: bool,
    /// Whether anyone else does: `others` in `more`.
    others_wait: bool,
    closed: bool,
}

/// What came after `first`.
struct More<L> {
    full: Option<Box<Chunks<L>>>,
    queue: VecDeque<L>,
    /// Who waits in `receive!` besides the task: hardly ever anyone, where a process waits for several messages side by side.
    others: Others,
}

/// In a box, so that a [`Wake`] is two words.
type Others = Option<Box<Vec<Waker>>>;

impl<L> Default for More<L> {
    fn default() -> Self {
        Self {
            full: None,
            queue: VecDeque::new(),
            others: None,
        }
    }
}

impl<L> More<L> {
    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.full.is_none()
    }

    #[cold]
    fn begin_chunk(&mut self) {
        let full = mem::replace(&mut self.queue, VecDeque::with_capacity(CHUNK));
        self.full.get_or_insert_default().push_back(full);
    }

    /// Its queues, oldest first.
    fn chunks_mut(&mut self) -> impl Iterator<Item = &mut VecDeque<L>> {
        let full = self.full.iter_mut().flat_map(|full| full.iter_mut());
        full.chain(std::iter::once(&mut self.queue))
    }

    fn iter(&self) -> impl Iterator<Item = &L> {
        let full = self.full.iter().flat_map(|full| full.iter().flatten());
        full.chain(&self.queue)
    }
}

impl<L> Inbox<L> {
    #[inline(always)]
    fn push(&mut self, letter: L) {
        if self.first.is_none() {
            self.first = Some(letter);
            return;
        }
        let more = self.more.get_or_insert_default();
        if more.queue.len() == CHUNK {
            more.begin_chunk();
        }
        more.queue.push_back(letter);
    }

    /// Who waits for the message that comes now.
    #[inline]
    fn take_waiting(&mut self) -> Wake {
        Wake {
            task: mem::take(&mut self.task_waits),
            others: mem::take(&mut self.others_wait)
                .then(|| self.more.as_mut()?.others.take())
                .flatten(),
        }
    }

    fn add_waiting(&mut self, receiver: Receiver<'_>) {
        match receiver {
            Receiver::Nobody => {}
            Receiver::Task => self.task_waits = true,
            Receiver::Other(waker) => {
                self.others_wait = true;
                let more = self.more.get_or_insert_default();
                let others = more.others.get_or_insert_default();
                if !others.iter().any(|other| other.will_wake(waker)) {
                    others.push(waker.clone());
                }
            }
        }
    }

    /// Whether no other message came after the first.
    fn is_short(&self) -> bool {
        self.more.as_ref().is_none_or(|more| more.is_empty())
    }

    fn iter(&self) -> impl Iterator<Item = &L> {
        let more = self.more.iter().flat_map(|more| more.iter());
        self.first.iter().chain(more)
    }
}

/// What a server has taken from its mailbox.
pub(crate) enum Taken<'a, L: Letter> {
    One(L),
    Batch(Batch<'a, L>),
}

/// Messages that a server has taken at once (rule 9), oldest first. What is left when it is dropped goes back.
pub(crate) struct Batch<'a, L: Letter> {
    queue: VecDeque<L>,
    mailbox: &'a Mailbox<L>,
}

impl<L: Letter> Batch<'_, L> {
    #[inline]
    pub(crate) fn next(&mut self) -> Option<L> {
        let next = self.queue.pop_front();
        self.mailbox.count_batched(self.queue.len());
        next
    }
}

impl<L: Letter> Drop for Batch<'_, L> {
    fn drop(&mut self) {
        self.mailbox.end_batch(mem::take(&mut self.queue));
    }
}

/// Who is woken by the next message.
#[derive(Clone, Copy)]
pub(crate) enum Receiver<'a> {
    Nobody,
    /// The task of the process.
    Task,
    Other(&'a Waker),
}

/// Whom a push must wake, outside of all locks.
#[must_use]
#[derive(Default)]
pub(crate) struct Wake {
    task: bool,
    others: Others,
}

impl Wake {
    /// `head`: of the process that the mailbox belongs to.
    #[inline]
    pub(crate) fn wake(self, head: &Head) {
        if self.task {
            head.wake();
        }
        if let Some(others) = self.others {
            wake_all(*others);
        }
    }
}

#[cold]
fn wake_all(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

impl<L: Letter> Mailbox<L> {
    pub(crate) fn new() -> Self {
        let inbox = Inbox {
            first: None,
            more: None,
            task_waits: false,
            others_wait: false,
            closed: false,
        };
        Self {
            saved: Mutex::new(None),
            inbox: Mutex::new(inbox),
            state: AtomicU32::new(0),
            batched: AtomicU32::new(0),
        }
    }

    #[inline]
    fn saved(&self) -> Locked<'_, L> {
        Locked {
            saved: self.saved.lock(),
            state: &self.state,
        }
    }

    #[inline(always)]
    pub(crate) fn push(&self, letter: L) -> Result<Wake, L> {
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        inbox.push(letter);
        Ok(inbox.take_waiting())
    }

    /// Pushes, and drops the oldest message that may be dropped: it is given out. Gives the new one back if there is none, or
    /// if the mailbox is closed.
    pub(crate) fn push_for_oldest(&self, letter: L) -> Result<(Wake, L), L> {
        let mut saved = self.saved();
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(letter);
        }
        let Saved { queue, later, .. } = saved.get();
        let mut kept = queue.iter_mut();
        let later = later.iter_mut();
        let mut later = later.flat_map(|later| later.iter_mut().flatten());
        let oldest = kept
            .find_map(L::give_way)
            .or_else(|| later.find_map(L::give_way))
            .or_else(|| {
                // It leaves a gap, since there is nothing before what came after it (rule 7).
                inbox.first.as_mut().and_then(L::give_way)
            })
            .or_else(|| {
                inbox.more.as_mut()?.chunks_mut().find_map(|queue| {
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
        Ok((inbox.take_waiting(), oldest))
    }

    /// Takes the oldest message, or several at once if `batches`. The inbox is looked at only if `has_mail` says so.
    ///
    /// The message is moved once, from the queue to the caller: a copy of what was written just before may stall.
    #[inline]
    pub(crate) fn pop(
        &self,
        has_mail: impl FnOnce() -> bool,
        batches: bool,
    ) -> Option<Taken<'_, L>> {
        let is_empty = self.state.load(Ordering::Relaxed) & HOLDS == 0;
        if is_empty && !has_mail() {
            return None;
        }
        self.pop_from(is_empty, batches)
    }

    #[inline(never)]
    fn pop_from(&self, is_empty: bool, batches: bool) -> Option<Taken<'_, L>> {
        if is_empty {
            let mut inbox = self.inbox.lock();
            if inbox.is_short() {
                // No more is there, so nothing needs to be saved.
                return inbox.first.take().map(Taken::One);
            }
        }
        let mut locked = self.saved();
        if is_empty {
            // Not one of `saved`, so no place there changes.
            let first = locked.get().take_inbox(&mut self.inbox.lock());
            return first.map(Taken::One);
        }
        locked.removed();
        let saved = locked.get();
        if saved.queue.is_empty() {
            saved.next_chunk();
        }
        if batches && let Some(queue) = saved.take_batch() {
            self.count_batched(queue.len());
            return Some(Taken::Batch(Batch {
                queue,
                mailbox: self,
            }));
        }
        saved.queue.pop_front().map(Taken::One)
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most `CHUNK`")]
    #[inline]
    fn count_batched(&self, len: usize) {
        self.batched.store(len as u32, Ordering::Relaxed);
    }

    /// Puts back what is left of a batch, or at least its memory.
    fn end_batch(&self, mut queue: VecDeque<L>) {
        let mut locked = self.saved();
        self.count_batched(0);
        let saved = locked.get();
        if queue.is_empty() && (saved.queue.capacity() > 0 || saved.later.is_some()) {
            // Its memory is freed outside of the lock.
            drop(locked);
            return;
        }
        // Meanwhile what came since may have been moved there.
        queue.append(&mut saved.queue);
        mem::swap(&mut saved.queue, &mut queue);
        locked.removed();
        drop(locked);
    }

    /// Takes the oldest letter that is wanted, and leaves the others in place. What `seen` counts was not wanted before.
    pub(crate) fn pop_wanted(&self, seen: &mut Seen, wanted: &dyn Fn(&L) -> bool) -> Option<L> {
        let mut locked = self.saved();
        seen.begin_again_after(locked.removals());
        let saved = locked.get();
        saved.take_all(&mut self.inbox.lock());
        let at = saved.queue.iter().skip(seen.at).position(wanted);
        let Some(at) = at.map(|at| at + seen.at) else {
            seen.at = saved.queue.len();
            return None;
        };
        seen.at = at;
        let letter = saved.queue.remove(at);
        locked.removed();
        seen.removals = locked.removals();
        letter
    }

    /// Gives back the memory of a burst.
    pub(crate) fn shrink(&self) {
        let mut saved = self.saved();
        saved.saved.take_if(|saved| saved.is_empty());
        let is_of_no_use = |more: &mut Box<More<L>>| more.is_empty() && more.others.is_none();
        self.inbox.lock().more.take_if(is_of_no_use);
    }

    /// Offers the messages to `select`, oldest first, until it keeps one, for `receive!`. What it gives back stays where
    /// it is, in order (rule 2). Returns whether one was kept.
    ///
    /// What `seen` counts was offered in vain, and is not offered again. If none is kept, `receiver` is woken by the next push.
    pub(crate) fn select(
        &self,
        seen: &mut Seen,
        receiver: Receiver<'_>,
        select: &mut dyn FnMut(Info) -> Option<Info>,
    ) -> bool {
        while let Some(info) = self.take_only() {
            let Some(info) = select(info) else {
                return true;
            };
            // It comes before what has come since, wherever `select` has moved that.
            let mut locked = self.saved();
            locked.get().queue.push_front(L::from_info(info));
            *seen = Seen {
                at: 1,
                removals: locked.removals(),
            };
            drop(locked);
        }
        loop {
            while let Some(info) = self.take_at(seen) {
                let kept = select(info);
                let mut locked = self.saved();
                let Some(info) = kept else {
                    locked.get().queue.remove(seen.at);
                    locked.removed();
                    return true;
                };
                if let Some(place) = locked.get().queue.get_mut(seen.at) {
                    *place = L::from_info(info);
                }
                seen.at += 1;
            }
            let mut locked = self.saved();
            let mut inbox = self.inbox.lock();
            let has_later = locked
                .saved
                .as_ref()
                .is_some_and(|saved| saved.later.is_some());
            if inbox.first.is_none() && !has_later {
                inbox.add_waiting(receiver);
                return false;
            }
            locked.get().take_all(&mut inbox);
        }
    }

    /// Takes the message if it is the only one and an [`Info`].
    fn take_only(&self) -> Option<Info> {
        if self.state.load(Ordering::Relaxed) & HOLDS != 0 {
            return None;
        }
        let mut inbox = self.inbox.lock();
        let is_info = |first: &L| first.as_info().is_some();
        if !inbox.is_short() || !inbox.first.as_ref().is_some_and(is_info) {
            return None;
        }
        inbox.first.take()?.into_info().ok()
    }

    /// Takes the first saved [`Info`] at or after `seen`, moves `seen` to its place, and holds that place with a `()`.
    fn take_at(&self, seen: &mut Seen) -> Option<Info> {
        let mut locked = self.saved();
        seen.begin_again_after(locked.removals());
        let queue = &mut locked.saved.as_mut()?.queue;
        while let Some(place) = queue.get_mut(seen.at) {
            if place.as_info().is_some() {
                return mem::replace(place, L::from_info(Info::new(())))
                    .into_info()
                    .ok();
            }
            seen.at += 1;
        }
        None
    }

    /// Removes the newest [`Info`] that `found` wants: what is looked for has mostly just come.
    pub(crate) fn remove(&self, found: &dyn Fn(&Info) -> bool) -> Option<Info> {
        if self.state.load(Ordering::Relaxed) & HOLDS == 0 && self.inbox.lock().first.is_none() {
            return None;
        }
        let is_it = |letter: &L| letter.as_info().is_some_and(found);
        let mut locked = self.saved();
        let saved = locked.get();
        saved.take_all(&mut self.inbox.lock());
        let at = saved.queue.iter().rposition(is_it);
        let letter = at.and_then(|at| saved.queue.remove(at));
        locked.removed();
        letter.and_then(|letter| letter.into_info().ok())
    }

    /// Removes every [`Info`] that `found` wants, in one pass.
    pub(crate) fn remove_all(&self, found: &dyn Fn(&Info) -> bool) -> Vec<Info> {
        let mut locked = self.saved();
        let saved = locked.get();
        saved.take_all(&mut self.inbox.lock());
        let mut removed = Vec::new();
        let all = mem::take(&mut saved.queue);
        for letter in all {
            match letter.into_info() {
                Ok(info) if found(&info) => removed.push(info),
                Ok(info) => saved.queue.push_back(L::from_info(info)),
                Err(letter) => saved.queue.push_back(letter),
            }
        }
        locked.removed();
        removed
    }

    /// For how many messages it holds memory of its own.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        let locked = self.saved();
        let saved = locked.saved.as_ref().map(|saved| saved.queue.capacity());
        let inbox = self.inbox.lock();
        let more = inbox.more.as_ref().map(|more| more.queue.capacity());
        saved.unwrap_or_default() + more.unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        let saved = self.saved();
        let inbox = self.inbox.lock();
        let lens = |chunks: &Option<Box<Chunks<L>>>| -> usize {
            let chunks = chunks.iter().flat_map(|chunks| chunks.iter());
            chunks.map(VecDeque::len).sum()
        };
        let saved = saved.saved.as_deref();
        let more = inbox.more.as_deref();
        if L::HAS_GAPS {
            let letters = saved.into_iter().flat_map(Saved::iter).chain(inbox.iter());
            return letters.filter(|letter| !letter.is_gap()).count();
        }
        self.batched.load(Ordering::Relaxed) as usize
            + saved.map_or(0, |saved| saved.queue.len() + lens(&saved.later))
            + usize::from(inbox.first.is_some())
            + more.map_or(0, |more| more.queue.len() + lens(&more.full))
    }

    /// What waits, oldest first, but for what is in a batch (rule 9).
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let saved = self.saved();
        let inbox = self.inbox.lock();
        let saved = saved.saved.iter().flat_map(|saved| saved.iter());
        saved
            .chain(inbox.iter())
            .filter(|letter| !letter.is_gap())
            .map(L::name)
            .collect()
    }

    /// Lets nothing in any more and gives out what was not handled (rule 3).
    pub(crate) fn close(&self) -> VecDeque<L> {
        let mut locked = self.saved();
        let mut inbox = self.inbox.lock();
        inbox.closed = true;
        if locked.saved.is_none() && inbox.first.is_none() {
            let more = inbox.more.take();
            drop(inbox);
            drop(locked);
            drop(more);
            return VecDeque::new();
        }
        let mut saved = locked.saved.take().unwrap_or_default();
        saved.take_all(&mut inbox);
        let more = inbox.more.take();
        drop(inbox);
        drop(locked);
        drop(more);
        saved.queue
    }
}
