#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| wechat_mock::fuzzing::multipart_body(input));
