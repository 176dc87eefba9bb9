//! Advantages of all groups, on several threads.
//!
//! Groups lie in rows of one length, or are named sample by sample, in any order and of any size. A group's
//! advantages depend on its rewards alone, in the order given, so the bits are the same for any number of
//! threads and any order of groups.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Advantage, Room};
use crate::parallel;

/// Samples in a chunk: about 1 ms of work, so that threads end together.
const CHUNK: usize = 1 << 14;

/// Where max |r| is past 2^400 or below 2^-400 the group is multiplied by this or its inverse, so that
/// squares neither overflow nor vanish.
const SHIFT: f64 = f64::from_bits((1023 + 600) << 52);
const LARGE: f64 = f64::from_bits((1023 + 400) << 52);

/// The floats that rewards come in.
pub trait Real: Copy + Default + Into<f64> + Send + Sync {
    /// The nearest value; infinite where there is none.
    fn from_f64(value: f64) -> Self;
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)] // rounding is what is wanted
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

/// How samples belong to groups.
#[derive(Clone, Copy, Debug)]
pub enum Groups<'a> {
    /// Each so many consecutive samples are a group.
    Even(usize),
    /// The number of each sample's group; groups are numbered from 0, without gaps.
    Numbered(&'a [i64]),
}

/// The first thing for which there are no advantages, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoiled {
    /// NaN or infinite.
    #[error("sample {0}: the reward is not finite")]
    NotFinite(usize),
    /// Neither 0 nor 1.
    #[error("sample {0}: the reward is neither 0 nor 1")]
    NotBinary(usize),
    /// Fewer samples than are needed.
    #[error("group {0} has {1} samples, too few")]
    TooSmall(usize, usize),
    /// The advantage is past the largest float of its type.
    #[error("sample {0}: the advantage is too large for its type")]
    Overflow(usize),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Writes the advantage of each sample to `out`.
///
/// # Errors
/// What [`Spoiled`] lists: a reward first, then a group, then an advantage.
///
/// # Panics
/// If the samples are no whole number of rows, or `out` or the numbers have another length than `rewards`.
pub fn advantages<T: Real>(
    family: Advantage,
    rewards: &[T],
    groups: Groups<'_>,
    out: &mut [T],
    threads: usize,
    keep_on: &mut dyn FnMut() -> bool,
) -> Result<(), Spoiled> {
    assert_eq!(rewards.len(), out.len(), "one place for each reward");
    check(family, rewards)?;
    if let Groups::Even(size) = groups
        && (size as u64) < family.least()
    {
        return Err(Spoiled::TooSmall(0, size));
    }
    let layout = Layout::new(groups, rewards.len());
    if let Some(group) = layout.ranges().position(|range| (range.len() as u64) < family.least()) {
        return Err(Spoiled::TooSmall(group, layout.range(group).len()));
    }
    let Some(order) = &layout.order else {
        return fill(family, rewards, &layout, out, threads, keep_on);
    };
    let gathered: Vec<_> = order.iter().map(|&at| rewards[at]).collect();
    let mut results = vec![T::default(); out.len()];
    fill(family, &gathered, &layout, &mut results, threads, keep_on)?;
    order.iter().zip(results).for_each(|(&at, result)| out[at] = result);
    Ok(())
}

fn check<T: Real>(family: Advantage, rewards: &[T]) -> Result<(), Spoiled> {
    match rewards.iter().position(|&reward| !family.takes(reward.into())) {
        None => Ok(()),
        Some(at) if rewards[at].into().is_finite() => Err(Spoiled::NotBinary(at)),
        Some(at) => Err(Spoiled::NotFinite(at)),
    }
}

/// Where each group's samples are: in the slice itself, or in `order`.
struct Layout {
    ends: Vec<usize>,
    order: Option<Vec<usize>>,
}

impl Layout {
    fn new(groups: Groups<'_>, samples: usize) -> Self {
        match groups {
            Groups::Even(size) => {
                assert_eq!(samples % size, 0, "a whole number of rows");
                Self { ends: (1..=samples / size).map(|group| group * size).collect(), order: None }
            }
            Groups::Numbered(numbers) => Self::numbered(numbers, samples),
        }
    }

    /// A counting sort, which keeps the order within a group.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // they index the groups
    fn numbered(numbers: &[i64], samples: usize) -> Self {
        assert_eq!(numbers.len(), samples, "one group for each sample");
        let count = numbers.iter().max().map_or(0, |&last| last as usize + 1);
        let mut next = vec![0; count];
        for &number in numbers {
            next[number as usize] += 1;
        }
        let mut end = 0;
        for size in &mut next {
            (*size, end) = (end, end + *size);
        }
        let mut order = vec![0; samples];
        for (sample, &number) in numbers.iter().enumerate() {
            let place = &mut next[number as usize];
            order[*place] = sample;
            *place += 1;
        }
        Self { ends: next, order: Some(order) }
    }

    fn range(&self, group: usize) -> Range<usize> {
        group.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[group]
    }

    fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        (0..self.ends.len()).map(|group| self.range(group))
    }
}

fn fill<T: Real>(
    family: Advantage,
    rewards: &[T],
    layout: &Layout,
    out: &mut [T],
    threads: usize,
    keep_on: &mut dyn FnMut() -> bool,
) -> Result<(), Spoiled> {
    let mut weights = BTreeMap::new();
    for size in layout.ranges().map(|range| range.len()) {
        weights.entry(size).or_insert_with(|| family.weights(size as u64));
    }
    let one = |room: &mut Room, range: Range<usize>, out: &mut [T]| {
        let scale = load(&rewards[range.clone()], &mut room.rewards);
        family.evaluate(scale, &weights[&range.len()], room);
        for (index, (place, &value)) in out.iter_mut().zip(&room.out).enumerate() {
            *place = T::from_f64(value);
            if !(*place).into().is_finite() {
                let at = range.start + index;
                return Err(Spoiled::Overflow(layout.order.as_ref().map_or(at, |order| order[at])));
            }
        }
        Ok(())
    };
    let task = |room: &mut Room, _, (groups, out): (Range<usize>, &mut [T])| {
        let mut rest = out;
        for range in groups.map(|group| layout.range(group)) {
            let (here, after) = std::mem::take(&mut rest).split_at_mut(range.len());
            one(room, range, here)?;
            rest = after;
        }
        Ok(())
    };
    let mut watch = || if keep_on() { Ok(()) } else { Err(Spoiled::Interrupted) };
    let small = rewards.len() <= CHUNK;
    let watch = if small { None } else { Some(&mut watch as &mut dyn FnMut() -> Result<(), Spoiled>) };
    let threads = if small { 1 } else { threads };
    parallel::fold(threads, chunks(layout, out), Room::default, task, watch).map(drop)
}

/// Consecutive groups, each chunk with its part of the output.
fn chunks<'a, T>(layout: &Layout, mut out: &'a mut [T]) -> Vec<(Range<usize>, &'a mut [T])> {
    let (mut chunks, mut first, mut start) = (Vec::new(), 0, 0);
    for group in 0..layout.ends.len() {
        let end = layout.ends[group];
        if end - start >= CHUNK || group + 1 == layout.ends.len() {
            let (here, after) = out.split_at_mut(end - start);
            chunks.push((first..group + 1, here));
            (out, first, start) = (after, group + 1, end);
        }
    }
    chunks
}

/// Loads a group's rewards and returns the power of two they were multiplied by.
fn load<T: Real>(rewards: &[T], room: &mut Vec<f64>) -> f64 {
    room.clear();
    room.extend(rewards.iter().map(|&reward| reward.into()));
    let largest = room.iter().fold(0.0_f64, |largest, reward| largest.max(reward.abs()));
    let scale = match largest {
        0.0 => return 1.0,
        large if large > LARGE => 1.0 / SHIFT,
        small if small < 1.0 / LARGE => SHIFT,
        _ => return 1.0,
    };
    for reward in room {
        *reward *= scale;
    }
    scale
}
