#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use passcurve_fuzz::{catch_panics, fuzzing, mutate};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::ipc(data, size, max_size, seed)
});

fuzz_target!(init: { catch_panics() }, |data: &[u8]| fuzzing::ipc::check(data));
