//! Whose a thing on the engine is: names and labels. List, sweep and remove go by these; what carries another
//! installation's or site's label is never touched.

use std::collections::BTreeMap;

use kit::{AllocationId, InstallationId, SandboxId, SiteId, TenantId, VolumeId};

pub const INSTALLATION: &str = "berth.installation";
pub const SITE: &str = "berth.site";
pub const ALLOCATION: &str = "berth.allocation";
pub const TENANT: &str = "berth.tenant";
pub const KIND: &str = "berth.kind";
pub const SANDBOX: &str = "berth.sandbox";
/// The hash of what was asked for: the same name with another one is a conflict.
pub const SPEC: &str = "berth.spec";

/// This Berth on this engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub installation: InstallationId,
    pub site: SiteId,
}

/// Whom a container, sandbox or volume was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub allocation: AllocationId,
    pub tenant: TenantId,
}

/// For whom a command is given, and under which lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    pub owner: Owner,
    pub epoch: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sandbox,
    Container,
    Volume,
    Network,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }
}

pub type Labels = BTreeMap<String, String>;

impl Identity {
    /// The last eight hex digits of the installation: the first ones are its time, which neighbours share.
    pub fn short(&self) -> String {
        let text = self.installation.as_uuid().simple().to_string();
        text[text.len() - 8..].to_owned()
    }

    /// What every bridge of ours begins with; firewall rules match on it.
    pub fn bridge_prefix(&self) -> String {
        format!("b{}-", &self.short()[3..])
    }

    /// A bridge's name: at most 15 bytes, the kernel's limit (`IFNAMSIZ` less its NUL).
    pub fn bridge(&self, tail: [u8; 4]) -> String {
        format!("{}{:08x}", self.bridge_prefix(), u32::from_be_bytes(tail))
    }

    /// A tenant's networks: the first has number 1.
    pub fn network(&self, tenant: TenantId, number: u32) -> String {
        match number {
            0 | 1 => format!("berth-{}-{tenant}", self.short()),
            _ => format!("berth-{}-{tenant}-{number}", self.short()),
        }
    }

    /// Which of the tenant's networks a name means; `None` for another's.
    pub fn network_number(&self, tenant: TenantId, name: &str) -> Option<u32> {
        let rest = name.strip_prefix(&self.network(tenant, 1))?;
        match rest.strip_prefix('-') {
            None => rest.is_empty().then_some(1),
            Some(digits) => digits.parse().ok().filter(|number| self.network(tenant, *number) == name),
        }
    }

    /// What everything of ours carries.
    pub fn labels(&self, kind: Kind, tenant: TenantId) -> Labels {
        [
            (INSTALLATION, self.installation.to_string()),
            (SITE, self.site.to_string()),
            (TENANT, tenant.to_string()),
            (KIND, kind.as_str().to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Whether labels are of this installation and site.
    pub fn owns<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        label(INSTALLATION) == Some(&self.installation.to_string()) && label(SITE) == Some(self.site.as_str())
    }

    /// `label=value` filters that select what is ours.
    pub fn filters(&self) -> Vec<String> {
        vec![format!("{INSTALLATION}={}", self.installation), format!("{SITE}={}", self.site)]
    }
}

pub fn container_name(allocation: AllocationId) -> String {
    format!("berth-{allocation}")
}

pub fn sandbox_name(sandbox: SandboxId) -> String {
    format!("berth-sandbox-{sandbox}")
}

pub fn volume_name(volume: VolumeId) -> String {
    format!("berth-{volume}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Ambient;

    fn identity() -> Identity {
        Identity { installation: InstallationId::mint(&Ambient::system()), site: "local".parse().unwrap() }
    }

    #[test]
    fn two_installations_of_one_moment_differ_in_every_name() {
        let (one, other) = (identity(), identity());
        let tenant = TenantId::mint(&Ambient::system());
        assert_ne!(one.short(), other.short());
        assert_ne!(one.bridge_prefix(), other.bridge_prefix());
        assert_ne!(one.network(tenant, 1), other.network(tenant, 1));
    }

    #[test]
    fn a_bridge_fits_the_kernels_limit_and_carries_the_prefix() {
        let identity = identity();
        let bridge = identity.bridge([1, 2, 3, 4]);
        assert_eq!(bridge.len(), 15);
        assert!(bridge.starts_with(&identity.bridge_prefix()) && bridge.ends_with("01020304"));
    }

    #[test]
    fn a_network_is_known_by_its_name_to_its_tenant_alone() {
        let identity = identity();
        let (ada, bob) = (TenantId::mint(&Ambient::system()), TenantId::mint(&Ambient::system()));
        for number in [1, 2, 17] {
            assert_eq!(identity.network_number(ada, &identity.network(ada, number)), Some(number));
            assert_eq!(identity.network_number(bob, &identity.network(ada, number)), None);
        }
        for name in
            ["bridge", "host", &format!("{}-1", identity.network(ada, 1)), &format!("{}x", identity.network(ada, 1))]
        {
            assert_eq!(identity.network_number(ada, name), None, "{name}");
        }
    }

    #[test]
    fn anothers_labels_are_not_ours() {
        let (one, other) = (identity(), identity());
        let labels = one.labels(Kind::Volume, TenantId::mint(&Ambient::system()));
        let get = |name: &str| labels.get(name).map(String::as_str);
        assert!(one.owns(get) && !other.owns(get));
        let elsewhere = Identity { site: "other".parse().unwrap(), ..one };
        assert!(!elsewhere.owns(get));
    }
}
