#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| passcurve_fuzz::fuzzing::records::check(data));
