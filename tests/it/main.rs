//! One integration-test binary: behaviour through the built program.

mod layering;
