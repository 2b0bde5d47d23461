//! Where a walk stands; a text is made of it only when somebody is told.

use std::fmt;

/// A place in a body: the way to it, the last step first.
#[derive(Clone, Copy)]
pub(in crate::api) struct Path<'p> {
    above: Option<&'p Self>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Entry(usize),
}

impl<'p> Path<'p> {
    /// A member of the object at `above`, or of the body.
    pub(in crate::api) fn key(above: Option<&'p Self>, key: &'p str) -> Self {
        Self {
            above,
            step: Step::Key(key),
        }
    }

    /// An entry of the list at this place.
    pub(in crate::api) fn entry(&'p self, index: usize) -> Self {
        Self {
            above: Some(self),
            step: Step::Entry(index),
        }
    }
}

#[cfg(test)]
thread_local! {
    /// Steps that were written into texts on this thread.
    pub(in crate::api) static WRITTEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(test)]
        WRITTEN.set(WRITTEN.get() + 1);
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Key(key) if self.above.is_some() => write!(f, ".{key}"),
            Step::Key(key) => f.write_str(key),
            Step::Entry(index) => write!(f, "[{index}]"),
        }
    }
}
