//! Invariant: any bytes of any link type are decoded and dissected without a panic, and every
//! place named in the result lies within the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::wire::decode;
use nautscan_core::wire::dissect::dissect;
use nautscan_fuzz::WireInput;

fuzz_target!(|bytes: &[u8]| {
    let Some(packet) = WireInput::read(bytes) else { return };
    let len = packet.data.len();
    let decoded = decode(&packet);
    let payload = decoded.payload;
    if !payload.is_empty() {
        assert!(packet.data.as_ptr_range().contains(&payload.as_ptr()), "payload of elsewhere");
        assert!(payload.as_ptr_range().end <= packet.data.as_ptr_range().end);
    }
    assert!(decoded.payload_len >= payload.len(), "more captured than was on the wire");
    // The length that an IP header states is believed, even beyond that of the frame.
    let stated = (packet.wire_len as usize).max(len) + usize::from(u16::MAX);
    assert!(decoded.payload_len <= stated, "a payload longer than anything stated");
    if let Some(stop) = &decoded.stop {
        assert!(stop.offset <= len, "{stop}");
        assert!(!stop.to_string().is_empty());
    }
    for layer in dissect(&packet) {
        assert!(layer.offset + layer.length <= len, "{layer:?} of {len} bytes");
        for field in &layer.fields {
            assert!(field.offset + field.length <= len, "{field:?} of {len} bytes");
        }
    }
});
