//! A process that is open.

use crate::api::{Process, Ref, Refusal};

#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) pid: String,
    pub(crate) process: Option<Process>,
    /// What is known of its end.
    pub(crate) gone: Option<Refusal>,
    /// The first line that is seen.
    pub(crate) scroll: usize,
    /// The number of the process that is selected, of those that the page names.
    pub(crate) reference: Option<usize>,
    pub(crate) order: HandlerOrder,
}

/// How the handlers are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HandlerOrder {
    #[default]
    Total,
    Max,
    Count,
}

impl HandlerOrder {
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Total => Self::Max,
            Self::Max => Self::Count,
            Self::Count => Self::Total,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Max => "max",
            Self::Count => "count",
        }
    }
}

impl Opened {
    pub(crate) fn new(pid: String) -> Self {
        Self {
            pid,
            process: None,
            gone: None,
            scroll: 0,
            reference: None,
            order: HandlerOrder::default(),
        }
    }

    /// What it is called, as far as it is known.
    pub(crate) fn title(&self) -> &str {
        let last = self.gone.as_ref().and_then(|gone| gone.last.as_ref());
        let last = last.and_then(|last| last.name.as_deref().or(last.type_name.as_deref()));
        self.process
            .as_ref()
            .map_or(last.unwrap_or_default(), Process::title)
    }

    /// The processes that its page names, in the order of the page.
    pub(crate) fn references(&self) -> Vec<Ref> {
        let replaced_by = self.gone.as_ref().and_then(|gone| gone.replaced_by.clone());
        let mut references: Vec<_> = replaced_by.into_iter().collect();
        if let Some(process) = &self.process {
            references.extend(process.supervisor.clone());
            references.extend(process.parent.as_ref().map(crate::api::Parent::to_ref));
            let groups = [
                &process.ancestors,
                &process.children,
                &process.links,
                &process.monitors,
                &process.monitored_by,
            ];
            references.extend(groups.into_iter().flatten().cloned());
        }
        references
    }

    pub(crate) fn select_reference(&mut self, forward: bool) {
        let count = self.references().len();
        self.reference = match self.reference {
            _ if count == 0 => None,
            None => Some(if forward { 0 } else { count - 1 }),
            Some(index) if forward => Some((index + 1) % count),
            Some(index) => Some((index + count - 1) % count),
        };
    }

    pub(crate) fn selected_reference(&self) -> Option<Ref> {
        let mut references = self.references();
        match self.reference {
            Some(index) if index < references.len() => Some(references.swap_remove(index)),
            // The next incarnation needs no choice.
            _ => self.gone.as_ref()?.replaced_by.clone(),
        }
    }
}
