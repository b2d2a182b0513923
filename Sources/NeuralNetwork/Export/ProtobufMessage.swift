import Foundation

/// A message in Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding), written field by
/// field.
struct ProtobufMessage {
    /// The bytes so far.
    private(set) var data = Data()

    /// A whole number, in 7 bits a byte, the lowest first.
    mutating func add(_ field: Int, _ value: Int) {
        key(field, type: 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A number in four bytes.
    mutating func add(_ field: Int, _ value: Float) {
        key(field, type: 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }

    /// A text.
    mutating func add(_ field: Int, _ text: String) { add(field, Data(text.utf8)) }

    /// Another message.
    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.data) }

    /// Bytes, with their count before them.
    mutating func add(_ field: Int, _ bytes: Data) {
        key(field, type: 2)
        varint(UInt64(bytes.count))
        data.append(bytes)
    }

    private mutating func key(_ field: Int, type: Int) { varint(UInt64(field << 3 | type)) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            data.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        data.append(UInt8(rest))
    }
}
