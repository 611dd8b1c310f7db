//! Invariant: any bytes of any link type are decoded and dissected without a panic, and every
//! place named in the result lies within the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nautscan_core::limits;
use nautscan_core::wire::dissect::dissect;
use nautscan_core::wire::{Decoded, decode, decode_datagram};
use nautscan_fuzz::WireInput;

fn check(decoded: &Decoded<'_>, data: &[u8], wire_len: usize) {
    let payload = decoded.payload;
    if !payload.is_empty() {
        assert!(data.as_ptr_range().contains(&payload.as_ptr()), "payload of elsewhere");
        assert!(payload.as_ptr_range().end <= data.as_ptr_range().end);
    }
    assert!(decoded.payload_len >= payload.len(), "more captured than was on the wire");
    // A length that a header states beyond the frame is not believed.
    assert!(decoded.payload_len <= wire_len.max(data.len()), "a payload longer than the frame");
    if let Some(stop) = &decoded.stop {
        assert!(stop.offset <= data.len(), "{stop}");
        assert!(!stop.to_string().is_empty());
    }
    if let Some(tunnel) = decoded.tunnel {
        assert_eq!(tunnel.to_string().is_empty(), tunnel.kinds().count() == 0);
        assert!(tunnel.kinds().count() <= limits::ENCAPSULATIONS);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(packet) = WireInput::read(bytes) else { return };
    let len = packet.data.len();
    let decoded = decode(&packet);
    check(&decoded, packet.data, packet.wire_len as usize);
    if let Some(fragment) = decoded.network.and_then(|network| network.fragment) {
        let (payload, wire_len) = (decoded.payload, decoded.payload_len);
        let datagram = decode_datagram(&decoded, fragment.protocol, payload, wire_len);
        check(&datagram, payload, wire_len);
    }
    for layer in dissect(&packet) {
        assert!(layer.offset + layer.length <= len, "{layer:?} of {len} bytes");
        for field in &layer.fields {
            assert!(field.offset + field.length <= len, "{field:?} of {len} bytes");
        }
    }
});
