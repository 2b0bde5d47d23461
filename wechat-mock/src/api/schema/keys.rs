//! What a table has for each key of an object.

/// Values by key, sorted: the keys come from a table, are few, and are looked up for every key of every
/// body.
#[derive(Debug)]
pub(in crate::api) struct Keys<T>(Vec<(&'static str, T)>);

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Keys<T> {
    /// The place of a key, or where it would stand. Lengths are compared first: they differ more often
    /// than the first bytes.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| (known.len(), *known).cmp(&(key.len(), key)))
    }

    /// What is there for a key, and the number of the key among all.
    pub(in crate::api) fn get(&self, key: &str) -> Option<(usize, &T)> {
        let place = self.find(key).ok()?;
        Some((place, &self.0[place].1))
    }

    /// What is there for a key, made where there is nothing yet.
    pub(super) fn entry(&mut self, key: &'static str) -> &mut T
    where
        T: Default,
    {
        let place = self.find(key).unwrap_or_else(|place| {
            self.0.insert(place, (key, T::default()));
            place
        });
        &mut self.0[place].1
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_found_and_no_other() {
        let mut keys = Keys::<usize>::default();
        let names = ["title", "id", "", "color", "ti", "colours", "满"];
        for (number, name) in names.into_iter().enumerate() {
            *keys.entry(name) = number;
            *keys.entry(name) += 10;
        }
        for (number, name) in names.into_iter().enumerate() {
            assert_eq!(keys.get(name).map(|(_, value)| *value), Some(number + 10));
        }
        let mut places: Vec<_> = names
            .iter()
            .filter_map(|name| Some(keys.get(name)?.0))
            .collect();
        places.sort_unstable();
        assert_eq!(places, (0..names.len()).collect::<Vec<_>>());
        for other in ["t", "titlE", "idd", "满减"] {
            assert!(keys.get(other).is_none(), "{other}");
        }
    }
}
