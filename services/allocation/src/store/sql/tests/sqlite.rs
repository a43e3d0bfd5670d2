//! The suites on a file.

super::suites!(_nothing = (), super::world);
