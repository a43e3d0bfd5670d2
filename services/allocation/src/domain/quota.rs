//! What a tenant may hold, and what it holds.

use kit::machine::Limits;
use kit::{Bytes, Cpu, ErrorCode, Failure};
use serde::{Deserialize, Serialize};

/// More instances or ports than any site has.
const MOST: u32 = 1_000_000;

/// What a tenant may hold, and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub limits: Amounts,
    pub used: Amounts,
    /// Whether the limits are those of everybody for whom no admin said otherwise.
    pub is_default: bool,
}

/// Amounts of everything that is counted: as a bound, as what is used, or as what one allocation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    pub instances: u32,
    pub cpu: Cpu,
    pub memory: Bytes,
    pub disk: Bytes,
    pub ports: u32,
}

impl Amounts {
    /// What one allocation with these limits and ports takes.
    pub fn of(limits: Limits, ports: usize) -> Self {
        Self { instances: 1, cpu: limits.cpu, memory: limits.memory, disk: limits.disk, ports: ports as u32 }
    }

    /// Refuses numbers that no tenant can need as limits.
    pub fn as_limits(self) -> Result<Self, Failure> {
        for (field, number) in [("instances", self.instances), ("ports", self.ports)] {
            if number > MOST {
                return Err(Failure::invalid(field, format!("A quota is at most {MOST} {field}.")));
            }
        }
        Ok(self)
    }

    /// Whether `wanted` fits beside `used`. The failure names what does not.
    pub fn allow(&self, used: Self, wanted: Self) -> Result<(), Failure> {
        let over = |what: &str, limit: String| {
            let sentence = format!(
                "This would go over your quota of {limit} {what}. Remove something first, or ask an admin for more."
            );
            Err(Failure::new(ErrorCode::QuotaExceeded, sentence).field(what.to_owned()))
        };
        if used.instances + wanted.instances > self.instances {
            return over("instances", self.instances.to_string());
        }
        if used.cpu.as_millis() + wanted.cpu.as_millis() > self.cpu.as_millis() {
            return over("cpu", self.cpu.to_string());
        }
        if used.memory.get() + wanted.memory.get() > self.memory.get() {
            return over("memory", self.memory.to_string());
        }
        if used.disk.get() + wanted.disk.get() > self.disk.get() {
            return over("disk", self.disk.to_string());
        }
        if used.ports + wanted.ports > self.ports {
            return over("ports", self.ports.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(n: u32) -> Amounts {
        Amounts {
            instances: n,
            cpu: Cpu::millis(n),
            memory: Bytes::new(n.into()),
            disk: Bytes::new(n.into()),
            ports: n,
        }
    }

    #[test]
    fn limits_that_nobody_can_need_are_refused_by_their_field() {
        assert!(amounts(MOST).as_limits().is_ok() && amounts(0).as_limits().is_ok());
        for (field, amounts) in [
            ("instances", Amounts { instances: MOST + 1, ..amounts(1) }),
            ("ports", Amounts { ports: MOST + 1, ..amounts(1) }),
        ] {
            assert_eq!(amounts.as_limits().unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn what_fits_exactly_fits_and_one_more_does_not() {
        assert!(amounts(5).allow(amounts(3), amounts(2)).is_ok());
        for (field, wanted) in [
            ("instances", Amounts { instances: 3, ..amounts(2) }),
            ("cpu", Amounts { cpu: Cpu::millis(3), ..amounts(2) }),
            ("memory", Amounts { memory: Bytes::new(3), ..amounts(2) }),
            ("disk", Amounts { disk: Bytes::new(3), ..amounts(2) }),
            ("ports", Amounts { ports: 3, ..amounts(2) }),
        ] {
            let failure = amounts(5).allow(amounts(3), wanted).unwrap_err();
            assert_eq!((failure.code, failure.field.as_deref()), (ErrorCode::QuotaExceeded, Some(field)));
        }
    }
}
