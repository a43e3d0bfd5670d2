//! How many sockets of one address have not said who they are yet: they cost memory and prove nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::net::network_of;

#[derive(Default)]
pub struct Waiting(Mutex<HashMap<IpAddr, usize>>);

/// A place among those who wait; free again when dropped.
pub struct Place {
    waiting: Arc<Waiting>,
    address: IpAddr,
}

impl Waiting {
    /// `None` where as many wait already.
    pub fn enter(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let address = network_of(address);
        let mut counts = self.lock();
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { waiting: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.waiting.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_given_back() {
        let waiting = Arc::new(Waiting::default());
        let enter = |address: &str| waiting.enter(address.parse().unwrap(), 2);
        let places = (enter("2001:db8::1"), enter("2001:db8::2"));
        assert!(places.0.is_some() && places.1.is_some() && enter("2001:db8::3").is_none());
        assert!(enter("192.0.2.1").is_some());
        let mapped = (enter("::ffff:192.0.2.7"), enter("::ffff:192.0.2.7"));
        assert!(mapped.0.is_some() && mapped.1.is_some() && enter("192.0.2.7").is_none());
        assert!(enter("::ffff:192.0.2.8").is_some(), "one IPv4 host stands for all of them");
        drop(mapped);
        drop(places);
        assert!(enter("2001:db8::3").is_some());
        assert!(waiting.lock().is_empty());
    }
}
