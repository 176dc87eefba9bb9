//! Each sample once: finding copies of (by, problem, sample), whichever file or thread they come from.
//!
//! Every sample keeps its lowest row and that row's verdict. A copy is noted by the row that came second, and the
//! lowest such row is reported, so the answer is the same for any split of the log over threads.

use hashbrown::HashMap;

use super::OnDuplicate;
use super::seen::Seen;

/// How copies of samples are looked for, where the policy is that there be none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looking {
    /// By the row of each sample, so that the copies are known at the end.
    #[default]
    Rows,
    /// By a bit a sample: only whether there is a copy is known at the end.
    Bits,
    /// By a bit a sample, for the first row that is a copy. The rows come in order.
    Copy,
    /// For the first row of the sample with these codes, of its group and its own. The rows come in the order of the
    /// reading that found them.
    First((u32, u32)),
}

/// What is known of the samples.
#[derive(Clone, Debug)]
pub(super) enum Check {
    Rows(Samples),
    Seen(Seen),
    Find { seen: Seen, first: Option<(u32, u32)>, found: Option<Found> },
}

/// The row that was looked for, and the codes of its sample.
pub type Found = (u64, (u32, u32));

impl Check {
    pub(super) fn new(policy: OnDuplicate, looking: Looking) -> Self {
        let find = |first| Self::Find { seen: Seen::default(), first, found: None };
        match looking {
            _ if policy != OnDuplicate::Error => Self::Rows(Samples::new(policy)),
            Looking::Rows => Self::Rows(Samples::new(policy)),
            Looking::Bits => Self::Seen(Seen::default()),
            Looking::Copy => find(None),
            Looking::First(sample) => find(Some(sample)),
        }
    }

    /// A sample; whether it is to be counted at once.
    pub(super) fn insert(&mut self, sample: (u32, u32), new: First) -> bool {
        match self {
            Self::Rows(samples) => {
                samples.add(sample, new);
                return false;
            }
            Self::Seen(seen) => seen.insert(sample.0, sample.1),
            Self::Find { found: Some(_), .. } => {}
            Self::Find { first: Some(first), found, .. } => {
                *found = (*first == sample).then_some((new.row, sample));
            }
            Self::Find { seen, found, .. } => {
                seen.insert(sample.0, sample.1);
                *found = seen.copied().then_some((new.row, sample));
            }
        }
        true
    }

    pub(super) fn found(&self) -> Option<Found> {
        if let Self::Find { found, .. } = self { *found } else { None }
    }

    pub(super) fn seen(&mut self) -> Option<&mut Seen> {
        if let Self::Seen(seen) = self { Some(seen) } else { None }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Rows(samples) => samples.len(),
            Self::Seen(seen) | Self::Find { seen, .. } => seen.len(),
        }
    }

    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Rows(samples) => samples.memory(),
            Self::Seen(seen) | Self::Find { seen, .. } => seen.memory(),
        }
    }
}

/// The first row of a sample, counted over the whole log, and what it said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub(crate) row: u64,
    pub(crate) pass: bool,
    /// Its group, or its cell where answers or rewards are kept.
    pub(crate) unit: u32,
}

/// A copy that the policy does not allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clash {
    /// The later row.
    pub(crate) row: u64,
    /// The group and sample code of both.
    pub(crate) sample: (u32, u32),
    /// Whether the verdicts, answers or rewards differ.
    pub(crate) conflict: bool,
}

/// The samples seen so far.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    policy: OnDuplicate,
    seen: HashMap<(u32, u32), First>,
    pub(crate) duplicates: u64,
    clash: Option<Clash>,
}

impl Samples {
    pub(crate) fn new(policy: OnDuplicate) -> Self {
        Self { policy, seen: HashMap::new(), duplicates: 0, clash: None }
    }

    /// Takes in the samples of another part of the log, whose codes `translate` and `units` map to ours.
    pub(crate) fn combine(
        &mut self,
        other: Self,
        translate: impl Fn((u32, u32)) -> (u32, u32),
        units: &[u32],
    ) {
        self.duplicates += other.duplicates;
        if let Some(clash) = other.clash {
            self.note(Clash { sample: translate(clash.sample), ..clash });
        }
        for (sample, first) in other.seen {
            self.add(translate(sample), First { unit: units[first.unit as usize], ..first });
        }
    }

    fn add(&mut self, sample: (u32, u32), new: First) {
        let old = *self.seen.entry(sample).or_insert(new);
        if old.row == new.row {
            return;
        }
        self.duplicates += 1;
        if new.row < old.row {
            self.seen.insert(sample, new);
        }
        let conflict = (old.pass, old.unit) != (new.pass, new.unit);
        let allowed = match self.policy {
            OnDuplicate::Error => false,
            OnDuplicate::Agree => !conflict,
            OnDuplicate::First => true,
        };
        if !allowed {
            self.note(Clash { row: old.row.max(new.row), sample, conflict });
        }
    }

    fn note(&mut self, clash: Clash) {
        if self.clash.is_none_or(|lowest| clash.row < lowest.row) {
            self.clash = Some(clash);
        }
    }

    /// The lowest copy that is not allowed, with its first row.
    pub(crate) fn clash(&self) -> Option<(Clash, First)> {
        self.clash.map(|clash| (clash, self.seen[&clash.sample]))
    }

    /// Every sample's unit and verdict, in no order.
    pub(crate) fn count(&self, mut into: impl FnMut(u32, bool)) {
        for first in self.seen.values() {
            into(first.unit, first.pass);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn memory(&self) -> usize {
        self.seen.capacity() * (size_of::<((u32, u32), First)>() + 1)
    }
}
