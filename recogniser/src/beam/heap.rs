//! A small binary heap that keeps the best few. The order in which equal scores are kept, and in which paths are tried in
//! the next step, follows from the layout, so it is that of the reference: the worst on top, children at 2i+1 and 2i+2.

/// At most `N - 1` entries stay; one more is there for a moment.
#[derive(Debug, Clone)]
pub(super) struct Heap<T, const N: usize> {
    entries: [(f32, T); N],
    length: usize,
}

impl<T: Copy + Default, const N: usize> Heap<T, N> {
    pub(super) fn new() -> Heap<T, N> {
        Heap { entries: [(0.0, T::default()); N], length: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    pub(super) fn entries(&self) -> &[(f32, T)] {
        &self.entries[..self.length]
    }

    pub(super) fn is_full(&self) -> bool {
        self.length == N - 1
    }

    /// Whether something with this key would be kept.
    pub(super) fn accepts(&self, key: f32) -> bool {
        !self.is_full() || key > self.entries[0].0
    }

    /// Puts an entry in; returns the one that had to go.
    pub(super) fn push(&mut self, key: f32, value: T) -> Option<(f32, T)> {
        self.entries[self.length] = (key, value);
        self.length += 1;
        self.sift_up(self.length - 1);
        if self.length == N { self.pop() } else { None }
    }

    /// Takes the worst out.
    pub(super) fn pop(&mut self) -> Option<(f32, T)> {
        let last = self.length.checked_sub(1)?;
        let worst = self.entries[0];
        self.length = last;
        if last > 0 {
            self.entries[0] = self.entries[last];
            self.sift_down(0);
        }
        Some(worst)
    }

    /// Gives an entry a new key.
    pub(super) fn change(&mut self, index: usize, key: f32, value: T) {
        self.entries[index] = (key, value);
        let index = self.sift_down(index);
        self.sift_up(index);
    }

    fn sift_up(&mut self, mut hole: usize) {
        let entry = self.entries[hole];
        while hole > 0 {
            let parent = (hole - 1) / 2;
            if entry.0 < self.entries[parent].0 {
                self.entries[hole] = self.entries[parent];
                hole = parent;
            } else {
                break;
            }
        }
        self.entries[hole] = entry;
    }

    fn sift_down(&mut self, mut hole: usize) -> usize {
        let entry = self.entries[hole];
        loop {
            let mut child = 2 * hole + 1;
            if child >= self.length {
                break;
            }
            if child + 1 < self.length && self.entries[child + 1].0 < self.entries[child].0 {
                child += 1;
            }
            if self.entries[child].0 < entry.0 {
                self.entries[hole] = self.entries[child];
                hole = child;
            } else {
                break;
            }
        }
        self.entries[hole] = entry;
        hole
    }
}
