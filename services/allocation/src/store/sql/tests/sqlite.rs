//! The suites on a file.

super::suites!(fresh = super::world, fresh);
